"""Fit when to answer and when to refuse, on suites with known answerability.

A logistic model over the features of `askive.rag.evidence.answerability`. All suites have the same weight, and within
a suite so have answerable and unanswerable questions. Answerable questions without their relevant documents are added
as unanswerable. The reported figures are from leave-one-suite-out cross-validation.
"""

from __future__ import annotations

import datetime
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askive.eval.calibration.scikit_learn import import_sklearn
from askive.eval.datasets.suite import Sample, Suite
from askive.eval.runs.run import select
from askive.eval.runs.suite_index import open_index
from askive.models.protocols import Embedder
from askive.models.reader.cross_encoder import Reader
from askive.rag.calibration.logistic import STORED
from askive.rag.config import Config
from askive.rag.errors import UsageError
from askive.rag.evidence.answerability import READER_FEATURES
from askive.rag.evidence.assessment import EvidenceAssessor
from askive.rag.factory import open_retriever

BUDGET = 0.05
"""Maximum rate of false refusals, as a mean over suites. On an archive of another kind it is three times that, and the
later checks refuse more."""

_WITHHELD_DEPTH = 40
_REGULARISATION = 0.3
_WITHHELD_SHARE = 0.5

Progress = Callable[[str, int, int], None]
"""Called with the current step, the number of finished items, and the total."""


@dataclass(frozen=True, slots=True)
class Case:
    """The features of a question.

    kind: `answerable`, `unanswerable` or `withheld` (its relevant documents were removed from the hits).
    """

    suite: str
    sample_id: str
    type: str
    kind: str
    features: Mapping[str, float]

    @property
    def is_answerable(self) -> bool:
        """Whether the question should be answered."""
        return self.kind == "answerable"


@dataclass(frozen=True, slots=True)
class Held:
    """Figures on one suite of a model that was fitted on the others.

    auc: of answerable against unanswerable questions. refused: share of the unanswerable ones, false_refusals: of the
    answerable ones, at the threshold of the other suites.
    """

    suite: str
    n_answerable: int
    n_unanswerable: int
    n_withheld: int
    auc: float
    refused: float
    refused_withheld: float
    false_refusals: float


def collect(
    suite: Suite,
    config: Config,
    embedder: Embedder,
    reader: Reader | None,
    limit: int | None = None,
    progress: Progress | None = None,
) -> list[Case]:
    """The features of the suite's questions; of answerable ones also without their relevant documents."""

    def indexing(done: int, total: int, _uri: str) -> None:
        if progress:
            progress("indexing", done, total)

    archive, _ = open_index(suite, embedder, config.passages, config.home, indexing)
    cases: list[Case] = []
    with archive, open_retriever(config, archive, reader=reader) as retriever:
        assessor = EvidenceAssessor(embedder, reader)
        samples = select([s for s in suite.samples if s.unanswerable is not None or s.relevant], limit)
        for n, sample in enumerate(samples):
            if progress:
                progress(suite.name, n, len(samples))
            context = sample.turns[-1].question if sample.turns else ""
            question = retriever.read(sample.question)
            hits = retriever.retrieve(question, sample.turns)
            features = assessor.weigh(question, hits, context).features
            kind = "unanswerable" if sample.unanswerable else "answerable"
            if features:
                cases.append(_case(suite, sample, kind, features))
            if sample.unanswerable or not sample.relevant:
                continue
            deep = retriever.retrieve(question, sample.turns, _WITHHELD_DEPTH)
            left = [hit for hit in deep if hit.source.uri not in sample.relevant][: len(hits)]
            features = assessor.weigh(question, left, context).features
            if features:
                cases.append(_case(suite, sample, "withheld", features))
    return cases


def _case(suite: Suite, sample: Sample, kind: str, features: Mapping[str, float]) -> Case:
    return Case(suite.name, sample.sample_id, sample.type, kind, dict(features))


def calibrate(
    cases: Sequence[Case], embedder_id: str, reader_sha256: str | None, budget: float = BUDGET
) -> tuple[dict[str, Any], list[Held]]:
    """The fitted model in its stored form, and the cross-validation figures by suite.

    Raises UsageError when one of the two classes is missing.
    """
    if len({case.is_answerable for case in cases}) < 2:
        raise UsageError(
            "the questions are all answerable or all unanswerable: nothing can be fitted",
            remedy="add a suite with unanswerable questions, such as seeds:dev",
        )
    names = names_of(cases, reader_sha256)
    held = [held_out(cases, suite, names, budget) for suite in suites_of(cases)]
    return stored_model(Fit(cases, names), cases, held, budget, embedder_id, reader_sha256), held


def names_of(cases: Sequence[Case], reader_sha256: str | None) -> list[str]:
    """The features available with this reader, or without a reader."""
    return [n for n in cases[0].features if reader_sha256 is not None or n not in READER_FEATURES]


def suites_of(cases: Sequence[Case]) -> list[str]:
    """The names of the suites, without repetition."""
    return list(dict.fromkeys(case.suite for case in cases))


