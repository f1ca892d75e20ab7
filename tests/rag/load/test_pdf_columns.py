"""Columns of a PDF whose lines the file has row by row."""

from __future__ import annotations

import pytest

from askive.rag.load.pdf.document import load_pdf
from tests.rag.load.pdf_writer import write_pdf
from tests.rag.load.tables.test_ruled import words

Items = list[tuple[int, int, str]]
LEFT = (
    "The tug left the quay at six and|came back at noon with a barge that|carried forty tons of coal. The crew|"
    "of nine men then rested until the|evening, when the tide was high and|the second barge could be fetched."
).split("|")
RIGHT = (
    "On Monday the captain, a man who|was sixty and had never lost a rope,|sold the coal to the gas works, which|"
    "paid in silver. Nothing was left of|the cargo on the morning that fol-|lowed, and the crew went home."
).split("|")
THIRD = (
    "The owner wrote to the mayor about|it and asked him for a second lamp|on the pier, so that the barge could|"
    "come in by night. The mayor said no,|since the town had spent all that it|had on the bridge."
).split("|")
TITLE = "A day at the quay, or what the tug and the barge did in the year of the storm"
WHOLE = [" ".join(LEFT), " ".join(RIGHT).replace("fol- lowed", "followed"), " ".join(THIRD)]


def column(left: int, lines: list[str], top: int = 740) -> Items:
    return [(left, top - 14 * n, line) for n, line in enumerate(lines)]


def by_rows(*columns: Items) -> Items:
    return [item for row in zip(*columns, strict=True) for item in row]


def paragraphs(items: Items) -> list[str]:
    return load_pdf(write_pdf([words(items)]), "x.pdf").text.split("\n\n")


@pytest.mark.parametrize("lower", [0, 7], ids=["one height", "two heights"])
def test_columns_do_not_run_on_into_each_other(lower: int) -> None:
    two = by_rows(column(50, LEFT), column(310, RIGHT, 740 - lower))
    assert paragraphs([(50, 780, TITLE), *two]) == [TITLE, " ".join(WHOLE[:2])]


def test_three_columns() -> None:
    items = by_rows(column(40, LEFT), column(230, RIGHT), column(420, THIRD))
    assert paragraphs(items) == [" ".join(WHOLE)]


def test_what_lies_across_separates_what_is_above_and_below() -> None:
    above = by_rows(column(50, LEFT), column(310, RIGHT))
    below = by_rows(column(50, THIRD, 600), column(310, LEFT, 600))
    across = (
        50,
        640,
        "Figure 1: the quay of the town with its crane, seen from the north in the spring of 1871",
    )
    assert paragraphs([*above, across, *below]) == [
        " ".join(WHOLE[:2]), across[2], WHOLE[2], WHOLE[0],
    ]  # fmt: skip


def test_a_list_of_terms_stays_row_by_row() -> None:
    terms = ["tug", "barge", "lamp", "quay", "rope", "crane"]
    items = by_rows(column(50, terms), column(140, RIGHT))
    assert paragraphs(items)[0].startswith(f"tug {RIGHT[0]}")


def test_columns_that_are_in_order_are_left_as_they_are() -> None:
    assert paragraphs([*column(50, LEFT), *column(310, RIGHT)]) == [" ".join(WHOLE[:2])]
