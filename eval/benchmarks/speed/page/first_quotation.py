"""The page of the chat in a real browser: from Enter to the first quotation, the first word, and the whole answer."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal
from urllib.error import URLError
from urllib.request import urlopen

from askive.eval.benchmarks.rows import Bench, Row, peak_mb, row
from askive.eval.benchmarks.speed.cold_start import start_home
from askive.eval.benchmarks.speed.page.running_chat import running_chat
from askive.eval.datasets.discover import open_suite
from askive.models.errors import UsageError

QUOTATION_LIMIT_MS = 500
_LEAST_QUESTIONS = 10
_ANSWER_MS = 240_000
_KEY_MS = 40
# Times are taken in the page, when the browser is about to paint what was added.
_WATCH = """() => {
  const SIGNS = {
    quotation: ".first blockquote, .nearby blockquote",
    word: ".text .pending, .text .sentence",
    answer: ".actions",
  };
  const box = document.getElementById("question");
  const seen = (window.seenAt = {});
  const look = () => {
    if (!seen.enter) return;
    const turn = document.querySelector(".turn:last-of-type");
    const has = (what) => turn?.querySelector(what)?.textContent.trim();
    for (const [name, what] of Object.entries(SIGNS))
      if (!(name in seen) && has(what)) {
        seen[name] = 0;
        requestAnimationFrame(() => (seen[name] = performance.now() - seen.enter));
      }
  };
  window.watching?.disconnect();
  window.watching = new MutationObserver(look);
  window.watching.observe(document.getElementById("turns"), { subtree: true, childList: true, characterData: true });
  const entered = (event) => {
    if (event.key !== "Enter") return;
    seen.enter = performance.now();
    box.removeEventListener("keydown", entered, { capture: true });
  };
  box.addEventListener("keydown", entered, { capture: true });
}"""

Entry = Literal["pasted", "typed"]


@dataclass(frozen=True, slots=True)
class Shown:
    """Milliseconds from Enter until something was on the page; word_ms is None when the answer was a refusal."""

    quotation_ms: float
    word_ms: float | None
    answer_ms: float


def bench_chat(bench: Bench) -> list[Row]:
    """Two rows against a fixed limit: questions that were pasted, and questions typed at a usual speed.

    While a question is typed the chat searches already; a pasted one gets nothing before Enter.
    Raises UsageError without Chromium, or when the chat does not start.
    """
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise UsageError("there is no Chromium", remedy="install it, or leave the row out with --only")
    config = start_home(bench)
    samples = [s.question for s in open_suite("seeds").samples if s.unanswerable is False and not s.turns]
    n_wanted = max(bench.repeats, _LEAST_QUESTIONS)
    rows = []
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    chat = running_chat(config, lambda: _answers(f"{url}/chat/state"), port)
    with chat as pid, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1360, "height": 860})
        page.set_default_timeout(_ANSWER_MS)
        open_page(page, url)
        time_questions(page, samples[-1:], "pasted")
        for entry in ("pasted", "typed"):
            bench.log(f"chat: {n_wanted} questions, {entry}")
            shown = time_questions(page, samples[:n_wanted], entry)
            quotations = [one.quotation_ms for one in shown]
            words = [one.word_ms for one in shown if one.word_ms is not None]
            rows.append(
                row(f"chat {entry}", f"first quotation on the page after Enter, question {entry}", "the limit",
                    "ms", QUOTATION_LIMIT_MS, quotations, 1, memory_mb=peak_mb(pid),
                    slowest_ms=round(max(quotations)), first_word_ms=round(median(words or [0.0])),
                    answer_ms=round(median(one.answer_ms for one in shown)))
            )  # fmt: skip
        browser.close()
    return rows


def open_page(page: Any, url: str) -> None:
    """Load the page of a chat and wait until it is ready. page: of Playwright."""
    page.goto(url)
    page.wait_for_selector("body[data-ready]")


def time_questions(page: Any, questions: Sequence[str], entry: Entry) -> list[Shown]:
    """Ask each question in a conversation of its own; those that showed no quotation are left out."""
    found = []
    for question in questions:
        page.click("#new-conversation")
        page.evaluate(_WATCH)
        if entry == "pasted":
            page.evaluate("question => (document.getElementById('question').value = question)", question)
        else:
            page.locator("#question").press_sequentially(question, delay=_KEY_MS)
        page.press("#question", "Enter")
        page.wait_for_function("() => window.seenAt.answer > 0", timeout=_ANSWER_MS)
        seen = page.evaluate("window.seenAt")
        if seen.get("quotation"):
            found.append(Shown(seen["quotation"], seen.get("word") or None, seen["answer"]))
    return found


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=5):
            return True
    except (URLError, OSError):
        return False
