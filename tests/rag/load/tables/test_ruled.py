"""Tables of PDF pages with lines around their cells."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest

from askive.rag.load.pdf.document import load_pdf
from tests.rag.load.pdf_writer import write_pdf

XS, YS = [50, 150, 250, 350], [700, 680, 660, 640, 620]


def words(at: Iterable[tuple[int, int, str]]) -> str:
    """Words at these places, in points from the lower left."""
    return "".join(f"BT /F1 10 Tf {x} {y} Td ({text}) Tj ET\n" for x, y, text in at)


def grid(without: Iterable[tuple[int, int, int, int]] = ()) -> str:
    """The lines around all fields, without those from x, y to x, y."""
    across = [(a, y, b, y) for y in YS for a, b in pairwise(XS)]
    upright = [(x, a, x, b) for x in XS for a, b in pairwise(YS)]
    drawn = [line for line in [*across, *upright] if line not in set(without)]
    return "".join(f"{a} {b} m {c} {d} l S\n" for a, b, c, d in drawn)


HEADS = [(55, 685, "Region"), (155, 685, "2022"), (155, 665, "Plan"), (255, 665, "Actual")]
CELLS = [(55, 645, "North"), (155, 645, "1"), (255, 645, "2"), (155, 625, "3"), (255, 625, "4")]
AROUND = [(50, 760, "The sales of the year."), (50, 590, "All figures are in euros.")]
MERGED = [(250, 700, 250, 680), (50, 680, 150, 680), (50, 640, 150, 640)]


def test_rows_have_their_heads() -> None:
    text = load_pdf(write_pdf([grid(MERGED) + words([*HEADS, *CELLS, *AROUND])]), "x.pdf").text
    assert text.split("\n\n") == [
        "The sales of the year.",
        "| Region: North; 2022 Plan: 1; 2022 Actual: 2",
        "| Region: North; 2022 Plan: 3; 2022 Actual: 4",
        "All figures are in euros.",
    ]


def test_rectangles_and_words_over_two_lines() -> None:
    boxes = "".join(
        f"{x} {y} {w} {h} re S\n" for x, w in ((50, 100), (150, 200)) for y, h in ((660, 40), (620, 40))
    )
    at = [
        (55, 685, "Ship"),
        (155, 685, "Note"),
        (55, 645, "Aurora"),
        (155, 645, "It came"),
        (155, 630, "late."),
    ]
    assert load_pdf(write_pdf([boxes + words(at)]), "x.pdf").text == "| Ship: Aurora; Note: It came late."


def test_words_that_are_hyphenated_above_a_table_and_in_it() -> None:
    above = [
        (50, 760, "The captain of the tug wrote down what the barge had car-"),
        (50, 748, "ried on each day."),
    ]
    at = [*HEADS, *CELLS[1:], (55, 652, "North-"), (55, 642, "umber")]
    text = load_pdf(write_pdf([grid(MERGED) + words([*above, *at])]), "x.pdf").text
    assert text.split("\n\n")[:2] == [
        "The captain of the tug wrote down what the barge had carried on each day.",
        "| Region: Northumber; 2022 Plan: 1; 2022 Actual: 2",
    ]


@pytest.mark.parametrize(
    ("drawn", "at"),
    [
        ("", CELLS),
        ("40 600 400 200 re S\n", CELLS),
        (grid(), [*CELLS, (400, 645, "Beside.")]),
    ],
    ids=["no lines", "a frame", "text beside"],
)
def test_other_pages_stay_as_they_are(drawn: str, at: list[tuple[int, int, str]]) -> None:
    text = load_pdf(write_pdf([drawn + words(at)]), "x.pdf").text
    assert "|" not in text
    assert all(word in text for _, _, word in at)


def test_many_lines_are_a_drawing() -> None:
    lines = "".join(f"{n / 10} 0 m {n / 10} 500 l S\n0 {n / 10} m 500 {n / 10} l S\n" for n in range(2_000))
    assert load_pdf(write_pdf([lines + words(CELLS)]), "x.pdf").text.startswith("North")
