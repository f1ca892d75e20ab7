"""A chat in a browser, over documents that try it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from askive.models.fakes import HashEmbedder
from askive.rag.config import Config, load_config
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.store.archive import Archive
from askive.ui.chat.conversations import Conversations
from askive.ui.chat.workspace import Workspace
from tests.conftest import DOCUMENTS, ingest_here
from tests.rag.load.pdf_writer import write_pdf
from tests.ui.chat.browser_chat import serving, speaking

HOSTILE = (
    "The gatekeeper of Aldermoor is <script>window.hacked = 1</script>"
    '<img src="http://elsewhere.invalid/x.png" onerror="window.hacked = 2"><style>body{display:none}</style>'
    " called **Bertram Hale**."
)
LONG_SENTENCE = "The lamp keeper Ottilie Brandt lit 217 lamps on the western pier."


def long_document() -> str:
    """About 300 pages of prose with one sentence to be found in the middle."""
    filler = [
        f"Entry {n}. The watch walked from tower {n % 7} to gate {n % 11} and wrote down nothing of note. "
        "Rain fell on the roofs, and the river stood at its usual mark.\n\n"
        for n in range(4200)
    ]
    filler.insert(2600, f"{LONG_SENTENCE}\n\n")
    return "".join(filler)


@pytest.fixture(scope="session")
def chat_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with three collections: `town`, `hostile` and `long`."""
    home = tmp_path_factory.mktemp("chat-home")
    folder = tmp_path_factory.mktemp("chat-documents")
    town = folder / "town"
    town.mkdir()
    for name, text in DOCUMENTS.items():
        (town / name).write_text(text, encoding="utf-8")
    hostile, long = folder / "gate.txt", folder / "watch.txt"
    hostile.write_text(f"{HOSTILE}\n\nThe gate closes at nine in the evening.\n", encoding="utf-8")
    long.write_text(long_document(), encoding="utf-8")
    config = load_config({"home": home, "embedder": "hash", "generator": "scripted"})
    # Here, not by a command: starting one takes longer than all the rest.
    for name, path in (("town", town), ("hostile", hostile), ("long", long)):
        archive = Archive.open(config.collections_dir / name, HashEmbedder(), config.passages, create=True)
        with archive:
            assert not ingest_paths(archive, [path]).failures
    return home


@pytest.fixture(scope="session")
def chat(chat_home: Path) -> Iterator[str]:
    """The address of a chat on `town`, with a model that does as it is told."""
    with (
        speaking() as speaker,
        serving(
            chat_home, "--embedder", "hash", "--model", f"openai:{speaker.url}", "--collection", "town"
        ) as url,
    ):
        yield url


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """Of a module only: while it is open, no other test can run an event loop."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Any, chat: str) -> Iterator[Any]:
    """The chat on a wide screen. Requests to other hosts and errors in the page fail the test."""
    context = browser.new_context(viewport={"width": 1360, "height": 860}, accept_downloads=True)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(30_000)
    wrong: list[str] = []

    def look(request: Any) -> None:
        if not re.match(rf"{re.escape(chat)}/|data:|blob:", request.url):
            wrong.append(request.url)

    context.on("request", look)
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on("console", lambda message: wrong.extend([message.text] if message.type == "error" else []))
    opened = context.new_page()
    open_chat(opened, chat)
    yield opened
    context.close()
    # A request that the server refuses on purpose is logged by the browser.
    assert [text for text in wrong if "status of 400" not in text] == []


def open_chat(page: Any, address: str) -> None:
    """Load the page and wait until it is ready."""
    page.goto(address)
    page.wait_for_selector("body[data-ready]")


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    """Three pages; the second says what is asked for."""
    path = tmp_path / "ferry.pdf"
    pages = [
        ["Report on the ferry", "The ferry company of Aldermoor was founded in spring."],
        [
            "Passengers",
            "The ferry Margarethe carried 5,120 passengers in August.",
            "Most of them stayed on deck.",
        ],
        ["Costs", "The repairs were paid by the council."],
    ]
    path.write_bytes(write_pdf(pages, {"Title": "Report on the ferry"}))
    return path


@pytest.fixture
def config(home: Path, documents: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A home with the collection `town`."""
    made = load_config({"home": home, "embedder": "hash", "generator": "scripted"})
    with Archive.open(made.collections_dir / "town", HashEmbedder(), made.passages) as archive:
        ingest_here(archive, documents, monkeypatch)
    return made


@pytest.fixture
def workspace(config: Config) -> Iterator[Workspace]:
    opened = Workspace(config)
    yield opened
    opened.close()


@pytest.fixture
def kept(home: Path) -> Iterator[Conversations]:
    opened = Conversations(home / "chat" / "conversations.sqlite3")
    yield opened
    opened.close()
