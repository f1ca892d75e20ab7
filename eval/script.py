"""Output of the commands in this package (`python -m askive.eval.X`)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from askive.models.errors import AskiveError


def print_texts(texts: Iterable[str]) -> int:
    """Write texts to standard output as they come; returns 0, or the exit code of an error."""
    try:
        for text in texts:
            sys.stdout.write(text)
            sys.stdout.flush()
    except AskiveError as error:
        return report_error(error)
    return 0


def log(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def run_resumable(work: Callable[[], None]) -> int:
    """Do work that keeps what it has measured; returns 0, 130 when interrupted, or the exit code of an error."""
    try:
        work()
    except AskiveError as error:
        return report_error(error)
    except KeyboardInterrupt:
        log("stopped: the same command resumes it")
        return 130
    return 0


def report_error(error: AskiveError) -> int:
    """Write the error and its remedy to standard error; returns the exit code."""
    log(f"{error.message}\n{error.remedy}")
    return error.exit_code
