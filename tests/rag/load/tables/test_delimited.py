"""CSV and TSV."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.config import PassageConfig
from askive.rag.ingest.splitting import chunk
from askive.rag.load.tables.delimited import load_csv
from askive.rag.text.sentences import split_sentences


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.csv", "Ship,Captain\nAurora,\"Lind, Rosa\"\nBaltic,\n"),
        ("x.csv", "\ufeffShip;Captain\nAurora;Lind, Rosa\nBaltic;\n"),
        ("x.csv", "Ships, boats, and all, as of May\nShip;Captain\nAurora;Lind, Rosa\nBaltic;\n"),
        ("x.tsv", "Ship\tCaptain\nAurora\tLind, Rosa\nBaltic\t\n"),
    ],
)  # fmt: skip
def test_separators(name: str, data: str) -> None:
    assert load_csv(data.encode(), name).text.endswith("| Ship: Aurora; Captain: Lind, Rosa\n| Ship: Baltic")


def test_each_row_is_a_sentence_of_its_own() -> None:
    rows = "\n".join(f"Ship {n},It left. Captain {n} stayed." for n in range(100))
    document = load_csv(f"Ship,Note\n{rows}".encode(), "x.csv")
    assert [document.text[a:b] for a, b in split_sentences(document.text)] == document.text.split("\n")
    passages = chunk(document, PassageConfig(max_words=30))
    assert len(passages) > 10
    assert all(p.text.startswith("| Ship: Ship") for p in passages)


CELLS = st.one_of(
    st.sampled_from(
        ["", "", "North", "2021", "2022", "12", "-3.5", "Total:", "a@b.example", "Plan", "Actual"]
    ),
    st.text("ab |;:#.\n12", max_size=12),
)


def test_a_column_without_values_keeps_its_head() -> None:
    data = b"Ship,Crew,Note,Left\nAurora,14,,\nBaltic,9,,\n\nQuay,Depth\nNorth,9.5\n"
    assert load_csv(data, "x.csv").text.split("\n") == [
        "| Ship: Aurora; Crew: 14", "| Ship: Baltic; Crew: 9", "| Note:; Left:", "| Quay: North; Depth: 9.5",
    ]  # fmt: skip


@given(st.lists(st.lists(CELLS, min_size=1, max_size=5), min_size=1, max_size=8))
def test_no_cell_is_lost(rows: list[list[str]]) -> None:
    file = io.StringIO()
    csv.writer(file, delimiter="\t").writerows(rows)
    text = load_csv(file.getvalue().encode(), "x.tsv").text
    written = [" ".join(cell.split()) for row in rows for cell in row]
    assert all(cell.rstrip(":").rstrip() in text for cell in written)
