"""What goes wrong on the server, as the page shows it: in one place and one form; a second chat; downloads of models."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from askive.ui.commands.chat import network_addresses, network_hint
from tests.ui.chat.browser_chat import ASKIVE, environment, free_port, serving
from tests.ui.chat.conftest import open_chat
from tests.ui.chat.test_page import CAPTAIN, answered, ask

pytestmark = pytest.mark.browser
REFUSED = {"kind": "failure", "message": "the disk is full", "remedy": "free 1 GB"}


@pytest.mark.parametrize(
    ("route", "view", "then"),
    [
        ("**/chat/collections/town/documents*", "documents", ""),
        ("**/chat/notebook", "notebook", ""),
        ("**/chat/models", "settings", ""),
        ("**/chat/collections/town/search*", "search", "#search-text"),
        ("**/chat/conversations*", "chat", "#search"),
    ],
)
def test_an_error_is_shown_in_one_place_and_one_form(
    browser: Any, chat: str, route: str, view: str, then: str
) -> None:
    page = browser.new_page(viewport={"width": 1360, "height": 860})
    open_chat(page, chat)
    page.route(route, lambda one: one.fulfill(status=500, body=json.dumps(REFUSED)))
    if view != "chat":
        page.click(f"a[href='#{view}']")
    if then:
        page.fill(then, "harbour")
        page.press(then, "Enter")
    problem = page.locator("#problem")
    problem.get_by_text("The disk is full. Free 1 GB.").wait_for()
    problem.get_by_role("button", name="Dismiss").click()
    assert not problem.is_visible()
    assert page.evaluate("document.activeElement !== document.body")
    page.close()


def test_an_answer_that_breaks_off_says_so_and_can_be_asked_again(browser: Any, chat: str) -> None:
    page = browser.new_page(viewport={"width": 1360, "height": 860})
    open_chat(page, chat)
    page.route(
        "**/gradio_api/call/ask/*",
        lambda one: one.fulfill(
            status=200, content_type="text/event-stream", body="event: error\ndata: null\n\n"
        ),
    )
    turn = ask(page, CAPTAIN)
    turn.locator(".failure", has_text="The server stopped answering. Try again.").wait_for()
    page.unroute_all(behavior="ignoreErrors")
    turn.get_by_role("button", name="Retry").click()
    page.locator(".turn").last.locator(".text .citation").first.wait_for()
    answered(page.locator(".turn").last)
    page.close()


def test_a_second_chat_says_where_the_first_is(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    home.mkdir()
    with serving(home, "--embedder", "hash", "--model", "scripted", port=port) as url:
        second = subprocess.run(
            [*ASKIVE, "chat", "--no-browser", "--port", str(port), "--embedder", "hash"],
            env=environment(home),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        assert f"The chat is running already, at {url}/" in second.stderr
        assert "Traceback" not in second.stderr


def test_models_are_downloaded_on_the_page_with_progress(browser: Any, tmp_path: Path) -> None:
    """The server has no weights; what it says about downloads is given to the page here, as nothing is downloaded in tests."""
    home = tmp_path / "home"
    home.mkdir()
    with serving(home) as url:
        page = browser.new_page(viewport={"width": 1360, "height": 860})
        models = page.request.get(f"{url}/chat/models").json()
        step: dict[str, Any] = {"download": None, "failure": None, "state": "absent"}
        pulled: list[str] = []

        def tell(route: Any) -> None:
            told = [{**model, **step} if model["in_use"] else model for model in models]
            route.fulfill(status=200, content_type="application/json", body=json.dumps(told))

        def pull(route: Any) -> None:
            pulled.append(route.request.url.split("/")[-2])
            step["download"] = {"done": 600_000_000, "total": 1_200_000_000}
            tell(route)

        page.route("**/chat/models", tell)
        page.route("**/chat/models/*/pull", pull)
        open_chat(page, url)
        needed = page.locator("#welcome")
        needed.get_by_role("button", name="Download").click()
        needed.get_by_text("600 MB of 1.2 GB").first.wait_for()
        assert needed.locator("progress").first.evaluate("bar => bar.value / bar.max") == 0.5
        assert sorted(pulled) == sorted(model["id"] for model in models if model["in_use"])
        step.update(
            download=None,
            failure={"kind": "disk-space", "message": "the disk is full", "remedy": "free 1 GB"},
        )
        needed.get_by_text("The disk is full. Free 1 GB.").first.wait_for()
        assert needed.get_by_role("button", name="Download").is_enabled(), "it can be tried again"
        page.close()


def test_sharing_tells_the_addresses_and_that_it_is_plain_text(browser: Any, tmp_path: Path) -> None:
    home, password = tmp_path / "home", tmp_path / "password"
    home.mkdir()
    password.write_text("correct horse battery\n")
    fakes = ("--embedder", "hash", "--model", "scripted")
    with serving(home, *fakes, "--share-on-network", "--password-file", str(password)) as url:
        port = url.rsplit(":", 1)[1]
        log, said, until = home / "chat.log", "", time.monotonic() + 60
        # It is told once the server has started.
        while "travel as plain text" not in said and time.monotonic() < until:
            said = log.read_text(encoding="utf-8")
            time.sleep(0.1)
        assert "Password, questions and documents travel as plain text" in said
        addresses = network_addresses()
        assert network_hint(addresses, int(port)) in " ".join(said.split())
        for address in addresses[:1]:
            there = f"http://{address}:{port}"
            assert httpx.get(there, trust_env=False).status_code == 401
            context = browser.new_context(
                http_credentials={"username": "me", "password": "correct horse battery"}
            )
            page = context.new_page()
            open_chat(page, there)
            page.locator(".bars").wait_for()
            # No secure context: the browser has no asynchronous clipboard, and copying works all the same.
            assert page.evaluate("window.isSecureContext") is False
            turn = answered(ask(page, "How many jets and helicopters did Russia have in Latakia?"))
            turn.get_by_role("button", name="Copy", exact=True).click()
            turn.get_by_role("button", name="Copied").wait_for()
            page.focus("#question")
            page.keyboard.press("Control+V")
            assert "[1]" in page.input_value("#question")
            context.close()
