"""What the reader adds to the score of a sentence, with the real reader and with readings that are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from askive.models.reader.cross_encoder import AnswerSpan, Reader, Reading
from askive.rag.calibration.logistic import logistic
from askive.rag.evidence.reader_scoring import N_FIRST, N_READ, read_sentences
from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.evidence.source_sentences import source_sentences
from askive.rag.types import Hit, Passage, Source

TEXT = "The bridge is old. It was built in 1871. Trams cross it."


def sentences(text: str = TEXT, title: str = "The bridge", start: int = 100) -> list[ScoredSentence]:
    """All of the text, which stands at `start` of its document, with equal scores."""
    hit = Hit(
        Passage(text, start, start + len(text), passage_id=1, doc_id=1),
        Source(1, "bridge.txt", title, "text/plain"),
        1.0,
        1,
        "fused",
    )
    return [ScoredSentence(sentence, n, 0.5) for n, sentence in enumerate(source_sentences(hit))]


class Marking(Reader):
    """Takes one word for the answer wherever it stands, with a logit that is known."""

    def __init__(self, word: str, logit: float) -> None:
        super().__init__()
        self.word, self.logit = word, logit
        self.texts: list[str] = []

    def read(self, question: str, texts: Sequence[str], n_spans: int = 3) -> list[Reading]:
        self.texts += texts
        return [
            Reading(
                self.logit, (AnswerSpan(text.index(self.word), text.index(self.word) + len(self.word), 9.0),)
            )
            if self.word in text
            else Reading(self.logit, ())
            for text in texts
        ]


def test_the_sentence_with_the_answer_gets_twice_what_its_neighbours_get() -> None:
    first, *others = read_sentences("When was it built?", sentences(), Marking("1871", 2.0), weight=0.4)
    assert first.text == "It was built in 1871."
    gains = [item.score - 0.5 for item in (first, *others)]
    assert gains == pytest.approx([0.4 * logistic(2.0), 0.2 * logistic(2.0), 0.2 * logistic(2.0)])
    assert [item.text for item in others] == ["The bridge is old.", "Trams cross it."], (
        "equals in the text's order"
    )
    assert {(item.topical, item.answerable) for item in (first, *others)} == {(0.5, 2.0)}


def test_the_answer_is_told_by_its_place_in_the_document() -> None:
    for item in read_sentences("When was it built?", sentences(), Marking("1871", 2.0)):
        assert item.answer is not None
        assert item.hit.passage.between(*item.answer) == "1871"
        assert item.answer_score == 9.0


def test_a_sentence_is_read_between_its_neighbours_under_its_title() -> None:
    reader = Marking("1871", 2.0)
    read_sentences("When was it built?", sentences(), reader)
    assert reader.texts == [
        "The bridge. The bridge is old. It was built in 1871.",
        "The bridge. The bridge is old. It was built in 1871. Trams cross it.",
        "The bridge. It was built in 1871. Trams cross it.",
    ]
    untitled = Marking("1871", 2.0)
    read_sentences("When was it built?", sentences(title="")[:1], untitled)
    assert untitled.texts == ["The bridge is old. It was built in 1871."]


def test_where_nothing_is_marked_there_is_no_answer() -> None:
    found = read_sentences("When was it built?", sentences(), Marking("1999", -3.0), weight=0.4)
    assert {(item.answer, item.answer_score) for item in found} == {(None, 0.0)}
    assert found[0].score == pytest.approx(0.5 + 0.2 * logistic(-3.0))


def test_only_the_best_are_read() -> None:
    items = sentences(" ".join(f"It was built in {1800 + n}." for n in range(N_READ + 3)))
    reader = Marking("built", 2.0)
    found = read_sentences("When was it built?", items, reader)
    assert len(reader.texts) == N_READ
    assert len(found) == len(items)
    assert [item.answerable for item in found[N_READ:]] == [None] * 3


@pytest.mark.parametrize("topical", [lambda n: 0.5, lambda n: n / 50, lambda n: 0.5 - n / 50])
def test_the_best_few_first_and_the_others_later_get_what_all_at_once_get(
    topical: Callable[[int], float],
) -> None:
    items = sentences(" ".join(f"Number {n} was built in {1800 + n}." for n in range(N_READ + 3)))
    items = [replace(item, score=topical(n)) for n, item in enumerate(items)]
    whole = read_sentences("When was it built?", items, Marking("1811", 3.0))
    reader = Marking("1811", 3.0)
    first = read_sentences("When was it built?", items, reader, n_read=N_FIRST)
    assert len(reader.texts) == N_FIRST == sum(item.answerable is not None for item in first)
    assert read_sentences("When was it built?", first, reader) == whole
    assert len(reader.texts) == N_READ, "none is read twice"


def test_nothing_to_read() -> None:
    assert read_sentences("When?", [], Marking("1871", 2.0)) == []


def test_the_shipped_reader_puts_the_answer_first() -> None:
    first, *_ = read_sentences("In which year was the bridge built?", sentences(), Reader())
    assert first.text == "It was built in 1871."
    assert first.answer is not None
    assert "1871" in first.hit.passage.between(*first.answer)