def stored_model(
    model: Fit,
    cases: Sequence[Case],
    held: Sequence[Held],
    budget: float,
    embedder_id: str,
    reader_sha256: str | None,
    generator_id: str | None = None,
    threshold: float | None = None,
) -> dict[str, Any]:
    """A model in the form that `askive.rag.evidence.answerability` reads. threshold: None: the highest that is within
    the budget."""
    return {
        "embedder_id": embedder_id,
        "reader_sha256": reader_sha256,
        "generator_id": generator_id,
        "threshold": round(model.threshold(cases, budget) if threshold is None else threshold, 4),
        "bias": round(model.bias, 5),
        "features": {
            name: {
                "mean": round(float(mean), 5),
                "scale": round(float(scale), 5),
                "weight": round(float(w), 5),
            }
            for name, mean, scale, w in zip(
                model.names, model.means, model.scales, model.weights, strict=True
            )
        },
        "provenance": {
            "date": datetime.date.today().isoformat(),
            "budget_of_false_refusals": budget,
            "questions": _counts(cases),
            "left_out_suites": {
                h.suite: {
                    "auc": round(h.auc, 3),
                    "refused": round(h.refused, 3),
                    "false_refusals": round(h.false_refusals, 3),
                }
                for h in held
            },
        },
    }


def store(models: Sequence[Mapping[str, Any]], path: Path = STORED) -> None:
    """Write the fitted models to the file that `askive.rag.evidence.answerability` reads."""
    path.write_text(json.dumps(list(models), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


class Fit:
    """A logistic regression on standardised features, with equal weights for all suites and kinds."""

    def __init__(
        self, cases: Sequence[Case], names: Sequence[str], regularisation: float = _REGULARISATION
    ) -> None:
        self.names = tuple(names)
        values = _matrix(cases, names)
        weights = _weights(cases)
        self.means = np.average(values, axis=0, weights=weights)
        spread = np.sqrt(np.average((values - self.means) ** 2, axis=0, weights=weights))
        self.scales = np.where(spread > 1e-6, spread, 1.0)
        fitted = import_sklearn("linear_model").LogisticRegression(C=regularisation, max_iter=1000)
        fitted.fit(
            (values - self.means) / self.scales,
            [case.is_answerable for case in cases],
            sample_weight=weights * len(cases) / weights.sum(),
        )
        self.weights: NDArray[np.float64] = fitted.coef_[0]
        self.bias = float(fitted.intercept_[0])

    def probabilities(self, cases: Sequence[Case]) -> NDArray[np.float64]:
        logits = ((_matrix(cases, self.names) - self.means) / self.scales) @ self.weights + self.bias
        shares: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-logits))
        return shares

    def threshold(self, cases: Sequence[Case], budget: float) -> float:
        """The highest threshold whose false refusals, as a mean over suites, are within the budget."""
        by_suite: dict[str, list[float]] = defaultdict(list)
        for case, probability in zip(cases, self.probabilities(cases), strict=True):
            if case.is_answerable:
                by_suite[case.suite].append(float(probability))
        best = 0.0
        for candidate in np.arange(0.01, 1.0, 0.005):
            lost = [float(np.mean(np.array(known) < candidate)) for known in by_suite.values()]
            if float(np.mean(lost)) <= budget:
                best = float(candidate)
        return best


def held_out(
    cases: Sequence[Case],
    suite: str,
    names: Sequence[str],
    budget: float,
    own: Sequence[Case] | None = None,
    regularisation: float = _REGULARISATION,
) -> Held:
    """Figures on `own` (default: the suite's cases) of a model fitted on the other suites."""
    roc_auc_score = import_sklearn("metrics").roc_auc_score

    others = [case for case in cases if case.suite != suite]
    own = [case for case in cases if case.suite == suite] if own is None else own
    nan = float("nan")
    kinds = {kind: [c for c in own if c.kind == kind] for kind in ("answerable", "unanswerable", "withheld")}
    shares = dict.fromkeys(kinds, nan)
    auc = nan
    if len({case.is_answerable for case in others}) == 2:
        model = Fit(others, names, regularisation)
        threshold = model.threshold(others, budget)
        for kind, members in kinds.items():
            if members:
                shares[kind] = float(np.mean(model.probabilities(members) < threshold))
        real = [*kinds["answerable"], *(kinds["unanswerable"] or kinds["withheld"])]
        if len({case.is_answerable for case in real}) == 2:
            auc = float(roc_auc_score([c.is_answerable for c in real], model.probabilities(real)))
    return Held(
        suite,
        n_answerable=len(kinds["answerable"]),
        n_unanswerable=len(kinds["unanswerable"]),
        n_withheld=len(kinds["withheld"]),
        auc=auc,
        refused=shares["unanswerable"],
        refused_withheld=shares["withheld"],
        false_refusals=shares["answerable"],
    )


def _matrix(cases: Sequence[Case], names: Sequence[str]) -> NDArray[np.float64]:
    return np.array([[case.features[name] for name in names] for case in cases], dtype=np.float64)


def _weights(cases: Sequence[Case]) -> NDArray[np.float64]:
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for case in cases:
        counts[case.suite, case.kind] += 1
    share = {"answerable": 1.0, "unanswerable": 1.0, "withheld": _WITHHELD_SHARE}
    return np.array([share[case.kind] / counts[case.suite, case.kind] for case in cases])


def _counts(cases: Sequence[Case]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for case in cases:
        counts[case.suite][case.kind] += 1
    return {suite: dict(kinds) for suite, kinds in counts.items()}
