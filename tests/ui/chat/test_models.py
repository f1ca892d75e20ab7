"""Models of the page: what is missing, downloads; a second chat; a stale stream."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from askive.models.errors import DiskSpaceError
from askive.models.weights.store import WeightStore
from askive.rag.config import load_config
from askive.ui.chat.http.failures import Failures
from askive.ui.chat.http.model_routes import ModelRoutes
from askive.ui.chat.weights import Weights
from askive.ui.commands.chat import is_running

EMBEDDER = "all-minilm-l6-v2"


def test_what_is_missing_is_downloaded_with_progress(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, arrived = load_config({"home": home}), threading.Event()
    begun, go_on = threading.Event(), threading.Event()
    failures = [DiskSpaceError("the disk is full", remedy="free 1 GB")]

    def pull(self: WeightStore, model_id: str, progress: object = None) -> Path:
        assert callable(progress)
        progress(7, 100, model_id)
        begun.set()
        assert go_on.wait(10)
        if failures:
            raise failures.pop()
        return home

    monkeypatch.setattr(WeightStore, "pull", pull)
    weights = Weights(config, arrived.set)
    assert [view["id"] for view in weights.missing()] == [config.embedder, config.generator]
    assert all(view["size"] > 10**6 and view["hosts"] for view in weights.missing())
    weights.pull(EMBEDDER)
    weights.pull(EMBEDDER)
    assert begun.wait(10)
    (view,) = [view for view in weights.models() if view["id"] == EMBEDDER]
    assert view["download"] == {"done": 7, "total": 100}
    go_on.set()

    def shown() -> dict[str, object]:
        return next(view for view in weights.models() if view["id"] == EMBEDDER)

    while shown()["download"]:
        threading.Event().wait(0.01)
    assert shown()["failure"] == {"kind": "disk-space", "message": "the disk is full", "remedy": "free 1 GB"}
    assert not arrived.is_set()
    weights.pull(EMBEDDER)
    assert arrived.wait(10)
    assert shown()["failure"] is None
    assert Weights(load_config({"home": home, "embedder": "hash", "generator": "scripted"})).missing() == []


def test_settings_are_those_of_the_command(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASKIVE_RETRIEVAL__TOP_K", "20")
    routes = ModelRoutes(load_config({"home": home}), Weights(load_config({"home": home})))
    shown = {setting["key"]: setting for setting in routes.settings()}
    assert (shown["retrieval.top_k"]["value"], shown["retrieval.top_k"]["origin"]) == (
        20,
        "ASKIVE_RETRIEVAL__TOP_K",
    )


def test_a_second_chat_finds_the_first(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = load_config({"home": home})
    replies = {
        7001: httpx.Response(200, json=ModelRoutes(config, Weights(config)).hello()),
        7002: httpx.Response(200, json=["another program"]),
        7003: httpx.Response(200, text="no JSON"),
    }

    def get(self: httpx.Client, url: str) -> httpx.Response:
        port = httpx.URL(url).port
        if port not in replies:
            raise httpx.ConnectError("refused")
        return replies[port]

    monkeypatch.setattr(httpx.Client, "get", get)
    assert [is_running(config, port) for port in (7001, 7002, 7003, 7004)] == [True, False, False, False]
    assert not is_running(load_config({"home": tmp_path / "other"}), 7001), "another data folder"


def test_a_stale_stream_ends_with_an_error_and_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    def stale(_: HttpRequest) -> Response:
        def events() -> object:
            yield b": "
            raise KeyError("gone")

        return StreamingResponse(events())  # type: ignore[arg-type]

    app = Starlette(routes=[Route("/gradio_api/call/ask/x", stale)], middleware=[Middleware(Failures)])
    assert TestClient(app).get("/gradio_api/call/ask/x").text.endswith("event: error\ndata: null\n\n")
    assert capsys.readouterr().err == ""
