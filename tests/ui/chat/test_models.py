"""Models and settings of the page: what is missing, downloads, who changes what; a second chat; a stale stream."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from askive.models.errors import DiskSpaceError
from askive.models.fakes import HashEmbedder
from askive.models.weights.store import WeightStore
from askive.rag.config import PassageConfig, load_config
from askive.rag.errors import UsageError
from askive.rag.store.archive import Archive
from askive.ui.chat.documents.watched import WatchedFolders
from askive.ui.chat.http.failures import Failures, LocalOnly
from askive.ui.chat.http.model_routes import ModelRoutes
from askive.ui.chat.http.settings_routes import Changed, SettingsRoutes
from askive.ui.chat.http.watch_routes import Folder, WatchRoutes
from askive.ui.chat.library import Library
from askive.ui.chat.weights import Weights
from askive.ui.chat.workspace import Workspace
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


def from_here(**headers: str) -> HttpRequest:
    told = {"host": "127.0.0.1:7860", **headers}
    scope = {"type": "http", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 7860)}
    return HttpRequest({**scope, "headers": [(key.encode(), value.encode()) for key, value in told.items()]})


@contextmanager
def settings_routes(**options: str) -> Iterator[SettingsRoutes]:
    config = load_config(options)
    workspace = Workspace(config)
    yield SettingsRoutes(workspace, Weights(config))
    workspace.close()


def by_key(views: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {view["key"]: view for view in views}


def test_settings_are_those_of_the_command(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASKIVE_RETRIEVAL__TOP_K", "20")
    with settings_routes(generator="openai:http://ada:secret@host/v1#x") as routes:
        shown = by_key(routes.settings(from_here()))
        assert shown["retrieval.top_k"]["value"] == 20
        assert shown["retrieval.top_k"]["locked"] == "the variable ASKIVE_RETRIEVAL__TOP_K sets it"
        assert "secret" not in json.dumps(shown)
        assert shown["generator"]["origin"] == "option"
        for key in ("retrieval.top_k", "generator", "embedder", "home", "nonsense"):
            with pytest.raises(UsageError, match="cannot be changed here"):
                routes.change(Changed(key=key, value="5"), from_here())
    assert not (home / "config.toml").exists()


def test_a_changed_setting_is_saved_and_used(home: Path) -> None:
    for name in ("letters", "notes"):
        Archive.open(home / "collections" / name, HashEmbedder(), PassageConfig(), create=True).close()
    with settings_routes() as routes:
        shown = by_key(routes.change(Changed(key="collection", value="notes"), from_here()))
        assert (shown["collection"]["value"], shown["collection"]["choices"]) == (
            "notes",
            ["letters", "notes"],
        )
        shown = by_key(routes.change(Changed(key="retrieval.top_k", value=" 7 "), from_here()))
        assert (shown["retrieval.top_k"]["value"], shown["retrieval.top_k"]["origin"]) == (7, "config.toml")
        assert routes.running.retrieval.top_k == 7, "with the next question"
        shown = by_key(routes.change(Changed(key="generation.n_threads", value=1), from_here()))
        assert shown["generation.n_threads"]["pending"]
        assert routes.running.generation.n_threads is None, "when the chat is started again"
        shown = by_key(routes.change(Changed(key="generation.n_threads", value=None), from_here()))
        assert not shown["generation.n_threads"]["pending"]
        for key, value, told in (
            ("retrieval.top_k", "0", "it is less than 1"),
            ("retrieval.top_k", "many", "not a whole number"),
            ("retrieval.top_k", " ", "the field is empty"),
            ("ocr", "perhaps", "no choice"),
            ("collection", "nonesuch", "no choice"),
        ):
            with pytest.raises(UsageError, match=told):
                routes.change(Changed(key=key, value=value), from_here())
        assert load_config().retrieval.top_k == 7


def test_only_the_user_of_this_machine_changes_settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = from_here()
    elsewhere.scope["client"] = ("192.168.1.7", 1)
    forwarded = from_here(**{"x-forwarded-for": "192.168.1.7"})
    renamed = from_here(host="askive.example")
    with settings_routes() as routes:
        for request in (elsewhere, forwarded, renamed):
            with pytest.raises(LocalOnly):
                routes.change(Changed(key="ocr", value="off"), request)
            assert by_key(routes.settings(request))["ocr"]["locked"]
        # As the system lists the connections of this machine: this one is of another account.
        table = home / "tcp"
        table.write_text(
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
            f"   0: 0100007F:0001 0100007F:1EB4 01 00000000:00000000 00:00000000 00000000 {os.getuid() + 1} 0 1\n"
        )
        monkeypatch.setattr("askive.ui.chat.http.access._TABLES", (table,))
        with pytest.raises(LocalOnly):
            routes.change(Changed(key="ocr", value="off"), from_here())
    assert not (home / "config.toml").exists()


def test_only_the_user_of_this_machine_watches_folders(home: Path, tmp_path: Path) -> None:
    config = load_config({"embedder": "hash", "generator": "scripted"})
    workspace = Workspace(config)
    routes = WatchRoutes(WatchedFolders(Library(workspace), config))
    elsewhere = from_here()
    elsewhere.scope["client"] = ("192.168.1.7", 1)
    assert routes.folders("town", elsewhere) == {"allowed": False, "folders": []}
    assert routes.folders("town", from_here()) == {"allowed": True, "folders": []}
    with pytest.raises(LocalOnly):
        routes.add("town", Folder(folder=str(tmp_path)), elsewhere)
    with pytest.raises(LocalOnly):
        routes.remove("town", str(tmp_path), elsewhere)
    workspace.close()


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
