"""Which cells of a row are shown as an answer."""

from __future__ import annotations

import pytest

from askive.rag.answer.quoting import shown_quotation
from askive.rag.question.analysis import Question

ROW = "Bay: C; Racks: pine; Peak water depth (cm): 62; Wheels before flood: 2655; Wheels wetted: 2100; of which condemned: 38"
INVOICE = "Item: Air handler; Supplier: Aerolt; Net GBP: 26750.00; VAT 20% GBP: 5350.00; Gross GBP: 32100.00; Status: open"


@pytest.mark.parametrize(
    ("question", "row", "generated", "shown"),
    [
        ("How deep did the water get in bay C?", ROW, "", "“Bay: C; … Peak water depth (cm): 62; …”"),
        ("How many wheels were in bay C before the flood?", ROW, "", "“Bay: C; … Wheels before flood: 2655; …”"),
        ("How many were in bay C before the flood?", ROW, "There were 2100 in bay C.",
         "“Bay: C; … Wheels before flood: 2655; Wheels wetted: 2100; …”"),
        ("What did the air handler cost without tax?", INVOICE, "It cost 26750.", "“Item: Air handler; … Net GBP: 26750.00; …”"),
        ("What did the air handler cost, net?", f"{INVOICE}; Notes: wrong fan; sent back", "",
         "“Item: Air handler; … Net GBP: 26750.00; …”"),
        ("Who looked at it?", ROW, "", f"“{ROW}”"),
        ("When did the ferry leave?", "The ferry left at 9; it was late; nobody minded; all went home.", "",
         "“The ferry left at 9; it was late; nobody minded; all went home.”"),
        ("How deep was it in bay C?", "Bay: C; Depth: 62", "", "“Bay: C; Depth: 62”"),
    ],
)  # fmt: skip
def test_the_cells_that_are_asked_for(question: str, row: str, generated: str, shown: str) -> None:
    assert shown_quotation(row, Question.read(question), generated) == shown


def test_every_cell_that_is_shown_stands_in_the_row() -> None:
    shown = shown_quotation(ROW, Question.read("How deep did the water get in bay C?"))
    assert all(part.strip(" “”…") in ROW for part in shown.split(";"))
