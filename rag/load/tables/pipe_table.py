"""Tables of Markdown, whose cells are separated by bars."""

from __future__ import annotations

import re

from askive.rag.load.tables.cells import Cell, OpenCells, one_line
from askive.rag.load.tables.lines import table_lines

# "---", " :--: ".
_DELIMITER = re.compile(r"\s*+:?-++:?\s*+")
# The bar between cells; "\|" is a bar in a cell.
_BAR = re.compile(r"(?<!\\)\|")
# "```python", "~~~".
_FENCE = re.compile(r" {0,3}(```|~~~)")
# "<br>", "<br/>".
_BREAK = re.compile(r"<br\s*/?>")


def with_table_lines(text: str, uri: str) -> str:
    """The text with each row of its tables as a line with its column heads; fenced code stays as it is."""
    lines = text.split("\n")
    if not any(map(_delimits, lines)):
        return text
    out: list[str] = []
    fence = ""
    at = 0
    while at < len(lines):
        line = lines[at]
        if mark := _FENCE.match(line):
            fence = "" if fence == mark[1] else fence or mark[1]
        elif not fence and "|" in line and at + 1 < len(lines) and _delimits(lines[at + 1]):
            end = at + 2
            while end < len(lines) and "|" in lines[end] and lines[end].strip():
                end += 1
            if len(_cells(line)) == len(_cells(lines[at + 1])):
                out += [_table([line, *lines[at + 2 : end]], uri)]
                at = end
                continue
        out.append(line)
        at += 1
    return "\n".join(out)


def _table(lines: list[str], uri: str) -> str:
    open_cells = OpenCells(uri)
    rows = []
    for n, line in enumerate(lines):
        texts = [one_line(_BREAK.sub(" ", cell).replace("\\|", "|")) for cell in _cells(line)]
        rows.append(
            open_cells.complete((Cell(text, at, marked=not n) for at, text in enumerate(texts)), len(texts))
        )
    return table_lines(rows, uri)


def _delimits(line: str) -> bool:
    """Whether a line stands between the heads and the rows of a table."""
    return "|" in line and "-" in line and all(map(_DELIMITER.fullmatch, _cells(line)))


def _cells(line: str) -> list[str]:
    stripped = line.strip().removeprefix("|")
    if stripped.endswith("|") and not stripped.endswith("\\|"):
        stripped = stripped[:-1]
    return _BAR.split(stripped)
