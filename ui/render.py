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

from models.errors import AskiveError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


@dataclass(frozen=True, slots=True)
class Output:
    """How this run prints.

    as_json: results are JSON objects on standard output, one a line.
    quiet: no progress, no hints.
    """

    as_json: bool = False
    quiet: bool = False

    @property
    def out(self) -> Console:
        """Rich console for results."""
        from rich.console import Console

        return Console(highlight=False, soft_wrap=not sys.stdout.isatty(), no_color=_no_color())

    @property
    def err(self) -> Console:
        """Rich console for progress, hints and errors."""
        from rich.console import Console

        return Console(stderr=True, highlight=False, no_color=_no_color(), quiet=self.quiet)

    def json(self, value: Any) -> None:
        """One JSON object on one line, flushed."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
        sys.stdout.flush()

    def text(self, line: str = "") -> None:
        """A plain line of result."""
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    def hint(self, line: str) -> None:
        """A line of help on standard error; nothing when quiet."""
        if not self.quiet:
            sys.stderr.write(line + "\n")
            sys.stderr.flush()

    @contextmanager
    def progress(self, *, bytes_: bool = False) -> Iterator[Progress]:
        """A progress display on standard error: bars on a terminal, nothing when quiet or not a terminal."""
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
        console = self.err
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            *amount,
            TimeRemainingColumn(),
            console=console,
            transient=not bytes_,
            disable=self.quiet,
        ) as progress:
            yield progress


def harmless(text: str) -> str:
    """Text of documents and models for a terminal: without the control characters that could steer it."""
    return _CONTROL.sub("", text)


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def print_error(error: AskiveError, *, as_json: bool) -> None:
    """One line on standard error; with JSON also the object on standard output."""
    remedy = f" {error.remedy}" if error.remedy else ""
    message = " ".join(error.message.split())
    sys.stderr.write(f"askive: {message}{'.' if remedy and message[-1:] not in '.!?' else ''}{remedy}\n")
    sys.stderr.flush()
    if as_json:
        sys.stdout.write(json.dumps({"error": error.as_dict()}, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def _no_color() -> bool | None:
    return True if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None
