"""Fit `askive.rag.evidence.self_evaluation`, on top of the model of `askive.eval.calibration.answerability`.

It uses fewer questions, because the generator reads a prompt for each. The first probability of a question is from a
model fitted without the question's suite, as for an archive that is not in the training data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from askive.eval.calibration.answerability import (
    Case,
    Fit,
    Held,
    Progress,
    held_out,
    names_of,
    stored_model,
    suites_of,
)
from askive.eval.datasets.suite import Sample, Suite
from askive.eval.runs.run import select
from askive.eval.runs.suite_index import open_index
from askive.models.protocols import Embedder, Generator
from askive.models.reader.cross_encoder import Reader
from askive.rag.answer.checks import Checks
from askive.rag.answer.preparation import Preparer
from askive.rag.calibration.logistic import log_odds
from askive.rag.config import Config
from askive.rag.evidence.assessment import EvidenceAssessor
from askive.rag.evidence.self_evaluation import SelfEvaluator
from askive.rag.factory import open_retriever

_REGULARISATION = 0.1
BUDGET = 0.03
"""As for the model before it; lower, since checks after it refuse more and none corrects a wrong refusal."""


def ask_opinions(
    suite: Suite,
    config: Config,
    embedder: Embedder,
    reader: Reader | None,
    generator: Generator,
    limit: int,
    progress: Progress | None = None,
) -> list[Case]:
    """Cases with all features, including the generator's; half of them unanswerable if possible."""
    archive, _ = open_index(suite, embedder, config.passages, config.home)
    self_evaluator, cases = SelfEvaluator(generator, None), []
    with archive:
        preparer = Preparer(
            archive,
            open_retriever(config, archive, generator, reader),
            EvidenceAssessor(embedder, reader),
            self_evaluator,
            generator.count_tokens,
            config,
            Checks(answerability=False, sub_questions=False),
        )
        asked = _balanced(suite, limit)
        for n, sample in enumerate(asked):
            if progress:
                progress(f"{suite.name}, opinions", n, len(asked))
            question = preparer.retriever.read(sample.question)
            prepared = preparer.prepare(question, sample.turns)
            if prepared is None or prepared.prompt is None:
                continue
            kind = "unanswerable" if sample.unanswerable else "answerable"
            features = {
                **prepared.partial.assessment.features,
                **self_evaluator.features(prepared.prompt, 0.5),
            }
            cases.append(Case(suite.name, sample.sample_id, sample.type, kind, features))
    return cases


def fit_opinions(
    asked: Sequence[Case],
    cases: Sequence[Case],
    embedder_id: str,
    reader_sha256: str | None,
    generator_id: str,
    budget: float = BUDGET,
) -> tuple[dict[str, Any], list[Held]]:
    """The fitted model in its stored form, and the cross-validation figures by suite.

    asked: from `ask_opinions`. cases: from `askive.eval.calibration.answerability.collect`, at least two suites.
    """
    names = names_of(cases, reader_sha256)
    suites = suites_of(asked)

    def before(own: Sequence[Case], without: set[str]) -> list[Case]:
        """The cases with the log-odds of a model fitted without these suites."""
        model = Fit([case for case in cases if case.suite not in without], names)
        odds = [log_odds(float(p)) for p in model.probabilities(own)]
        return [
            replace(case, features={"before": at, "answers": case.features["answers"]})
            for case, at in zip(own, odds, strict=True)
        ]

    def of(suite: str) -> list[Case]:
        return [case for case in asked if case.suite == suite]

    crossed = [case for suite in suites for case in before(of(suite), {suite})]
    features = list(crossed[0].features)
    figures = []
    for suite in suites:
        # Neither the first nor the second model was fitted on the suite.
        others = [c for other in suites if other != suite for c in before(of(other), {other, suite})]
        own = before(of(suite), {suite})
        figures.append(held_out([*others, *own], suite, features, budget, own, _REGULARISATION))
    model = Fit(crossed, features, _REGULARISATION)
    return stored_model(model, crossed, figures, budget, embedder_id, reader_sha256, generator_id), figures


def _balanced(suite: Suite, limit: int) -> list[Sample]:
    """Answerable and unanswerable questions alternately, so that an interrupted run has both."""
    unanswerable = [s for s in suite.samples if s.unanswerable]
    answerable = [s for s in suite.samples if not s.unanswerable and (s.unanswerable is False or s.relevant)]
    n_unanswerable = min(limit // 2, len(unanswerable))
    first, second = select(unanswerable, n_unanswerable), select(answerable, limit - n_unanswerable)
    shared = min(len(first), len(second))
    pairs = [sample for pair in zip(first, second, strict=False) for sample in pair]
    return [*pairs, *first[shared:], *second[shared:]]
