"""Spreadsheets of OpenDocument."""

from __future__ import annotations

import pytest

from askive.rag.config import PassageConfig
from askive.rag.errors import LoadError
from askive.rag.ingest.splitting import chunk
from askive.rag.load import LOADERS, load_bytes
from tests.rag.load.test_office import zipped


def write_ods(sheets: dict[str, str]) -> bytes:
    """A file with this XML in its sheets, whose namespaces are `t` for tables, `x` for text and `o` for the rest."""
    spaces = "".join(
        f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for short, name in {"t": "table", "x": "text", "o": "office"}.items()
    )
    tables = "".join(f'<t:table t:name="{name}">{rows}</t:table>' for name, rows in sheets.items())
    return zipped({"content.xml": f"<o:document{spaces}>{tables}</o:document>"})


def row(*cells: str, repeated: int = 1) -> str:
    return f'<t:table-row t:number-rows-repeated="{repeated}">{"".join(cells)}</t:table-row>'


def cell(text: str, *, columns: int = 1, rows: int = 1, repeated: int = 1) -> str:
    spans = f't:number-columns-spanned="{columns}" t:number-rows-spanned="{rows}"'
    return f'<t:table-cell {spans} t:number-columns-repeated="{repeated}"><x:p>{text}</x:p></t:table-cell>'


COMMENT = "<o:annotation><x:p>A comment.</x:p></o:annotation>"
COVERED, EMPTY = "<t:covered-table-cell/>", '<t:table-cell t:number-columns-repeated="16000"/>'


def test_sheets() -> None:
    data = write_ods(
        {
            "Sales 1": row(cell("Report", columns=3), COVERED, COVERED)
            + row(EMPTY, repeated=2)
            + row(cell("Region", rows=2), cell("2022", columns=2), COVERED)
            + row(COVERED, cell("Plan"), cell("Actual"), EMPTY)
            + row(cell("North<x:s/>East", rows=2), cell("1"), cell("2"))
            + row(COVERED, cell("3", repeated=2), repeated=2)
            + row(EMPTY, repeated=1_048_000),
            "Empty": row(EMPTY),
            "Notes": row(cell("Pump").replace("<x:p>", COMMENT + "<x:p>"), cell("15.5%")),
        }
    )
    found = load_bytes(data, "/files/sales.ods", LOADERS[".ods"])
    assert found.text == (
        "## Sales 1\n\n| Report\n| Region: North East; 2022 Plan: 1; 2022 Actual: 2\n"
        "| Region: North East; 2022 Plan: 3; 2022 Actual: 3\n| 2022 Plan: 3; 2022 Actual: 3\n\n## Notes\n\n| Pump: 15.5%"
    )
    assert {p.heading for p in chunk(found, PassageConfig())} == {"Sales 1", "Notes"}


@pytest.mark.parametrize(
    "data",
    [b"No spreadsheet.", zipped({"a.txt": "other"}), zipped({"content.xml": "<no"}), write_ods({"Empty": row(EMPTY)})],
    ids=["text", "other-zip", "broken", "empty"],
)  # fmt: skip
def test_what_is_no_spreadsheet_is_a_load_error(data: bytes) -> None:
    with pytest.raises(LoadError) as caught:
        load_bytes(data, "/files/x.ods", LOADERS[".ods"])
    assert "/files/x.ods" in caught.value.message


def test_cells_that_a_file_only_claims() -> None:
    data = write_ods({"Wide": row(cell("x", repeated=90_000_000), repeated=90_000_000)})
    with pytest.raises(LoadError, match="more than 5,000,000 cells"):
        load_bytes(data, "/files/x.ods", LOADERS[".ods"])
