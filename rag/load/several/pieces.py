"""Large files in pieces that are read one after the other, so that memory holds one piece and not the file.

A piece of text ends between paragraphs, a piece of records between two of them. Each becomes one document or several,
as a small file does; they are numbered through the file.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import PurePath
from typing import BinaryIO, NamedTuple

from askive.rag.load.decoding import is_utf_8, unicode_encoding
from askive.rag.load.mail.messages import BETWEEN
from askive.rag.load.several.html_cuts import HtmlCut, HtmlCuts
from askive.rag.load.several.json_cuts import JsonCuts
from askive.rag.load.several.parts import SPLIT, part_uri
from askive.rag.load.tables.cells import MAX_CELLS
from askive.rag.types import Document, TableRows

PIECES = "pieces"
"""The rule by which a file was split that is too large for one document."""
MIN_BYTES = 24 * 2**20
"""Larger files of these kinds are read in pieces: as one document they could exceed the limits of a parser."""
MIN_RECORDS_BYTES = MAX_CELLS
"""The same for tables, JSON and pages: each cell takes at least a byte, and in memory some hundred."""
PIECE_BYTES = 2**21
MAX_PIECE_BYTES = 2**25
"""A piece whose end is not found up to here, such as a line of records without line breaks, is cut anywhere."""
SAMPLE_BYTES = 2**16
_TEXT = (".txt", ".text", ".log", ".md", ".markdown", ".rst", ".adoc", ".asciidoc", ".org", ".sql")
_LINES = (".jsonl", ".ndjson")
_TABLES = (".csv", ".tsv")
_JSON = ".json"
_MAILBOX = ".mbox"
PAGES = (".html", ".htm", ".xhtml")
STREAMED = (*_TEXT, *_LINES, *_TABLES, _JSON, _MAILBOX, *PAGES)
"""Extensions of files that can be read in pieces."""
OF_RECORDS = (*_TABLES, _JSON, *_LINES, *PAGES)
"""Those of files that are read in pieces above MIN_RECORDS_BYTES."""
# "\n# Chapter", the heading at the beginning of a section.
_SECTION = re.compile(rb"\n(?=#{1,2} )")
# A row without cells: "\r\n", ";;;;\n".
_BLANK_ROW = re.compile(rb"^[ \t\r,;|]*\n", re.MULTILINE)
_MAX_PAGE_PIECES = 3
"""A piece of a page whose end is not found up to so many PIECE_BYTES is cut between any tags."""
_MAX_HEAD_ROWS = 60
"""Rows in which the column heads of a table, and lines above them, are looked for."""


class Piece(NamedTuple):
    """A part of a file, or JSON with a part of its items.

    data: in UTF-8, or the encoding of the file. n_above: rows of a table, records or lines above the piece's own.
    n_head: so many bytes of `data` are not the piece's own, but rows from above it that tell the column heads.
    n_given: rows in these, of the table of a page.
    """

    data: bytes
    n_above: int = 0
    n_head: int = 0
    n_given: int = 0


class Place(NamedTuple):
    """Where a piece stands in its file: the number of its first document; the others as in `Piece`."""

    first: int
    n_above: int = 0
    n_head: int = 0
    n_given: int = 0


def pieces(file: BinaryIO, ending: str) -> Iterator[Piece]:
    """The pieces of a file, in order; joined they are the file, without what is repeated for the later ones."""
    blocks = _blocks(file)
    if ending in _TABLES:
        yield from _table_pieces(blocks)
    elif ending == _JSON:
        yield from _json_pieces(blocks)
    elif ending in PAGES:
        yield from _page_pieces(blocks)
    elif ending in _LINES:
        n_lines = 0
        for data in _cut(blocks, _line_end):
            yield Piece(data, n_lines)
            n_lines += data.count(b"\n")
    else:
        yield from map(Piece, _cut(blocks, _mail_end if ending == _MAILBOX else _text_end))


def numbered(documents: list[Document], uri: str, place: Place) -> list[Document]:
    """The documents in a piece, with the numbers that they have in the whole file at `uri`."""
    return [_numbered(document, uri, place) for document in documents]


def number_in(uri: str) -> int:
    """The number of a document in a piece; 1 for the only one."""
    number = uri.rpartition("#")[2]
    return int(number) if number.isdecimal() else 1


def _numbered(document: Document, uri: str, place: Place) -> Document:
    is_only = document.uri == uri
    own = 1 if is_only else number_in(document.uri)
    number = place.first + own - 1
    name = PurePath(uri)
    titles = {
        f"{name.stem}, record {own}": f"{name.stem}, record {number}",
        f"Message {own} of {name.name}": f"Message {number} of {name.name}",
        name.stem: f"{name.stem}, part {number}",
        name.name: f"{name.name}, part {number}",
    }
    if name.suffix.lower() in PAGES:
        titles = {document.title: f"{document.title}, part {number}"}
    return replace(
        document,
        uri=part_uri(uri, number),
        title=titles.get(document.title, document.title),
        metadata={SPLIT: PIECES, **document.metadata},
        # Those of a table have their numbers.
        rows=document.rows if place.n_head else tuple(_rows_below(document, place.n_above)),
    )


def _rows_below(document: Document, n_above: int) -> Iterator[TableRows]:
    """The rows of a piece, those of its first list below so many others."""
    n_first = 0
    for rows in document.rows:
        n_first += rows.first == 1
        yield rows._replace(first=rows.first + n_above) if n_first < 2 else rows


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """The bytes of a file; UTF-16 and UTF-32, in which a line end is more than one byte, as UTF-8."""
    block = file.read(SAMPLE_BYTES)
    encoding = unicode_encoding(block)
    if encoding is None or not encoding.startswith(("utf-16", "utf-32")):
        while block:
            yield block
            block = file.read(PIECE_BYTES)
        return
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    while block:
        yield decoder.decode(block).encode("utf-8", "replace")
        block = file.read(PIECE_BYTES)
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _cut(blocks: Iterator[bytes], end_of: Callable[[bytes], int]) -> Iterator[bytes]:
    """Pieces of about PIECE_BYTES. end_of: where the last part of a text that may go on begins; 0 if nowhere."""
    waiting = bytearray()
    least = PIECE_BYTES
    for block in blocks:
        waiting += block
        if len(waiting) < least:
            continue
        end = end_of(bytes(waiting))
        if not end and len(waiting) >= MAX_PIECE_BYTES:
            end = _anywhere(bytes(waiting))
        if end:
            yield bytes(waiting[:end])
            del waiting[:end]
        # Not looked at again for every block.
        least = PIECE_BYTES if end else len(waiting) + PIECE_BYTES
    if waiting:
        yield bytes(waiting)


def _text_end(data: bytes) -> int:
    half = len(data) // 2
    sections = [match.end() for match in _SECTION.finditer(data, half)]
    blanks = [at + len(mark) for mark in (b"\n\n", b"\r\n\r\n") if (at := data.rfind(mark, half)) >= 0]
    return (sections or blanks or [_line_end(data)])[-1]


def _line_end(data: bytes) -> int:
    return data.rfind(b"\n") + 1


def _mail_end(data: bytes) -> int:
    starts = [match.start() for match in BETWEEN.finditer(data, 1)]
    # With the line break before it, which the next piece begins with.
    return starts[-1] if starts else 0


def _anywhere(data: bytes) -> int:
    """Behind a blank, else between two characters of UTF-8."""
    end = max(data.rfind(b" "), data.rfind(b"\n")) + 1 or len(data) - 4
    while 1 < end < len(data) and data[end] & 0xC0 == 0x80:
        end -= 1
    return end


def _json_pieces(blocks: Iterator[bytes]) -> Iterator[Piece]:
    cuts = JsonCuts()
    waiting = bytearray()
    opening, n_above = b"", 0
    for block in blocks:
        waiting += block
        cuts.look(waiting)
        if len(waiting) < PIECE_BYTES:
            continue
        cut = cuts.between or (cuts.within if len(waiting) >= MAX_PIECE_BYTES else None)
        if cut is not None:
            own = bytes(waiting[: cut.at]).rstrip().removesuffix(b",")
            yield Piece(opening + own + cut.closing, n_above)
            del waiting[: cut.at]
            cuts.cut_off(cut)
            opening, n_above = cut.opening, cut.n_above
        elif len(waiting) >= MAX_PIECE_BYTES:
            end = _anywhere(bytes(waiting))
            yield Piece(opening + bytes(waiting[:end]), n_above)
            del waiting[:end]
            cuts = JsonCuts()
            opening, n_above = b"", 0
    if waiting.strip():
        yield Piece(opening + bytes(waiting), n_above)


def _page_pieces(blocks: Iterator[bytes]) -> Iterator[Piece]:
    cuts = HtmlCuts()
    waiting = bytearray()
    before = HtmlCut(0)
    for block in _page_blocks(blocks):
        waiting += block
        cuts.look(waiting)
        while len(waiting) >= PIECE_BYTES:
            cut = cuts.best(len(waiting))
            if cut is None and len(waiting) >= _MAX_PAGE_PIECES * PIECE_BYTES:
                data = bytes(waiting)
                cut = cuts.within(_anywhere(data), _line_end(data))
            if cut is None:
                break
            yield _page_piece(before, bytes(waiting[: cut.at]) + cut.closing)
            before = cut
            del waiting[: cut.at]
            cuts.cut_off(cut)
    if waiting.strip():
        yield _page_piece(before, bytes(waiting))


def _page_piece(before: HtmlCut, own: bytes) -> Piece:
    """before: the place where the piece begins."""
    # What the page declares as its encoding does not count below this mark.
    opening = (codecs.BOM_UTF8 if is_utf_8(own) else b"") + before.opening
    return Piece(opening + own, before.n_rows, len(opening), before.n_given)


def _page_blocks(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The bytes of a page, as UTF-8 if it declares another encoding."""
    from bs4.dammit import EncodingDetector

    sample = next(blocks, b"").removeprefix(codecs.BOM_UTF8)
    declared = EncodingDetector.find_declared_encoding(sample, is_html=True) or "utf-8"
    try:
        encoding = codecs.lookup(declared).name
    except LookupError:
        encoding = "utf-8"
    # UTF-16 is UTF-8 here already.
    if encoding.startswith("utf"):
        yield from chain([sample], blocks)
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for block in chain([sample], blocks):
        yield decoder.decode(block).encode()
    yield decoder.decode(b"", final=True).encode()


