"""Where a large page can be cut: between its blocks, and between the rows of a table that is larger than a piece.

The page is not parsed here; only its tags are looked at. A later piece begins with the title and the metadata of the
page, and with the first rows of its table, which tell the column heads.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import NamedTuple

_N_HEAD_ROWS = 30
"""The rows from which the heads of a table are found, see `askive.rag.load.tables.heads`."""
_MAX_HEAD_BYTES = 2**16
_KEPT_BYTES = 2**10
"""Of a tag, a script or a comment whose end is far away, so much is kept of its beginning."""
_RAW = rb"script|style|title|noscript|template|svg"
# Comments and elements without visible text as a whole, then tags: "<!-- a -->", "<script>a</script>", "<p class=a>",
# "</td>". `raw` and `open` are the beginnings of these whose end is not there yet.
_TOKEN = re.compile(
    rb"<!--.*?-->"
    rb"|<(?P<unseen>" + _RAW + rb")\b[^>]*>.*?</(?P=unseen)\s*>"
    rb"|(?P<raw><(?:!--|(?:" + _RAW + rb")\b).*\Z)"
    rb"|<(?P<end>/?)(?P<name>[a-z][a-z0-9]*)(?P<rest>[^>]*)>"
    rb"|(?P<open><(?:/?[a-z][^>]*|[!/]?-?)\Z)",
    re.IGNORECASE | re.DOTALL,
)
_HEADINGS = frozenset((b"h1", b"h2", b"h3", b"h4", b"h5", b"h6"))
_BLOCKS = _HEADINGS | frozenset(
    b"p div section article header footer main aside ul ol dl dt li table blockquote hr figure details".split()
)
_CLOSED = _HEADINGS | frozenset(b"head nav iframe object pre".split())
"""Elements within which nothing is cut."""
_OF_HEAD = frozenset(b"html head meta link base".split())
_ROWSPAN = re.compile(rb"""\browspan\s*=\s*["']?(\d{1,5})""", re.IGNORECASE)
_TAG = re.compile(rb"<[^>]*>")
# "<title>Log</title>", "<meta name=author content=Ann>".
_OF_PAGE = re.compile(rb"<title\b[^>]*>.*?</title\s*>|<meta\b[^>]*>", re.IGNORECASE | re.DOTALL)
_CHARSET = re.compile(rb"charset", re.IGNORECASE)


class HtmlCut(NamedTuple):
    """A place between two blocks, rows or tags.

    at: its offset. closing: ends the piece before it. opening: begins the piece after it. n_given: rows in `opening`.
    n_rows: rows of the table above the place.
    """

    at: int
    closing: bytes = b""
    opening: bytes = b""
    n_given: int = 0
    n_rows: int = 0


@dataclass(slots=True)
class _Table:
    """A table that has begun.

    row: where its present row begins, or its first one will. head: its tag and its first rows. n_given: rows in
    `head`. n_rows: rows that have ended. n_open: rows that cells above reach down to. in_row: whether a row has begun.
    has_head: whether `head` has all rows that it gets. is_layout: whether it has other tables in it.
    """

    row: int
    head: bytes
    n_given: int = 0
    n_rows: int = 0
    n_open: int = 0
    in_row: bool = False
    has_head: bool = False
    is_layout: bool = False


