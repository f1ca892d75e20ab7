"""Writes the Word, Excel and PDF documents of `eval/gold/archive` from the texts in its folder `sources`.

`python -m tests.eval.datasets.write_archive`; the other documents of that suite are text and are edited where they lie.
A source `contract.docx.txt` begins with lines for title, author and date. Its tables have a line for each row, with `|`
between the cells.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from itertools import groupby

from askive.eval.datasets.gold import GOLD_ARCHIVE
from tests.eval.datasets.write_offices import write_docx, write_xlsx
from tests.rag.load.pdf_writer import write_pdf

SOURCES = GOLD_ARCHIVE / "sources"
_PDF_COLUMNS = 90
_FIELD = re.compile(r"(title|author|date): (.+)")
# "1840", "9.5"; not "2021-08".
_NUMBER = re.compile(r"\d+(\.\d+)?")


def documents() -> Iterator[tuple[str, bytes]]:
    """The path in the corpus, and the bytes, of each document that is no text."""
    for path in sorted(SOURCES.rglob("*.txt")):
        name = path.relative_to(SOURCES).as_posix().removesuffix(".txt")
        head, body = path.read_text(encoding="utf-8").split("\n\n", 1)
        fields = dict(_FIELD.findall(head))
        yield name, _written(name, body.strip().split("\n"), fields)


def _written(name: str, lines: list[str], fields: dict[str, str]) -> bytes:
    title, author, date = fields["title"], fields["author"], fields["date"]
    if name.endswith(".pdf"):
        created = f"D:{date.replace('-', '')}090000Z"
        shown = [part for line in lines for part in textwrap.wrap(line, _PDF_COLUMNS) or [""]]
        return write_pdf([shown], {"Title": title, "Author": author, "CreationDate": created})
    blocks = [
        [[cell.strip() for cell in row.strip("|").split("|")] for row in rows] if is_table else rows
        for is_table, group in groupby(lines, key=lambda line: line.startswith("|"))
        if (rows := list(group))
    ]
    if name.endswith(".docx"):
        flat: list[str | list[list[str]]] = []
        for block in blocks:
            if isinstance(block[0], list):
                flat.append([row for row in block if isinstance(row, list)])
            else:
                flat += [line for line in block if isinstance(line, str)]
        return write_docx(flat, title, date, author)
    sheets: dict[str, list[list[object]]] = {}
    heading = ""
    for block in blocks:
        for line in block:
            if isinstance(line, str):
                heading = line.removeprefix("## ")
            else:
                sheets.setdefault(heading, []).append([_cell(cell) for cell in line])
    return write_xlsx(sheets, title, date, author)


def _cell(text: str) -> object:
    if not _NUMBER.fullmatch(text):
        return text or None
    return float(text) if "." in text else int(text)


if __name__ == "__main__":
    for name, data in documents():
        path = GOLD_ARCHIVE / "corpus" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
