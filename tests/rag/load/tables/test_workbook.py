"""Sheets: merged cells, formulas, formats, and what is above a table."""

from __future__ import annotations

import datetime
import io
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from askive.rag.config import PassageConfig
from askive.rag.ingest.splitting import chunk
from askive.rag.load.tables.workbook import load_xlsx
from askive.rag.types import Document
from tests.rag.load.test_office import write_xlsx


def sheet(
    rows: Sequence[Sequence[object]],
    merged: Sequence[str] = (),
    formats: dict[str, str] | None = None,
    bold: Sequence[str] = (),
) -> list[str]:
    """The lines of a workbook with one sheet. merged, formats, bold: by the places of cells, such as `B4:C4`."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    for row in rows:
        book.active.append(row)
    for place in merged:
        book.active.merge_cells(place)
    for place, number_format in (formats or {}).items():
        book.active[place].number_format = number_format
    for place in bold:
        book.active[place].font = Font(bold=True)
    out = io.BytesIO()
    book.save(out)
    text = load_xlsx(out.getvalue(), "x.xlsx").text.removeprefix("## Sheet\n\n")
    return [line.removeprefix("| ") for line in text.split("\n")]


def fleet() -> Document:
    """Three sheets: one with heads and a blank row, one without heads, an empty one."""
    data = write_xlsx(
        {
            "Ships": [["Ship", "Captain", "Built"], ["Aurora", "Rosa Lind", datetime.datetime(1998, 5, 4)],
                      ["Baltic", None, 2001.0], [None, None, None], ["Ceres", "Tom Ekberg"]],
            "Sums": [[1, 2.5], [3, 4]],
            "Empty": [],
        }
    )  # fmt: skip
    return load_xlsx(data, "fleet.xlsx")


def test_sheets() -> None:
    found = fleet()
    assert found.text == (
        "## Ships\n\n| Ship: Aurora; Captain: Rosa Lind; Built: 1998-05-04\n| Ship: Baltic; Built: 2001\n"
        "| Ship: Ceres; Captain: Tom Ekberg\n\n## Sums\n\n| 1; 2.5\n| 3; 4"
    )
    assert found.title == "fleet"
    assert {p.heading for p in chunk(found, PassageConfig())} == {"Ships", "Sums"}


def test_merged_heads_below_a_title_and_a_unit() -> None:
    lines = sheet(
        [["Quarterly sales report"], ["All figures in thousand euros"], [], ["Region", "2022", None, "2023", None],
         [None, "Plan", "Actual", "Plan", "Actual"], ["Northgate", 400, 412, 450, 498], ["Eastvale", 80, 80, 85, 86]],
        merged=["A1:E1", "A4:A5", "B4:C4", "D4:E4"],
    )  # fmt: skip
    assert lines == [
        "Quarterly sales report",
        "All figures in thousand euros",
        "Region: Northgate; 2022 Plan: 400; 2022 Actual: 412; 2023 Plan: 450; 2023 Actual: 498",
        "Region: Eastvale; 2022 Plan: 80; 2022 Actual: 80; 2023 Plan: 85; 2023 Actual: 86",
    ]


def test_a_merged_cell_counts_for_all_it_spans() -> None:
    lines = sheet(
        [["Team", "Name", "Mon", "Tue"], ["Blue", "Ana", 8, 9], [None, "Bo", "closed"], ["Red", "Cy", 7, 7]],
        merged=["A2:A3", "C3:D3"],
    )
    assert lines == [
        "Team: Blue; Name: Ana; Mon: 8; Tue: 9",
        "Team: Blue; Name: Bo; Mon, Tue: closed",
        "Team: Red; Name: Cy; Mon: 7; Tue: 7",
    ]


def test_bold_tells_heads_from_labels() -> None:
    rows = [["Project", "Harbour wall"], ["Manager", "Ines Roy"]]
    assert sheet(rows) == sheet(rows, bold=["A1", "B1"]) == ["Project: Manager; Harbour wall: Ines Roy"]
    assert sheet(rows, bold=["A1", "A2"]) == ["Project: Harbour wall", "Manager: Ines Roy"]


def test_comments_on_cells_are_read() -> None:
    from openpyxl import Workbook
    from openpyxl.comments import Comment

    book = Workbook()
    for row in (["Port", "Cod"], ["Northmere", 120], ["Southmere", 80]):
        book.active.append(row)
    book.active["B2"].comment = Comment("Ann Roy:\nEstimated from the log.", "Ann Roy")
    book.active["D9"].comment = Comment("To be checked.", "")
    book.create_sheet("Empty")["A1"].comment = Comment("# Nothing yet.", "Tom")
    out = io.BytesIO()
    book.save(out)
    assert load_xlsx(out.getvalue(), "x.xlsx").text.split("\n\n") == [
        "## Sheet", "| Port: Northmere; Cod: 120\n| Port: Southmere; Cod: 80",
        "Comment on B2 (120) by Ann Roy: Estimated from the log.", "Comment on D9: To be checked.",
        "## Empty", "Comment on A1 by Tom: # Nothing yet.",
    ]  # fmt: skip


def test_a_formula_without_a_value_is_shown() -> None:
    lines = sheet([["Item", "Net", "Gross"], ["Pump", 100, "=B2*1.2"], ["Valve", 5, 6]])
    assert lines == [
        "Item: Pump; Net: 100; Gross: =B2*1.2 (no stored value)",
        "Item: Valve; Net: 5; Gross: 6",
    ]


def test_values_are_shown_as_their_program_does() -> None:
    lines = sheet(
        [["Share", "Sum", "Start", "Saved"], [0.155, 0.1 + 0.2, datetime.time(7, 30), datetime.datetime(2024, 1, 2, 8)]],
        formats={"A2": "0.0%"},
    )  # fmt: skip
    assert lines == ["Share: 15.5%; Sum: 0.3; Start: 07:30; Saved: 2024-01-02 08:00:00"]


ROWS = st.lists(
    st.tuples(st.sampled_from(["a", "b c", "d:"]), st.integers(0, 99), st.integers(0, 99)),
    min_size=2,
    max_size=5,
)


@settings(max_examples=20)
@given(ROWS, st.integers(1, 5), st.integers(0, 3))
def test_a_cell_is_in_each_row_it_spans(values: list[tuple[object, ...]], top: int, height: int) -> None:
    rows: list[list[object]] = [["Key", "Value", "Size"], *(list(row) for row in values)]
    top = min(top, len(values))
    bottom = min(top + height, len(values))
    for n, row in enumerate(rows[top : bottom + 1]):
        row[0] = None if n else "merged"
    lines = sheet(rows, merged=[f"A{top + 1}:A{bottom + 1}"] if bottom > top else [])
    assert [line.startswith("Key: merged; ") for line in lines] == [
        top <= n <= bottom for n in range(1, len(rows))
    ]
    assert all(f"Value: {row[1]}; Size: {row[2]}" in line for row, line in zip(rows[1:], lines, strict=True))
