"""How soon prefetching stops when it is cancelled:
`python -m askive.eval.benchmarks.speed.cancellation [--questions N]`.

A question is anticipated, the flag is set after a while, and what counts is the time from there until `anticipate`
returns. Each question is new to the assistant, so that the flag falls into every step: finding, weighing, the
question's halves, the reading of the prompt.
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
    """Milliseconds to the end, of each question that was still being read when its turn in SET_AFTER_S came.

    questions: each should be one that the assistant has not been asked.
    """
    found: list[float] = []
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
            found.append(max(ended_at[0] - set_at, 0.0) * 1000)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: median and maximum, on the seeds with the configured models. Returns its exit code."""
    from askive.eval.benchmarks.rows import setting
    from askive.eval.benchmarks.setup import open_setup

    parser = argparse.ArgumentParser(
        prog="python -m askive.eval.benchmarks.speed.cancellation", description=__doc__
    )
    parser.add_argument("--questions", type=int, default=40, help="how many are typed (default 40)")
    told = parser.parse_args(arguments)
    try:
        with setting(1) as bench, open_setup(bench) as setup:
            found = cancel_ms(setup.assistant(), [one.question for one in setup.questions[: told.questions]])
    except AskiveError as error:
        return script.report_error(error)
    if not found:
        sys.stdout.write("nothing was still being read when it was to end\n")
        return 0
    n_over = sum(ms > LIMIT_MS for ms in found)
    sys.stdout.write(
        f"cancelled {len(found)} times: median {median(found):.0f} ms, maximum {max(found):.0f} ms; "
        f"{n_over} over {LIMIT_MS:.0f} ms\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
