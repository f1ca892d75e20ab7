"""Bringing files in a real browser: the tray, what was not read, names that are refused, files that carry no date."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.ui.chat.conftest import open_chat
from tests.ui.chat.test_library import dropped, upload_row
from tests.ui.chat.test_page import CAPTAIN, answered, ask

pytestmark = pytest.mark.browser

LETTER = "Agnes wrote to Karl about 31 barrels of herring."


@pytest.fixture
def letters(page: Any, chat: str) -> Any:
    """The page with an empty collection, which is deleted afterwards."""
    page.request.post(f"{chat}/chat/collections", data={"name": "bringing"})
    open_chat(page, chat)
    page.select_option("#collection", "bringing")
    yield page
    page.request.delete(f"{chat}/chat/collections/bringing")


def overlap(page: Any, one: str, other: str) -> bool:
    """Whether two elements cover a common place of the page."""
    found: bool = page.evaluate(
        """([one, other]) => { const a = document.querySelector(one).getBoundingClientRect();
        const b = document.querySelector(other).getBoundingClientRect();
        return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom }""",
        [one, other],
    )
    return found


@pytest.mark.parametrize("size", [(1360, 860), (1366, 640), (390, 844), (320, 640)])
def test_the_tray_covers_nothing_and_steps_back_when_one_asks(letters: Any, size: tuple[int, int]) -> None:
    page = letters
    page.set_viewport_size({"width": size[0], "height": size[1]})
    dropped(page, {f"letter-{n}.txt": f"{LETTER} Number {n}." for n in range(5)} | {"empty.txt": " "})
    page.locator("#tray", has_text="5 of 6 files added · 1 failed").wait_for()
    upload_row(page, "empty.txt").get_by_text("Failed: empty.txt holds no text. Add text to it").wait_for()
    for covered in (".ask", "#send", "#welcome .lead"):
        assert not overlap(page, "#tray", covered), covered
    answered(ask(page, "How many barrels of herring did Agnes write to Karl about?"))
    assert page.locator("#tray li").count() == 0
    assert page.locator("#tray", has_text="5 of 6 files added · 1 failed").is_visible()
    assert not overlap(page, "#tray", ".ask")
    page.locator("#tray").get_by_role("button", name="Show").click()
    upload_row(page, "empty.txt").wait_for()


def test_what_was_not_read_is_told_by_its_name_and_can_be_dismissed(letters: Any, chat_home: Any) -> None:
    page = letters
    page.click("a[href='#documents']")
    dropped(page, {"case/empty.txt": " ", "damaged.pdf": "%PDF-1.4 no", "good.txt": LETTER})
    page.locator("#tray", has_text="1 of 3 files added · 2 failed").wait_for()
    unread = page.locator(".unread")
    unread.locator("summary", has_text="2 files were not read").click()
    told = unread.inner_text()
    assert "empty.txt holds no text. Add text to it, or leave it out." in told
    assert str(chat_home) not in told, "a path of the server means nothing to the user"
    page.get_by_role("button", name="Clear the list").click()
    unread.get_by_role("button", name="Dismiss: damaged.pdf").click()
    unread.locator("summary", has_text="1 file was not read").wait_for()
    assert page.evaluate("document.activeElement !== document.body")
    unread.get_by_role("button", name="Dismiss: empty.txt").click()
    unread.wait_for(state="hidden")
    assert page.evaluate("document.activeElement !== document.body")
    page.reload()
    page.locator(".documents tbody tr").first.wait_for()
    assert not unread.is_visible()


def test_small_files_do_not_wait_behind_a_large_one_and_any_can_be_cancelled(letters: Any) -> None:
    page = letters
    held: list[Any] = []
    page.route(
        re.compile(r"/collections/bringing/files"),
        lambda route: (
            held.append(route)
            if "large" in route.request.headers.get("x-file-name", "")
            else route.continue_()
        ),
    )
    page.evaluate(
        """async () => { const { add } = await import('/page/documents/uploads.js');
        const file = (name, n) => ({ name, file: new File(['Karl. '.repeat(n)], name) });
        await add([file('large-1.txt', 1e6), file('large-2.txt', 1e6), file('small-1.txt', 5), file('small-2.txt', 6)]) }"""
    )
    for name in ("small-1.txt", "small-2.txt"):
        upload_row(page, name).get_by_text("Added, 1 passage").wait_for()
    upload_row(page, "large-1.txt").get_by_text("Sending").wait_for()
    assert len(held) == 1, "one large file at a time"
    assert "Waiting" in upload_row(page, "large-2.txt").inner_text()
    page.get_by_role("button", name="Cancel: large-2.txt").click()
    page.get_by_role("button", name="Cancel: large-1.txt").click()
    page.locator("#tray", has_text="2 of 2 files added").wait_for()
    page.unroute_all(behavior="ignoreErrors")


def test_progress_never_runs_backwards_while_files_are_added(letters: Any) -> None:
    page = letters
    page.evaluate(
        """() => { window.shares = []; new MutationObserver(() => { const bar = document.querySelector('#tray progress');
        if (bar) window.shares.push(bar.value / bar.max) }).observe(document.getElementById('tray'), { childList: true }) }"""
    )
    dropped(page, {f"letter-{n}.txt": f"{LETTER} Number {n}." for n in range(20)})
    page.locator("#tray", has_text="20 of 20 files added").wait_for()
    shares = page.evaluate("window.shares")
    assert shares == sorted(shares)
    assert len(set(shares)) > 3


def test_a_name_with_a_line_break_and_a_hidden_one_are_refused(letters: Any) -> None:
    page = letters
    dropped(page, {"two\nlines.txt": LETTER, ".secret.txt": LETTER, "notes/.cache/x.txt": LETTER})
    row = page.locator("#tray li.failed")
    row.get_by_text("cannot name a file: it contains a line break or another control character.").wait_for()
    assert "Rename it." in row.inner_text()
    hidden = page.locator("#tray li.hidden", has_text=".secret.txt")
    assert "files whose name starts with a dot are hidden" in hidden.inner_text()
    assert "1 file could not be added" in page.locator("#tray").inner_text()


def test_the_time_of_a_file_is_no_date_of_its_document(letters: Any) -> None:
    """The bytes arrive today, and the file is of 2023: neither is the document's date."""
    page = letters
    page.evaluate(
        """() => { const data = new DataTransfer();
        data.items.add(new File(['Karl answered that the salt was sold.'], 'answer.txt', { lastModified: Date.UTC(2023, 11, 23) }));
        document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })) }"""
    )
    upload_row(page, "answer.txt").get_by_text("Added, 1 passage").wait_for()
    page.click("a[href='#documents']")
    page.locator(".documents tbody tr", has_text="answer").wait_for()
    assert not re.search(r"\b20\d\d\b", page.locator(".documents tbody").inner_text())
    page.click("#new-conversation")
    page.click("#toggle-filters")
    page.locator("#filter-note", has_text="No document here has a date.").wait_for()
    turn = answered(ask(page, "What did Karl answer about the salt?"))
    assert not re.search(r"\b20\d\d\b", turn.locator(".sources").inner_text())


def test_a_question_while_files_are_added_is_answered(letters: Any, chat: str) -> None:
    page = letters
    dropped(page, {f"letter-{n}.txt": f"{LETTER} Number {n}." for n in range(8)})
    page.select_option("#collection", "town")
    answered(ask(page, CAPTAIN))
    page.locator("#tray", has_text="8 of 8 files added").wait_for()
    found = page.request.get(f"{chat}/chat/collections/bringing/documents").json()
    assert found["n_documents"] == 8, "files go to the collection they were dropped on"
