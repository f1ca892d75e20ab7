"""Features from which a logistic model estimates, before generation, whether the archive holds the answer.

`askive eval calibrate` fits the model and stores it with its provenance in `rag/calibration/answerability.json`. The
features measure whether the evidence is about the question, mentions every name in it, has a value of the type that is
asked for, and, by the reader, states the answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.evidence.unmentioned import missing_from
from askive.rag.question.analysis import Question
from askive.rag.text.words import stems

_N_BEST = 5


def features_of(
    question: Question,
    scored: Sequence[ScoredSentence],
    missing: Sequence[str],
) -> dict[str, float]:
    """The features of a question and the sentences of its hits, best first, at least one.

    missing: what the question names and no hit mentions.
    """
    best = scored[:_N_BEST]
    answerable = sorted((item.answerable for item in scored if item.answerable is not None), reverse=True)
    topical = [item.score if item.topical is None else item.topical for item in scored]
    topical = sorted(topical, reverse=True)
    wanted = set(question.stems)
    return {
        "evidence": topical[0],
        "evidence_top3": sum(topical[:3]) / 3,
        "words_missing_in_first": len(wanted - set(stems(scored[0].text))) / max(len(wanted), 1),
        "missing": float(min(len(missing), 3)),
        "missing_in_best": float(min(len(missing_from(question, [item.hit for item in best[:3]])), 3)),
        "has_kind": sum(question.matches_type(item.text) for item in best) / len(best),
        "read_best": answerable[0] if answerable else 0.0,
        "read_second": answerable[1] if len(answerable) > 1 else 0.0,
        "read_mean": sum(answerable[:5]) / 5 if answerable else 0.0,
        "answer_score": max((i.answer_score for i in best if i.answer_score is not None), default=0.0),
    }


READER_FEATURES = frozenset({"read_best", "read_second", "read_mean", "answer_score"})
"""Features that need the reader."""
