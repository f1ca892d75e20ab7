"""The chat in a real browser, with the real models, on the default corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ui.chat.browser_chat import serving
from tests.ui.chat.conftest import open_chat
from tests.ui.chat.test_page import answered, ask, in_view

pytestmark = [pytest.mark.browser, pytest.mark.weights]


@pytest.mark.timeout(600)
def test_ask_read_the_source_follow_up_and_refuse(browser: Any, weights_home: Path) -> None:
    with serving(weights_home, "--collection", "seeds") as url:
        page = browser.new_page(viewport={"width": 1360, "height": 860})
        page.set_default_timeout(200_000)
        open_chat(page, url)
        turn = ask(page, "How many jets and helicopters did Russia have in Latakia?")
        turn.locator(".first blockquote").wait_for()
        assert turn.locator(".actions").count() == 0, "the quote comes before the answer is complete"
        assert "50" in answered(turn).locator(".text").inner_text()
        turn.locator(".text .citation.supported").first.click()
        mark = page.locator("#source-body mark")
        mark.wait_for()
        assert "50 jets and helicopters" in mark.inner_text()
        page.wait_for_timeout(300)
        assert in_view(page)
        answered(ask(page, "And who was protecting them?"))
        assert page.locator(".turn").count() == 2
        refused = answered(ask(page, "What does the museum of Oslo charge for a ticket?"))
        assert refused.locator(".refusal").is_visible()
        page.reload()
        page.locator(".turn .actions").nth(2).wait_for()
        page.close()
