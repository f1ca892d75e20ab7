"""The generator's opinion on whether the answer is there, over a generator whose opinion is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from threading import Event as Flag

import pytest

from askive.models.fakes import ScriptedGenerator
from askive.models.protocols import Message, Piece, Sampling, Segment
from askive.rag.answer import answerer as answerer_module
from askive.rag.answer.checks import Checks
from askive.rag.answer.conclusion import is_about_another
from askive.rag.assistant import Assistant
from askive.rag.calibration.logistic import LogisticModel, log_odds
from askive.rag.config import Config
from askive.rag.evidence.assessment import Assessment, EvidenceAssessor
from askive.rag.evidence.judge import EXCERPTS_ANSWER
from askive.rag.evidence.self_evaluation import CERTAIN, HOPELESS, SelfEvaluator
from askive.rag.question.analysis import Question
from askive.rag.store.archive import Archive
from askive.rag.types import Final, Prompt, Sentence, Sources
from askive.rag.verification.rules import misplaced_names

SHIPS = "How many ships did the harbour of Aldermoor receive in January?"
TRUE = "The harbour of Aldermoor received 412 ships in January."
MODEL = LogisticModel(
    names=("before", "answers"),
    means=(0.0, 0.0),
    scales=(1.0, 1.0),
    weights=(0.5, 2.0),
    bias=0.0,
    threshold=0.5,
    embedder_id="hash",
    reader_sha256=None,
    generator_id="scripted",
    provenance={},
)


class Opinionated(ScriptedGenerator):
    """Answers yes with this probability, and counts how often it was asked."""

    def __init__(self, yes: float, said: str = TRUE) -> None:
        super().__init__(said)
        self.yes = yes
        self.asked: list[str] = []
        self.n_generated = 0

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        self.asked.append(messages[-1].text)
        return [math.log(self.yes), math.log(1 - self.yes)]

    def likelihoods(self, cases: Sequence[tuple[Sequence[Message], str]]) -> list[float]:
        self.asked += dict.fromkeys(messages[-1].text for messages, _ in cases)
        told = {"Yes": math.log(self.yes), "No": math.log(1 - self.yes)}
        return [told[text] for _, text in cases]

    def generate(
        self, messages: Sequence[Message], sampling: Sampling, cancel: Flag | None = None
    ) -> Iterator[Piece]:
        self.n_generated += 1
        return super().generate(messages, sampling, cancel)


def prompt() -> Prompt:
    asked = Segment("Question: What?"), Segment("\nAnswer in a sentence.")
    segments = (Segment("[1] A:\nSomething.\n\n", reusable=True), *asked)
    return Prompt((Message("system", (Segment("Answer."),)), Message("user", segments)), (), ())


def test_the_evidence_is_judged_where_the_prompt_has_it() -> None:
    generator = Opinionated(0.9)
    features = SelfEvaluator(generator, MODEL).features(prompt(), 0.5)
    assert generator.asked == ["[1] A:\nSomething.\n\n" + EXCERPTS_ANSWER.format(question="What?")]
    assert features["before"] == pytest.approx(0.0)
    assert features["answers"] == pytest.approx(math.log(9))


def test_only_the_uncertain_is_doubted() -> None:
    self_evaluator = SelfEvaluator(Opinionated(0.5), MODEL)
    assert self_evaluator.wanted(0.5)
    assert self_evaluator.wanted(HOPELESS)
    assert not self_evaluator.wanted(CERTAIN)
    assert not self_evaluator.wanted(HOPELESS / 2)
    assert self_evaluator.is_hopeless(HOPELESS / 2)


def test_without_a_fitted_model_nothing_is_doubted() -> None:
    generator = Opinionated(0.01)
    self_evaluator = SelfEvaluator(generator, None)
    assert not self_evaluator.wanted(0.5)
    assert self_evaluator.opinion(prompt(), 0.4) == 0.4
    assert self_evaluator.accepts(0.0)
    assert not generator.asked


@pytest.mark.parametrize("probability", [0.0, 1.0, 0.5])
def test_log_odds_are_finite(probability: float) -> None:
    assert math.isfinite(log_odds(probability))
    assert log_odds(probability) == pytest.approx(-log_odds(1 - probability))


def asked(
    archive: Archive,
    monkeypatch: pytest.MonkeyPatch,
    probability: float,
    yes: float,
    checks: Checks | None = None,
    question: str = SHIPS,
    said: str = TRUE,
) -> tuple[Final, Opinionated, Sources]:
    monkeypatch.setattr(answerer_module, "find_model", lambda *_: MODEL)

    def given(work: Callable[..., Assessment]) -> Callable[..., Assessment]:
        return lambda *told, **more: replace(work(*told, **more), probability=probability)

    for step in ("weigh", "glance", "complete"):
        monkeypatch.setattr(EvidenceAssessor, step, given(getattr(EvidenceAssessor, step)))
    generator = Opinionated(yes, said)
    told = Assistant(archive, generator, Config(home=archive.folder), checks=checks or Checks())
    events = list(told.stream(question))
    last = events[-1]
    assert isinstance(last, Final)
    return last, generator, next(event for event in events if isinstance(event, Sources))


def test_an_unlikely_answer_is_not_even_written(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    last, generator, sources = asked(archive, monkeypatch, 0.2, yes=0.1)
    assert last.answer.refusal is not None
    assert last.answer.refusal.reason == "not_in_sources"
    assert generator.n_generated == 0
    assert sources.first is None
    assert last.answer.confidence is not None
    assert last.answer.confidence < 0.2
    assert last.answer.timings.check_ms["self_evaluate"] > 0


def test_the_generator_can_save_an_unlikely_answer(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    last, generator, _ = asked(archive, monkeypatch, 0.2, yes=0.95)
    assert last.answer.refusal is None
    assert last.answer.text == TRUE
    assert len(generator.asked) == 1, "it is not doubted twice"


def test_a_likely_answer_is_shown_first_and_doubted_then(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    last, generator, sources = asked(archive, monkeypatch, 0.7, yes=0.05)
    assert generator.n_generated == 1
    assert sources.first is not None
    assert last.answer.refusal is not None
    last, _, _ = asked(archive, monkeypatch, 0.7, yes=0.6)
    assert last.answer.refusal is None


def test_a_certain_answer_and_a_hopeless_one_are_not_doubted(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    last, generator, _ = asked(archive, monkeypatch, 0.95, yes=0.01)
    assert last.answer.refusal is None
    assert not generator.asked
    last, generator, _ = asked(archive, monkeypatch, 0.01, yes=0.99)
    assert last.answer.refusal is not None
    assert not generator.asked


def test_a_question_about_another_is_not_answered_with_a_quote() -> None:
    reasons = ("“France” is not mentioned in or near the cited text",)
    assert misplaced_names([*reasons, "not in the source: digger"]) == ["France"]
    said = Sentence("Haddad is the ambassador to France.", 0, 35, (), "unsupported", reasons)
    assert is_about_another(Question.read("Who is the ambassador to France?"), [said])
    assert not is_about_another(Question.read("Who is the ambassador?"), [said])
    assert not is_about_another(Question.read("Who is the ambassador to France?"), [])


def test_a_check_that_is_left_out_decides_nothing(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    last, generator, _ = asked(archive, monkeypatch, 0.01, yes=0.01, checks=Checks(answerability=False))
    assert last.answer.refusal is None
    assert not generator.asked


def test_a_question_of_several_clauses_is_answered_from_several_sources() -> None:
    reasons = ("“The Age” is not mentioned in or near the cited text",)
    said = Sentence("It is Google, according to The Age.", 0, 35, (), "unsupported", reasons)
    several = (
        "Which company did publishers accuse of harming them, while The Age tells of its deals with others?"
    )
    assert not is_about_another(Question.read(several), [said])
    one = "Which company made deals according to The Age?"
    assert is_about_another(Question.read(one), [said])
    assert not is_about_another(Question.read(one), [said], ["The Age"])


@pytest.mark.parametrize(("yes", "opening"), [(0.9, "Yes. “"), (0.3, "No. “"), (0.56, "“")])
def test_a_bare_yes_is_the_models_odds_beside_a_quote(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, yes: float, opening: str
) -> None:
    question = "Did the harbour of Aldermoor receive 412 ships in January?"
    last, _, _ = asked(archive, monkeypatch, 0.95, yes, question=question, said="Yes.")
    answer = last.answer
    assert answer.text.startswith(opening)
    assert "412 ships" in answer.text
    for sentence in answer.sentences:
        assert answer.text[sentence.start : sentence.end] == sentence.text
        assert sentence.citations
        assert sentence.verdict == ("unchecked" if sentence.text in ("Yes.", "No.") else "supported")
    assert not answer.left_out


def test_the_quote_has_what_the_model_named(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    question = "Which person had to do with the harbour of Aldermoor in January?"
    said = "It was the splendid and very famous Rosa Lind who had so much to do with everything."
    last, _, _ = asked(archive, monkeypatch, 0.95, 0.9, question=question, said=said)
    assert "Rosa Lind" in last.answer.text and last.answer.text.startswith("“")
