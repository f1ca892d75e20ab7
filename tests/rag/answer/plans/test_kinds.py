"""How the kind of a question chooses what answers it."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import cast, get_args

import pytest

from askive.models.fakes import ScriptedGenerator
from askive.rag.answer import answerer
from askive.rag.answer.plans.plan import PlanContext, Table
from askive.rag.answer.plans.registry import PLANS
from askive.rag.assistant import Assistant
from askive.rag.config import Config
from askive.rag.errors import UsageError
from askive.rag.store.archive import Archive
from askive.rag.types import Event, Final, QuestionKind, Refusal, Searching

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


@pytest.mark.parametrize(
    ("question", "kind", "is_answered"),
    [(SHIPS, None, True), (SHIPS, "timeline", False), (f"Timeline: {SHIPS}", None, False)],
)
def test_a_guessed_plan_that_finds_nothing_leaves_the_question_to_the_passages(
    assistant: Assistant,
    monkeypatch: pytest.MonkeyPatch,
    question: str,
    kind: QuestionKind | None,
    is_answered: bool,
) -> None:
    def guess(
        _question: object, _vector: object, _digest: str, planned: Container[QuestionKind]
    ) -> QuestionKind:
        return "timeline" if "timeline" in planned else "fact"

    def empty(context: PlanContext) -> Iterator[Event]:
        yield from Table(refusal=Refusal("nothing_relevant", "Nothing was found.")).events(context)

    monkeypatch.setattr(answerer, "classify", guess)
    monkeypatch.setattr(answerer, "PLANS", {**PLANS, "timeline": empty})
    answer = assistant.ask(question, kind=kind)
    assert answer.kind == ("fact" if is_answered else "timeline")
    assert (answer.text != "Nothing was found.") == is_answered


def test_who_said_one_thing_is_answered_from_passages_and_keeps_its_kind(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answerer, "classify", lambda *_: "who_said")
    answer = assistant.ask("Who said that ships came?")
    assert answer.kind == "who_said" and not answer.rows
