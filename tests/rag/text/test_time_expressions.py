"""Time words of a question, and events that only the archive can date."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest

from askive.models.fakes import HashEmbedder
from askive.rag.config import PassageConfig, RetrievalConfig
from askive.rag.ingest.pipeline import ingest_documents
from askive.rag.question.analysis import Question
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive
from askive.rag.text.time_expressions import event_phrases, named_times, relative_time
from askive.rag.types import Document

TODAY = datetime.date(2026, 11, 18)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What happened between March and May 2015?", [("2015-03-01", "2015-05-31")]),
        ("What happened from 3 May 2015 to June 4, 2015?", [("2015-05-03", "2015-06-04")]),
        ("Sales in the third quarter of 2015?", [("2015-07-01", "2015-09-30")]),
        ("Sales in Q1 2016?", [("2016-01-01", "2016-03-31")]),
        ("Sales in mid-2016?", [("2016-05-01", "2016-09-01")]),
        ("What changed since 2015?", [("2015-01-01", "9999-12-31")]),
        ("What was said before 3 May 2016?", [("0001-01-01", "2016-05-03")]),
        (
            "On May 2, 2023, and on December 7, 2023?",
            [("2023-05-02", "2023-05-02"), ("2023-12-07", "2023-12-07")],
        ),
        ("between May 2016 and March 2015", [("2016-05-01", "2016-05-31"), ("2015-03-01", "2015-03-31")]),
        ("What happened in Nov 2015?", [("2015-11-01", "2015-11-30")]),
        ("What happened in november 2015?", [("2015-11-01", "2015-11-30")]),
        ("Who spoke on Jan. 25, 2016?", [("2016-01-25", "2016-01-25")]),
        ("Who spoke on 04.03.2024?", [("2024-03-04", "2024-03-04")]),
        # Day first or month first: both are looked for.
        ("Who spoke on 3/4/24?", [("2024-04-03", "2024-04-03"), ("2024-03-04", "2024-03-04")]),
        ("Who spoke since 3/4/24?", [("2024-03-04", "9999-12-31")]),
        ("Who spoke after the 25th of January 2016?", [("2016-01-25", "9999-12-31")]),
        ("Sales between Jan. 3 and Feb. 5, 2016?", [("2016-01-03", "2016-02-05")]),
        ("Sales between 29 February and March 2015?", [("2015-03-01", "2015-03-31")]),
        ("What happened in early March 2015?", [("2015-03-01", "2015-03-13")]),
        ("Who won the 2015 election?", []),
        ("Did 2000 people come?", []),
        ("Between 31 February 2015 and 40 March 2015?", []),
    ],
)
def test_named_times(question: str, expected: list[tuple[str, str]]) -> None:
    assert [(str(t.first), str(t.last)) for t in named_times(question)] == expected


def test_early_is_the_first_part_of_a_year() -> None:
    (time,) = named_times("What happened in early 2016?")
    assert time.first == datetime.date(2016, 1, 1)
    assert datetime.date(2016, 3, 31) < time.last < datetime.date(2016, 7, 1)


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("yesterday", "2026-11-17", "2026-11-17"),
        ("last week", "2026-11-09", "2026-11-15"),
        ("this month", "2026-11-01", "2026-11-30"),
        ("last month", "2026-10-01", "2026-10-31"),
        ("last year", "2025-01-01", "2025-12-31"),
        ("the past 3 days", "2026-11-15", "2026-11-18"),
    ],
)
def test_relative_times_count_from_today(words: str, first: str, last: str) -> None:
    time = relative_time(f"What was decided {words}?", TODAY, TODAY)
    assert time and (str(time.first), str(time.last)) == (first, last)


def test_in_an_old_archive_they_count_from_its_newest_document_and_say_so() -> None:
    time = relative_time("What happened last month?", datetime.date(2016, 1, 25), TODAY)
    assert time and (str(time.first), str(time.last)) == ("2015-12-01", "2015-12-31")
    assert "newest document is of 2016-01-25" in time.describe()


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What did Hijab say before the talks?", ["the talks"]),
        ("Who spoke after the attack in Velm and why?", ["the attack in Velm"]),
        ("During the siege of Velm, who led?", ["the siege of Velm"]),
        ("After the report by the Courier on it, who spoke?", []),
        ("What did he say before the talks in early 2016?", ["the talks"]),
        ("What happened before the 25 January 2016?", []),
        ("Who is the mayor?", []),
    ],
)
def test_event_phrases(question: str, expected: list[str]) -> None:
    assert [event.phrase for event in event_phrases(question)] == expected


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    texts = [
        (
            "a",
            "2016-01-10",
            "The opposition of Velm named its delegates. The peace talks open on January 25, 2016.",
        ),
        ("b", "2016-01-26", "The peace talks began. Delegates of Velm met on 25 January in the town hall."),
        ("c", "2016-03-01", "Delegates of Velm went home without a treaty."),
        ("d", None, "A flood once came to Velm."),
    ]
    documents = [Document(f"{n}.md", n, text, "text/plain", n, published=day) for n, day, text in texts]
    with Archive.open(tmp_path / "c", HashEmbedder(), PassageConfig()) as opened:
        ingest_documents(opened, documents)
        yield opened


def test_an_event_is_dated_by_what_the_archive_says_and_that_is_shown(archive: Archive) -> None:
    retriever = Retriever(archive, RetrievalConfig())
    question = "What did the delegates of Velm do before the peace talks?"
    assert (
        retriever.understand(Question.read(question)).describe()
        == "before the peace talks (taken as 25 Jan 2016)"
    )
    hits = retriever.retrieve(question, top_k=10)
    assert {h.source.title for h in hits if "period" in h.parts} == {"a"}
    assert len(hits) == 4, "a time moves up and hides nothing"


def test_an_event_that_the_archive_cannot_date_is_left_alone(archive: Archive) -> None:
    retriever = Retriever(archive, RetrievalConfig())
    assert retriever.understand(Question.read("What was built after the flood?")).describe() == ""
    assert retriever.understand(Question.read("What was built after the coronation?")).describe() == ""
    assert (
        Retriever(archive, RetrievalConfig(context=False))
        .understand(Question.read("before the peace talks"))
        .describe()
        == ""
    )
