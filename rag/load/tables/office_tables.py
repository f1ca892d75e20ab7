"""Tables of Word files, books and slides, in place of those that markitdown writes: it drops merged cells."""

from __future__ import annotations

import io
import re
from typing import Any

from askive.rag.load.html import visible_text_of
from askive.rag.load.tables.cells import Cell, OpenCells, one_line
from askive.rag.load.tables.html_table import html_table_lines
from askive.rag.load.tables.lines import table_lines

_PARTS = ("table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td")
# The number of a table between two characters that no text may have.
_PLACE = re.compile("\ufdd0(\\d+)\ufdd1")


class TablesAsLines:
    """Takes the place of markitdown's HTML converter, which other converters use for what they read."""

    def __init__(self, converter: Any, uri: str) -> None:
        self._converter = converter
        self._uri = uri

    def convert_string(self, html_content: str, **options: Any) -> Any:
        """Markdown of a page, with tables as lines. Raises LoadError when there is too much."""
        return self.convert(io.BytesIO(html_content.encode("utf-8", "replace")), None, **options)

    def convert(self, file_stream: Any, _stream_info: Any, **options: Any) -> Any:
        """As `convert_string`, from the bytes of a page."""
        from bs4 import BeautifulSoup

        soup = BeautifulSoup(file_stream.read(), "html.parser")
        tables = [
            (table, html_table_lines(table, visible_text_of, self._uri)) for table in soup.find_all("table")
        ]
        texts: list[str] = []
        for table, lines in tables:
            if lines is not None:
                place = soup.new_tag("p")
                place.string = f"\ufdd0{len(texts)}\ufdd1"
                table.replace_with(place)
                texts.append(lines)
        # The others only place blocks on the page.
        for element in soup.find_all(_PARTS):
            element.name = "div"
        result = self._converter.convert_string(str(soup), **options)
        result.markdown = _PLACE.sub(lambda place: texts[int(place[1])], result.markdown)
        return result


def slide_table_lines(table: Any, uri: str) -> str:
    """The rows of a table of python-pptx as lines. Raises LoadError when there is too much."""
    open_cells = OpenCells(uri)
    rows = []
    for n_row, row in enumerate(table.rows):
        cells = [
            Cell(one_line(cell.text), n, cell.span_width, cell.span_height, table.first_row and not n_row)
            for n, cell in enumerate(row.cells)
            if not cell.is_spanned
        ]
        rows.append(open_cells.complete(cells, len(row.cells)))
    return table_lines(rows, uri)
