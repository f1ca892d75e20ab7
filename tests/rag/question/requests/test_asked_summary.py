"""What a question asks to sum up."""

from __future__ import annotations

import pytest

from askive.rag.question.requests.asked_summary import AskedSummary
from askive.rag.types import Source

SOURCES = [
    Source(1, "/docs/2023/ferry-contract.pdf", "Agreement with Norvik", "application/pdf"),
    Source(2, "/docs/minutes-2021.txt", "Minutes of the Choir", "text/plain"),
    Source(3, "/docs/news.md", "Peshmerga open assault on Sinjar", "text/markdown"),
    Source(4, "/docs/m17.eml", "Quay wall", "message/rfc822"),
]


@pytest.mark.parametrize(
    ("question", "topic", "documents", "n_words"),
    [
        ("Summarise what the documents say about Sinjar.", "Sinjar", [], None),
        ("What do we know about Samy Amimour?", "Samy Amimour", [], None),
        ("Write me a short paragraph on the closure of the mine.", "closure of the mine", [], None),
        ("a summary, in about 150 words, of what has been written on the drought", "drought", [], 150),
        ("the harbour dispute in two sentences", "harbour dispute", [], 44),
        ("tl;dr of the fight against Islamic State", "fight against Islamic State", [], None),
        ("What do all the letters have to tell about the famine?", "famine", [], None),
        ("Give me a summary of all documents", "", [], None),
        ("Sum up the whole collection, please!", "", [], None),
        ("summary of the ferry contract", "ferry contract", [1], None),
        ("could I get a summary of the file minutes-2021.txt", "minutes-2021.txt", [2], None),
        # The subject of a mail is what other documents may be about.
        ("Summarise what is known about the quay wall", "quay wall", [], None),
        ("Summarise the mail about the quay wall", "quay wall", [4], None),
        ("Summarise Minutes of the Choir", "Minutes of the Choir", [2], None),
    ],
)
def test_subjects(question: str, topic: str, documents: list[int], n_words: int | None) -> None:
    asked = AskedSummary.read(question, SOURCES)
    assert (asked.topic, [source.doc_id for source in asked.documents], asked.n_words) == (
        topic,
        documents,
        n_words,
    )
