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
    page.click("#open-documents")
    dialog = page.locator("#documents")
    dialog.locator(".documents li").first.wait_for()
    return dialog


def dropped(page: Any, files: dict[str, str]) -> None:
    """Drop files, as the browser sees them."""
    data = page.evaluate_handle(
        """files => { const data = new DataTransfer();
        for (const [name, text] of Object.entries(files)) data.items.add(new File([text], name));
        return data }""",
        files,
    )
    page.dispatch_event(".drop", "drop", {"dataTransfer": data})


def test_a_collection_from_making_to_deleting(page: Any, chat_home: Path, tmp_path: Path) -> None:
    dialog, small = open_documents(page), page.locator("#small-dialog")
    dialog.get_by_role("button", name="New collection").click()
    small.get_by_role("textbox").fill("letters")
    small.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Documents in “letters”").wait_for()
    dialog.get_by_text("No documents yet.").wait_for()

    dropped(
        page,
        {"good.txt": "Agnes wrote to Karl about 31 barrels of herring.", "empty.txt": " ", "odd.xyz": "?"},
    )
    for name in ("empty.txt", "odd.xyz"):
        row = dialog.locator(".uploads li", has_text=name)
        row.get_by_role("button", name="Retry").wait_for()
        assert re.search(r"Failed: .+\. .+", row.inner_text())
    dialog.locator(".uploads li", has_text="good.txt").get_by_text("Added, 1 passage").wait_for()
    dialog.locator(".uploads li", has_text="empty.txt").get_by_role("button", name="Retry").click()
    dialog.locator(".uploads li", has_text="empty.txt").get_by_text("Failed").wait_for()
    assert dialog.locator(".documents li").count() == 1
    uploaded = list((chat_home / "uploads").rglob("good.txt"))
    assert len(uploaded) == 1
    assert not list((chat_home / "uploads").rglob("odd.xyz")), "what failed is not kept"

    folder = tmp_path / "box"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "deep.md").write_text("# Deep\n\nKarl answered in 1912.\n")
    page.set_input_files("#folder", folder)
    dialog.locator(".uploads li", has_text="box/inner/deep.md").get_by_text("Added").wait_for()
    dialog.locator(".documents li", has_text="Deep").wait_for()

    dialog.get_by_role("button", name="Rename").click()
    small.get_by_role("textbox").fill("post")
    small.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Documents in “post”").wait_for()
    page.keyboard.press("Escape")
    turn = answered(ask(page, "How many barrels of herring did Agnes write to Karl about?"))
    turn.locator(".citation").first.click()
    assert "31 barrels" in page.locator("#source-body mark").inner_text(), (
        "renaming leaves its files readable"
    )

    open_documents(page)
    dialog.get_by_role("button", name="Remove: good").click()
    small.get_by_role("button", name="Cancel").click()
    assert dialog.locator(".documents li").count() == 2
    dialog.get_by_role("button", name="Remove: good").click()
    small.get_by_label("Also delete what quotes it: answers in conversations (1)").check()
    small.get_by_role("button", name="Remove").click()
    dialog.locator(".documents li", has_text="good").wait_for(state="detached")
    page.locator("#conversations a", has_text="How many barrels of herring").wait_for(state="detached")
    page.locator("#turns .turn").first.wait_for(state="detached")
    assert not uploaded[0].exists()

    dialog.get_by_role("button", name="Delete collection").click()
    small.get_by_role("button", name="Delete for good").click()
    page.get_by_role("heading", name="Documents in “post”").wait_for(state="detached")
    assert "post" not in page.locator("#collection").inner_text()
    assert not (chat_home / "collections" / "post").exists()
    assert not list((chat_home / "uploads").rglob("deep.md"))


def test_a_name_that_is_taken_or_cannot_be_one(page: Any) -> None:
    dialog, small = open_documents(page), page.locator("#small-dialog")
    for name, told in (
        ("town", "there is a collection 'town' already"),
        ("../x", "cannot name a collection"),
    ):
        dialog.get_by_role("button", name="New collection").click()
        small.get_by_role("textbox").fill(name)
        small.get_by_role("button", name="Save").click()
        small.get_by_text(told).wait_for()
        small.get_by_role("button", name="Close").click()


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
    page.fill("#after", "2016")
    page.press("#after", "Tab")
    chips = page.locator("#chips .chip")
    assert [text.split("Remove")[0].strip() for text in chips.all_inner_texts()] == [
        "From 2016",
        "Port Authority",
    ]
    turn = answered(ask(page, BAKER))
    assert "Nils Holm" not in turn.inner_text(), "another publisher's document is not read"
    page.get_by_role("button", name="Remove: From 2016").click()
    page.get_by_role("button", name="Remove: Port Authority").click()
    assert chips.count() == 0
    assert "Nils Holm" in answered(ask(page, BAKER)).locator(".text").inner_text()
    page.fill("#after", "the day before")
    page.press("#after", "Tab")
    ask(page, BAKER).locator(".failure", has_text="is no date").wait_for()


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


def test_copy_and_export(page: Any) -> None:
    turn = answered(ask(page, CAPTAIN))
    turn.get_by_role("button", name="Copy").click()
    turn.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("Captain Rosa Lind counted them from the north tower. \\[1\\]")
    assert "Harbour report (Port Authority, 2016-01-25)" in copied
    for link, ending in (("Markdown", ".md"), ("HTML", ".html")):
        with page.expect_download() as download:
            page.locator("#conversation-actions").get_by_role("link", name=link).click()
        path = download.value.path()
        assert download.value.suggested_filename.endswith(ending)
        text = path.read_text(encoding="utf-8")
        assert CAPTAIN in text
        assert "Harbour report (Port Authority, 2016-01-25)" in text


def test_the_model_and_what_it_costs(page: Any, chat: str) -> None:
    told = json.loads(page.request.get(f"{chat}/chat/state").text())
    assert page.locator("#model option").all_inner_texts() == [model["id"] for model in told["models"]]
    cost = answered(ask(page, f"{CAPTAIN} Say it slowly.")).locator(".cost").inner_text()
    assert re.fullmatch(r"openai:\S+ · first word after \d+\.\d s · \d+(\.\d)? tokens/s", cost)
