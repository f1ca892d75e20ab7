"""The date that a document states of itself in its head; and dates in heads that are about something else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.load import complete_document
from askive.rag.load.byline import find_byline
from askive.rag.load.head_dates import find_head_date
from askive.rag.text.dates import partial_date
from askive.rag.types import Document

PROSE = (
    "The roof of the hall leaks above the stage, and the council asked two firms for their prices. Both will answer"
    " before the winter."
)


@pytest.mark.parametrize(
    ("head", "published"),
    [
        # Titles.
        ("# Minutes, 18 February 2021", "2021-02-18"),
        ("# Minutes of the parish council – Thursday, 18 February 2021", "2021-02-18"),
        ("# Minutes of the meeting held on 18 February 2021 at 7 pm", "2021-02-18"),
        ("Board minutes 18 February 2021", "2021-02-18"),
        ("# Newsletter, May 2022", "2022-05"),
        ("# Report (3 May 2023)", "2023-05-03"),
        ("# 2021-02-18 Visit to the quarry", "2021-02-18"),
        ("18 February 2021: the board", "2021-02-18"),
        ("# Letter of 3 May 2022", "2022-05-03"),
        ("Harrow Parish Council\n\n# Minutes, 18 February 2021", "2021-02-18"),
        ("# Minutes, 18 February 2021\n\n## Next meeting, 18 March 2021", "2021-02-18"),
        # A name, a place or an address, and the date.
        ("# Roof of the hall leaks\n\nHarrow Gazette, 21 May 2022", "2022-05-21"),
        ("Roof of the hall leaks\nHarrow Gazette | 21 May 2022", "2022-05-21"),
        ("Harrow, 3rd May 2022\n\nDear Mrs Holt,", "2022-05-03"),
        ("Rosa Lind\n12 Mill Lane\nHarrow, the 3rd of May 2022\n\nDear Mrs Holt,", "2022-05-03"),
        ("Bakery Lind\nBerlin, den 4. März 2024\n\nDear Mr Odum,", "2024-03-04"),
        # Labels.
        ("Crane 7\n\nInspected on: 3 May 2023\nInspector: R. Lind", "2023-05-03"),
        ("**Date:** Thursday 18 February 2021\n**Present:** Ann Lee", "2021-02-18"),
        ("Inspection of crane 7\n\nSite: Harrow\nDate of inspection: 3 May 2023", "2023-05-03"),
        ("Invoice 7731\n\nInvoice date: 1 June 2023\nDue date: 30 June 2023", "2023-06-01"),
        ("Ref: 77/2 · Date: 3 May 2023", "2023-05-03"),
        ("| Date: 3 May 2023", "2023-05-03"),
        ("Statement\n\nTaken on 3 May 2023 by R. Lind", "2023-05-03"),
        ("Personnel file\n\nDate of birth: 3 May 1975\nDate prepared: 5 June 2023", "2023-06-05"),
        # The order of day and month, where something shows it.
        ("Date: 03/04/2021\nNext meeting: 25/04/2021", "2021-04-03"),
        ("Date: 03/04/2021\nNext meeting: 04/25/2021", "2021-03-04"),
        ("Date: Saturday 03/04/2021", "2021-04-03"),
        ("Date: Thursday 03/04/2021", "2021-03-04"),
    ],
)  # fmt: skip
def test_dates_of_documents(head: str, published: str) -> None:
    assert find_byline("a file", f"{head}\n\n{PROSE}", is_own=False).published == published


@pytest.mark.parametrize(
    "text",
    [
        f"# Minutes\n\nThe council met on 18 February 2021. {PROSE}",
        f"# Report on the flood of 3 May 2021\n\n{PROSE}",
        f"# The battle of Hastings, 14 October 1066\n\n{PROSE}",
        f"# Loss of the Titanic, 15 April 1912\n\n{PROSE}\n\nThe wreck was found in 1985.",
        f"The Alma\n\nCompleted: 3 May 1912\n\n{PROSE} It was sold on 4 June 1950.",
        f"# Anna Berg\n\nBorn: 3 May 1901\nDied: 7 June 1975\n\n{PROSE}",
        f"Personnel file\n\nDate of birth: 3 May 1975\nRole: clerk\n\n{PROSE}",
        f"Contract\n\nValid until: 31 December 2024\n\n{PROSE}",
        f"Invoice 7731\n\nDue date: 30 June 2023\n\n{PROSE}",
        f"# Treaties\n\n- Paris Agreement, 12 December 2015\n- Kyoto Protocol, 11 December 1997\n\n{PROSE}",
        f"Date: 03/04/2021\n\n{PROSE}",
        f"# Notes\n\n{PROSE}\n\nHarrow Gazette, 21 May 2022",
        "which the council of Harrow had heard of from the owner of the mill on Monday,\n"
        "18 February 2021, when the letter of the insurer reached it, and had not answered\nyet.",
        "2021-03-04 Server started\n2021-03-05 Server stopped\n2021-03-09 Server started",
        "| Ship: Aurora; Built: 3 May 1998\n| Ship: Baltic; Built: 4 June 2001",
        f"# Visits, 3 May 2022\n\n{PROSE}\n\nOn 7 October 2024 the wall was built.",
    ],
)  # fmt: skip
def test_dates_of_something_else(text: str) -> None:
    assert find_byline("a file", text, is_own=False).published is None


@pytest.mark.parametrize(
    ("text", "published"),
    [
        (f"# Diary\n\n## 3 May 2021\n\n{PROSE}\n\n## 9 May 2021\n\n{PROSE}", "2021-05"),
        (f"# Diary\n\n## 3 May 2021\n\n{PROSE}\n\n## 9 June 2021\n\n{PROSE}", "2021"),
        (f"Visits\n\nDate: 3 May 2021\n{PROSE}\n\nDate: 3 May 2022\n{PROSE}", None),
        (f"# Diary\n\n## 3 May 2021\n\n{PROSE}\n\n## The mill in May 2019 was red\n\n{PROSE}", "2021-05-03"),
    ],
)
def test_entries_of_several_days(text: str, published: str | None) -> None:
    assert find_byline("Diary", text).published == published


@pytest.mark.parametrize(
    ("head", "publisher"),
    [
        ("# Roof leaks\n\nHarrow Gazette, 21 May 2022\n\n{}", "Harrow Gazette"),
        ("# Roof leaks\n\nThe Harrow Gazette – 21 May 2022\n\n{}", "The Harrow Gazette"),
        ("# Roof leaks\n\nHarrow, 21 May 2022\n\n{}", None),
        ("# Roof leaks\n\nNew York, 21 May 2022\n\nThe hall in New York leaks. {}", None),
        ("# Roof leaks\n\nRosa Lind, 21 May 2022\n\nIt leaks, Rosa Lind said. {}", None),
        ("# A letter\n\nMill Lane, 21 May 2022\n\nDear Ann,\n\n{}", None),
        ("Harrow Gazette, 21 May 2022\n\n{}", None),
    ],
)
def test_publishers_before_a_date(head: str, publisher: str | None) -> None:
    assert find_byline("a file", head.format(PROSE), is_own=False) == (publisher, "2022-05-21")


def test_the_name_of_a_file_is_no_title_of_the_document() -> None:
    title = "Minutes, 18 February 2021"
    document = Document(f"/d/{title}.txt", title, PROSE, "text/plain", "0")
    assert complete_document(document, document.uri).published is None
    document = Document("/d/scan7.docx", title, PROSE, "text/plain", "0")
    assert complete_document(document, document.uri).published == "2021-02-18"


@given(st.text(max_size=600), st.sampled_from(["", "Date: 3/4/2021 ", "# Minutes, 18 February 2021 "]))
def test_any_text(text: str, head: str) -> None:
    found = find_head_date("", f"{head}{text}")
    assert found.publisher is None or found.publisher in text
    assert found.published is None or partial_date(found.published) == found.published


@pytest.mark.timeout(20)
def test_long_lines_take_no_time() -> None:
    for text in (
        "Date " * 3000,
        "1 May 2020, " * 3000,
        "a, " * 5000,
        "#" * 5000,
        "Date: " + "3/4/21 " * 3000,
        " \n" * 5000,
    ):
        find_head_date("", text)
