"""Sentences of the sources with their surroundings, and how a model reads them."""

from __future__ import annotations

import pytest

from askive.rag.evidence.source_sentences import SourceSentence, source_sentences
from askive.rag.load.tables.delimited import load_csv
from askive.rag.types import Citation, Hit, Passage, Source

START = 100


def cited(before: str, quote: str, after: str, title: str = "Harbour") -> SourceSentence:
    """What is quoted between two other texts, in a passage that begins at START."""
    text = f"{before}{quote}{after}"
    hit = Hit(
        Passage(text, START, START + len(text)), Source(1, "a.md", title, "text/plain"), 1.0, 1, "fused"
    )
    start = START + len(before)
    return SourceSentence.cited(Citation(1, hit, start, start + len(quote), quote, 1.0))


@pytest.mark.parametrize(
    ("n_chars", "expected"),
    [
        (0, "412 ships came."),
        (12, "pleased. 412 ships came. Most of"),
        (500, "The mayor was pleased. 412 ships came. Most of them carried timber."),
    ],
)
def test_whole_words_stand_around_the_quote(n_chars: int, expected: str) -> None:
    sentence = cited("The mayor was pleased. ", "412 ships\ncame.", " Most of them carried timber.")
    assert sentence.surrounded(n_chars) == expected


def test_a_quote_that_is_its_passage_stands_alone() -> None:
    assert cited("", "412 ships came.", "", title="").surrounded(200) == "412 ships came."


def test_a_cited_sentence_stands_where_the_citation_says() -> None:
    sentence = cited("The mayor was pleased. ", "412 ships came.", "")
    assert sentence.hit.passage.between(*sentence.span) == sentence.text == "412 ships came."
    assert sentence.title == "Harbour"


TABLE = b"Ship,Captain,Berth,Note\nAurora,Rosa Lind,4,\nHalcyon,,7,Came late. Left early.\n"


def test_a_row_of_a_table_is_quoted_whole_and_without_its_bar() -> None:
    document = load_csv(TABLE, "ships.csv")
    passage = Passage(document.text, 0, len(document.text))
    source = Source(1, document.uri, document.title, document.media_type)
    sentences = source_sentences(Hit(passage, source, 1.0, 1, "fused"))
    assert [sentence.text for sentence in sentences] == [
        "Ship: Aurora; Captain: Rosa Lind; Berth: 4",
        "Ship: Halcyon; Berth: 7; Note: Came late. Left early.",
    ]
    assert all(document.text[slice(*sentence.span)] == sentence.text for sentence in sentences)
    assert sentences[1].previous == sentences[0].text


def test_a_bar_alone_is_no_sentence() -> None:
    hit = cited("", "|\n| \n| Ship: Aurora", "").hit
    assert [sentence.text for sentence in source_sentences(hit)] == ["Ship: Aurora"]
