"""An earlier turn of a conversation, and the kinds of questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from askive.models.errors import UsageError

QuestionKind = Literal[
    "fact",
    "yes_no",
    "explanation",
    "who_said",
    "mentions",
    "list",
    "summary",
    "overview",
    "timeline",
    "comparison",
    "conversation",
]
"""What a question asks for, which decides how it is answered; `askive.rag.question.kind` has the rule for each."""


class _Answer(Protocol):
    """An `askive.rag.types.Answer`, which this module comes before."""

    @property
    def text(self) -> str: ...
    @property
    def kind(self) -> QuestionKind | None: ...


@dataclass(frozen=True, slots=True, init=False)
class Turn:
    """An earlier question and the answer shown to the user. kind: as what it was answered; None when unknown.

    answer: its text. The constructor also takes an `Answer`, with its kind.
    Raises UsageError when one of the two is not text.
    """

    question: str
    answer: str
    kind: QuestionKind | None = None

    def __init__(self, question: str, answer: str | _Answer, kind: QuestionKind | None = None) -> None:
        text = answer if isinstance(answer, str) else getattr(answer, "text", answer)
        for name, value in (("question", question), ("answer", text)):
            if not isinstance(value, str):
                raise UsageError(
                    f"the {name} of a turn is {value!r}, not text",
                    remedy="give a string; for the answer also an Answer",
                )
            # The class is frozen.
            object.__setattr__(self, name, value)
        object.__setattr__(self, "kind", kind or getattr(answer, "kind", None))
