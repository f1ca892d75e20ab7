"""Which documents, or how many, mention something."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event as Flag

import pytest

from askive.rag.errors import UsageError
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter, parse_filter
from askive.rag.types import Answer, Cited, Event, Final, Progress, Searching, Sources, Token
from tests.rag.archives import archive_of, assistant_of, document, long_document

DOCUMENTS = [
    document("The ferry is old. Ferry after ferry sank in Borgholm.", "Ferries", "2016-01-25", "Reuters"),
    document("Captain Lind likes the ferry.", "Lind", "2015-11", "Reuters"),
    document("A bridge was built. Nobody takes the ferry now.", "Bridge", "2015", "The Aldermoor Post"),
    document("The ferries to Borgholm are closed.", "Closed", None, "The Aldermoor Post"),
    document("Rosa Lind was born in Borgholm.", "Born", "2014-03-02"),
    document("A road is a road.", "Ferry tales", "2013"),
]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Archive]:
    with archive_of(tmp_path, DOCUMENTS) as archive:
        yield archive


def ask(archive: Archive, question: str, admitted: Filter | None = None) -> Answer:
    answer = assistant_of(archive).ask(question, kind="mentions", admitted=admitted)
    assert answer.kind == "mentions"
    assert " ".join(sentence.text for sentence in answer.sentences) == answer.text
    for sentence in answer.sentences:
        assert answer.text[sentence.start : sentence.end] == sentence.text
    for citation in answer.citations:
        text = archive.document(citation.hit.passage.doc_id).text
        assert text[citation.start : citation.end] == citation.quote != ""
    markers = [citation.marker for citation in answer.citations]
    assert markers == list(range(1, len(markers) + 1))
    return answer


def titles(answer: Answer, verdict: str = "supported") -> list[str]:
    return [row.values["Title"] for row in answer.rows if row.verdict == verdict]


def test_all_documents_are_counted_and_listed_by_date(town: Archive) -> None:
    answer = ask(town, "Which documents mention a ferry?")
    assert answer.text == "5 of 6 documents mention “ferry”."
    assert titles(answer) == ["Ferry tales", "Bridge", "Lind", "Ferries", "Closed"]
    assert answer.columns == ("Date", "Publisher", "Title", "Mentions")
    assert [row.values["Mentions"] for row in answer.rows] == ["in the title", "1", "1", "3", "1"]
    assert [row.date for row in answer.rows] == ["2013", "2015", "2015-11", "2016-01-25", None]
    assert [citation.quote for citation in answer.citations] == [
        "Nobody takes the ferry now.",
        "Captain Lind likes the ferry.",
        "Ferry after ferry sank in Borgholm.",
        "The ferries to Borgholm are closed.",
    ]


def test_what_may_mention_it_is_apart(town: Archive) -> None:
    answer = ask(town, "How many documents mention Rosa Lind?")
    assert answer.text == "1 of 6 documents mentions Rosa Lind. 1 more may."
    assert (titles(answer), titles(answer, "unchecked")) == (["Born"], ["Lind"])


def test_none_is_an_answer_too(town: Archive) -> None:
    answer = ask(town, "Which documents mention penguins?")
    assert answer.text == "None of 6 documents mentions “penguins”."
    assert (answer.refused, answer.rows) == (False, ())


def test_two_things_and_one_of_two(town: Archive) -> None:
    assert titles(ask(town, "Which documents mention a ferry and Borgholm?")) == ["Ferries", "Closed"]
    assert titles(ask(town, "Which documents mention Lind or Borgholm?")) == [
        "Born",
        "Lind",
        "Ferries",
        "Closed",
    ]


@pytest.mark.parametrize(
    ("question", "text", "sure", "likely"),
    [
        (
            "How many Reuters documents mention the ferry?",
            "2 of 2 documents (published by Reuters) mention “ferry”.",
            ["Lind", "Ferries"],
            [],
        ),
        (
            "How many documents in 2015 mention the ferry?",
            "2 of 2 documents (dated 2015-01-01 to 2015-12-31) mention “ferry”.",
            ["Bridge", "Lind"],
            [],
        ),
        # A document of 2015 may be of November.
        (
            "How many documents in November 2015 mention the ferry?",
            "1 of 2 documents (dated 2015-11-01 to 2015-11-30) mentions “ferry”. 1 more may.",
            ["Lind"],
            ["Bridge"],
        ),
        (
            "Which documents mention the ferry in 2015 or in 2016?",
            "3 of 3 documents (dated 2015-01-01 to 2015-12-31, dated 2016-01-01 to 2016-12-31) mention “ferry”.",
            ["Bridge", "Lind", "Ferries"],
            [],
        ),
        (
            "Which of the Reuters documents since 2016 mention the ferry?",
            "1 of 1 document (published by Reuters, dated from 2016-01-01) mentions “ferry”.",
            ["Ferries"],
            [],
        ),
    ],
)
def test_publishers_and_times_of_the_question_restrict(
    town: Archive, question: str, text: str, sure: list[str], likely: list[str]
) -> None:
    answer = ask(town, question)
    assert answer.text == text
    assert (titles(answer), titles(answer, "unchecked")) == (sure, likely)


def test_the_filter_of_the_user_restricts_too(town: Archive) -> None:
    answer = ask(town, "How many documents in 2015 mention the ferry?", parse_filter(publishers=["Reuters"]))
    assert answer.text.startswith(
        "1 of 1 document (publisher Reuters, dated 2015-01-01 to 2015-12-31) mentions"
    )
    with pytest.raises(UsageError, match="no document is published by 'VOA'"):
        ask(town, "Which documents mention the ferry?", parse_filter(publishers=["VOA"]))


def test_a_publisher_that_nobody_knows_is_told(town: Archive) -> None:
    answer = ask(town, "How many VOA documents in 2015 mention the ferry?")
    assert answer.rows == ()
    assert answer.text == (
        "No document here is known to be by VOA; publishers: Reuters, The Aldermoor Post."
        " Without that: 2 of 2 documents (dated 2015-01-01 to 2015-12-31) mention “ferry”."
    )


def test_near_duplicates_count_each(tmp_path: Path) -> None:
    text = "The harbour of Aldermoor received many ships in January, and most of them carried timber."
    with archive_of(tmp_path, [document(text, uri=str(n)) for n in range(3)]) as archive:
        assert len(ask(archive, "Which documents mention Aldermoor?").rows) == 3


def test_other_names_are_told(tmp_path: Path) -> None:
    texts = ["Islamic State (ISIS) fled.", "Islamic State fled again.", "ISIS came back."]
    with archive_of(tmp_path, [document(text) for text in texts]) as archive:
        answer = ask(archive, "How many documents mention ISIS?")
        assert answer.text == (
            "3 of 3 documents mention ISIS. Counted as the same, because the documents say so:"
            " Islamic State (only by such a name: 1)."
        )


def test_without_anything_to_look_for_it_refuses(town: Archive) -> None:
    answer = assistant_of(town).ask("Which documents mention it?", kind="mentions")
    assert answer.refusal is not None
    assert "put it in quotation marks" in answer.text == answer.refusal.message


def kinds(events: Sequence[Event]) -> list[type]:
    return [type(event) for event in events]


def test_the_events(town: Archive) -> None:
    events = list(assistant_of(town).stream("Which Reuters documents mention the ferry?", kind="mentions"))
    first, *_, last = events
    assert first == Searching("ferry", filtered="published by Reuters", kind="mentions")
    assert set(kinds(events[1:-4])) == {Progress}
    assert kinds(events[-4:]) == [Sources, Token, Cited, Final]
    assert isinstance(last, Final)
    assert "".join(event.text for event in events if isinstance(event, Token)) == last.answer.text


def test_a_cancelled_plan_tells_what_it_has(tmp_path: Path) -> None:
    cancel = Flag()
    with archive_of(tmp_path, [long_document(n, "The ferry sank.") for n in range(60)]) as archive:
        events = assistant_of(archive).stream(
            "Which documents mention a ferry?", cancel=cancel, kind="mentions"
        )
        for event in events:
            if isinstance(event, Progress):
                cancel.set()
            elif isinstance(event, Final):
                assert re.fullmatch(
                    r"Stopped after 1,000 of 1,200 passages. So far: 50 of 60 documents mention “ferry”.",
                    event.answer.text,
                )
                assert len(event.answer.rows) == 50
                return
    pytest.fail("a stream always ends with Final")


def test_a_whole_sentence_is_quoted_before_a_heading(tmp_path: Path) -> None:
    documents = [document("The strike on Borgholm\n\nOn Monday the ferry to Borgholm was late.", "Strike")]
    with archive_of(tmp_path, documents) as archive:
        answer = ask(archive, "Which documents mention Borgholm?")
    assert [citation.quote for citation in answer.citations] == ["On Monday the ferry to Borgholm was late."]
