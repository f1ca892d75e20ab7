"""A question of which the archive holds only one part gets that part, and says which one is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from askive.rag.evidence.assessment import Assessment
from askive.rag.evidence.candidate_answers import candidate_answers
from askive.rag.question.analysis import Question, SubQuestion
from askive.rag.types import Hit

SURELY_THERE = 0.5
"""Probability of `askive.rag.evidence.answerability` from which on a part is answered although another is not."""
SURELY_NOT = 0.05
"""Below this probability a part is told to be missing when another one is there.

Of answerable questions on the seeds (development half) none of 55 lies below, of those without an answer 16 of 35.
In between a part is missing only when it asks for a number or a date and no document gives one: of answerable
questions that is so of 1 in 13, of others of 8 in 11.
"""


@dataclass(frozen=True, slots=True)
class PartialQuestion:
    """What of a question is to be answered.

    question: what is to be answered. unanswered: the other parts, in the user's words; none when all of it is.
    weighed: what was found for `question`.
    """

    question: Question
    unanswered: tuple[str, ...]
    weighed: Assessment


def answerable_part(
    whole: PartialQuestion,
    retrieve: Callable[[Question], Sequence[Hit]],
    weigh: Callable[[Question, Sequence[Hit]], Assessment],
) -> PartialQuestion:
    """The half that is to be answered alone; `whole` when all of it can be answered, or nothing.

    A part that seems to be missing is looked for by itself too: what was found for the whole may be about the
    other.
    """
    parts = whole.question.sub_questions
    if not parts:
        return whole
    looks = [[weigh(part.question, whole.weighed.hits)] for part in parts]
    if all(_likely(look) >= SURELY_THERE for look in looks):
        return whole
    for part, look in zip(parts, looks, strict=True):
        if _likely(look) < SURELY_THERE:
            look.append(weigh(part.question, retrieve(part.question)))
    missing = [part for part, look in zip(parts, looks, strict=True) if _is_missing(part, look)]
    if not missing or max(_likely(look) for look in looks) < SURELY_THERE:
        return whole
    unanswered = tuple(part.wording for part in missing)
    left = [part for part in parts if part not in missing]
    if not all(part.stands for part in left):
        return replace(whole, unanswered=unanswered)
    asked = whole.question.only(left)
    return PartialQuestion(asked, unanswered, weigh(asked, retrieve(asked)))


def _likely(looks: Sequence[Assessment]) -> float:
    """Of the several looks that were taken for a part, the best."""
    return max(look.probability for look in looks)


def _is_missing(part: SubQuestion, looks: Sequence[Assessment]) -> bool:
    if _likely(looks) < SURELY_NOT:
        return True
    if _likely(looks) >= SURELY_THERE or part.answer_type not in ("number", "date"):
        return False
    return not part.question.wants_several and not any(
        candidate_answers(part.question, look.scored) for look in looks
    )


def missing_text(unanswered: Sequence[str]) -> str:
    """`The documents do not say: when it was built; by whom.`; empty when nothing is missing."""
    return f"The documents do not say: {'; '.join(unanswered)}." if unanswered else ""
