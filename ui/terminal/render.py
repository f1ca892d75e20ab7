"""What commands print: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from askive.models.errors import AskiveError
from askive.ui.streams import drop
from askive.ui.wording import as_sentence

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


_FILE_COLUMNS = 200


@dataclass(frozen=True, slots=True)
class Output:
    """How this run prints.

    as_json: results are JSON on standard output, one object or array a line.
    quiet: no progress, no hints.
    """

    as_json: bool = False
    quiet: bool = False

    @property
    def out(self) -> Console:
        """Rich console for results: `str` is shown literally, styles are for `rich.text.Text`."""
        if sys.stdout.isatty():
            return _console()
        # Tables for a file or another program are not cut to the width of a terminal.
        return _console(soft_wrap=True, width=_FILE_COLUMNS)

    @property
    def err(self) -> Console:
        """Rich console for progress, hints and errors."""
        return _console(stderr=True, quiet=self.quiet)

    def json(self, value: Any) -> None:
        """One JSON object or array on one line, flushed."""
        _print_json(value)

    def text(self, line: str = "", end: str = "\n") -> None:
        """Plain text of a result, flushed."""
        sys.stdout.write(harmless(line) + end)
        sys.stdout.flush()

    def hint(self, line: str) -> None:
        """A line of help on standard error; nothing when quiet."""
        if not self.quiet:
            write_error(line + "\n")

    @contextmanager
    def progress(self, *, bytes_: bool = False) -> Iterator[Progress]:
        """Bars on standard error, none when quiet. bytes_: for downloads, whose final state is shown in files too."""
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        amount = (DownloadColumn(), TransferSpeedColumn()) if bytes_ else (MofNCompleteColumn(),)
        # Rich prints an empty line after an invisible bar, which would precede an error.
        is_seen = bytes_ or self.err.is_terminal
        console = _console(stderr=True, quiet=self.quiet or not is_seen)
        with Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            *amount,
            TimeRemainingColumn(),
            console=console,
            transient=not bytes_,
            disable=self.quiet,
        ) as progress:
            yield progress


def harmless(text: str) -> str:
    """Remove control characters and bidirectional overrides, which could control a terminal.

    Newlines and tabs stay. All output of the commands goes through this function, only in this module.
    """
    return _STEERING.sub("", text)


def one_line(text: str) -> str:
    """A name or path for one line: control characters, line breaks and direction marks are shown as U+FFFD.

    A file name may hold them, and text after a line break would look like a line of our output.
    """
    return _NOT_IN_A_LINE.sub("\ufffd", text)


_NOT_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def write_error(text: str) -> None:
    """Write text to standard error; ignore failures."""
    try:
        sys.stderr.write(harmless(text))
        sys.stderr.flush()
    except OSError:
        drop(2)


def write_failure(message: str, remedy: str, who: str = "askive") -> None:
    """Write what failed and the remedy, on one line of standard error. who: prefix of the line."""
    remedy = f" {as_sentence(' '.join(remedy.split()))}" if remedy else ""
    message = " ".join(message.split())
    write_error(f"{who}: {message}{'.' if remedy and message[-1:] not in '.!?' else ''}{remedy}\n")


def print_error(error: AskiveError, *, as_json: bool) -> None:
    """One line on standard error; with JSON also the object on standard output."""
    write_failure(error.message, error.remedy)
    if as_json:
        _print_json({"error": error.as_dict()})


def _print_json(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, default=str)
    # JSON requires escapes only below U+0020; escaping more does not change the value.
    sys.stdout.write(_STEERING.sub(lambda match: f"\\u{ord(match.group()):04x}", text) + "\n")
    sys.stdout.flush()


def _console(**settings: Any) -> Console:
    """A console that prints text literally: without control characters, markup or emoji codes."""
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    class LiteralConsole(Console):
        def render(
            self, renderable: RenderableType, options: ConsoleOptions | None = None
        ) -> Iterator[Segment]:
            for segment in super().render(renderable, options):
                # Control segments are rich's own: cursor movements of a progress bar.
                yield segment if segment.control else Segment(harmless(segment.text), segment.style)

    return LiteralConsole(markup=False, emoji=False, highlight=False, no_color=_no_color(), **settings)


def _no_color() -> bool | None:
    return True if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None
