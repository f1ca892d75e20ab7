"""The reader's score of the best sentences: which of them answer the question.

The first score (`askive.rag.evidence.scoring`) is about the same topic; the reader is about the answer. It
reads each of the
best sentences with its neighbours and its document's title, as it was trained to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from askive.models.reader.cross_encoder import Reader
from askive.rag.calibration.logistic import logistic
from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.evidence.source_sentences import sentences_of
from askive.rag.text.sentences import Span

N_READ = 24
ANSWERABLE_WEIGHT = 0.3
_OWN_SPAN = 1.0
_OTHERS_SPAN = 0.5


def read_sentences(
    question: str, scored: Sequence[ScoredSentence], reader: Reader, weight: float = ANSWERABLE_WEIGHT
) -> list[ScoredSentence]:
    """The sentences, best first; the best N_READ of `scored` with the reader's word added to their score.

    A sentence gets all of what its window is worth when the reader's likeliest answer stands in it, half of it
    when that stands in a neighbour. weight: what a sure answer adds to the score.
    """
    looked_at, rest = scored[:N_READ], scored[N_READ:]
    windows = [_window(item) for item in looked_at]
    readings = reader.read(question, [text for text, _ in windows])
    judged = []
    for item, (_, shift), reading in zip(looked_at, windows, readings, strict=True):
        best = reading.spans[0] if reading.spans else None
        answer = Span(best.start + shift, best.end + shift) if best else None
        inside = answer is not None and item.start < answer.end and answer.start < item.end
        worth = weight * logistic(reading.answerable) * (_OWN_SPAN if inside else _OTHERS_SPAN)
        judged.append(
            replace(
                item,
                score=item.score + worth,
                topical=item.score,
                answerable=reading.answerable,
                answer=answer,
                answer_score=best.score if best else 0.0,
            )
        )
    return sorted([*judged, *rest], key=lambda item: (-item.score, item.hit.rank, item.start))


def _window(item: ScoredSentence) -> tuple[str, int]:
    """The sentence between its neighbours, the title in front; and what turns offsets into the document's."""
    passage, around = item.hit.passage, sentences_of(item.hit)
    start = around[max(0, item.index - 1)].start
    end = around[min(len(around) - 1, item.index + 1)].end
    head = f"{item.hit.source.title}. " if item.hit.source.title else ""
    return head + passage.between(start, end), start - len(head)
