"""Standard input and output, safe to use whatever the caller has made of them."""

from __future__ import annotations

import io
import os
import sys

from askive.models.errors import SystemFailure
from askive.models.system_errors import reason_of, remedy_for


class OutputClosed(Exception):
    """The reader of standard output has closed it, as in `| head -1`. Not a failure."""


class CheckedOutput(io.TextIOWrapper):
    """Standard output whose errors can be distinguished from those of other files.

    Raises OutputClosed or SystemFailure; what is written afterwards goes nowhere, so that nothing fails again at exit.
    """

    def write(self, text: str) -> int:
        """As of any text stream."""
        try:
            return super().write(text)
        except OSError as error:
            raise _failure(error) from error

    def flush(self) -> None:
        """As of any text stream."""
        try:
            super().flush()
        except OSError as error:
            raise _failure(error) from error


def open_streams() -> None:
    """Have UTF-8 streams on descriptors 0 to 2, whatever the locale, even where the caller closed them.

    Input and output that were closed fail with the same error as before when they are used. Their descriptors are
    held, so that no file that is opened later takes the number. Invalid bytes are replaced.
    """
    sys.stdin = sys.stdin or _held(0, "r", os.O_WRONLY)
    sys.stdout = sys.stdout or _held(1, "w", os.O_RDONLY)
    sys.stderr = sys.stderr or _held(2, "w", os.O_WRONLY)
    for stream in (sys.stdin, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    if isinstance(sys.stdout, io.TextIOWrapper):
        is_line_buffered, is_unbuffered = sys.stdout.line_buffering, sys.stdout.write_through
        sys.stdout = CheckedOutput(
            sys.stdout.detach(),
            encoding="utf-8",
            errors="replace",
            line_buffering=is_line_buffered,
            write_through=is_unbuffered,
        )


def drop(descriptor: int) -> None:
    """Send what is written to a descriptor nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _held(descriptor: int, mode: str, flags: int) -> io.TextIOWrapper:
    opened = os.open(os.devnull, flags)
    if opened != descriptor:
        os.dup2(opened, descriptor)
        os.close(opened)
    stream = os.fdopen(descriptor, mode, closefd=False)
    assert isinstance(stream, io.TextIOWrapper)
    return stream


def _failure(error: OSError) -> Exception:
    drop(1)
    if isinstance(error, BrokenPipeError):
        return OutputClosed()
    return SystemFailure(f"standard output cannot be written: {reason_of(error)}", remedy=remedy_for(error))
