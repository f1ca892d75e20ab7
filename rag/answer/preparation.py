"""What happens before generation: question -> hits, assessment, evidence, prompt."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event as Flag

from askive.models.cancellation import Stopped, look, stopping_at
from askive.rag.answer.checks import ALL, Checks
from askive.rag.answer.partial import PartialQuestion, answerable_part
from askive.rag.answer.prompt import build_prompt
from askive.rag.config import Config
from askive.rag.evidence.assessment import Assessment, EvidenceAssessor
from askive.rag.evidence.selection import choose_evidence
from askive.rag.evidence.self_evaluation import SelfEvaluator
from askive.rag.question.analysis import Question
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter
from askive.rag.text.words import storable
from askive.rag.types import Evidence, Hit, Prompt, Turn


@dataclass(frozen=True, slots=True)
class Prepared:
    """The state before generation.

    key: the inputs. partial: the question to answer, mostly all of it. prompt: None to refuse at once.
    assess_ms, decompose_ms: time spent on assessing the evidence and on the sub-questions.
    """

    key: tuple[object, ...]
    partial: PartialQuestion
    evidence: tuple[Evidence, ...]
    prompt: Prompt | None
    assess_ms: float
    decompose_ms: float


_MARKS = (".", "?", "!", "…", "؟", "？", "！", "。")


def complete_question(typed: str) -> str:
    """The typed text as a question: a question mark is added when no mark ends it. Empty when nothing is typed."""
    question = storable(typed).strip()
    return question if not question or is_complete(question) else f"{question}?"


def is_complete(typed: str) -> bool:
    """Whether a mark ends the text: it is hardly typed any further."""
    return typed.rstrip().endswith(_MARKS)


class Preparer:
    """Retrieves, assesses and builds prompts. Keeps the last result, so that an anticipated question is ready.

    count_tokens: the generator's. self_evaluator: says which questions are hopeless.
    """

    def __init__(
        self,
        archive: Archive,
        retriever: Retriever,
        assessor: EvidenceAssessor,
        self_evaluator: SelfEvaluator,
        count_tokens: Callable[[str], int],
        config: Config,
        checks: Checks = ALL,
    ) -> None:
        self.retriever = retriever
        self._archive = archive
        self._assessor = assessor
        self._self_evaluator = self_evaluator
        self._count_tokens = count_tokens
        self._config = config
        self._checks = checks
        self._kept: Prepared | None = None
        self._glance: tuple[tuple[object, ...], Assessment, float] | None = None

    def glance(
        self,
        question: Question,
        history: Sequence[Turn] = (),
        admitted: Filter | None = None,
        cancel: Flag | None = None,
        context: Sequence[Turn] | None = None,
    ) -> Assessment | None:
        """What the best few sentences tell; `prepare` with the same arguments goes on from there.

        None when that would bring nothing forward: the question is prepared already, its parts may be answered from
        other passages, or it was cancelled. Arguments and errors: see `prepare`.
        """
        context = history if context is None else context
        key = self._key(question, history, context, admitted)
        if (self._kept is not None and self._kept.key == key) or self._has_parts(question):
            return None
        try:
            with stopping_at(cancel):
                look()
                hits = self.retriever.retrieve(question, context, admitted=admitted)
                started = time.perf_counter()
                seen = self._assessor.glance(question, hits, _before(context))
        except Stopped:
            return None
        self._glance = key, seen, (time.perf_counter() - started) * 1000
        return seen

    def prepare(
        self,
        question: Question,
        history: Sequence[Turn] = (),
        admitted: Filter | None = None,
        cancel: Flag | None = None,
        context: Sequence[Turn] | None = None,
    ) -> Prepared | None:
        """None when cancelled, within 100 ms once the models are loaded.

        history: for the prompt. context: the turns that the question follows, for retrieval and evidence; empty for a
        new topic, by default the history.
        Raises UsageError for an unknown field of the filter.
        """
        context = history if context is None else context
        key = self._key(question, history, context, admitted)
        if self._kept is not None and self._kept.key == key:
            return self._kept
        try:
            with stopping_at(cancel):
                self._kept = self._prepared(key, question, history, context, admitted)
        except Stopped:
            return None
        return self._kept

    def _prepared(
        self,
        key: tuple[object, ...],
        question: Question,
        history: Sequence[Turn],
        context: Sequence[Turn],
        admitted: Filter | None,
    ) -> Prepared:
        """Raises Stopped when the flag in force is set."""
        before = _before(context)

        def retrieve(part: Question) -> Sequence[Hit]:
            look()
            return self.retriever.retrieve(part, context, admitted=admitted)

        def assess(part: Question, hits: Sequence[Hit]) -> Assessment:
            look()
            return self._assessor.weigh(part, hits, before)

        seen, self._glance = self._glance, None
        if seen is not None and seen[0] == key:
            _, glance, assess_ms = seen
            look()
            started = time.perf_counter()
            assessment = self._assessor.complete(question, glance, before)
        else:
            assess_ms = 0.0
            hits = retrieve(question)
            started = time.perf_counter()
            assessment = assess(question, hits)
        assess_ms += (time.perf_counter() - started) * 1000
        started = time.perf_counter()
        partial = PartialQuestion(question, (), assessment)
        if self._has_parts(question):
            answerable = answerable_part(partial, retrieve, assess)
            partial = answerable if self._is_promising(answerable.assessment) else partial
        decompose_ms = (time.perf_counter() - started) * 1000
        look()
        evidence = choose_evidence(
            partial.question, partial.assessment.scored, self._config.prompt, self._count_tokens
        )
        prompt = None
        if self._is_promising(partial.assessment):
            prompt = build_prompt(partial.question, evidence, history, self._count_tokens)
        return Prepared(key, partial, tuple(evidence), prompt, assess_ms, decompose_ms)

    def _key(
        self,
        question: Question,
        history: Sequence[Turn],
        context: Sequence[Turn],
        admitted: Filter | None,
    ) -> tuple[object, ...]:
        return question.text, tuple(history), tuple(context), admitted, self._archive.store.generation

    def _has_parts(self, question: Question) -> bool:
        """Whether it may be answered in part."""
        return self._checks.sub_questions and bool(question.sub_questions)

    def _is_promising(self, assessment: Assessment) -> bool:
        """Whether to build a prompt from the evidence; if not, the question is refused."""
        if not self._checks.answerability:
            return bool(assessment.scored)
        if self._self_evaluator.is_fitted:
            return bool(assessment.scored) and not self._self_evaluator.is_hopeless(assessment.probability)
        return assessment.is_answerable


def _before(context: Sequence[Turn]) -> str:
    """The question that this one follows; empty for a new topic."""
    return context[-1].question if context else ""
