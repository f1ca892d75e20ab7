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
WHICH = "Which documents mention “Raqqa”?"
FAKES = ("--embedder", "hash", "--model", "scripted")
_MAX_COLOURS = 64


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
        page.set_default_timeout(240_000)
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
        browser.close()


def _take_all(page: Any) -> None:
    page.locator(".bars").wait_for()
    _take(page, "overview")
    for question in (REFUSED, WHICH, QUESTION):
        page.click("#new-conversation")
        page.fill("#question", question)
        page.press("#question", "Enter")
        if question == QUESTION:
            page.locator(".status", has_text="…").wait_for()
            _take(page, "loading", still=False)
        page.locator(".turn .actions").wait_for()
        if question == WHICH:
            page.locator(".kind").select_option("mentions")
            page.locator(".rows, .turn:last-child .refusal").wait_for()
            _take(page, "table")
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
    page.get_by_role("link", name=REFUSED).click()
    page.locator(".refusal").wait_for()
    _take(page, "refusal")
    for name, sign in (("documents", "tbody tr"), ("notebook", ".note"), ("settings", ".models li")):
        page.click(f"a[href='#{name}']")
        page.locator(f"#view-{name} {sign}").first.wait_for()
        _take(page, name)
    page.click("a[href='#search']")
    page.fill("#search-text", "Latakia")
    page.press("#search-text", "Enter")
    page.locator(".found-document").first.wait_for()
    _take(page, "search")


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
