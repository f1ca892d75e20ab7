"""Filters, and what a question says about where to look."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from askive.models.fakes import HashEmbedder
from askive.rag.config import PassageConfig, RetrievalConfig
from askive.rag.errors import UsageError
from askive.rag.ingest.pipeline import ingest_documents
from askive.rag.load.byline import find_byline
from askive.rag.question.analysis import Question
from askive.rag.question.clauses import split_parts
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter, parse_filter
from askive.rag.types import Document, Turn


def brief(name: str, text: str, published: str | None, publisher: str | None, **fields: str) -> Document:
    return Document(
        uri=f"news/{name}.md",
        title=name,
        text=text,
        media_type="text/plain",
        sha256=name,
        published=published,
        publisher=publisher,
        metadata=dict(fields),
    )


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    documents = [
        brief(
            "harbour", "The harbour of Velm closed for repairs.", "2015-10", "Courier", place="Velm, Paris"
        ),
        brief("bridge", "The bridge of Velm closed for a week.", "2015-11-20", "Gazette", place="Velm"),
        brief("school", "The school of Velm closed for the winter.", "2016", "Gazette"),
        brief("mill", "The mill of Velm closed for good.", None, None),
    ]
    with Archive.open(tmp_path / "c", HashEmbedder(), PassageConfig()) as opened:
        ingest_documents(opened, documents)
        yield opened


def found(archive: Archive, question: str, admitted: Filter | None = None, **settings: object) -> list[str]:
    config = RetrievalConfig().model_copy(update=settings)
    return [hit.source.title for hit in Retriever(archive, config).retrieve(question, admitted=admitted)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"after": "2015-11"}, {"bridge", "school"}),
        ({"before": "2015-10-15"}, {"harbour"}),
        ({"after": "2015-10-15", "before": "2015-11-19"}, {"harbour"}),
        ({"after": "2015", "before": "2015"}, {"harbour", "bridge"}),
        ({"publishers": ["gazette"]}, {"bridge", "school"}),
        ({"publishers": ["Gazette", "Courier"], "before": "2015-12"}, {"harbour", "bridge"}),
        ({"path": "*mill*"}, {"mill"}),
        ({"path": "brid"}, {"bridge"}),
        ({"where": ["place=paris"]}, {"harbour"}),
        ({}, {"harbour", "bridge", "school", "mill"}),
    ],
)
@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_a_filter_admits_what_it_says(
    archive: Archive, options: dict[str, str], expected: set[str], mode: str
) -> None:
    admitted = parse_filter(**options)
    assert set(found(archive, "what closed in Velm", admitted, mode=mode)) == expected
    assert bool(admitted) == bool(options)
    assert bool(admitted.describe()) == bool(options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"after": "2015-13"}, "--after '2015-13'"),
        ({"before": "yesterdayish"}, "--before"),
        ({"after": "2016", "before": "2015"}, "later than"),
        ({"where": ["place"]}, "FIELD=VALUE"),
        ({"where": ["=x"]}, "FIELD=VALUE"),
    ],
)
def test_a_filter_that_makes_no_sense(options: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_filter(**options)


def test_unknown_publishers_and_fields_are_named_with_the_known(archive: Archive) -> None:
    with pytest.raises(UsageError, match="Herald") as publisher:
        found(archive, "velm", Filter(publishers=("Herald",)))
    assert "Courier, Gazette" in publisher.value.remedy
    with pytest.raises(UsageError, match="town") as field:
        found(archive, "velm", Filter(where=(("town", "Velm"),)))
    assert "place" in field.value.remedy


def test_what_is_named_moves_up_and_hides_nothing(archive: Archive) -> None:
    assert found(archive, "What closed in Velm according to the Courier?")[0] == "harbour"
    hits = Retriever(archive, RetrievalConfig()).retrieve("What closed in Velm in November 2015?")
    assert [hit.source.title for hit in hits if "period" in hit.parts] == ["bridge"]
    assert len(hits) == 4


def test_a_follow_up_is_searched_with_the_turn_before(archive: Archive) -> None:
    turns = [Turn("When did the bridge close?", "In November 2015.")]
    hits = Retriever(archive, RetrievalConfig()).retrieve("And for how long?", turns)
    assert hits[0].source.title == "bridge"


@pytest.mark.parametrize(
    ("question", "period"),
    [
        ("What happened in November 2015?", ((2015, 11, 1), (2015, 11, 30))),
        ("What was said on 25 January 2016?", ((2016, 1, 25), (2016, 1, 25))),
        ("What was said on January 25, 2016?", ((2016, 1, 25), (2016, 1, 25))),
        ("Who won in 2014?", ((2014, 1, 1), (2014, 12, 31))),
        ("What happened on February 30, 2015?", None),
        ("Who is the mayor?", None),
    ],
)
def test_the_time_of_a_question(question: str, period: tuple[tuple[int, int, int], ...] | None) -> None:
    expected = [tuple(datetime.date(*day) for day in period)] if period else []
    assert [(time.first, time.last) for time in Question.read(question).times] == expected


def test_parts_and_publishers_of_a_question() -> None:
    question = (
        "Did the Courier say the harbour closed for repairs, while The Gazette said the bridge was closed?"
    )
    understood = Question.read(question, ["Courier", "The Gazette", "Zett"])
    assert understood.publishers == ("Courier", "The Gazette")
    assert len(understood.clauses) == 2
    assert split_parts("Who closed the bridge?") == []


@pytest.mark.parametrize(
    ("title", "text", "publisher", "published"),
    [
        ("Who pays (The Verge, 2023-09-26)", "", "The Verge", "2023-09-26"),
        ("Fishing (a history, in short)", "", None, None),
        ("x", "PARIS (Reuters) – The president spoke.", "Reuters", None),
        ("x", "Harbour closed\n\nPublished: 13 November 2015\n\nIt closed.", None, "2015-11-13"),
        ("x", "On 13 November 2015 the harbour closed for repairs.", None, None),
    ],
)
def test_bylines(title: str, text: str, publisher: str | None, published: str | None) -> None:
    assert find_byline(title, text) == (publisher, published)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("author=lind", {"a", "b"}),
        ("people=ekberg", {"b", "c"}),
        ("tags=harbour", {"a"}),
        ("language=de", {"c"}),
        ("folder=1912", {"a"}),
        ("folder=.md", set()),
    ],
)
def test_fields_have_synonyms(tmp_path: Path, where: str, expected: set[str]) -> None:
    def described(uri: str, **fields: str | list[str]) -> Document:
        return replace(brief(uri, f"Text of {uri}.", None, None), uri=uri, metadata=fields)

    documents = [
        described("/letters/1912/a", author="Rosa Lind", keywords=["Harbour", "ships"]),
        described("/letters/1913/b", authors=["Tom Ekberg", "Rosa Lind"]),
        described("/c", to=["Tom Ekberg"], lang="de"),
    ]
    with Archive.open(tmp_path / "c", HashEmbedder(), PassageConfig()) as archive:
        ingest_documents(archive, documents)
        admitted = parse_filter(where=[where])
        admitted.check([], archive.store.fields())
        assert {Path(source.uri).name for source in archive.store.sources(admitted)} == expected
        values = {str(value) for _, value in archive.store.field_values("people")}
        assert values == {"Rosa Lind", "Tom Ekberg"}


def test_chosen_documents_are_described_without_their_folders() -> None:
    chosen = [f"/home/ada/news/{n}.md" for n in range(2000)]
    assert parse_filter(documents=chosen[:2]).describe() == "in 0.md or 1.md"
    assert parse_filter(documents=chosen).describe() == "in 2,000 chosen documents"
