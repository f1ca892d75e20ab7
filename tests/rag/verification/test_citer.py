"""Citations: found by code, exact by construction, and not given for what the sources do not say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.models.fakes import HashEmbedder
from askive.rag.answer.refusal import refuse, says_nothing
from askive.rag.config import RetrievalConfig
from askive.rag.evidence.source_sentences import candidates_of
from askive.rag.question.analysis import Question
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive
from askive.rag.types import Hit, RefusalReason
from askive.rag.verification.citer import MAX_CITATIONS, Citer

QUESTION = "What happened in the town of Aldermoor?"


@pytest.fixture
def hits(archive: Archive) -> tuple[Hit, ...]:
    return Retriever(archive, RetrievalConfig()).retrieve("harbour bridge fair storm ships", top_k=20)


@pytest.fixture
def citer(archive: Archive, hits: tuple[Hit, ...]) -> Citer:
    return Citer(Question.read(QUESTION), hits, archive.embedder)


def cited(citer: Citer, text: str) -> tuple[str, list[str]]:
    sentence = citer.cite(text, 0)
    return sentence.verdict, [citation.quote for citation in sentence.citations]


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        (
            "The harbour of Aldermoor received 412 ships in January.",
            "The harbour of Aldermoor received 412 ships",
        ),
        (
            "The bridge was built in 1871 by the engineer Ida Falk.",
            "The old bridge of Aldermoor was built in 1871",
        ),
        (
            "The mayor, Tom Ekberg, said the damage was 7500 crowns.",
            "The mayor, Tom Ekberg, said the damage came to 7,500",
        ),
        ("Baker Nils Holm sold 200 loaves of rye bread.", "Baker Nils Holm sold two hundred loaves"),
    ],
)
def test_what_the_sources_say_is_supported(citer: Citer, text: str, quote: str) -> None:
    verdict, quotes = cited(citer, text)
    assert verdict == "supported"
    assert quotes[0].startswith(quote)


@pytest.mark.parametrize(
    "text",
    [
        "The harbour of Aldermoor received 413 ships in January.",
        "The harbour of Aldermoor received 412 thousand ships in January.",
        "The bridge was built in 1872 by the engineer Ida Falk.",
        "The mayor, Tom Ekberg, said the damage came to 75,000 crowns.",
        "Baker Nils Holm sold three hundred loaves of rye bread.",
        "The bridge was built in 1871 by the engineer Gustave Eiffel.",
        "The mayor, Anna Berg, said the damage came to 7,500 crowns.",
        "Penguins live in Antarctica and eat fish.",
    ],
)
def test_a_wrong_number_or_name_is_not_supported(citer: Citer, text: str) -> None:
    verdict, _ = cited(citer, text)
    assert verdict != "supported"


@pytest.mark.parametrize(
    "text",
    [
        "The harbour of Aldermoor welcomed 412 vessels in January.",
    ],
)
def test_an_objection_to_the_wording_alone_is_marked(citer: Citer, text: str) -> None:
    sentence = citer.cite(text, 0)
    assert sentence.verdict != "supported" and sentence.citations
    assert sentence.is_wording_only


@pytest.mark.parametrize(
    "text",
    [
        "The harbour of Aldermoor received 412 ships in January.",
        "The harbour of Aldermoor received 413 ships in January.",
        "The old bridge of Aldermoor was built in 1872 by the engineer Ida Falk.",
        "The old bridge of Aldermoor was built in 1871 by the engineer Gustave Eiffel.",
        "Qzx vyrk bnoo.",
    ],
)
def test_what_is_supported_or_has_another_value_or_no_source_is_not(citer: Citer, text: str) -> None:
    assert not citer.cite(text, 0).is_wording_only


def test_nonsense_has_no_citation(citer: Citer) -> None:
    assert cited(citer, "Penguins live in Antarctica and eat fish.") == ("unsupported", [])


def test_quotes_are_exact(archive: Archive, citer: Citer) -> None:
    sentence = citer.cite("The storm closed the harbour for three days.", 17)
    assert (sentence.start, sentence.end) == (17, 17 + len(sentence.text))
    assert 1 <= len(sentence.citations) <= MAX_CITATIONS
    for citation in sentence.citations:
        text = archive.document(citation.hit.passage.doc_id).text
        assert text[citation.start : citation.end] == citation.quote
        assert 0 <= citation.score <= 1
    scores = [citation.score for citation in sentence.citations]
    assert scores == sorted(scores, reverse=True)


def test_a_span_keeps_its_marker(citer: Citer) -> None:
    first = citer.cite("The harbour of Aldermoor received 412 ships in January.", 0).citations[0]
    other = citer.cite("The bridge was built in 1871 by the engineer Ida Falk.", 60).citations[0]
    again = citer.cite("In January the harbour of Aldermoor received 412 ships.", 120).citations[0]
    assert (first.marker, again.marker) == (1, 1)
    assert other.marker == 2
    assert (first.start, first.quote) == (again.start, again.quote)


@given(st.text(max_size=120), st.integers(0, 50))
def test_any_sentence_can_be_checked(text: str, start: int) -> None:
    sentence = Citer(Question.read("q"), [], HashEmbedder(8)).cite(text, start)
    assert (sentence.verdict, sentence.citations) == ("unsupported", ())
    assert sentence.end - sentence.start == len(text)


def test_every_sentence_of_a_source_is_a_candidate_once(hits: tuple[Hit, ...]) -> None:
    candidates = candidates_of([*hits, *hits])
    assert len({(c.hit.passage.doc_id, c.span.start) for c in candidates}) == len(candidates)
    assert any(c.text.startswith("Trams have crossed it") for c in candidates)


@pytest.mark.parametrize(
    "text",
    [
        "The sources do not say.", "the sources don't say who it was", "I don't know.", "I cannot answer that.",
        "The excerpts do not mention any date.", "That is not stated in the documents.", "", "  ",
        "There is no information about that.", "The provided text does not contain the answer.", "Unknown",
    ],
)  # fmt: skip
def test_saying_nothing_is_a_refusal(text: str) -> None:
    assert says_nothing(text)


@pytest.mark.parametrize(
    "text",
    [
        "The harbour received 412 ships.",
        "Kommersant, quoting sources it did not name, reported that they met for three hours.",
        "Lavrov said Russia did not regard the Free Syrian Army as a terrorist group.",
        "France believes that Mostefai was in Syria; how he came back is not known to police sources.",
        "Cazeneuve would not give details.",
        "The council denied the report.",
        "The minister said that no answer had been given to the unknown caller.",
    ],
)
def test_an_answer_with_a_negation_is_no_refusal(text: str) -> None:
    assert not says_nothing(text)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("empty_archive", "There are no documents to answer from yet. Add some with `askive index PATH`."),
        (
            "nothing_relevant",
            "No passage of the documents is about this. No retrieved passage mentions Oslo.",
        ),
        ("not_in_sources", "The documents do not say: the nearest passages do not answer it. No retrieved"),
        ("unsupported", "An answer was written, but the nearest passages do not support it. No retrieved"),
    ],
)
def test_a_refusal_says_what_was_looked_at(reason: RefusalReason, told: str) -> None:
    assert refuse(reason, (), None, ("Oslo",)).message.startswith(told)


def test_a_long_sentence_is_cited_by_its_clause(archive: Archive, hits: tuple[Hit, ...]) -> None:
    long = (
        "The harbour of Aldermoor received 412 ships in January according to the count of the captain in the north"
        " tower; the storm that closed it for three days in the same month did much damage to the old quays, the"
        " cranes and the sheds, and the council wants to mend them by the autumn of the coming year."
    )
    passage = replace(hits[0].passage, text=long, start=0, end=len(long))
    citer = Citer(Question.read(QUESTION), [replace(hits[0], passage=passage)], archive.embedder)
    citation = citer.cite("The harbour of Aldermoor received 412 ships in January.", 0).citations[0]
    assert citation.quote == long[citation.start : citation.end]
    assert "412 ships" in citation.quote and "storm" not in citation.quote


def test_what_stands_in_the_next_sentence_is_cited_there(archive: Archive, hits: tuple[Hit, ...]) -> None:
    told = "Captain Rosa Lind spoke to the press about the harbour. She argued that timber is the future of the town."
    passage = replace(hits[0].passage, text=told, start=0, end=len(told))
    citer = Citer(
        Question.read("What did Rosa Lind say?"), [replace(hits[0], passage=passage)], archive.embedder
    )
    sentence = citer.cite("Captain Rosa Lind argued that timber is the future of the town.", 0)
    assert sentence.verdict == "supported"
    first, second = told.split(" She ")
    assert {citation.quote for citation in sentence.citations} == {first, f"She {second}"}
