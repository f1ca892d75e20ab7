"""The reader's score of the best sentences: which of them answer the question.

The first score (`askive.rag.evidence.scoring`) tells which sentences are about the topic; the reader tells which
answer the question. It reads each of the best sentences with its neighbours under its document's title, as it was
trained to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from askive.models.reader.cross_encoder import Reader
from askive.rag.calibration.logistic import logistic
from askive.rag.evidence.scoring import ScoredSentence, best_first
from askive.rag.evidence.source_sentences import sentences_of
from askive.rag.passage_context import under_title
from askive.rag.text.sentences import Span

N_READ = 24
N_FIRST = 8
"""The best of them are read by themselves: a first quotation need not wait for the others."""
ANSWERABLE_WEIGHT = 0.3
_OWN_SPAN = 1.0
_OTHERS_SPAN = 0.5


def read_sentences(
    question: str,
    scored: Sequence[ScoredSentence],
    reader: Reader,
    weight: float = ANSWERABLE_WEIGHT,
    n_read: int = N_READ,
) -> list[ScoredSentence]:
    """The sentences, best first; the reader's score is added to the best n_read of `scored` that have none yet.

    A sentence gets the full score of its window when the reader's likeliest answer stands in it, and half of it when
    the answer stands in a neighbour. weight: what a sure answer adds to the score. What a sentence gets does not depend
    on whether others were read before.
    """
    looked_at = [item for item in sorted(scored, key=_by_topic)[:n_read] if item.answerable is None]
    windows = [_window(item) for item in looked_at]
    readings = reader.read(question, [text for text, _ in windows]) if windows else []
    judged = {}
    for item, (_, shift), reading in zip(looked_at, windows, readings, strict=True):
        best = reading.spans[0] if reading.spans else None
        answer = Span(best.start + shift, best.end + shift) if best else None
        inside = answer is not None and item.start < answer.end and answer.start < item.end
        worth = weight * logistic(reading.answerable) * (_OWN_SPAN if inside else _OTHERS_SPAN)
        judged[id(item)] = replace(
            item,
            score=item.score + worth,
            topical=item.score,
            answerable=reading.answerable,
            answer=answer,
            answer_score=best.score if best else 0.0,
        )
    return sorted((judged.get(id(item), item) for item in scored), key=best_first)


def _by_topic(item: ScoredSentence) -> tuple[float, int, int]:
    """The order before anything was read."""
    return -(item.score if item.topical is None else item.topical), item.hit.rank, item.start


def _window(item: ScoredSentence) -> tuple[str, int]:
    """The sentence between its neighbours, under its title; and what turns offsets into the document's."""
    passage, around = item.hit.passage, sentences_of(item.hit)
    start = around[max(0, item.index - 1)].start
    end = around[min(len(around) - 1, item.index + 1)].end
    text = passage.between(start, end)
    window = under_title(item.hit.source, text)
    return window, start - (len(window) - len(text))
