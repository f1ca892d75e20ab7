"""Yes or No in front of an answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from askive.rag.answer.verified_answer import VerifiedAnswer, join_sentences
from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.question.analysis import Question
from askive.rag.types import Polarity, Sentence
from askive.rag.verification.citer import MAX_CITATIONS, Citer

_N_BESIDE = 8
"""So many of the best sentences are looked at for another document that a comparison rests on."""

YES_OR_NO = re.compile(r"^\W*(yes|no)\b(?!\s+\w)|^\W*(yes|no),", re.IGNORECASE)


def polarity_of(answer: str) -> Polarity | None:
    """`Yes` or `No` when the answer opens with it."""
    match = YES_OR_NO.match(answer)
    if match is None:
        return None
    return "Yes" if (match[1] or match[2]).lower() == "yes" else "No"


def with_polarity(
    answer: VerifiedAnswer,
    polarity: Polarity,
    question: Question,
    scored: Sequence[ScoredSentence],
    citer: Citer,
) -> VerifiedAnswer:
    """The answer with Yes or No in front: the model's reading, which no check of words can confirm.

    It rests on all that the answer cites; of a question about several documents, on the best of each.
    """
    cited = {c.hit.passage.doc_id: c for sentence in answer.sentences for c in sentence.citations}
    for item in scored[:_N_BESIDE] if question.clauses else ():
        if item.hit.passage.doc_id not in cited and len(cited) < MAX_CITATIONS:
            cited[item.hit.passage.doc_id] = citer.citation(
                item.hit, item.start, item.end, min(item.score, 1.0)
            )
    word = Sentence(f"{polarity}.", 0, 0, tuple(cited.values())[:MAX_CITATIONS], "unchecked")
    return replace(join_sentences((word, *answer.sentences), attribute=False), left_out=answer.left_out)
