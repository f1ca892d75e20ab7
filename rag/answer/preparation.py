"""All that is done before the model speaks: question -> what was found, what it is worth, the prompt."""

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
from askive.rag.evidence.selection import evidence_budget, select_evidence
from askive.rag.evidence.self_evaluation import SelfEvaluator
from askive.rag.question.analysis import Question
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter
from askive.rag.text.words import storable
from askive.rag.types import Evidence, Hit, Prompt, Turn


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that is known before the model speaks.

    key: of what it was made. half: what is to be answered, which is mostly all. prompt: None to refuse at once.
    weigh_ms, halves_ms: what these took.
    """

    key: tuple[object, ...]
    half: PartialQuestion
    evidence: tuple[Evidence, ...]
    prompt: Prompt | None
    weigh_ms: float
    halves_ms: float


def complete_question(typed: str) -> str:
    """The question that is being typed, or empty: what ends without a mark still gets its question mark."""
    question = storable(typed).strip()
    return question if not question or question[-1] in ".?!…" else f"{question}?"


class Preparer:
    """Retrieves, weighs and builds prompts. What was prepared last is kept: an anticipated question is ready.

    count_tokens: the generator's. doubter: tells what is hopeless.
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

    def prepare(
        self,
        question: Question,
        history: Sequence[Turn] = (),
        admitted: Filter | None = None,
        cancel: Flag | None = None,
    ) -> Prepared | None:
        """None when cancelled: within 100 ms, once the models are loaded.

        Raises UsageError for an unknown field of the filter.
        """
        key = (question.text, tuple(history), admitted, self._archive.store.generation)
        if self._kept is not None and self._kept.key == key:
            return self._kept
        try:
            with stopping_at(cancel):
                self._kept = self._prepared(key, question, history, admitted)
        except Stopped:
            return None
        return self._kept

    def _prepared(
        self, key: tuple[object, ...], question: Question, history: Sequence[Turn], admitted: Filter | None
    ) -> Prepared:
        """Raises Stopped when the flag in force is set."""
        context = history[-1].question if history else ""

        def find(part: Question) -> Sequence[Hit]:
            look()
            return self.retriever.retrieve(part, history, admitted=admitted)

        def weigh(part: Question, hits: Sequence[Hit]) -> Assessment:
            look()
            return self._assessor.weigh(part, hits, context)

        hits = find(question)
        started = time.perf_counter()
        weighed = weigh(question, hits)
        weigh_ms = (time.perf_counter() - started) * 1000
        started = time.perf_counter()
        half = PartialQuestion(question, (), weighed)
        if self._checks.halves:
            found = answerable_part(half, find, weigh)
            half = found if self._is_worth_reading(found.weighed) else half
        halves_ms = (time.perf_counter() - started) * 1000
        look()
        scored = half.weighed.scored
        room = evidence_budget(half.question, scored, self._config.prompt)
        evidence = select_evidence(scored, room, self._count_tokens)
        prompt = None
        if self._is_worth_reading(half.weighed):
            prompt = build_prompt(half.question, evidence, history, self._count_tokens)
        return Prepared(key, half, tuple(evidence), prompt, weigh_ms, halves_ms)

    def _is_worth_reading(self, weighed: Assessment) -> bool:
        """Whether the generator is to see the evidence; if not, the question is refused."""
        if not self._checks.answerable:
            return bool(weighed.scored)
        if self._self_evaluator.is_fitted:
            return bool(weighed.scored) and not self._self_evaluator.is_hopeless(weighed.probability)
        return weighed.is_answerable
