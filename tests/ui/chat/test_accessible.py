"""Every state of the page: axe-core finds nothing, and it fits 320 px, 200 % zoom and the colours of the system."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ui.chat.conftest import open_chat
from tests.ui.chat.test_library import dropped
from tests.ui.chat.test_page import CAPTAIN, ZEBRA, answered, ask

pytestmark = pytest.mark.browser
WHICH = "Which documents mention “Aldermoor”?"
TIMELINE = "Timeline of “Aldermoor”"


def findings(page: Any) -> list[str]:
    """What axe-core finds, and how much wider the page is than the window."""
    from axe_playwright_python.sync_playwright import Axe

    page.wait_for_timeout(250)
    found = [f"{v['id']}: {v['nodes'][0]['html']}" for v in Axe().run(page).response["violations"]]
    wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*found, *([f"{wider} px too wide"] if wider > 0 else [])]


SETTINGS: dict[str, dict[str, Any]] = {
    "320 px": {"viewport": {"width": 320, "height": 640}},
    "200 % zoom": {"viewport": {"width": 680, "height": 430}, "device_scale_factor": 2},
    "colours of the system": {"viewport": {"width": 1360, "height": 860}, "forced_colors": "active"},
    "high contrast": {"viewport": {"width": 1360, "height": 860}, "contrast": "more"},
    "dark, less motion": {
        "viewport": {"width": 1360, "height": 860}, "color_scheme": "dark", "reduced_motion": "reduce",
    },
}  # fmt: skip


@pytest.mark.timeout(400)
@pytest.mark.parametrize("setting", SETTINGS)
def test_no_barriers_in_any_state(browser: Any, chat: str, setting: str) -> None:
    context = browser.new_context(**SETTINGS[setting])
    context.set_default_timeout(60_000)
    page = context.new_page()
    open_chat(page, chat)
    page.locator(".bars").wait_for()
    assert findings(page) == [], "overview"
    for question, kind in ((WHICH, "mentions"), (TIMELINE, "timeline")):
        turn = answered(ask(page, question))
        if turn.locator(".kind").input_value() != kind:
            turn.locator(".kind").select_option(kind)
        answered(page.locator(".turn").last).locator(".table").wait_for()
        assert findings(page) == [], kind
    answered(ask(page, ZEBRA))
    page.click("#toggle-filters")
    assert findings(page) == [], "refusal and filters"
    page.click("#toggle-filters")
    turn = answered(ask(page, CAPTAIN))
    turn.locator(".more summary").click()
    assert findings(page) == [], "menu"
    turn.get_by_role("button", name="Save as gold question").click()
    page.locator("#small-dialog").wait_for()
    assert findings(page) == [], "dialog"
    page.keyboard.press("Escape")
    turn.locator(".text .citation").first.click()
    page.locator("#source-body mark").wait_for()
    assert findings(page) == [], "source"
    page.click("#close-source")
    if page.locator("#open-nav").is_visible():
        page.click("#open-nav")
        link = page.locator("#conversations a").first
        link.scroll_into_view_if_needed()
        assert link.evaluate(
            """link => { const box = link.getBoundingClientRect();
            return link.contains(document.elementFromPoint(box.left + 20, box.top + box.height / 2)) }"""
        ), "the conversations have room"
        assert findings(page) == [], "menu of pages"
        page.keyboard.press("Escape")
    dropped(page, {"empty.txt": " "})
    page.locator("#tray li.failed").wait_for()
    for name in ("chat", "documents", "search", "notebook", "settings"):
        if name != "chat":
            page.goto(f"{chat}/#{name}")
            page.locator(f"#view-{name} h1").wait_for()
        assert findings(page) == [], name
    context.close()


BEYOND = """within => { const edge = within.getBoundingClientRect();
    return [...within.querySelectorAll('input, select, button, p, td, h2, label, code')].filter((one) => {
        const box = one.getBoundingClientRect();
        return box.width > 1 && (box.right > edge.right + 1 || box.left < edge.left - 1 || one.scrollWidth > one.clientWidth + 1)
            && !['INPUT', 'SELECT'].includes(one.tagName) || box.width > 1 && box.right > edge.right + 1;
    }).map((one) => one.outerHTML.slice(0, 120)) }"""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("setting", [*SETTINGS, "320 px, dark"])
def test_fields_and_their_errors_lie_within_the_screen(browser: Any, chat: str, setting: str) -> None:
    dark = {**SETTINGS["320 px"], "color_scheme": "dark"}
    context = browser.new_context(**SETTINGS.get(setting, dark))
    context.set_default_timeout(60_000)
    page = context.new_page()
    open_chat(page, f"{chat}/#settings")
    row = page.locator("tr[data-key='retrieval.top_k']")
    field = row.get_by_role("textbox")
    field.fill("a_value_without_any_space_that_is_longer_than_the_field_and_the_screen")
    field.press("Enter")
    row.locator(".bad", has_text="it is not a whole number").wait_for()
    assert page.locator("#view-settings").evaluate(BEYOND) == []
    assert findings(page) == [], "settings"
    page.goto(f"{chat}/#documents")
    page.get_by_role("button", name="Watch a folder").click()
    dialog = page.locator("#small-dialog")
    dialog.get_by_role("textbox").fill(f"/{'a_folder_with_a_name_without_spaces/' * 4}")
    dialog.get_by_role("button", name="Watch").click()
    dialog.locator(".bad", has_text="does not exist").wait_for()
    assert dialog.evaluate(BEYOND) == []
    assert findings(page) == [], "a folder that cannot be watched"
    context.close()


def test_files_that_were_not_read_are_told_above_a_long_list(browser: Any, chat: str) -> None:
    page = browser.new_page(viewport={"width": 1360, "height": 600})
    open_chat(page, f"{chat}/#documents")
    dropped(page, {"blank.txt": " "})
    page.locator("#tray li.failed").wait_for()
    page.get_by_role("button", name="Clear the list").click()
    told = page.locator("#view-documents").get_by_role("button", name="not read")
    told.click()
    unread = page.locator(".unread")
    unread.get_by_text("blank.txt holds no text").wait_for()
    assert unread.locator("summary").evaluate("one => document.activeElement === one")
    unread.get_by_role("button", name="Dismiss: blank.txt").click()
    unread.get_by_text("blank.txt").first.wait_for(state="hidden")
    page.close()


def test_nothing_shines_through_the_question_in_the_colours_of_the_system(browser: Any, chat: str) -> None:
    page = browser.new_page(forced_colors="active", viewport={"width": 1360, "height": 640})
    open_chat(page, chat)
    colour = page.evaluate("getComputedStyle(document.querySelector('.composer')).backgroundColor")
    assert colour.startswith("rgb("), f"{colour} is transparent"
    page.close()


def test_with_less_motion_nothing_moves(browser: Any, chat: str) -> None:
    for motion, moves in (("no-preference", True), ("reduce", False)):
        page = browser.new_page(reduced_motion=motion)
        open_chat(page, chat)
        found = page.evaluate(
            """() => [...document.querySelectorAll('*')].some((one) => { const style = getComputedStyle(one);
            return style.animationName !== 'none' || style.transitionDuration.split(',').some((time) => parseFloat(time) > 0) })"""
        )
        assert found is moves
        page.close()