def _table_pieces(blocks: Iterator[bytes]) -> Iterator[Piece]:
    first = head = b""
    n_rows = 0
    for data in _cut(blocks, _row_end):
        yield Piece(head + data, n_rows, len(head))
        at = _last_table(data)
        if not n_rows:
            first = head = _first_rows(data)
            at = at if at > len(first) else 0
        n_rows += _n_rows(data)
        if at:
            # What follows may have heads of its own, or go on with those of the first table.
            head = first + b"\n" + _first_rows(data[at:])


def _last_table(data: bytes) -> int:
    """Where the rows below the last blank row begin, which separates tables; 0 if there is none."""
    at = counted = n_quotes = 0
    for match in _BLANK_ROW.finditer(data):
        n_quotes += data.count(b'"', counted, match.start())
        counted = match.start()
        if n_quotes % 2 == 0:
            at = match.end()
    return at


def _row_end(data: bytes) -> int:
    """After the last line break that is not in quotes."""
    n_quotes = data.count(b'"')
    end = data.rfind(b"\n") + 1
    while end and (n_quotes - data.count(b'"', end)) % 2:
        end = data.rfind(b"\n", 0, end - 1) + 1
        if len(data) - end > PIECE_BYTES // 2:
            # A quote that is not closed, such as a sign for inches: rows end with their lines.
            return data.rfind(b"\n") + 1
    return end


def _first_rows(data: bytes) -> bytes:
    """The first rows of a table that SAMPLE_BYTES hold."""
    end = n_rows = n_quotes = counted = 0
    at = data.find(b"\n") + 1
    while 0 < at <= SAMPLE_BYTES and n_rows < _MAX_HEAD_ROWS:
        n_quotes += data.count(b'"', counted, at)
        counted = at
        if n_quotes % 2 == 0:
            end, n_rows = at, n_rows + 1
        at = data.find(b"\n", at) + 1
    return data[:end]


def _n_rows(data: bytes) -> int:
    """Line breaks outside of quotes."""
    return sum(part.count(b"\n") for part in data.split(b'"')[::2])
