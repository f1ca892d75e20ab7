"""Markdown as a Word document: headings, paragraphs, quotations, lists, tables, emphasis."""

from __future__ import annotations

import io
from typing import Any

from askive.ui.chat.rendering import parser

_MAX_HEADING = 9


def to_docx(markdown: str, title: str) -> bytes:
    """The bytes of a .docx file. Raw HTML stays text. title: of the document, in its properties."""
    import docx

    document = docx.Document()
    document.core_properties.title = title
    document.core_properties.author = ""
    tokens = parser().parse(markdown)
    _Writer(document).write(tokens)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


class _Writer:
    def __init__(self, document: Any) -> None:
        self._document = document
        self._lists: list[str] = []
        self._quoted = 0
        self._heading = 0
        self._rows: list[list[str]] | None = None

    def write(self, tokens: list[Any]) -> None:
        for token in tokens:
            kind = token.type
            if kind == "heading_open":
                self._heading = int(token.tag[1:])
            elif kind == "heading_close":
                self._heading = 0
            elif kind == "blockquote_open":
                self._quoted += 1
            elif kind == "blockquote_close":
                self._quoted -= 1
            elif kind in ("bullet_list_open", "ordered_list_open"):
                self._lists.append("List Bullet" if kind.startswith("bullet") else "List Number")
            elif kind in ("bullet_list_close", "ordered_list_close"):
                self._lists.pop()
            elif kind == "table_open":
                self._rows = []
            elif kind == "table_close":
                self._write_table()
            elif kind == "tr_open" and self._rows is not None:
                self._rows.append([])
            elif kind == "inline":
                self._write_inline(token)
            elif kind in ("fence", "code_block"):
                self._document.add_paragraph(token.content.rstrip("\n"), style="No Spacing")

    def _write_inline(self, token: Any) -> None:
        if self._rows is not None:
            self._rows[-1].append("".join(_plain(child) for child in token.children or ()))
            return
        if self._heading:
            paragraph = self._document.add_heading(level=min(self._heading, _MAX_HEADING))
        elif self._quoted:
            paragraph = self._document.add_paragraph(style="Intense Quote")
        else:
            paragraph = self._document.add_paragraph(style=self._lists[-1] if self._lists else None)
        bold = italic = False
        for child in token.children or ():
            if child.type.startswith("strong"):
                bold = child.type.endswith("open")
            elif child.type.startswith("em_"):
                italic = child.type.endswith("open")
            elif text := _plain(child):
                run = paragraph.add_run(text)
                run.bold, run.italic = bold or None, italic or None

    def _write_table(self) -> None:
        rows, self._rows = self._rows or [], None
        if not rows:
            return
        table = self._document.add_table(
            rows=len(rows), cols=max(map(len, rows)), style="Light Grid Accent 1"
        )
        for line, cells in zip(table.rows, rows, strict=True):
            for cell, text in zip(line.cells, cells, strict=False):
                cell.text = text


def _plain(token: Any) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    # Control characters cannot be stored in XML.
    return "".join(letter for letter in token.content if letter.isprintable() or letter in "\t\n")
