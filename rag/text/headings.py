"""Headings of Markdown, found in a time that grows with the text's length alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# What stands behind the title is taken off outside: blanks, hashes and blanks again would be tried in all ways.
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+)$", re.MULTILINE)


class Heading(NamedTuple):
    """`text[start:end]` is its line; level: 1 to 6."""

    start: int
    end: int
    level: int
    title: str


def find_headings(text: str, start: int = 0, end: int | None = None) -> Iterator[Heading]:
    """The headings of `text[start:end]`, in order; those in fenced code too."""
    for match in _HEADING.finditer(text, start, len(text) if end is None else end):
        line = match.group(2)
        title = line.rstrip(" \t").rstrip("#").rstrip(" \t") or line[0]
        yield Heading(match.start(), match.end(), len(match.group(1)), title.strip())


def first_heading(text: str, max_level: int = 6) -> str | None:
    """Title of the first heading of at most this level; None when there is none."""
    return next((found.title for found in find_headings(text) if found.level <= max_level), None)
