"""The plan for each kind of question. Kinds without one are answered from the best passages, by the answerer itself."""

from __future__ import annotations

from collections.abc import Container, Mapping

from askive.rag.answer.plans.comparison import comparison
from askive.rag.answer.plans.conversation import conversation
from askive.rag.answer.plans.list import list_values
from askive.rag.answer.plans.mentions import mentions
from askive.rag.answer.plans.overview import overview
from askive.rag.answer.plans.plan import AnswerPlan
from askive.rag.answer.plans.summary import summary
from askive.rag.answer.plans.timeline import timeline
from askive.rag.answer.plans.who_said import who_said
from askive.rag.question.analysis import Question
from askive.rag.question.requests.asked_speakers import asks_for_statements
from askive.rag.types import QuestionKind

PLANS: Mapping[QuestionKind, AnswerPlan] = {
    "mentions": mentions,
    "overview": overview,
    "list": list_values,
    "timeline": timeline,
    "who_said": who_said,
    "summary": summary,
    "comparison": comparison,
    "conversation": conversation,
}


def planned_for(question: Question) -> Container[QuestionKind]:
    """The kinds that a plan answers when nobody names the kind of the question.

    Who said one thing is answered best from passages: so is who_said, unless several statements are asked for.
    """
    return PLANS if asks_for_statements(question.query) else PLANS.keys() - {"who_said"}
