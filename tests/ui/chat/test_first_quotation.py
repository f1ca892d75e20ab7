"""The benchmark of the page measures what a user sees: `make bench ONLY=chat`."""

from __future__ import annotations

import time
from typing import Any

import pytest

from askive.eval.benchmarks.speed.page.first_quotation import open_page, time_questions
from tests.ui.chat.test_page import BAKER, CAPTAIN, ZEBRA

pytestmark = pytest.mark.browser
DELAY_S = 1.0


@pytest.mark.parametrize("entry", ["pasted", "typed"])
def test_times_are_taken_from_enter_in_the_order_of_the_page(page: Any, chat: str, entry: Any) -> None:
    open_page(page, chat)
    slow, refused = f"{CAPTAIN} Say it slowly.", ZEBRA
    first, second = time_questions(page, [slow, BAKER, refused][:2], entry)
    assert 0 < first.quotation_ms <= (first.word_ms or 0) < first.answer_ms
    assert second.answer_ms < first.answer_ms, "the slow answer takes longer"
    for one in time_questions(page, [refused], entry):
        assert one.word_ms is None, "a refusal has no word of an answer"


def test_a_slow_server_is_measured(page: Any, chat: str) -> None:
    open_page(page, chat)
    (usual,) = time_questions(page, [CAPTAIN], "pasted")

    def late(route: Any) -> None:
        time.sleep(DELAY_S)
        route.continue_()

    page.route("**/gradio_api/call/ask", late)
    (slow,) = time_questions(page, [CAPTAIN], "pasted")
    page.unroute_all(behavior="ignoreErrors")
    assert slow.quotation_ms > DELAY_S * 1000 > usual.quotation_ms - DELAY_S * 1000
