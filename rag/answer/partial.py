"""Questions that the archive can answer only in part: choose that part, and name the missing one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from askive.rag.evidence.assessment import Assessment
from askive.rag.evidence.candidate_answers import candidate_answers
from askive.rag.question.analysis import Question, SubQuestion
from askive.rag.types import Hit

SURELY_THERE = 0.5
"""From this probability of `askive.rag.evidence.answerability` on, a part is answered even when another is not."""
SURELY_NOT = 0.05
"""Below this probability a part counts as missing when another one is answerable.

Between the two, a part counts as missing only when it asks for a number or a date and no source gives one.
"""


@dataclass(frozen=True, slots=True)
class PartialQuestion:
    """The part of a question to answer.

    question: the part to answer. unanswered: the other parts, in the user's words; empty when there are none.
    assessment: the assessed evidence for `question`.
    """

    question: Question
    unanswered: tuple[str, ...]
    assessment: Assessment


def answerable_part(
    whole: PartialQuestion,
    retrieve: Callable[[Question], Sequence[Hit]],
    assess: Callable[[Question, Sequence[Hit]], Assessment],
) -> PartialQuestion:
    """The part that can be answered alone; `whole` when all parts can be answered, or none.

    A part that seems to be missing is retrieved by itself too: the hits of the whole may be about the other part.
    """
    parts = whole.question.sub_questions
    if not parts:
        return whole
    assessments = [[assess(part.question, whole.assessment.hits)] for part in parts]
    if all(_probability(own) >= SURELY_THERE for own in assessments):
        return whole
    for part, own in zip(parts, assessments, strict=True):
        if _probability(own) < SURELY_THERE:
            own.append(assess(part.question, retrieve(part.question)))
    missing = [part for part, own in zip(parts, assessments, strict=True) if _is_missing(part, own)]
    if not missing or max(_probability(own) for own in assessments) < SURELY_THERE:
        return whole
    unanswered = tuple(part.wording for part in missing)
    remaining = [part for part in parts if part not in missing]
    if not all(part.stands for part in remaining):
        return replace(whole, unanswered=unanswered)
    question = whole.question.only(remaining)
    return PartialQuestion(question, unanswered, assess(question, retrieve(question)))


def _probability(assessments: Sequence[Assessment]) -> float:
    """The highest probability among the assessments of one part."""
    return max(assessment.probability for assessment in assessments)


def _is_missing(part: SubQuestion, assessments: Sequence[Assessment]) -> bool:
    if _probability(assessments) < SURELY_NOT:
        return True
    if _probability(assessments) >= SURELY_THERE or part.answer_type not in ("number", "date"):
        return False
    return not part.question.wants_several and not any(
        candidate_answers(part.question, assessment.scored) for assessment in assessments
    )


def missing_text(unanswered: Sequence[str]) -> str:
    """`The documents do not say: when it was built; by whom.`; empty when nothing is missing."""
    return f"The documents do not say: {'; '.join(unanswered)}." if unanswered else ""
