"""The chat in a real browser: documents, collections, conversations, filters, feedback, export."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from askive.eval.datasets.gold import read_gold
from tests.ui.chat.test_page import BAKER, CAPTAIN, ZEBRA, answered, ask

pytestmark = pytest.mark.browser


def open_documents(page: Any) -> Any:
    page.click("a[href='#documents']")
    page.locator(".documents tbody tr").first.wait_for()
    return page.locator("#view-documents")


def dropped(page: Any, files: dict[str, str], where: str = "body") -> None:
    """Drop files, as the browser sees them."""
    data = page.evaluate_handle(
        """files => { const data = new DataTransfer();
        for (const [name, text] of Object.entries(files)) data.items.add(new File([text], name));
        return data }""",
        files,
    )
    page.dispatch_event(where, "drop", {"dataTransfer": data})


def upload_row(page: Any, name: str) -> Any:
    return page.locator("#tray li", has_text=name)


def test_a_collection_from_making_to_deleting(page: Any, chat_home: Path, tmp_path: Path) -> None:
    view, small = open_documents(page), page.locator("#small-dialog")
    view.get_by_role("button", name="New collection").click()
    small.get_by_role("textbox").fill("letters")
    small.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Documents in “letters”").wait_for()
    view.get_by_text("No documents yet.").wait_for()

    dropped(
        page,
        {
            "good.txt": "Agnes wrote to Karl about 31 barrels of herring.",
            "empty.txt": " ",
            "odd.xyz": "?",
            ".hidden": "x",
        },
        "#nav",
    )
    for name in ("empty.txt", "odd.xyz"):
        row = upload_row(page, name)
        row.get_by_text("Failed: ").wait_for()
        assert re.search(r"Failed: .+\. .+\.", row.inner_text())
        assert row.get_by_role("button", name="Retry").count() == 0, "the same file fails again"
    upload_row(page, "good.txt").get_by_text("Added, 1 passage").wait_for()
    assert "hidden" in upload_row(page, ".hidden").inner_text()
    view.locator("tbody tr").first.wait_for()
    assert view.locator("tbody tr").count() == 1
    uploaded = list((chat_home / "uploads").rglob("good.txt"))
    assert len(uploaded) == 1
    assert not list((chat_home / "uploads").rglob("odd.xyz")), "what failed is not kept"

    # Another file of the same name: both are kept, and the page says so.
    dropped(page, {"good.txt": "Karl wrote to Agnes about 12 barrels of salt."})
    upload_row(page, "good (2).txt").wait_for()
    view.locator("tbody tr", has_text="good (2)").wait_for()
    page.get_by_role("button", name="Replace the earlier file: good.txt").click()
    page.locator("#tray li.done", has_text="good.txt").first.wait_for()
    page.reload()
    page.locator("#tray li", has_text="empty.txt").wait_for()
    page.get_by_role("button", name="Clear the list").click()
    page.locator("#tray").wait_for(state="hidden")

    folder = tmp_path / "box"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "deep.md").write_text("# Deep\n\nKarl answered in 1912.\n")
    page.set_input_files("#folder", folder)
    upload_row(page, "box/inner/deep.md").get_by_text("Added").wait_for()
    view.locator("tbody tr", has_text="Deep").wait_for()

    view.get_by_role("button", name="Rename").click()
    small.get_by_role("textbox").fill("post")
    small.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Documents in “post”").wait_for()
    page.reload()
    page.get_by_role("heading", name="Documents in “post”").wait_for()
    page.click("#new-conversation")
    turn = answered(ask(page, "How many barrels of salt did Karl write to Agnes about?"))
    turn.locator(".text .citation").first.click()
    page.locator("#source-body mark").wait_for()
    assert "12 barrels" in page.locator("#source-body mark").inner_text(), (
        "renaming leaves its files readable"
    )

    open_documents(page)
    view.get_by_role("button", name="Remove: good", exact=True).click()
    small.get_by_role("button", name="Cancel").click()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Remove: good"
    view.get_by_role("button", name="Remove: good", exact=True).click()
    small.get_by_label("Also delete what quotes it").check()
    small.get_by_role("button", name="Remove").click()
    view.locator("tbody tr", has=page.get_by_role("button", name="good", exact=True)).wait_for(
        state="detached"
    )
    assert page.evaluate("document.activeElement !== document.body")
    page.locator("#conversations a", has_text="How many barrels of salt").wait_for(state="detached")
    assert not uploaded[0].exists()

    view.get_by_role("button", name="Delete collection").click()
    small.get_by_text("will be deleted").wait_for()
    assert re.search(r"“post” will be deleted, with its \d+ documents? and the files", small.inner_text())
    small.get_by_role("button", name="Delete for good").click()
    page.get_by_role("heading", name="Documents in “post”").wait_for(state="detached")
    assert "post" not in page.locator("#collection").inner_text()
    assert not (chat_home / "collections" / "post").exists()
    assert not list((chat_home / "uploads").rglob("deep.md"))


def test_a_name_that_is_taken_or_cannot_be_one(page: Any) -> None:
    view, small = open_documents(page), page.locator("#small-dialog")
    for name, told in (
        ("town", "There is a collection 'town' already. Choose another name."),
        ("../x", "cannot name a collection"),
    ):
        view.get_by_role("button", name="New collection").click()
        small.get_by_role("textbox").fill(name)
        small.get_by_role("button", name="Save").click()
        page.locator("#problem", has_text=told).wait_for()
        page.get_by_role("button", name="Dismiss").click()


def test_conversations_are_searched_renamed_and_deleted_for_good(page: Any, chat_home: Path) -> None:
    answered(ask(page, BAKER))
    page.click("#new-conversation")
    assert page.locator(".turn").count() == 0
    answered(ask(page, "Which engineer built the old bridge of Aldermoor in 1871?"))
    links = page.locator("#conversations a")
    page.fill("#search", "holm rye")
    page.locator("#conversations a", has_text="engineer").first.wait_for(state="detached")
    assert BAKER in links.all_inner_texts(), "found by words of the answer"
    page.fill("#search", "nothing of the kind")
    page.get_by_text("Nothing found.").wait_for()
    page.fill("#search", "engineer")
    row = page.locator("#conversations li", has_text="Which engineer").first
    row.hover()
    row.get_by_role("button", name="Rename").click()
    page.locator("#small-dialog input").fill("Quillfeather matters")
    page.keyboard.press("Enter")
    page.fill("#search", "Quillfeather")
    page.get_by_role("link", name="Quillfeather matters").wait_for()
    assert page.title() == "Quillfeather matters · Askive"
    kept = chat_home / "chat"
    assert b"Quillfeather" in b"".join(path.read_bytes() for path in kept.iterdir())
    page.get_by_role("button", name="Delete: Quillfeather matters").click()
    page.locator("#small-dialog").get_by_role("button", name="Delete for good").click()
    page.get_by_text("Nothing found.").wait_for()
    assert page.locator(".turn").count() == 0
    assert b"Quillfeather" not in b"".join(path.read_bytes() for path in kept.iterdir())


def test_filters_and_what_was_understood_are_chips(page: Any) -> None:
    page.click("#toggle-filters")
    page.select_option("#publisher", "Port Authority")
    page.fill("#after", "2016-01-01")
    page.press("#after", "Tab")
    chips = page.locator("#chips .chip")
    assert [text.split("Remove")[0].strip() for text in chips.all_inner_texts()] == [
        "From 2016-01-01",
        "Port Authority",
    ]
    turn = answered(ask(page, BAKER))
    assert "Nils Holm" not in turn.inner_text(), "another publisher's document is not read"
    page.get_by_role("button", name="Remove: From 2016-01-01").click()
    page.get_by_role("button", name="Remove: Port Authority").click()
    assert chips.count() == 0
    assert "Nils Holm" in answered(ask(page, BAKER)).locator(".text").inner_text()
    # A filter that cannot be understood is told in its field, before asking, and the question is kept.
    assert "from 2015-05-01 to 2016-01-25" in page.locator("#filter-note").inner_text()
    for field, day, told in (
        ("after", "2016-02-01", "No document here is dated so late. The last is of 2016-01-25."),
        ("before", "2014-12-31", "No document here is dated so early. The first is of 2015-05-01."),
    ):
        page.fill(f"#{field}", day)
        page.press(f"#{field}", "Tab")
        page.locator("#filter-note", has_text=told).wait_for()
        page.fill(f"#{field}", "")
    page.fill("#after", "2016-01-20")
    page.fill("#before", "2016-01-10")
    n_turns = page.locator(".turn").count()
    page.fill("#question", BAKER)
    page.press("#question", "Enter")
    page.locator("#filter-note", has_text="“Until” is before “From”. Swap the two days.").wait_for()
    assert page.evaluate("document.activeElement.id") == "before"
    assert (page.input_value("#question"), page.locator(".turn").count()) == (BAKER, n_turns)
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.input_value("#question") == BAKER, "a draft outlives a reload"
    # A refusal under a filter has a button that takes it away.
    page.click("#toggle-filters")
    page.select_option("#publisher", "Port Authority")
    page.press("#question", "Enter")
    refused = answered(page.locator(".turn").nth(n_turns))
    refused.get_by_role("button", name="Ask all documents").click()
    page.locator(".turn .text", has_text="Nils Holm").last.wait_for()
    assert chips.count() == 0
    page.click("#toggle-filters")
    page.select_option("#publisher", "Port Authority")
    page.click("#new-conversation")
    assert (chips.count(), page.input_value("#publisher")) == (0, ""), "a new conversation has no filters"


def test_what_the_question_names_can_be_turned_off(page: Any) -> None:
    question = "Which baker sold two hundred loaves of rye bread according to The Aldermoor Post?"
    page.fill("#question", question)
    page.get_by_text("Ranks higher: published by The Aldermoor Post").wait_for()
    turn = answered(ask(page, question))
    chip = turn.locator(".understood")
    assert "Ranked higher: published by The Aldermoor Post" in chip.inner_text()
    chip.get_by_role("button").click()
    page.locator(".understood").wait_for(state="detached")
    again = answered(page.locator(".turn").last)
    assert page.locator(".turn").count() == 1
    assert again.locator(".understood").count() == 0


def test_sources_are_found_while_typing(page: Any) -> None:
    page.locator("#question").press_sequentially(CAPTAIN, delay=5)
    page.locator("#ahead .ahead-title", has_text="Harbour report").wait_for()
    page.fill("#question", "")
    page.locator("#ahead").wait_for(state="hidden")


def test_feedback_and_gold_questions(page: Any, chat_home: Path) -> None:
    small = page.locator("#small-dialog")
    refused = answered(ask(page, ZEBRA))
    refused.locator(".more summary").click()
    refused.get_by_role("button", name="Save as gold question").click()
    assert small.get_by_label("The documents do not hold the answer").is_checked()
    small.get_by_role("button", name="Save").click()
    small.get_by_text("Measure with: askive eval run").wait_for()
    page.keyboard.press("Escape")
    turn = answered(ask(page, CAPTAIN))
    turn.get_by_role("button", name="Wrong source").click()
    turn.locator("button[aria-pressed=true]", has_text="Wrong source").wait_for()
    page.reload()
    turn = page.locator(".turn").nth(1)
    turn.locator("button[aria-pressed=true]", has_text="Wrong source").wait_for()
    turn.locator(".more summary").click()
    turn.get_by_role("button", name="Save as gold question").click()
    small.get_by_label("Accepted answers").fill("Rosa Lind\nCaptain Lind")
    small.get_by_role("button", name="Save").click()
    small.get_by_text("Measure with: askive eval run").wait_for()
    suite = read_gold(chat_home / "gold" / "town")
    assert suite.n_documents >= 3
    first, second = suite.samples
    assert first.unanswerable
    assert (second.question, second.answers) == (CAPTAIN, ("Rosa Lind", "Captain Lind"))
    assert "Captain Rosa Lind counted them from the north tower." in [q.text for q in second.evidence[0]]
    assert second.turns[0].question == ZEBRA


def test_the_menu_of_an_answer_closes_like_a_menu(page: Any) -> None:
    turn = answered(ask(page, CAPTAIN))
    menu, entry = turn.locator(".more"), turn.get_by_role("button", name="Save as gold question")
    menu.locator("summary").click()
    entry.wait_for()
    page.keyboard.press("Escape")
    assert not entry.is_visible()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    menu.locator("summary").click()
    # Not in the middle, which the menu may cover.
    turn.locator(".text").click(position={"x": 4, "y": 4})
    assert not entry.is_visible(), "a click elsewhere"
    menu.locator("summary").click()
    entry.click()
    page.locator("#small-dialog").get_by_role("button", name="Cancel").click()
    assert not entry.is_visible()
    assert page.evaluate("document.activeElement !== document.body")


def test_copy_and_export(page: Any, chat_home: Path) -> None:
    import docx

    turn = answered(ask(page, CAPTAIN))
    turn.get_by_role("button", name="Copy").click()
    turn.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("Captain Rosa Lind counted them from the north tower. [1]")
    assert "Harbour report (Port Authority, 2016-01-25, section Ships)" in copied
    assert "\\[" not in copied and str(chat_home) not in copied
    rich = page.evaluate(
        "async () => (await (await navigator.clipboard.read())[0].getType('text/html')).text()"
    )
    assert "<sup>[1]</sup>" in rich and str(chat_home) not in rich
    # Without a secure context the browser has no asynchronous clipboard.
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    turn.get_by_role("button", name="Copy").wait_for()
    page.evaluate("""() => { window.taken = []; document.addEventListener('copy', (event) =>
        setTimeout(() => window.taken.push(event)), { capture: true }) }""")
    page.locator("#question").fill("")
    turn.get_by_role("button", name="Copy").click()
    turn.get_by_role("button", name="Copied").wait_for()
    page.focus("#question")
    page.keyboard.press("Control+V")
    assert page.input_value("#question").startswith(
        "Captain Rosa Lind counted them from the north tower. [1]"
    )
    page.fill("#question", "")
    for link, ending in (("Markdown", ".md"), ("HTML", ".html"), ("Word", ".docx")):
        with page.expect_download() as download:
            page.locator("#conversation-actions").get_by_role("link", name=link).click()
        path = download.value.path()
        assert download.value.suggested_filename.endswith(ending)
        if ending == ".docx":
            text = "\n".join(paragraph.text for paragraph in docx.Document(path).paragraphs)
        else:
            text = path.read_text(encoding="utf-8")
        assert str(chat_home) not in text, "the file's name, not the path on the server"
        assert CAPTAIN in text
        assert "Harbour report (Port Authority, 2016-01-25, section Ships)" in text


def test_the_model_and_what_it_costs(page: Any, chat: str) -> None:
    told = json.loads(page.request.get(f"{chat}/chat/state").text())
    assert page.locator("#model option").all_inner_texts() == [model["name"] for model in told["models"]]
    cost = answered(ask(page, f"{CAPTAIN} Say it slowly.")).locator(".cost").text_content()
    assert re.fullmatch(r"openai:\S+ · first word after \d+\.\d s · \d+(\.\d)? tokens/s", cost)
