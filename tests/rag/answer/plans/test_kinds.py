"""How the kind of a question chooses what answers it."""

from __future__ import annotations

from typing import cast, get_args

import pytest

from askive.models.fakes import ScriptedGenerator
from askive.rag.answer.plans.registry import PLANS
from askive.rag.assistant import Assistant
from askive.rag.config import Config
from askive.rag.errors import UsageError
from askive.rag.store.archive import Archive
from askive.rag.types import Final, QuestionKind, Searching

SHIPS = "How many ships did the harbour of Aldermoor receive in January?"


@pytest.fixture
def assistant(archive: Archive) -> Assistant:
    return Assistant(archive, ScriptedGenerator(), Config(home=archive.folder, reader="off"))


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        (SHIPS, "fact"),
        ("Did the harbour of Aldermoor receive ships?", "yes_no"),
        ("Why was the harbour closed?", "explanation"),
    ],
)
def test_without_a_kind_the_question_decides(assistant: Assistant, question: str, kind: QuestionKind) -> None:
    assert assistant.ask(question).kind == kind


def test_kinds_without_a_plan_are_answered_from_passages_and_say_so(assistant: Assistant) -> None:
    plain = assistant.ask(SHIPS)
    for kind in set(get_args(QuestionKind)) - PLANS.keys():
        events = list(assistant.stream(SHIPS, kind=kind))
        assert isinstance(events[0], Searching)
        assert isinstance(events[-1], Final)
        answer = events[-1].answer
        assert answer.text == plain.text
        assert events[0].kind == answer.kind
        assert answer.kind == (kind if kind in ("yes_no", "explanation", "who_said") else "fact")


def test_an_unknown_kind_is_an_error(assistant: Assistant) -> None:
    with pytest.raises(UsageError, match="'novel' is no kind of question"):
        assistant.ask(SHIPS, kind=cast(QuestionKind, "novel"))
