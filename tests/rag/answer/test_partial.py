"""Questions of which the documents answer a part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from askive.models.fakes import ScriptedGenerator, echo_evidence
from askive.models.protocols import Message
from askive.rag.answer.checks import ALL, Checks
from askive.rag.answer.partial import SURELY_NOT, SURELY_THERE, PartialQuestion, answerable_part, missing_text
from askive.rag.assistant import Assistant
from askive.rag.config import Config
from askive.rag.evidence.assessment import Assessment, EvidenceAssessor
from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.question.analysis import Question
from askive.rag.serialize import answer_to_dict
from askive.rag.store.archive import Archive
from askive.rag.text.sentences import Span
from askive.rag.types import Answer, Hit, Passage, Source, Turn

BUILT = "When was the old bridge of Aldermoor built"
MAYOR = "who is the mayor of Borgholm"
BOTH = f"{BUILT}, and {MAYOR}?"


WEIGHED = Assessment((), (), {}, (), 0.6, True, 0.6)


def half(
    question: str, whole: dict[str, float], alone: dict[str, float]
) -> tuple[PartialQuestion, list[str]]:
    """Weighed by the first key that the text holds; `alone`: with what is found for the part by itself."""
    looked_for: list[str] = []

    def retrieve(part: Question) -> Sequence[Hit]:
        looked_for.append(part.text)
        return [None]  # type: ignore[list-item]

    def weigh(part: Question, hits: Sequence[Hit]) -> Assessment:
        given = alone if hits else whole
        return replace(WEIGHED, probability=next((p for word, p in given.items() if word in part.text), 0.6))

    return answerable_part(PartialQuestion(Question.read(question), (), WEIGHED), retrieve, weigh), looked_for


LOW, MIDDLE, HIGH = SURELY_NOT / 2, (SURELY_NOT + SURELY_THERE) / 2, (1 + SURELY_THERE) / 2


def test_the_half_that_is_there_is_asked_and_the_other_is_told() -> None:
    found, looked_for = half(BOTH, {"bridge": HIGH, "mayor": LOW}, {"bridge": HIGH, "mayor": LOW})
    assert found.question.text == f"{BUILT}?"
    assert found.unanswered == (MAYOR,)
    assert f"{MAYOR}?" in looked_for, "it is looked for by itself before it is called missing"
    found, _ = half(BOTH, {"bridge": LOW, "mayor": HIGH}, {"bridge": LOW, "mayor": HIGH})
    assert found.question.text == "Who is the mayor of Borgholm?"
    assert found.unanswered == (BUILT,)


@pytest.mark.parametrize(
    ("whole", "alone"),
    [
        ({"bridge": HIGH, "mayor": HIGH}, {}),
        ({"bridge": HIGH, "mayor": MIDDLE}, {}),
        ({"bridge": HIGH, "mayor": LOW}, {"mayor": MIDDLE}),
        ({"bridge": MIDDLE, "mayor": LOW}, {"bridge": MIDDLE, "mayor": LOW}),
        ({"bridge": LOW, "mayor": LOW}, {"bridge": LOW, "mayor": LOW}),
    ],
    ids=["both", "perhaps", "found alone", "the other is not sure", "none"],
)
def test_what_is_not_clear_is_asked_as_it_is(whole: dict[str, float], alone: dict[str, float]) -> None:
    found, _ = half(BOTH, whole, alone)
    assert found == PartialQuestion(Question.read(BOTH), (), WEIGHED)


@pytest.mark.parametrize(
    ("second", "text", "unanswered"),
    [
        ("how many trams cross it each day", "The old bridge of Aldermoor is painted green.", True),
        ("how many trams cross it each day", "Each day 40 trams cross the old bridge of Aldermoor.", False),
        ("who painted it", "The old bridge of Aldermoor is green.", False),
        ("what were the dates of the repairs", "The old bridge of Aldermoor is painted green.", False),
    ],
    ids=["no number", "a number", "no value is asked for", "a list"],
)
def test_a_doubtful_part_is_missing_when_no_document_has_such_a_value(
    second: str, text: str, unanswered: bool
) -> None:
    passage = Passage(text, 0, len(text), passage_id=1, doc_id=1)
    hit = Hit(passage, Source(1, "bridge.txt", "The old bridge", "text/plain"), 1.0, 1, "fused")
    sentence = ScoredSentence(SourceSentence(hit, Span(0, len(text)), text), 0, 0.8)

    def weigh(part: Question, _hits: Sequence[Hit]) -> Assessment:
        likely = HIGH if BUILT in part.text and ":" not in part.text else MIDDLE
        return replace(WEIGHED, scored=(sentence,), probability=likely)

    question = f"{BUILT}, and {second}?"
    found = answerable_part(
        PartialQuestion(Question.read(question), (), WEIGHED), lambda _part: (hit,), weigh
    )
    assert found.unanswered == ((second,) if unanswered else ())


def test_one_question_costs_nothing() -> None:
    found, looked_for = half(f"{BUILT}?", {"bridge": LOW}, {})
    assert (found.question.text, found.unanswered, looked_for) == (f"{BUILT}?", (), [])


def test_a_half_that_means_nothing_alone_is_asked_with_the_whole() -> None:
    question = "When was the old bridge built and who built it?"
    likely = {"who": HIGH, "When": LOW}
    found, _ = half(question, likely, likely)
    assert found.question.text == question
    assert found.unanswered == ("When was the old bridge built",)


def test_several_halves_may_be_missing() -> None:
    assert missing_text(()) == ""
    assert missing_text(("who built it", "why")) == "The documents do not say: who built it; why."


class Asked:
    """A generator that keeps what it was asked."""

    def __init__(self) -> None:
        self.questions: list[str] = []
        self.generator = ScriptedGenerator(self.say)

    def say(self, messages: Sequence[Message]) -> str:
        self.questions.append(messages[-1].text.rsplit("Question:", 1)[-1])
        return echo_evidence(messages)


@pytest.fixture
def unheard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known of Borgholm alone, and all of anything else: only the weights could tell."""
    weigh = EvidenceAssessor.weigh

    def given(
        self: EvidenceAssessor, question: Question, hits: Sequence[Hit], context: str = ""
    ) -> Assessment:
        found = weigh(self, question, hits, context)
        unknown = "Borgholm" in question.text and "bridge" not in question.text
        return replace(found, probability=LOW if unknown else HIGH, is_answerable=not unknown)

    monkeypatch.setattr(EvidenceAssessor, "weigh", given)


