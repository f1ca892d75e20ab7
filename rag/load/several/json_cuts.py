"""Where a large JSON text can be cut, so that each piece is JSON: between the items of its outermost lists.

A piece that begins within lists and objects opens them again: `{"messages":[` stands before the later messages. The
text is not parsed here; only its strings, brackets and commas are looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

_QUOTE, _LIST, _OBJECT, _COMMA = b'"[{,'
# '"a \"b\""', '"a string that goes on behind the end', '[', ','.
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?P<end>"|\\?\Z)|[\[\]{},]', re.DOTALL)


class Cut(NamedTuple):
    """A place between two items.

    at: its offset. closing: ends the piece before it. opening: begins the piece after it. n_above: items before it in
    the outermost list that it is in.
    """

    at: int
    closing: bytes = b""
    opening: bytes = b""
    n_above: int = 0


@dataclass(slots=True)
class _Open:
    """A list or an object that has begun. key: of the field in it that was opened last. n_items: that have ended."""

    is_list: bool
    key: bytes = b""
    n_items: int = 0


class JsonCuts:
    """The places in a buffer that grows at its end, and loses at its beginning what was cut off."""

    def __init__(self) -> None:
        self.between: Cut | None = None
        """The last place that is within no item of a list."""
        self.within: Cut | None = None
        """The last of the places within an item that fewest brackets enclose; only while there is none between."""
        self._at = 0
        self._string = (0, 0)
        self._open: list[_Open] = []
        self._n_lists = 0
        self._depth = 0

    def look(self, data: bytearray) -> None:
        """Look at what the buffer got since the last time."""
        for match in _TOKEN.finditer(data, self._at):
            start, end = match.span()
            token = data[start]
            if token == _QUOTE:
                if match["end"] != b'"':
                    self._at = start
                    return
                self._string = (start, end)
            elif token in (_LIST, _OBJECT):
                if self._open and not self._open[-1].is_list:
                    self._open[-1].key = bytes(data[slice(*self._string)])
                self._open.append(_Open(token == _LIST))
                self._n_lists += token == _LIST
            elif token == _COMMA:
                self._separate(end)
            else:
                self._close(end)
        self._at = len(data)

    def cut_off(self, cut: Cut) -> None:
        """The buffer has lost what stood before one of the places."""
        self.between = self.within = None
        self._at -= cut.at
        self._string = (self._string[0] - cut.at, self._string[1] - cut.at)

    def _close(self, end: int) -> None:
        if self._open:
            self._n_lists -= self._open.pop().is_list
        if not self._open:
            # Values may follow each other without a list around them.
            self.between = Cut(end)

    def _separate(self, end: int) -> None:
        if not self._open:
            return
        innermost = self._open[-1]
        innermost.n_items += 1
        if self._n_lists == innermost.is_list:
            self.between = self._cut(end)
        elif self.between is None and (self.within is None or len(self._open) <= self._depth):
            self.within, self._depth = self._cut(end), len(self._open)

    def _cut(self, at: int) -> Cut:
        around = (b"[" if each.is_list else b"{" + each.key + b":" for each in self._open[:-1])
        opening = b"".join(around) + (b"[" if self._open[-1].is_list else b"{")
        closing = b"".join(b"]" if each.is_list else b"}" for each in reversed(self._open))
        n_above = next((each.n_items for each in self._open if each.is_list), 0)
        return Cut(at, closing, opening, n_above)
