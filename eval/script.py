"""Output of the commands in this package (`python -m askive.eval.X`)."""

from __future__ import annotations

import sys
from collections.abc import Iterable

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


def report_error(error: AskiveError) -> int:
    """Write the error and its remedy to standard error; returns the exit code."""
    sys.stderr.write(f"{error.message}\n{error.remedy}\n")
    sys.stderr.flush()
    return error.exit_code
