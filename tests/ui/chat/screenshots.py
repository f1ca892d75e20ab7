"""Pictures of each state of the chat for the documentation, with the real models: `make screenshots`.

`python -m tests.ui.chat.screenshots --fakes` takes them with models that need no weights, to look at the page quickly;
`--pages` takes only those of the pages beside the answers.
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


def main(*models: str, answers: bool = True) -> None:
    """Ask, open a source, visit each page, and take pictures in light, dark, and on a phone.

    models: options for them. answers: False leaves out what needs an answer.
    """
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
            page.locator(".bars").wait_for()
            _take(page, "overview")
            if answers:
                _take_answers(page)
            _take_pages(page, Path(folder), notebook=answers)
        browser.close()


def _take_answers(page: Any) -> None:
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


def _take_pages(page: Any, folder: Path, *, notebook: bool) -> None:
    """The pages beside the chat, filters, an error, a chosen group, and files and folders that are added."""
    for name, sign in (("documents", "tbody tr"), ("notebook", ".note"), ("settings", ".models li")):
        if name == "notebook" and not notebook:
            continue
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
    if page.locator(".groups button").count():
        page.locator(".groups button").first.click()
        _take(page, "group")
        page.locator("#chips button").click()
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
    _take_settings(page)
    _take_folders(page, folder)


def _take_settings(page: Any) -> None:
    """A setting that cannot be, and one that waits for the next start."""
    page.click("a[href='#settings']")
    for key, value in (("retrieval.top_k", "many"), ("generation.n_threads", "2")):
        field = page.locator(f"tr[data-key='{key}']").get_by_role("textbox")
        field.fill(value)
        field.press("Enter")
        page.locator(f"tr[data-key='{key}'] :is(.bad:not(:empty), .pending)").wait_for()
    page.locator("tr[data-key='generation.strict']").scroll_into_view_if_needed()
    _take(page, "settings-changed")
    page.emulate_media(color_scheme="dark")
    _take(page, "dark-settings")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)
    page.locator("tr[data-key='retrieval.top_k']").scroll_into_view_if_needed()
    _take(page, "phone-settings")
    page.set_viewport_size(WIDE)


def _take_folders(page: Any, folder: Path) -> None:
    """Two watched folders, one of them gone; the path of a third that cannot be watched."""
    for name in ("letters", "minutes"):
        (folder / name).mkdir()
        (folder / name / "1912.txt").write_text(f"Agnes and Karl spoke of the {name} of 1912.")
    page.click("a[href='#documents']")
    dialog = page.locator("#small-dialog")
    for name in ("letters", "minutes", "nowhere"):
        page.get_by_role("button", name="Watch a folder").click()
        dialog.get_by_role("textbox").fill(str(folder / name))
        dialog.get_by_role("button", name="Watch").click()
        if (folder / name).is_dir():
            page.locator(".watched li", has_text=name).get_by_text("Watching", exact=True).wait_for()
    dialog.locator(".bad:not(:empty)").wait_for()
    _take(page, "folder-refused")
    page.set_viewport_size(PHONE)
    _take(page, "phone-folder-refused")
    page.set_viewport_size(WIDE)
    dialog.get_by_role("button", name="Cancel").click()
    shutil.rmtree(folder / "minutes")
    page.locator(".watched li[data-state='gone']").wait_for()
    _take(page, "folders")


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
    main(*(FAKES if "--fakes" in sys.argv else ()), answers="--pages" not in sys.argv)