def answered(archive: Archive, question: str, checks: Checks = ALL) -> tuple[Answer, list[str]]:
    asked = Asked()
    told = Assistant(archive, asked.generator, Config(home=archive.folder), checks=checks)
    return told.ask(question), asked.questions


@pytest.mark.usefixtures("unheard")
def test_the_answer_has_the_half_and_names_the_other(archive: Archive) -> None:
    answer, questions = answered(archive, BOTH)
    assert not answer.refused
    assert answer.question == BOTH
    assert "1871" in answer.text
    assert answer.unanswered == (MAYOR,)
    assert "Borgholm" not in questions[0], "the model is not tempted"
    assert answer.timings.check_ms["decompose"] > 0
    assert answer_to_dict(answer)["unanswered"] == [MAYOR]
    text = answer.text
    assert all(text[s.start : s.end] == s.text and s.citations for s in answer.sentences)


@pytest.mark.usefixtures("unheard")
def test_without_the_check_nothing_is_split(archive: Archive) -> None:
    answer, questions = answered(archive, BOTH, Checks(sub_questions=False))
    assert answer.unanswered == ()
    assert "Borgholm" in questions[0]
    answer, _ = answered(archive, f"{BUILT}?")
    assert (answer.unanswered, answer_to_dict(answer)["unanswered"]) == ((), [])


@pytest.mark.usefixtures("unheard")
def test_what_was_anticipated_is_halved_already(archive: Archive) -> None:
    asked = Asked()
    told = Assistant(archive, asked.generator, Config(home=archive.folder))
    assert told.anticipate(BOTH)
    answer = told.ask(BOTH)
    assert answer.unanswered == (MAYOR,)
    history = [Turn("What is Aldermoor?", "A town.")]
    assert told.ask(BOTH, history).unanswered == (MAYOR,)


@pytest.mark.usefixtures("unheard")
def test_a_refusal_is_about_the_whole_question(archive: Archive) -> None:
    nonsense = ScriptedGenerator("Penguins live in Antarctica.")
    told = Assistant(archive, nonsense, Config(home=archive.folder), checks=Checks(quotation=False))
    answer = told.ask(BOTH)
    assert answer.refusal is not None
    assert answer.unanswered == ()
