"""AsciiDoc: headings, code and tables as Markdown; other markup stays as it is written."""

from __future__ import annotations

import re
from pathlib import PurePath

from askive.rag.load.decoding import decode
from askive.rag.load.sections import MAX_LEVEL, literal
from askive.rag.load.tables.cells import plain_rows
from askive.rag.load.tables.lines import table_lines
from askive.rag.text.headings import first_heading
from askive.rag.types import Document

ASCIIDOC = "text/asciidoc"
# "== Title", "=== Title ===".
_HEADING = re.compile(r"(?P<marks>={1,6}) +(?P<title>\S.*?)(?: +=+)?\s*")
# "----", "....", the borders of code; "====", "****", "____", "--", those of other blocks.
_CODE = re.compile(r"(-{4,}|\.{4,})\s*")
_BLOCK = re.compile(r"(?:={4,}|\*{4,}|_{4,}|\+{4,}|--)\s*")
# ":toc: left", "// a comment", "[source,python]", "[[anchor]]", "include::x[]".
_LEFT_OUT = re.compile(r"(?::!?[\w-]+!?:(?:\s.*)?|//(?!/).*|\[[^\]]*\]{1,2})\s*")
_TABLE = re.compile(r"\|={3,}\s*")
# "2+|", "^.>|", the format of a cell before its bar.
_CELL = re.compile(r"(?:(?<=\s)|^)(?:\d+(?:\.\d+)?[+*])?[<^>]?(?:\.[<^>])?[aehlmsv]?\|")


def load_asciidoc(data: bytes, uri: str) -> Document:
    """The title is the first heading, else the name of the file."""
    from askive.rag.load.digest import sha256

    text = "\n".join(_lines(decode(data, uri).split("\n"), uri)).strip()
    title = first_heading(text, max_level=1) or PurePath(uri).stem
    return Document(uri=uri, title=title, text=text, media_type=ASCIIDOC, sha256=sha256(data))


def _lines(lines: list[str], uri: str) -> list[str]:
    out: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if code := _CODE.fullmatch(line):
            end = _closing(lines, at, code[1])
            # Without its end, the border is a line of the text.
            out += ["```", *map(literal, lines[at + 1 : end]), "```"] if end else [line]
            at = end or at
        elif _TABLE.fullmatch(line) and (end := _closing(lines, at, line.strip())):
            out += ["", table_lines(plain_rows(_rows(lines[at + 1 : end]), uri), uri), ""]
            at = end
        elif heading := _HEADING.fullmatch(line):
            out.append(f"{'#' * min(len(heading['marks']), MAX_LEVEL)} {heading['title']}")
        elif _BLOCK.fullmatch(line) or _LEFT_OUT.fullmatch(line):
            out.append("")
        else:
            out.append(literal(line))
        at += 1
    return out


def _closing(lines: list[str], start: int, mark: str) -> int:
    """The line with the same mark as the line `start`; 0 when there is none."""
    return next((n for n in range(start + 1, len(lines)) if lines[n].rstrip() == mark), 0)


def _rows(lines: list[str]) -> list[list[str]]:
    """The rows of a table: a line with all cells, or a cell on each line in groups of as many as the first row has."""
    cells = [[cell.strip() for cell in _CELL.split(line)[1:]] for line in lines if line.strip()]
    width = len(cells[0]) if cells else 0
    if all(len(row) in (0, width) for row in cells):
        return [row for row in cells if row]
    flat = [cell for row in cells for cell in row]
    return [flat[n : n + width] for n in range(0, len(flat), width)] if width else []
