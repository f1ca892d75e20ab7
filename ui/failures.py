"""Errors as users and other programs see them: the text of an unexpected one stays in the log."""

from __future__ import annotations

import secrets
import time
import traceback

from askive.models.errors import AskiveError
from askive.models.system_errors import system_failure
from askive.ui.terminal.render import write_error


class UnexpectedError(AskiveError):
    """Something failed that should not. The message has the number under which the log has the reason."""


def reported(error: BaseException, what: str, who: str = "askive chat") -> AskiveError:
    """The error to show for any exception.

    One of ours, or of the operating system, says itself what to do. The text of another may hold paths or passages of
    documents: it is logged under a number. what: what failed, for the log. who: the program that logs it.
    """
    if isinstance(error, AskiveError):
        return error
    if isinstance(error, OSError) and error.errno:
        failure = system_failure(error)
        log_line(f"{what} failed: {failure.message}", who)
        # The reason without the path.
        return UnexpectedError(f"the system refused it: {error.strerror}", remedy=failure.remedy)
    number = secrets.token_hex(4)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    log_line(f"error {number}: {what} failed: {type(error).__name__}: {error}{place}", who)
    return UnexpectedError(
        f"an unexpected error, number {number}",
        remedy=f"try again; where `{who}` was started, the reason is logged under this number",
    )


def log_line(text: str, who: str = "askive chat") -> None:
    """Write a line with the time to standard error."""
    words = "".join(letter if letter.isprintable() else "?" for letter in text)
    write_error(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {who}: {words}\n")
