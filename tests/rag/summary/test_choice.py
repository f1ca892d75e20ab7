"""Which sentences a summary is made of."""

from __future__ import annotations

import numpy as np

from askive.models.fakes import HashEmbedder
from askive.rag.summary.choice import choose_sentences, diverse, spread, statements
from askive.rag.types import Hit, Passage, Source

TEXT = """# The wreck

The ferry Aldis sank off Borgholm on Monday. Why did it sink? Say that the ferry is safe. Nobody.

The ferry Aldis sank off Borgholm on Monday. The ferry Aldis sank off Borgholm on 5 May. A bakery sells rye bread."""


def hit(text: str = TEXT) -> Hit:
    return Hit(
        Passage(text, 0, len(text), "The wreck", doc_id=1),
        Source(1, "wreck.md", "Wreck", "text/markdown"),
        1.0,
        1,
        "dense",
    )


def test_headings_questions_scraps_and_orders_are_no_statements() -> None:
    texts = [sentence.text for sentence in statements([hit()])]
    assert texts == [
        "The ferry Aldis sank off Borgholm on Monday.",
        "The ferry Aldis sank off Borgholm on Monday.",
        "The ferry Aldis sank off Borgholm on 5 May.",
        "A bakery sells rye bread.",
    ]


def test_a_statement_is_chosen_once_unless_its_numbers_differ() -> None:
    chosen = choose_sentences(statements([hit()]), HashEmbedder(64), 100)
    assert sorted(sentence.text for sentence in chosen) == [
        "A bakery sells rye bread.",
        "The ferry Aldis sank off Borgholm on 5 May.",
        "The ferry Aldis sank off Borgholm on Monday.",
    ]


def test_what_is_not_asked_about_is_passed_over_and_the_length_is_kept() -> None:
    sentences = statements([hit()])
    about = np.array([0.5, 0.5, 0.9, 0.1], dtype=np.float32)
    chosen = choose_sentences(sentences, HashEmbedder(64), 100, about)
    assert "A bakery sells rye bread." not in [sentence.text for sentence in chosen]
    assert [s.text for s in choose_sentences(sentences, HashEmbedder(64), 9, about)] == [sentences[2].text]
    assert choose_sentences([], HashEmbedder(64), 9, about[:0]) == []


def test_the_next_row_is_far_from_those_before() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    order = list(diverse(vectors, np.array([1.0, 0.9, 0.8], dtype=np.float32)))
    assert [at for at, _ in order] == [0, 2, 1]
    assert [nearest for _, nearest in order] == [0.0, 0.0, 1.0]
    assert spread(vectors, 2) == [0, 2]
