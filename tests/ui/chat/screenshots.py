"""Pictures of each state of the chat for the documentation, with the real models: `make screenshots`.

`python -m tests.ui.chat.screenshots --fakes` takes them with models that need no weights, to look at the page quickly.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from askive.rag.config import default_home
from tests.ui.chat.browser_chat import free_port, serving

FOLDER = Path(__file__).parent.parent.parent.parent / "docs" / "images"
WIDE = {"width": 1360, "height": 860}
PHONE = {"width": 390, "height": 844}
QUESTION = "How many jets and helicopters did Russia have in Latakia?"
REFUSED = "What does the museum of Oslo charge for a ticket?"
KINDS = {
    "list": "List the people who were killed, with who reported it.",
    "timeline": "Timeline of “Raqqa”",
    "comparison": "What do Reuters and VOA say about Russian air strikes?",
    "summary": "Summarise what the documents say about “Latakia”.",
    "who_said": "Who said that Assad must go, and who said he should stay?",
    "answer_overview": "What is this collection about?",
    "mentions": "Which documents mention “Raqqa”?",
}
"""A question of each kind, by the name of its picture."""
FILES = [
    *((f"letter-{year}.txt", f"Letter of {year}\n\nAgnes wrote to Karl about {year - 1880} barrels of herring.".encode())
      for year in range(1911, 1916)),
    ("blank.txt", b"  "),
    ("damaged.pdf", b"%PDF-1.4 "),
    ("drawing.xyz", b"?"),
]  # fmt: skip
FAKES = ("--embedder", "hash", "--model", "scripted")
_MAX_COLOURS = 64
_TIMEOUT_MS = 600_000


def main(*models: str) -> None:
    """Ask, open a source, visit each page, and take pictures in light, dark, and on a phone. models: options for them."""
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home, port = Path(folder) / "home", free_port()
        home.mkdir()
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=WIDE, color_scheme="light")
        page.set_default_timeout(_TIMEOUT_MS)
        with serving(home, port=port) as url:
            _open(page, url)
            _take(page, "no-models")
        page.click("#new-conversation")
        page.locator("#problem:visible").wait_for()
        _take(page, "offline")
        (home / "models").symlink_to(default_home() / "models", target_is_directory=True)
        with serving(home, "--collection", "seeds", *models, port=port) as url:
            _open(page, url)
            _take_all(page)
            _take_pages(page)
        browser.close()


def _take_all(page: Any) -> None:
    page.locator(".bars").wait_for()
    _take(page, "overview")
    _ask(page, QUESTION, loading=True)
    page.locator(".actions").get_by_role("button", name="Pin").click()
    page.locator(".citation:visible").first.click()
    page.locator("#source-body mark").first.wait_for()
    page.get_by_role("button", name="Pin this quotation").click()
    _take(page, "light")
    page.emulate_media(color_scheme="dark")
    _take(page, "dark")
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="light")
    _take(page, "phone-source")
    page.click("#close-source")
    _take(page, "phone")
    page.set_viewport_size(WIDE)
    for name, question in (("refusal", REFUSED), *KINDS.items()):
        page.click("#new-conversation")
        _ask(page, question)
        kind = name.removeprefix("answer_")
        if name in KINDS and page.locator(".kind").input_value() != kind:
            page.locator(".kind").select_option(kind)
            page.locator(".turn .actions").wait_for()
        _take(page, name.replace("_", "-"))
        if name == "mentions":
            page.locator(".actions").get_by_role("button", name="Pin").click()
    page.set_viewport_size(PHONE)
    _take(page, "phone-table")
    page.set_viewport_size(WIDE)


def _take_pages(page: Any) -> None:
    """The pages beside the chat, filters, an error, and files that are added."""
    for name, sign in (("documents", "tbody tr"), ("notebook", ".note"), ("settings", ".models li")):
        page.click(f"a[href='#{name}']")
        page.locator(f"#view-{name} {sign}").first.wait_for()
        _take(page, name)
    page.click("a[href='#search']")
    page.fill("#search-text", "Latakia")
    page.press("#search-text", "Enter")
    page.locator(".found-document").first.wait_for()
    _take(page, "search")
    page.fill("#search-text", "?!")
    page.press("#search-text", "Enter")
    page.locator("#problem:visible").wait_for()
    _take(page, "error")
    page.get_by_role("button", name="Dismiss").click()
    page.click("#new-conversation")
    page.click("#toggle-filters")
    page.fill("#after", "2017-01-01")
    page.press("#after", "Tab")
    page.click("#publisher")
    page.keyboard.press("Escape")
    _take(page, "filters")
    page.fill("#after", "")
    page.click("#toggle-filters")
    page.click("a[href='#documents']")
    page.get_by_role("button", name="New collection").click()
    page.locator("#small-dialog").get_by_role("textbox").fill("letters")
    page.locator("#small-dialog").get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Documents in “letters”").wait_for()
    page.click("#new-conversation")
    page.get_by_text("This collection is empty.").wait_for()
    _take(page, "empty")
    page.click("a[href='#documents']")
    page.set_input_files("#files", [{"name": name, "mimeType": "", "buffer": data} for name, data in FILES])
    page.locator("#tray", has_text="5 of 8 files added · 3 failed").wait_for()
    page.locator(".unread summary").click()
    _take(page, "files")


def _ask(page: Any, question: str, *, loading: bool = False) -> None:
    """Ask, and wait for the answer. loading: take a picture on the way."""
    page.fill("#question", question)
    page.press("#question", "Enter")
    if loading:
        page.locator(".status", has_text="…").wait_for()
        _take(page, "loading", still=False)
    page.locator(".turn .actions").wait_for()


def _open(page: Any, url: str) -> None:
    page.goto(url)
    page.wait_for_selector("body[data-ready]")


def _take(page: Any, name: str, *, still: bool = True) -> None:
    """A small picture. still: wait until nothing moves any more."""
    from PIL import Image

    path = FOLDER / f"{name}.png"
    page.mouse.move(0, 0)
    if still:
        page.wait_for_timeout(400)
    page.screenshot(path=path)
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(_MAX_COLOURS)
    small.save(path, optimize=True)


if __name__ == "__main__":
    main(*(FAKES if "--fakes" in sys.argv else ()))
