"""Features from which a logistic model estimates, before generation, whether the archive holds the answer.

`askive eval calibrate` fits the model and stores it with its provenance in `rag/calibration/answerability.json`. The
features measure whether the evidence is about the question, mentions every name in it, has a value of the type that is
asked for, and, by the reader, states the answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.evidence.unmentioned import missing_from
from askive.rag.passage_context import heading_words
from askive.rag.question.analysis import Question
from askive.rag.text.words import stems
from askive.rag.types import Hit

_N_BEST = 5


def features_of(
    question: Question,
    hits: Sequence[Hit],
    scored: Sequence[ScoredSentence],
    missing: Sequence[str],
    context: str = "",
) -> dict[str, float]:
    """The features of a question, its hits and their sentences, best first (at least one of each).

    missing: what the question names and no hit mentions.
    context: the turn before, which may name what a follow-up only refers to.
    """
    best = scored[:_N_BEST]
    near = " ".join(
        f"{heading_words(item.hit.source, item.hit.passage, 'title', 'publisher', 'published')} {item.hit.passage.text}"
        for item in best
    )
    own = " ".join(item.text for item in best)
    answerable = sorted((item.answerable for item in scored if item.answerable is not None), reverse=True)
    topical = [item.score if item.topical is None else item.topical for item in scored]
    topical = sorted(topical, reverse=True)
    first = scored[0]
    wanted = set(question.stems)
    return {
        "top_hit": hits[0].score,
        "hit_margin": hits[0].score - hits[min(4, len(hits) - 1)].score,
        "evidence": topical[0],
        "evidence_top3": sum(topical[:3]) / 3,
        "evidence_margin": topical[0] - topical[min(10, len(topical) - 1)],
        "words_missing": _missing(wanted, set(stems(near))),
        "words_missing_in_best": _missing(wanted, set(stems(own))),
        "words_missing_in_first": _missing(wanted, set(stems(first.text))),
        "missing": float(min(len(missing), 3)),
        "missing_in_best": float(min(len(missing_from(question, [item.hit for item in best[:3]])), 3)),
        "has_kind": sum(question.matches_type(item.text) for item in best) / len(best),
        "follow_up": float(bool(context)),
        "n_words": min(len(question.stems), 20) / 10,
        "read_best": answerable[0] if answerable else 0.0,
        "read_second": answerable[1] if len(answerable) > 1 else 0.0,
        "read_mean": sum(answerable[:5]) / 5 if answerable else 0.0,
        "read_first": first.answerable or 0.0,
        "answer_score": max((i.answer_score for i in best if i.answer_score is not None), default=0.0),
    }


READER_FEATURES = frozenset({"read_best", "read_second", "read_mean", "read_first", "answer_score"})
"""Features that need the reader."""


def _missing(wanted: set[str], there: set[str]) -> float:
    return len(wanted - there) / len(wanted) if wanted else 0.0
