"""Fit `askive.rag.evidence.candidate_answers` on RAMDocs:
`python -m askive.eval.calibration.candidate_answers FOLDER [--limit N] [--write]`.

Each value that the reader or the rules extract from a document for a question is a case. It counts as an answer when
the suite accepts it, or lists it as the answer of a misleading document, which answers the question too. The
printed figures are from 10-fold cross-validation by question. The thresholds are probabilities; fitting does not
change them.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askive.eval import script
from askive.eval.calibration.answerability import store
from askive.eval.calibration.scikit_learn import import_sklearn
from askive.eval.datasets import open_suite
from askive.eval.datasets.suite import Sample, Suite
from askive.eval.runs.run import select
from askive.eval.runs.suite_index import open_index
from askive.models.errors import AskiveError, UsageError
from askive.models.protocols import Embedder
from askive.models.reader.cross_encoder import Reader
from askive.rag.calibration.logistic import LogisticModel
from askive.rag.config import Config, load_config
from askive.rag.evidence.assessment import EvidenceAssessor
from askive.rag.evidence.candidate_answers import STORED, UNMARKED_SPAN, read_values
from askive.rag.evidence.values import same_value
from askive.rag.factory import open_embedder, open_reader, open_retriever

N_FOLDS = 10
_REGULARISATION = 1.0
_OFFSETS = {"span": (UNMARKED_SPAN, 3.0)}
"""Mean and scale of a feature that is standardised."""


@dataclass(frozen=True, slots=True)
class Case:
    """A value with its features. answers: whether it answers the question, even if wrongly."""

    question_id: str
    features: Mapping[str, float]
    answers: bool


def collect(
    suite: Suite, config: Config, embedder: Embedder, reader: Reader, limit: int | None = None
) -> list[Case]:
    """The values extracted for the suite's questions. limit: maximum number of questions, as in a run."""
    assessor = EvidenceAssessor(embedder, reader)
    archive, _ = open_index(suite, embedder, config.passages, config.home)
    cases: list[Case] = []
    with archive, open_retriever(config, archive, reader=reader) as retriever:
        samples = select(suite.samples, limit)
        for n, sample in enumerate(samples, start=1):
            question = retriever.read(sample.question)
            weighed = assessor.weigh(question, retriever.retrieve(question))
            cases += [
                Case(sample.sample_id, value.features, is_known(value.value, sample))
                for value in read_values(question, weighed.scored)
            ]
            sys.stderr.write(f"\r{n} of {len(samples)} questions")
    sys.stderr.write("\n")
    return cases


def is_known(value: str, sample: Sample) -> bool:
    """Whether the value is an accepted answer of the question, or that of a misleading document."""
    return any(same_value(value, known) for known in (*sample.answers, *sample.wrong_answers))


def fit(cases: Sequence[Case], names: Sequence[str]) -> dict[str, Any]:
    """Bias and features of a model, in the stored form.

    Raises UsageError when all cases have one class, or scikit-learn is not installed.
    """
    if len({case.answers for case in cases}) < 2:
        raise UsageError(
            f"{len(cases)} values were extracted, but not both right and wrong ones: fitting needs both",
            remedy="name a folder with RAMDocs, and a larger --limit",
        )
    offsets = [_OFFSETS.get(name, (0.0, 1.0)) for name in names]
    fitted = import_sklearn("linear_model").LogisticRegression(C=_REGULARISATION, max_iter=1000)
    fitted.fit(
        [[(case.features[n] - m) / s for n, (m, s) in zip(names, offsets, strict=True)] for case in cases],
        [case.answers for case in cases],
    )
    return {
        "bias": round(float(fitted.intercept_[0]), 5),
        "features": {
            name: {"mean": mean, "scale": scale, "weight": round(float(weight), 5)}
            for name, (mean, scale), weight in zip(names, offsets, fitted.coef_[0], strict=True)
        },
    }


def held_out(cases: Sequence[Case], row: Mapping[str, Any]) -> NDArray[np.float64]:
    """The probability of each case by a model fitted without its question; shape (len(cases),).

    row: the stored model, whose features are fitted again.
    """
    names = list(row["features"])
    questions = sorted({case.question_id for case in cases})
    fold = {question: n % N_FOLDS for n, question in enumerate(questions)}
    shares = np.zeros(len(cases))
    for left_out in range(min(N_FOLDS, len(questions))):
        others = [case for case in cases if fold[case.question_id] != left_out]
        model = LogisticModel.from_dict({**row, **fit(others, names)})
        for at, case in enumerate(cases):
            if fold[case.question_id] == left_out:
                shares[at] = model.probability(case.features)
    return shares


def figures(cases: Sequence[Case], shares: NDArray[np.float64], least: float) -> dict[str, Any]:
    """AUC; at the threshold: share of right values among the accepted ones, and share of right values accepted."""
    answers = np.array([case.answers for case in cases])
    accepted = shares >= least
    return {
        "questions": len({case.question_id for case in cases}),
        "values": len(cases),
        "answering": round(float(answers.mean()), 3),
        "auc": round(float(import_sklearn("metrics").roc_auc_score(answers, shares)), 3),
        "threshold": least,
        "right_of_kept": round(float(answers[accepted].mean()), 3) if accepted.any() else None,
        "kept_of_right": round(float(accepted[answers].mean()), 3),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m askive.eval.calibration.candidate_answers",
        description="Fit the probability that a value in a document answers a question.",
    )
    parser.add_argument("suite", metavar="FOLDER", help="RAMDocs, as for `askive eval run`")
    parser.add_argument("--limit", type=int, metavar="N", help="questions at most")
    parser.add_argument("--write", action="store_true", help="store the model where the product reads it")
    options = parser.parse_args(arguments)
    (row,) = json.loads(STORED.read_text(encoding="utf-8"))
    shipped = LogisticModel.from_dict(row)
    config = load_config()
    try:
        reader = open_reader(config)
        if reader is None:
            raise UsageError("the reader is off", remedy="unset ASKIVE_READER, or set reader = shipped")
        embedder = open_embedder(config)
        suite = open_suite(options.suite)
        cases = collect(suite, config, embedder, reader, options.limit)
        fitted = fit(cases, shipped.names)
        now = np.array([shipped.probability(case.features) for case in cases])
        measured = figures(cases, held_out(cases, row), shipped.threshold)
        sys.stdout.write(f"shipped: {json.dumps(figures(cases, now, shipped.threshold))}\n")
        sys.stdout.write(f"refitted, questions left out: {json.dumps(measured)}\n")
        sys.stdout.write(f"{json.dumps(fitted)}\n")
    except AskiveError as error:
        return script.report_error(error)
    if options.write:
        metadata = {"embedder_id": embedder.model_id, "reader_sha256": reader.digest}
        provenance = {
            "date": datetime.date.today().isoformat(),
            "suite": suite.name,
            "questions_left_out_in_turn": measured,
        }
        store([{**row, **metadata, **fitted, "provenance": provenance}], STORED)
        sys.stdout.write(f"written: {STORED.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
