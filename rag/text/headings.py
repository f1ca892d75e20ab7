"""Markdown headings, in time linear in the length of the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# "## Title ##"; trailing blanks and hashes are stripped afterwards, because a pattern for them would backtrack.
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+)$", re.MULTILINE)


class Heading(NamedTuple):
    """A heading. start, end: offsets of its line. level: 1 to 6."""

    start: int
    end: int
    level: int
    title: str


def find_headings(text: str, start: int = 0, end: int | None = None) -> Iterator[Heading]:
    """The headings of `text[start:end]`, in order, including those in fenced code."""
    for match in _HEADING.finditer(text, start, len(text) if end is None else end):
        line = match.group(2)
        title = line.rstrip(" \t").rstrip("#").rstrip(" \t") or line[0]
        yield Heading(match.start(), match.end(), len(match.group(1)), title.strip())


def first_heading(text: str, max_level: int = 6) -> str | None:
    """The title of the first heading of at most this level; None when there is none."""
    return next((heading.title for heading in find_headings(text) if heading.level <= max_level), None)
