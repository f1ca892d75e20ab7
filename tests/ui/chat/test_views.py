"""The pages beside the answers, in a real browser: choosing documents, search, notebook, tables, settings."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.ui.chat.conftest import open_chat
from tests.ui.chat.test_library import open_documents
from tests.ui.chat.test_page import BAKER, CAPTAIN, answered, ask

pytestmark = pytest.mark.browser
WHICH = "Which documents mention “Aldermoor”?"


def test_the_first_page_and_its_suggestions(page: Any) -> None:
    welcome = page.locator("#welcome")
    welcome.get_by_text("documents, dated from").wait_for()
    asked = welcome.locator(".example").all_inner_texts()
    for beginning in ("Which documents mention", "Summarise what", "Timeline of", "What is this collection"):
        assert [text for text in asked if text.startswith(beginning)], beginning
    assert "come with Askive" not in welcome.inner_text(), "these documents are the user's"
    question = welcome.get_by_role("button", name="Which documents mention").first
    asked = question.inner_text()
    question.click()
    turn = answered(page.locator(".turn").first)
    assert turn.get_by_role("heading", name=asked).is_visible()
    assert turn.locator(".rows tbody tr").count() > 0


def test_a_table_is_sorted_and_copied_and_the_kind_is_changed(page: Any) -> None:
    ask(page, WHICH)
    answered(page.locator(".turn").first).locator(".kind").select_option("mentions")
    page.locator(".rows").wait_for()
    turn = answered(page.locator(".turn").last)
    assert turn.locator(".kind").input_value() == "mentions"
    assert turn.locator("th").all_inner_texts()[:2] == ["Date", "Publisher"]
    rows = turn.locator(".rows tbody tr")
    titles = [row.locator("td").nth(2).inner_text() for row in rows.all()]
    turn.get_by_role("button", name="Title").click()
    ascending = [row.locator("td").nth(2).inner_text() for row in rows.all()]
    turn.get_by_role("button", name="Title").click()
    descending = [row.locator("td").nth(2).inner_text() for row in rows.all()]
    assert ascending == descending[::-1] == sorted(titles)
    assert turn.locator("th[aria-sort=descending]").inner_text().startswith("Title")
    turn.get_by_role("button", name="Copy table").click()
    page.get_by_text("The table was copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert copied[0] == "Date\tPublisher\tTitle\tMentions\tSources"
    assert len(copied) == len(titles) + 1
    turn.locator(".kind").select_option("fact")
    again = page.locator(".turn").last
    again.locator(".kind").wait_for()
    assert answered(again).locator(".rows").count() == 0
    assert again.locator(".kind").input_value() == "fact"


def test_a_timeline_looks_like_one(page: Any) -> None:
    """No plan of this version makes one with the fakes, so the page is given such an answer."""
    page.evaluate(
        """async () => {
        const { rows } = await import('/page/tables.js');
        const citation = { uri: 'u', title: 'Report', number: 1, start: 0, end: 5, quote: '<b>Words</b>', page: null };
        const answer = { kind: 'timeline', answered_as: 'timeline', columns: ['Date', 'Event', 'Date as written'], rows: [
            { cells: ['2016-01-25', '412 <i>ships</i> came.', 'on Monday'], verdict: 'supported', citations: [citation] },
            { cells: ['2016-01 to 2016-03', 'The quay was mended.', ''], verdict: 'supported', citations: [citation] },
            { cells: ['', 'Someone left.', ''], verdict: 'unchecked', citations: [] }] };
        document.getElementById('turns').append(rows({ asked: { collection: 'town' } }, answer)) }"""
    )
    events = page.locator(".timeline li").all_inner_texts()
    assert events[0].split("\n")[0] == "2016-01-25"
    assert "412 <i>ships</i> came." in events[0]
    assert events[2].startswith("No date")
    assert "not checked" in events[2]
    first = page.locator(".timeline li").first
    assert first.locator(".what .quiet").inner_text() == "on Monday", (
        "what dates it is quieter than the event"
    )
    assert page.locator(".timeline .date").all_inner_texts() == [
        "2016-01-25",
        "2016-01",
        "2016-03",
        "No date",
    ]
    heights = page.locator(".timeline .date").evaluate_all(
        "all => all.map(one => one.getClientRects().length)"
    )
    assert heights == [1, 1, 1, 1], "no date is broken"
    page.get_by_role("button", name="Copy table").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert (
        page.evaluate("navigator.clipboard.readText()").split("\n")[2]
        == "2016-01 to 2016-03\tThe quay was mended.\t\tReport"
    )


def test_what_a_whole_collection_does_not_have_may_be_asked_of_passages(page: Any) -> None:
    answered(ask(page, "Timeline of “Quarnheim”")).locator(".kind").select_option("timeline")
    turn = page.locator(".turn").last
    turn.get_by_role("button", name="Answer it from the nearest passages instead").click()
    page.locator(".kind").last.wait_for()
    page.wait_for_function("() => document.querySelector('.turn .kind')?.value === 'fact'")
    assert page.locator(".turn").count() == 1
    refused = answered(page.locator(".turn").last)
    assert refused.get_by_role("button", name="Answer it from").count() == 0


def test_statements_are_grouped_by_what_was_asked(page: Any) -> None:
    page.evaluate(
        """async () => {
        const { rows } = await import('/page/tables.js');
        const citation = { uri: 'u', title: 'Report', number: 1, start: 0, end: 5, quote: 'Words', page: null };
        const row = (...cells) => ({ cells: [...cells, 'Report'], verdict: 'supported', citations: [citation] });
        const answer = { kind: 'who_said', answered_as: 'who said what',
            columns: ['Asked', 'Speaker', 'Date', 'Note', 'Statement', 'Source'], rows: [
            row('Who denied it?', 'Lind', '2016-01-25', '', 'A statement of some length, which gets the room that it needs here.'),
            row('Who denied it?', 'Holm', '2015-05-01', '', 'No.'), row('Who agreed?', 'Brandt', '', '', 'Yes.')] };
        document.getElementById('turns').append(rows({ asked: { collection: 'town' } }, answer)) }"""
    )
    table = page.locator(".rows table")
    assert table.locator("thead th").all_inner_texts() == ["Speaker", "Date", "Statement", "Sources"]

    def lines() -> list[str]:
        return [text.split("\t")[0] for text in table.locator("tbody tr").all_inner_texts()]

    assert lines() == ["Who denied it?", "Lind", "Holm", "Who agreed?", "Brandt"]
    table.get_by_role("button", name="Speaker").click()
    assert lines() == ["Who denied it?", "Holm", "Lind", "Who agreed?", "Brandt"], "sorted within its group"
    widths = [
        table.locator("tbody td", has_text=text).bounding_box()["width"] for text in ("Lind", "statement")
    ]
    assert widths[0] < widths[1]
    page.get_by_role("button", name="Copy table").click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert copied[0] == "Asked\tSpeaker\tDate\tNote\tStatement\tSource\tSources", "a spreadsheet gets all"


def test_documents_are_chosen_by_ticks_and_by_their_title(page: Any) -> None:
    view = open_documents(page)
    types = view.get_by_label("Type").locator("option").all_inner_texts()
    assert any(re.fullmatch(r"Markdown \(\d+\)", text) for text in types), types
    view.get_by_label("Find a document").fill("harbour")
    view.locator("tbody tr").nth(1).wait_for(state="detached")
    view.get_by_role("checkbox", name="Choose: Harbour report").check()
    view.get_by_role("button", name="Ask about this document").click()
    chips = page.locator("#chips .chip")
    assert "Only “Harbour report”" in chips.inner_text()
    refused = answered(ask(page, BAKER))
    assert "Nils Holm" not in refused.inner_text(), "no other document is looked at"
    assert "Rosa Lind" in answered(ask(page, CAPTAIN)).locator(".text").inner_text()
    page.get_by_role("button", name="Remove: Only “Harbour report”").click()
    assert chips.count() == 0
    page.locator("#question").press_sequentially(f"{CAPTAIN} #harb", delay=5)
    page.locator("#titles li", has_text="Harbour report").wait_for()
    page.keyboard.press("Enter")
    assert "Only “Harbour report”" in chips.inner_text()
    assert page.input_value("#question").strip() == CAPTAIN
    page.keyboard.press("Enter")
    assert "Rosa Lind" in answered(page.locator(".turn").nth(2)).locator(".text").inner_text()


def test_a_group_of_documents_is_chosen_by_its_filter(page: Any) -> None:
    view = open_documents(page)
    everything = view.get_by_role("checkbox", name="Choose all listed documents")
    view.get_by_label("Publisher").select_option("Port Authority")
    view.locator("tbody tr").nth(1).wait_for(state="detached")
    everything.check()
    view.get_by_text("1 document chosen.").wait_for()
    view.get_by_label("Publisher").select_option("")
    view.locator("tbody tr").nth(2).wait_for()
    assert everything.evaluate("box => box.indeterminate")
    everything.check()
    view.get_by_role("button", name=re.compile(r"Ask about these \d+ documents")).click()
    chip = page.locator("#chips .chip")
    n = int(re.search(r"Only (\d+) chosen", chip.inner_text()).group(1))  # type: ignore[union-attr]
    page.click("a[href='#documents']")
    assert view.locator("tbody tr").count() == n
    everything.uncheck()
    view.get_by_text("chosen.").wait_for(state="hidden")
    assert view.locator("tbody input:checked").count() == 0


def test_a_mention_is_found_and_opened_at_its_place(page: Any) -> None:
    page.click("a[href='#search']")
    assert page.evaluate("document.activeElement.id") == "search-title"
    page.fill("#search-text", "Rosa Lind")
    page.press("#search-text", "Enter")
    found = page.locator(".found-document", has_text="Harbour report")
    found.locator("mark").first.wait_for()
    assert "of “Rosa Lind” in" in page.locator("#view-search").inner_text()
    found.locator(".place").first.click()
    page.locator("#source-body mark").wait_for()
    assert page.locator("#source-body mark").inner_text() == "Rosa Lind"
    page.fill("#source-find", "north tower")
    page.locator("#source-found", has_text="1 of").wait_for()
    page.fill("#source-find", "quarnheim")
    page.locator("#source-found", has_text="Not found").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Original file").click()
    assert "412 ships" in download.value.path().read_text(encoding="utf-8")
    page.fill("#search-text", "Quarnheim")
    page.press("#search-text", "Enter")
    page.get_by_text("No document mentions “Quarnheim”. Try other words.", exact=True).wait_for()
    page.fill("#search-text", "?!")
    page.press("#search-text", "Enter")
    page.locator("#problem", has_text="There is nothing to search for. Type a word or a name.").wait_for()


def test_a_title_that_is_found_is_told_apart_and_opened(page: Any, chat: str) -> None:
    page.request.put(
        f"{chat}/chat/collections/town/files", headers={"X-File-Name": "timber.csv"}, data="a,b\n1,2\n"
    )
    page.click("a[href='#search']")
    view = page.locator("#view-search")
    page.fill("#search-text", "timber")
    page.press("#search-text", "Enter")
    view.get_by_text("1 mention of “timber” in 1 document, and in the title of 1 more.").wait_for()
    view.get_by_role("button", name="timber", exact=True).click()
    page.locator("#source-title", has_text="timber").wait_for()
    page.request.delete(f"{chat}/chat/collections/town/documents?uri={_uri(page, chat, 'timber')}")


def _uri(page: Any, chat: str, search: str) -> str:
    found = page.request.get(f"{chat}/chat/collections/town/documents?search={search}").json()["documents"]
    return str(found[0]["uri"])


def test_an_answer_tells_which_documents_were_looked_at(page: Any) -> None:
    page.click("#toggle-filters")
    page.select_option("#publisher", "Port Authority")
    only = answered(ask(page, CAPTAIN)).locator(".only-some")
    assert "Only some documents were looked at (publisher Port Authority)." in only.inner_text()
    with page.expect_download() as download:
        page.click("#export-markdown")
    assert download.value.suggested_filename == "which-captain-counted-the-ships-from-the-north-tower.md"
    assert "were looked at (publisher Port Authority)" in download.value.path().read_text(encoding="utf-8")
    page.click("#new-conversation")
    page.locator("#conversations a").first.click()
    assert page.locator("#chips .chip").count() == 0
    only.get_by_role("button", name="Ask all documents").click()
    page.locator(".only-some").wait_for(state="detached")
    assert "Rosa Lind" in answered(page.locator(".turn").last).locator(".text").inner_text()


def test_a_path_leaves_room_for_the_other_columns(page: Any) -> None:
    page.evaluate(
        """async () => {
        const { rows } = await import('/page/tables.js');
        const cells = ['Folder', '/archive/' + 'a_folder_with_a_name_without_spaces/'.repeat(6), '12'];
        const answer = { kind: 'overview', answered_as: 'overview', columns: ['Part', 'What', 'Documents'],
            rows: [{ cells, verdict: 'supported', citations: [] }] };
        document.getElementById('turns').append(rows({ asked: { collection: 'town' } }, answer)) }"""
    )
    assert page.locator(".rows").evaluate("frame => frame.scrollWidth <= frame.clientWidth")


def test_the_notebook_from_pinning_to_export(page: Any) -> None:
    turn = answered(ask(page, CAPTAIN))
    turn.get_by_role("button", name="Pin").click()
    turn.get_by_role("button", name="Pinned").wait_for()
    citation = turn.locator(".text .citation").first
    citation.focus()
    hint = page.locator("#hint")
    hint.get_by_text("Captain Rosa Lind counted them from the north tower.").wait_for()
    assert "stands in the source" in hint.inner_text()
    citation.click()
    page.get_by_role("button", name="Pin this quotation").click()
    page.get_by_role("button", name="Pin this quotation").get_by_text("Pinned").wait_for()
    page.click("a[href='#notebook']")
    notes = page.locator(".note")
    notes.nth(1).wait_for()
    notes.nth(1).get_by_role("button", name="Add a note").click()
    notes.nth(1).get_by_label("Note, in Markdown").fill("**Key** <img src=x onerror=alert(1)>")
    notes.nth(1).get_by_role("button", name="Save").click()
    notes.nth(1).locator(".rendered strong", has_text="Key").wait_for()
    assert page.locator("main img").count() == 0
    bullets = page.evaluate(
        """() => { const list = document.createElement('ul'); document.querySelector('.note .rendered').append(list);
        const style = getComputedStyle(list).listStyleType; list.remove(); return style }"""
    )
    assert bullets == "disc", "a list in a note is not one of the notes"
    notes.nth(1).get_by_role("button", name="Move up").click()
    page.get_by_text("Moved to place 1 of 2").wait_for()
    assert "Key" in notes.first.inner_text()
    for label, ending in (("Markdown", "md"), ("Word", "docx"), ("BibTeX", "bib")):
        with page.expect_download() as download:
            page.locator("#view-notebook").get_by_role("link", name=label).click()
        assert download.value.suggested_filename.endswith(ending)
    for _ in range(2):
        n = notes.count()
        notes.first.get_by_role("button", name="Remove").click()
        notes.nth(n - 1).wait_for(state="detached")
        assert page.evaluate("document.activeElement !== document.body")


def test_models_settings_and_keys(page: Any) -> None:
    page.click("a[href='#settings']")
    settings = page.locator("#view-settings")
    settings.get_by_text("about 2.5 GB of memory").wait_for()
    settings.locator("code", has_text="retrieval.top_k").wait_for()
    assert "`" not in settings.inner_text(), "commands stand between quotation marks"
    sentences = page.evaluate(
        """async () => { const { sentence } = await import('/page/dom.js');
        return ['stopped. ', 'run `askive index FOLDER`', '', 'done!'].map(sentence) }"""
    )
    assert sentences == ["Stopped.", "Run “askive index FOLDER”.", "", "Done!"]
    page.select_option("#appearance", "dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.select_option("#appearance", "")
    page.locator("#settings-title").focus()
    page.keyboard.press("?")
    page.get_by_role("heading", name="Keys").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "question"


def test_two_tabs_on_one_conversation_see_each_others_turns(page: Any) -> None:
    answered(ask(page, CAPTAIN))
    other = page.context.new_page()
    open_chat(other, page.url)
    answered(ask(page, BAKER))
    assert "Nils Holm" in answered(other.locator(".turn").nth(1)).locator(".text").inner_text()
    first = page.locator(".turn").first
    first.get_by_role("button", name="Edit the question").click()
    first.get_by_role("textbox").fill(BAKER)
    first.get_by_role("textbox").press("Enter")
    other.locator(".turn").nth(1).wait_for(state="detached")
    page.locator("#conversations li.here", has_text="Which baker").wait_for()
    other.close()


def test_the_rows_of_a_table_are_shown_as_one(page: Any, chat: str) -> None:
    """A spreadsheet's text has a line for each row; a quotation of a row is marked in its cells."""
    rows = "date,lorry,note\n2021-08-27,OS 114,night; no scales: broken\n2021-08-30,OS 117,<b>day</b>\n"
    page.request.put(
        f"{chat}/chat/collections/town/files", headers={"X-File-Name": "weighings.csv"}, data=rows
    )
    page.click("a[href='#search']")
    page.fill("#search-text", "OS 117")
    page.press("#search-text", "Enter")
    page.locator(".found-document", has_text="weighings").locator(".place").first.click()
    table = page.locator("#source-body table")
    table.wait_for()
    assert table.locator("th").all_inner_texts() == ["date", "lorry", "note"]
    assert [line.split("\t") for line in table.locator("tbody tr").all_inner_texts()] == [
        ["2021-08-27", "OS 114", "night; no scales: broken"],
        ["2021-08-30", "OS 117", "<b>day</b>"],
    ]
    assert table.locator("mark").inner_text() == "OS 117"
    assert table.locator("tbody tr").nth(1).locator("mark").count() == 1
    page.fill("#source-find", "scales: broken")
    page.locator("#source-found", has_text="1 of 1").wait_for()
    page.click("#new-conversation")
    turn = answered(ask(page, "Which lorry has the note night on 2021-08-27?"))
    turn.locator(".text .citation").first.click()
    page.locator("#source-body td mark", has_text="OS 114").wait_for()
    page.click("a[href='#documents']")
    page.get_by_role("button", name="Remove: weighings").click()
    page.locator("#small-dialog").get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Remove: weighings").wait_for(state="detached")


def test_headings_of_pages_are_shown_without_their_signs(page: Any, chat: str) -> None:
    """A heading right above its text, as in slides; in plain text the sign is a sign."""
    answered(ask(page, CAPTAIN))
    shown = page.evaluate(
        """async () => { const { runsOf } = await import('/page/source_rows.js');
        const text = '# Findings\\nEast bearing has seized\\n| a: 1; b: 2\\n| a: 3; b: 4\\n';
        const runs = (has) => runsOf(text, has).map(({ text, start, kind }) => [kind, start, text.length]);
        return [runs(true), runs(false)] }"""
    )
    assert shown == [
        [["heading", 0, 11], ["text", 11, 24], ["table", 35, 26]],
        [["text", 0, 35], ["table", 35, 26]],
    ]
