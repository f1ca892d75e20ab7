"""The chat in a real browser from nothing: no weights, no documents, a server that goes away and comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ui.chat.browser_chat import free_port, serving
from tests.ui.chat.conftest import open_chat
from tests.ui.chat.test_library import dropped, upload_row

pytestmark = pytest.mark.browser
FAKES = ("--embedder", "hash", "--model", "scripted")


@pytest.mark.timeout(600)
def test_from_nothing_to_documents_over_a_restart_of_the_server(browser: Any, tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    context = browser.new_context(viewport={"width": 1360, "height": 860})
    context.set_default_timeout(60_000)
    page = context.new_page()
    home.mkdir()
    with serving(home, port=port) as url:
        open_chat(page, url)
        needed = page.locator("#welcome")
        needed.get_by_text(
            "Askive needs 2 models on this machine: 1.2 GB, once, from huggingface.co"
        ).wait_for()
        assert needed.get_by_role("button", name="Download").is_enabled()
        assert "collection" not in needed.inner_text(), "no word about a name that was not typed"
        page.fill("#question", "What is this?")
        page.press("#question", "Enter")
        page.locator("#problem", has_text="The models are not on this machine yet. Download them").wait_for()
        assert page.input_value("#question") == "What is this?", "the question is kept"
    page.click("#new-conversation")
    page.locator("#problem", has_text="Askive does not answer. Start it again").wait_for()

    with serving(home, *FAKES, port=port):
        # The page begins again by itself. The sample is Askive's own: the user's first file makes `default`.
        page.locator("#collection option", has_text="seeds").wait_for(state="attached")
        page.wait_for_selector("body[data-ready]")
        assert not page.locator("#problem").is_visible()
        assert page.locator("#collection").input_value() == "seeds"
        page.locator("#welcome", has_text="These are sample documents that come with Askive.").wait_for()
        dropped(page, {"letter.txt": "Agnes wrote to Karl about 31 barrels of herring."})
        upload_row(page, "letter.txt").get_by_text("Added, 1 passage").wait_for()
        assert page.locator("#collection").input_value() == "default"
        page.reload()
        page.wait_for_selector("body[data-ready]")
        assert page.locator("#collection").input_value() == "default", "a reload keeps the collection"

    # While the server is away, files wait: over a closed page, and until it is back.
    dropped(page, {"first.txt": "Karl wrote to Agnes about 12 barrels of salt.", "second.txt": " "})
    upload_row(page, "first.txt").get_by_text("Waiting").wait_for()
    page.locator("#problem", has_text="Askive does not answer").wait_for()
    page.close()
    with serving(home, *FAKES, port=port) as url:
        page = context.new_page()
        open_chat(page, url)
        upload_row(page, "first.txt").get_by_text("Added, 1 passage").wait_for()
        upload_row(page, "second.txt").get_by_text("Failed: ").wait_for()
        page.locator("#tray", has_text="1 of 2 files added · 1 failed").wait_for()
    context.close()


@pytest.mark.timeout(600)
def test_without_any_collection(browser: Any, tmp_path: Path) -> None:
    """Also the sample is gone: nothing is asked or searched in a collection without a name, and a file makes one."""
    home = tmp_path / "home"
    home.mkdir()
    with serving(home, *FAKES) as url:
        page = browser.new_page(viewport={"width": 1360, "height": 860})
        page.set_default_timeout(60_000)
        open_chat(page, url)
        page.click("a[href='#documents']")
        page.get_by_role("button", name="Delete collection").click()
        page.get_by_role("button", name="Delete for good").click()
        page.get_by_text("No documents yet. Add files or drop them here.").wait_for()
        assert not page.get_by_role("button", name="Delete collection").is_visible()
        page.click("#new-conversation")
        page.locator("#welcome", has_text="There are no documents yet.").wait_for()
        page.fill("#question", "Who wrote to Karl?")
        page.press("#question", "Enter")
        problem = page.locator("#problem")
        problem.get_by_text("There are no documents to ask yet. Drop files anywhere on this page").wait_for()
        assert (page.input_value("#question"), page.locator(".turn").count()) == ("Who wrote to Karl?", 0)
        assert page.locator("#conversations a").count() == 0
        page.click("a[href='#search']")
        page.fill("#search-text", "Karl")
        page.press("#search-text", "Enter")
        page.get_by_text("There are no documents to search yet.").wait_for()
        dropped(page, {"letter.txt": "Agnes wrote to Karl about 31 barrels of herring."})
        upload_row(page, "letter.txt").get_by_text("Added, 1 passage").wait_for()
        page.press("#search-text", "Enter")
        page.locator(".found-document", has_text="letter").wait_for()
        # What is open closes when it is removed.
        page.click("a[href='#documents']")
        page.get_by_role("button", name="letter", exact=True).click()
        page.locator("#source-body", has_text="31 barrels").wait_for()
        page.get_by_role("button", name="Remove: letter").click()
        page.locator("#small-dialog").get_by_role("button", name="Remove").click()
        page.locator("#source").wait_for(state="hidden")
        assert page.evaluate("document.activeElement !== document.body")
        page.close()