class HtmlCuts:
    """The places in a buffer that grows at its end, and loses at its beginning what was cut off."""

    def __init__(self) -> None:
        self._at = 0
        self._page: bytes | None = None
        self._closed: list[bytes] = []
        self._tables: list[_Table] = []
        self._heading_end = 0
        self._forget()

    def look(self, data: bytearray) -> None:
        """Look at what the buffer got since the last time. It loses long scripts, comments and pictures."""
        for match in _TOKEN.finditer(data, self._at):
            start, self._at = match.span()
            if match["raw"] is not None or match["open"] is not None:
                self._at = start
                break
            if match["name"]:
                name = match["name"].lower()
                if match["end"]:
                    self._end(name, match.end())
                else:
                    self._begin(data, name, match)
        else:
            self._at = len(data)
        if len(data) - self._at > _MAX_HEAD_BYTES:
            # No text is lost: what is kept of the end may be the half of "</script>".
            del data[self._at + _KEPT_BYTES : len(data) - _KEPT_BYTES]

    def best(self, n_bytes: int) -> HtmlCut | None:
        """The best end of a piece in a buffer of this size: above a heading, else between blocks, else between rows."""
        page = self._page or b""
        if self._section > n_bytes // 2:
            return HtmlCut(self._section, opening=page)
        return HtmlCut(self._block, opening=page) if self._block else self._row

    def within(self, anywhere: int, line_end: int) -> HtmlCut:
        """The last place between two tags, or `anywhere` in a text without tags, between lines where these count."""
        page = self._page or b""
        if b"pre" in self._closed:
            return HtmlCut(min(line_end, self._at) or anywhere, b"</pre>", page + b"<pre>")
        return HtmlCut(self._tag or anywhere, opening=page)

    def cut_off(self, cut: HtmlCut) -> None:
        """The buffer has lost what stood before one of the places."""
        self._forget()
        self._at = max(0, self._at - cut.at)
        self._heading_end = max(0, self._heading_end - cut.at)
        for table in self._tables:
            table.row = max(0, table.row - cut.at)

    def _forget(self) -> None:
        self._section = self._block = self._tag = 0
        self._row: HtmlCut | None = None

    def _begin(self, data: bytearray, name: bytes, match: re.Match[bytes]) -> None:
        start = match.start()
        if name not in _OF_HEAD:
            self._leave_head(data, start)
        if not self._closed:
            self._tag = start
            if self._tables and name == b"tr":
                self._next_row(data, start, self._tables[-1])
            elif not self._tables and name in _BLOCKS and not self._is_below_heading(data, start):
                self._block = start
                if name in _HEADINGS:
                    self._section = start
        if name in _CLOSED:
            self._closed.append(name)
        elif name == b"table":
            if self._tables:
                self._tables[-1].is_layout = True
            self._tables.append(_Table(match.end(), match.group()))
        elif self._tables and name in (b"td", b"th") and (span := _ROWSPAN.search(match["rest"])):
            self._tables[-1].n_open = max(self._tables[-1].n_open, int(span.group(1)))

    def _is_below_heading(self, data: bytearray, start: int) -> bool:
        """Whether there is no text between a heading and this place."""
        if self._heading_end and _TAG.sub(b"", data[self._heading_end : start]).strip():
            self._heading_end = 0
        return bool(self._heading_end)

    def _end(self, name: bytes, end: int) -> None:
        if name in _HEADINGS:
            self._heading_end = end
        if name in self._closed:
            del self._closed[len(self._closed) - 1 - self._closed[::-1].index(name) :]
        elif name == b"table" and self._tables:
            self._tables.pop()
            if not self._tables and not self._closed:
                self._block = end

    def _leave_head(self, data: bytearray, end: int) -> None:
        """The text of the page begins, also where its head is not closed."""
        if self._page is not None:
            return
        self._closed.clear()
        found = [match.group() for match in _OF_PAGE.finditer(data, 0, min(end, _MAX_HEAD_BYTES))]
        # The pieces are in UTF-8, whatever the page says of itself.
        kept = b"".join(tag for tag in found if not _CHARSET.search(tag))
        self._page = b"<head>%b</head>" % kept if kept else b""

    def _next_row(self, data: bytearray, start: int, table: _Table) -> None:
        """A row begins. The one before it belongs to the head, or the table may be cut between the two."""
        if table.is_layout:
            self._row = HtmlCut(start, opening=self._page or b"")
            return
        before = bytes(data[table.row : start])
        is_row = table.in_row and bool(
            html.unescape(_TAG.sub(b"", before).decode("utf-8", "replace")).strip()
        )
        table.n_rows += is_row
        table.n_open = max(0, table.n_open - 1)
        if not table.has_head and len(table.head) + len(before) <= _MAX_HEAD_BYTES:
            table.head += before
            table.n_given += is_row
            table.has_head = table.n_given >= _N_HEAD_ROWS and not table.n_open
        else:
            table.has_head = True
        table.row, table.in_row = start, True
        if not table.n_open and table.has_head:
            opening = (self._page or b"") + table.head
            self._row = HtmlCut(start, b"</table>", opening, table.n_given, table.n_rows)
