"""Who said what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event as Flag

import pytest

from askive.rag.answer.plans import who_said as plan
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter, parse_filter
from askive.rag.types import Answer, Citation
from askive.rag.verification.verifier import Verifier
from tests.rag.answer.plans.rows import ask_rows, column, refused
from tests.rag.archives import archive_of, assistant_of, document

DOCUMENTS = [
    document(
        'Rosa Lind said the pier "must be closed" at once. She also said the pier is rotten. The pier is old.',
        "Pier",
        "2021-03-12",
        "Reuters",
    ),
    document(
        "Mayor Erik Holm insisted that the pier stays open. Lind praised the choir.",
        "Holm",
        "2021-05",
        "The Post",
    ),
    document(
        "Customers complained about the pier. Both Holm and Berg said the pier is safe.", "Complaints", "2022"
    ),
    document("The pier needs a new roof.", "Roof", "2022-01-01", "The Post"),
]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Archive]:
    with archive_of(tmp_path, DOCUMENTS) as archive:
        yield archive


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Log-odds by a part of the quote; those of other quotes are infinite, as without a judge."""
    odds: dict[str, float] = {}

    def answers(_self: Verifier, _question: object, citation: Citation) -> float:
        return next((value for words, value in odds.items() if words in citation.quote), float("inf"))

    monkeypatch.setattr(Verifier, "answers", answers)
    return odds


def ask(archive: Archive, question: str, admitted: Filter | None = None) -> Answer:
    return ask_rows(assistant_of(archive), archive, question, "who_said", admitted)


def test_statements_about_a_matter_by_speaker_and_date(town: Archive) -> None:
    answer = ask(town, "Who said something about the pier?")
    assert answer.columns == ("Speaker", "Date", "Statement", "Source")
    assert [(row.values["Speaker"], row.date) for row in answer.rows] == [
        ("Erik Holm", "2021-05"),
        ("Erik Holm", "2022"),
        ("Rosa Lind", "2021-03-12"),
        ("Rosa Lind", "2021-03-12"),
        ("Berg", "2022"),
        ("Customers", "2022"),
    ]
    assert answer.text == "6 statements: Erik Holm (2), Rosa Lind (2), Berg (1), Customers (1)."
    assert 'Rosa Lind said the pier "must be closed" at once.' in column(answer, "Statement")
    # One sentence of two speakers has one number.
    assert len({citation.marker for citation in answer.citations}) == 5


def test_statements_of_somebody(town: Archive) -> None:
    assert column(ask(town, "What did Lind say about the pier?"), "Speaker") == ["Rosa Lind"] * 3
    assert column(ask(town, "Everything Holm said"), "Speaker") == ["Erik Holm"] * 2
    assert column(ask(town, "What did customers say about the pier?"), "Speaker") == ["Customers"]
    # A publisher says what its documents say.
    assert column(ask(town, "What did The Post say about the pier?"), "Statement") == [
        "The pier needs a new roof."
    ]


def test_the_judge_decides(town: Archive, judge: dict[str, float]) -> None:
    judge |= {"stays open": -9.0, "complained": 0.0}
    answer = ask(town, "Who said something about the pier?")
    assert "stays open" not in " ".join(column(answer, "Statement"))
    assert column(answer, "Speaker", "unchecked") == ["Customers"]
    assert answer.text == "4 statements: Rosa Lind (2), Berg (1), Holm (1). 1 more may be such."
    judge |= {"complained": 0.0, "pier": -9.0}
    assert ask(town, "Who said something about the pier?").text == "No statement is sure. 1 may be such."
    judge["complained"] = -9.0
    assert "that answers" in refused(ask(town, "Who said something about the pier?"))


def test_two_questions_are_two_parts(town: Archive, judge: dict[str, float]) -> None:
    judge |= {"stays open": 1.0, "rotten": 1.0, "pier": -9.0, "Lind": -9.0}
    answer = ask(town, "Who said the pier is rotten, and who said the pier is open?")
    assert answer.columns[0] == "Asked"
    assert {row.values["Asked"] for row in answer.rows} == {
        "Who said the pier is rotten?",
        "Who said the pier is open?",
    }
    assert {row.values["Speaker"] for row in answer.rows} == {"Rosa Lind", "Erik Holm"}
    assert [sentence.text.partition("?")[0] for sentence in answer.sentences] == [
        "Who said the pier is rotten",
        "Who said the pier is open",
    ]


def test_filters_times_and_refusals(town: Archive, tmp_path: Path) -> None:
    answer = ask(town, "Who said something about the pier?", parse_filter(publishers=["Reuters"]))
    assert column(answer, "Speaker") == ["Rosa Lind"] * 2
    answer = ask(town, "Who said something about the pier in 2022?")
    assert {row.date for row in answer.rows} == {"2022"}
    assert refused(ask(town, "What did Angela Merkel say about the pier?")) == (
        "No statement that answers “What did Angela Merkel say about the pier?” was found in 4 documents."
        " None of them mentions Angela or Merkel."
    )
    with archive_of(tmp_path / "empty", []) as empty:
        assert "askive index" in refused(ask(empty, "Who said that?"))


def test_a_cancelled_plan_marks_what_was_not_judged(
    town: Archive, judge: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "MAX_JUDGED", 3)
    answer = ask_rows(
        assistant_of(town),
        town,
        "Who said something about the pier?",
        "who_said",
        cancel=Flag(),
        cancel_at="statements",
    )
    assert answer.text.startswith("Stopped early: not every statement was judged.")
    assert len(column(answer, "Speaker", "supported")) >= 1
    assert len(column(answer, "Speaker", "unchecked")) >= 1
