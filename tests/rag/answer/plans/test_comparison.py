"""Two sides against each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event as Flag

import pytest

from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter
from askive.rag.types import Answer, Final, Progress, Searching, Sources
from tests.rag.archives import archive_of, assistant_of, document

DOCUMENTS = [
    document(
        "The ferry sank with 12 people on board. Divers found the ferry on Friday.",
        "Wreck",
        "2016-01",
        "Reuters",
    ),
    document("The ferry sank with 15 people on board.", "Loss", "2016-01", "VOA"),
    document("The mill burned down in Finsk.", "Mill", "2016-02", "AP"),
    document(
        "Oak beams cost 40 crowns a metre. Pine beams cost 20 crowns a metre.", "Prices", uri="prices.csv"
    ),
    document("The tenant pays 900 crowns a month.", "Lease of the old mill", uri="lease-mill.pdf"),
    document("The tenant pays 700 crowns a month.", "Lease of the barn", uri="lease-barn.pdf"),
]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Archive]:
    with archive_of(tmp_path, DOCUMENTS) as archive:
        yield archive


def ask(archive: Archive, question: str) -> Answer:
    answer = assistant_of(archive).ask(question, kind="comparison")
    for citation in answer.citations:
        text = archive.document(citation.hit.passage.doc_id).text
        assert text[citation.start : citation.end] == citation.quote != ""
    return answer


def cells(answer: Answer) -> list[tuple[str, ...]]:
    return [tuple(row.values.get(column, "").strip("“”") for column in answer.columns) for row in answer.rows]


def test_publishers_side_by_side(town: Archive) -> None:
    answer = ask(town, "What do Reuters and VOA say about the ferry?")
    assert answer.columns == ("Point", "Reuters", "VOA")
    assert answer.text == "On ferry: Reuters in 1 document, VOA in 1 document."
    assert cells(answer)[0] == (
        "both: sank, people, board; other figures",
        "The ferry sank with 12 people on board.",
        "The ferry sank with 15 people on board.",
    )
    assert cells(answer)[1:] == [("only Reuters", "Divers found the ferry on Friday.", "")]
    for row in answer.rows:
        for column, citation in zip(
            [c for c in answer.columns[1:] if c in row.values], row.citations, strict=True
        ):
            assert citation.hit.source.publisher == column


def test_a_side_without_evidence_has_none(town: Archive) -> None:
    answer = ask(town, "What do Reuters and AP say about the mill?")
    assert answer.text == "On mill: AP in 1 document, Reuters in none."
    assert cells(answer) == [("only AP", "The mill burned down in Finsk.", "")]


def test_a_publisher_that_the_filter_excludes_has_none(town: Archive) -> None:
    question, admitted = "What do Reuters and VOA say about the ferry?", Filter(publishers=("Reuters",))
    answer = assistant_of(town).ask(question, kind="comparison", admitted=admitted)
    assert answer.text == "On ferry: Reuters in 1 document, VOA in none."


def test_sides_are_never_swapped(town: Archive) -> None:
    answer = ask(town, "What is the difference in cost between pine and oak?")
    assert answer.columns == ("Point", "pine", "oak")
    assert cells(answer)[0][1:] == ("Pine beams cost 20 crowns a metre.", "Oak beams cost 40 crowns a metre.")


@pytest.mark.parametrize("question", ["Compare the two leases.", "lease-barn.pdf vs lease-mill.pdf"])
def test_documents_as_sides(town: Archive, question: str) -> None:
    answer = ask(town, question)
    assert {c.quote for c in answer.citations} == {
        "The tenant pays 900 crowns a month.",
        "The tenant pays 700 crowns a month.",
    }
    assert len(answer.columns) == 3


def test_nothing_found_and_no_sides(town: Archive) -> None:
    refused = ask(town, "Compare penguins and walruses")
    assert refused.refusal is not None
    assert "nothing about penguins or walruses" in refused.text
    by_document = ask(town, "Compare what each paper reports about the ferry")
    assert by_document.kind == "comparison"
    assert {c.hit.source.publisher for c in by_document.citations} >= {"Reuters", "VOA"}


def test_the_events_and_a_stop(town: Archive) -> None:
    cancel = Flag()
    events = []
    for event in assistant_of(town).stream("Compare pine and oak", cancel=cancel, kind="comparison"):
        events.append(event)
        if isinstance(event, Progress) and event.done == 1:
            cancel.set()
    assert [type(event) for event in events[:4]] == [Searching, Progress, Progress, Sources]
    assert isinstance(events[-1], Final)
    assert events[-1].answer.text.endswith("Stopped before every side was looked at.")


def test_years_and_documents_are_sides(tmp_path: Path) -> None:
    documents = [
        document("188 employees took part.", "Staff survey 2021", "2021-11-02"),
        document("203 employees took part.", "Staff survey 2023", "2023-10-19"),
        document("In 2023 a lorry was sold for 900 crowns.", "Lorries", "2023-01"),
        document("The price is 900 crowns.", "Contract for the Holm mill", "2021"),
        document("The price rises to 950 crowns.", "Amendment to the contract for the Holm mill", "2022"),
    ]
    with archive_of(tmp_path, documents) as archive:
        answer = ask(archive, "staff survey 2021 versus 2023")
        assert answer.columns == ("Point", "2021", "2023")
        assert {cell for row in cells(answer) for cell in row[1:] if cell} == {
            "188 employees took part.",
            "203 employees took part.",
        }
        answer = ask(archive, "Compare the contract for the Holm mill with its amendment")
        found = {
            column: " ".join(row.values.get(column, "") for row in answer.rows) for column in answer.columns
        }
        assert "900" in found["contract for the Holm mill"] and "950" in found["amendment"]


def test_a_numbered_side_is_not_another_number(tmp_path: Path) -> None:
    documents = [
        document(
            "The Orlo 40 weighs 2 tonnes. The Orlo 60 weighs 3 tonnes. The Orlo 70 weighs 4 tonnes.",
            "Orlo",
            uri="orlo.txt",
        )
    ]
    with archive_of(tmp_path, documents) as archive:
        answer = ask(archive, "How do the Orlo 40 and the Orlo 70 differ?")
        shown = " ".join(" ".join(row) for row in cells(answer))
        assert "2 tonnes" in shown and "4 tonnes" in shown and "Orlo 60" not in shown


def test_a_side_without_the_aspect_has_none(tmp_path: Path) -> None:
    documents = [
        document("The lease of Holm Road costs 900 crowns.", "Rents", uri="a.txt"),
        document("A ramp leads to Mill Lane.", "Roads", uri="b.txt"),
    ]
    with archive_of(tmp_path, documents) as archive:
        answer = ask(archive, "Compare the leases of Holm Road and Mill Lane")
        assert answer.text == "On leases: Holm Road in 1 document, Mill Lane in none."
