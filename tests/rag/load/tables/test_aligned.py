"""Tables of PDF pages without lines around their cells."""

from __future__ import annotations

import pytest

from askive.rag.load.pdf.document import load_pdf
from tests.rag.load.pdf_writer import write_pdf
from tests.rag.load.tables.test_ruled import words

ABOVE = [
    (50, 800, "Ships by region"),
    (50, 770, "The table shows how many ships came to the regions in each year."),
]
BELOW = [(50, 680, "All counts are those of the harbour office, which keeps them since 1998.")]
YEARS = [
    (50, 740, "Region"), (200, 740, "2021"), (300, 740, "2022"), (50, 726, "South Mere"), (200, 726, "120"),
    (300, 726, "131"), (50, 712, "Northby"), (200, 712, "80"), (300, 712, "91"),
]  # fmt: skip
WRAPPED = [
    (50, 740, "Name"), (200, 740, "Room"), (260, 740, "Task"), (50, 725, "Anna Berg"), (200, 725, "220"),
    (260, 725, "keeps the books and"), (260, 712, "the keys"), (50, 697, "Tom"), (200, 697, "221"), (260, 697, "drives"),
]  # fmt: skip
WIDE_HEAD = [
    (50, 740, "Ship"), (200, 740, "Tons of coal and oil in the year"), (50, 726, "Name"), (200, 726, "2021"), (300, 726, "2022"),
    *((50, 712 - 14 * n, name) for n, name in enumerate(("Aurora", "Baltic"))),
    *((200, 712 - 14 * n, value) for n, value in enumerate(("7", "8"))),
    *((300, 712 - 14 * n, value) for n, value in enumerate(("9", "10"))),
]  # fmt: skip
LINE = "The tug left the quay at"
COLUMNS = [
    *((50, 740 - 14 * n, f"{LINE} six and came back") for n in range(6)),
    *((320, 740 - 14 * n, f"{LINE} nine with a barge") for n in range(6)),
]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([*ABOVE, *YEARS, *BELOW], [
            ABOVE[0][2], ABOVE[1][2], "| Region: South Mere; 2021: 120; 2022: 131", "| Region: Northby; 2021: 80; 2022: 91",
            BELOW[0][2],
        ]),
        (WRAPPED, ["| Name: Anna Berg; Room: 220; Task: keeps the books and the keys", "| Name: Tom; Room: 221; Task: drives"]),
        (WIDE_HEAD, [
            "| Ship Name: Aurora; Tons of coal and oil in the year 2021: 7; Tons of coal and oil in the year 2022: 9", "| Ship Name: Baltic; Tons of coal and oil in the year 2021: 8; Tons of coal and oil in the year 2022: 10",
        ]),
        (COLUMNS, [" ".join([f"{LINE} six and came back"] * 6 + [f"{LINE} nine with a barge"] * 6)]),
        (YEARS[:6], ["Region 2021 2022", "South Mere 120 131"]),
    ],
    ids=["years", "wrapped", "wide-head", "prose", "two-lines"],
)  # fmt: skip
def test_rows_without_lines_have_their_heads(items: list[tuple[int, int, str]], expected: list[str]) -> None:
    text = load_pdf(write_pdf([words(items)]), "x.pdf").text
    assert [" ".join(block.split()) for block in text.split("\n\n")] == expected
