"""Watched folders, groups of documents and settings in the real browser, and who may not change them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ui.chat.test_accessible import findings
from tests.ui.chat.test_page import answered, ask

pytestmark = pytest.mark.browser
SHIPS = "Captain Rosa Lind counted the timber ships in Aldermoor. The timber ships left harbour number {n}."
BREAD = "Officials said that baker Nils Holm sold rye bread. In Borgholm the rye bread costs {n} crowns."


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four texts about ships and three about bread."""
    folder = tmp_path_factory.mktemp("papers")
    for topic, text, n_files in (("Ships", SHIPS, 4), ("Bread", BREAD, 3)):
        for n in range(n_files):
            (folder / f"{topic} {n}.md").write_text(f"# {topic} {n}\n\n{text.format(n=n)}\n")
    return folder


def test_a_folder_is_watched_and_a_group_of_it_is_asked_about(page: Any, papers: Path) -> None:
    page.click("a[href='#documents']")
    view, dialog = page.locator("#view-documents"), page.locator("#small-dialog")
    view.get_by_role("button", name="New collection").click()
    dialog.get_by_role("textbox").fill("papers")
    dialog.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Documents in “papers”").wait_for()
    view.get_by_role("button", name="Watch a folder").click()
    path = dialog.get_by_role("textbox")
    path.fill("papers")
    dialog.get_by_role("button", name="Watch").click()
    dialog.get_by_text("is not a full path").wait_for()
    assert path.get_attribute("aria-invalid") == "true"
    assert findings(page) == [], "an error in its field"
    path.fill(str(papers))
    path.press("Enter")
    row = view.locator(".watched li", has_text=str(papers))
    row.get_by_text("Watching", exact=True).wait_for()
    view.locator("tbody tr").nth(6).wait_for()
    assert findings(page) == [], "a watched folder"
    (papers / "Ships 4.md").write_text(f"# Ships 4\n\n{SHIPS.format(n=4)}\n")
    view.locator("tbody tr", has_text="Ships 4").wait_for()

    page.click("#new-conversation")
    groups = page.locator("#welcome .groups li")
    groups.nth(1).wait_for()
    bread = groups.filter(has_text="3 documents")
    title = bread.locator("span").first.inner_text()
    bread.get_by_role("button", name="Ask about the group").click()
    chip = page.locator("#chips .chip")
    assert chip.inner_text().startswith(f"Only the group “{title}” (3 documents)")
    assert page.evaluate("document.activeElement.id") == "question"
    page.locator("#question").press_sequentially("#Bread 1", delay=5)
    page.locator("#titles li", has_text="Bread 1").wait_for()
    page.keyboard.press("Enter")
    assert chip.inner_text().startswith("Only “Bread 1”"), "the group is narrowed"
    page.locator("#announce", has_text="Only “Bread 1” will be looked at").wait_for(state="attached")
    bread.get_by_role("button", name="Ask about the group").click()
    turn = answered(ask(page, "Which captain counted the timber ships?"))
    refusal = " ".join(turn.locator(".refusal").inner_text().split())
    assert "Within your filter (in Bread 0.md or Bread 1.md or Bread 2.md)" in refusal
    assert "Rosa Lind counted" not in turn.inner_text(), "only the group is looked at"

    page.click("a[href='#documents']")
    assert view.locator("tbody input:checked").count() == 3
    view.get_by_role("button", name="Remove: Ships 0").click()
    dialog.get_by_text("which adds it again at its next change").wait_for()
    dialog.get_by_role("button", name="Cancel").click()
    row.get_by_role("button", name="Stop watching").click()
    view.locator(".watched").wait_for(state="hidden")
    assert page.evaluate("document.activeElement !== document.body")
    assert view.locator("tbody tr").count() == 8, "its documents stay"
    view.get_by_role("button", name="Delete collection").click()
    dialog.get_by_role("button", name="Delete for good").click()
    page.get_by_role("heading", name="Documents in “papers”").wait_for(state="detached")


def test_settings_are_changed_checked_and_restored(page: Any, chat_home: Path) -> None:
    page.click("a[href='#settings']")
    row = page.locator("tr[data-key='retrieval.top_k']")
    row.wait_for()
    # Settings that are drawn anew do not take what is typed meanwhile.
    page.route("**/chat/models", lambda route: (page.wait_for_timeout(600), route.continue_()))
    page.click("a[href='#notebook']")
    page.click("a[href='#settings']")
    row.get_by_role("textbox").fill("lots")
    with page.expect_response("**/chat/settings"):
        pass
    page.wait_for_timeout(100)
    assert row.get_by_role("textbox").input_value() == "lots"
    page.unroute("**/chat/models")
    field = row.get_by_role("textbox")
    field.fill("many")
    field.press("Enter")
    row.get_by_text("'many' cannot be used: it is not a whole number.").wait_for()
    assert "1 to 200" in row.locator(".bad").inner_text()
    assert field.get_attribute("aria-invalid") == "true"
    assert findings(page) == [], "an error in its field"
    page.get_by_role("combobox", name="ocr", exact=True).select_option("off")
    page.locator("tr[data-key='ocr']").get_by_role("button", name="Restore the default").click()
    page.locator("tr[data-key='ocr']").get_by_text("Default", exact=True).wait_for()
    assert (field.input_value(), row.locator(".bad").count()) == ("many", 1), "it stays to be corrected"
    assert "cannot be used" in row.locator(".bad").inner_text()
    field.fill("7")
    field.press("Tab")
    row.get_by_text("config.toml").wait_for()
    assert "top_k = 7" in (chat_home / "config.toml").read_text()
    row.get_by_role("button", name="Restore the default").click()
    row.get_by_text("Default", exact=True).wait_for()
    assert row.get_by_role("textbox").input_value() == "10"
    assert "top_k" not in (chat_home / "config.toml").read_text()

    strict = page.get_by_role("checkbox", name="generation.strict")
    strict.uncheck()
    page.locator("tr[data-key='generation.strict']", has_text="config.toml").wait_for()
    restore = page.get_by_role("button", name="Restore the default of generation.strict")
    restore.click()
    restore.wait_for(state="detached")
    assert strict.is_checked()

    collection = page.get_by_role("combobox", name="collection", exact=True)
    assert collection.count() == 0, "the chat was started with --collection"

    threads = page.locator("tr[data-key='generation.n_threads']")
    threads.get_by_role("textbox").fill("2")
    threads.get_by_role("textbox").press("Enter")
    threads.get_by_text("Start the chat again to use it").wait_for()
    threads.get_by_role("button", name="Restore the default").click()
    threads.get_by_text("Start the chat again to use it").wait_for(state="detached")
    # The chat was started with --embedder and --model.
    assert "an option of “askive chat” sets it" in page.locator("tr[data-key='generator']").inner_text()
    assert page.locator("tr[data-key='embedder'] :is(input, select)").count() == 0
