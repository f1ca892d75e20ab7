"""Standard input and output that are safe to use, even where the caller has closed them."""

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

    Raises OutputClosed or SystemFailure; later output is discarded, so that nothing fails again at exit.
    """

    def write(self, text: str) -> int:
        """As `TextIOBase`. Raises OutputClosed or SystemFailure."""
        try:
            return super().write(text)
        except OSError as error:
            raise _failure(error) from error

    def flush(self) -> None:
        """As `TextIOBase`. Raises OutputClosed or SystemFailure."""
        try:
            super().flush()
        except OSError as error:
            raise _failure(error) from error


def open_streams() -> None:
    """Open UTF-8 streams on descriptors 0 to 2, whatever the locale, even where the caller closed them.

    Closed streams still fail with the same error when they are used. Their descriptors are occupied, so that no other
    file gets the number. Invalid bytes are replaced.
    """
    sys.stdin = sys.stdin or _placeholder(0, "r", os.O_WRONLY)
    sys.stdout = sys.stdout or _placeholder(1, "w", os.O_RDONLY)
    sys.stderr = sys.stderr or _placeholder(2, "w", os.O_WRONLY)
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
    """Discard everything that is written to a descriptor."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _placeholder(descriptor: int, mode: str, flags: int) -> io.TextIOWrapper:
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
