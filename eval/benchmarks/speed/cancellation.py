"""Latency of cancelling a prefetch:
`python -m askive.eval.benchmarks.speed.cancellation [--questions N]`.

A question is anticipated and cancelled after a delay; the figure is the time from there until `anticipate`
returns. Each question is new to the assistant, so that every step is hit: retrieval, scoring, the parts of
the question, the prefill.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Sequence
from itertools import cycle
from statistics import median

from askive.eval import script
from askive.models.errors import AskiveError
from askive.rag.assistant import Assistant

SET_AFTER_S = (0.05, 0.15, 0.3, 0.6, 1.2)
LIMIT_MS = 100.0


def cancel_ms(assistant: Assistant, questions: Sequence[str]) -> list[float]:
    """Milliseconds until the end, for each question that was still in progress after its delay from SET_AFTER_S.

    questions: each must be new to the assistant.
    """
    times_ms: list[float] = []
    for question, set_after_s in zip(questions, cycle(SET_AFTER_S), strict=False):
        cancel, ended_at = threading.Event(), list[float]()

        def go(
            question: str = question, cancel: threading.Event = cancel, at: list[float] = ended_at
        ) -> None:
            try:
                assistant.anticipate(question, cancel=cancel)
            finally:
                at.append(time.perf_counter())

        thread = threading.Thread(target=go)
        thread.start()
        thread.join(set_after_s)
        is_late = not thread.is_alive()
        set_at = time.perf_counter()
        cancel.set()
        thread.join()
        if not is_late:
            times_ms.append(max(ended_at[0] - set_at, 0.0) * 1000)
    return times_ms


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: median and maximum, on the seeds with the configured models; returns the exit code."""
    from askive.eval.benchmarks.rows import setting
    from askive.eval.benchmarks.setup import open_setup

    parser = argparse.ArgumentParser(
        prog="python -m askive.eval.benchmarks.speed.cancellation", description=__doc__
    )
    parser.add_argument("--questions", type=int, default=40, help="number of questions (default 40)")
    options = parser.parse_args(arguments)
    try:
        with setting(1) as bench, open_setup(bench) as setup:
            times_ms = cancel_ms(
                setup.assistant(), [one.question for one in setup.questions[: options.questions]]
            )
    except AskiveError as error:
        return script.report_error(error)
    if not times_ms:
        sys.stdout.write("nothing was still being read when it was to end\n")
        return 0
    n_over = sum(ms > LIMIT_MS for ms in times_ms)
    sys.stdout.write(
        f"cancelled {len(times_ms)} times: median {median(times_ms):.0f} ms, maximum {max(times_ms):.0f} ms; "
        f"{n_over} over {LIMIT_MS:.0f} ms\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
