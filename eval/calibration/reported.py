"""Fit which sentences report somebody's words or views: `python -m askive.eval.calibration.reported [--write]`.

Fitted on `eval/gold/reported/train.jsonl`, with the regularisation that is best in cross-validation there; the printed
figures are of `held_out.jsonl`, by another author, on which nothing was fitted.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askive import eval as evaluation
from askive.eval import script
from askive.eval.calibration.scikit_learn import import_sklearn
from askive.eval.datasets.lines import read_json_lines
from askive.models.errors import AskiveError, UsageError
from askive.rag.verification.reported import STORED, ReportModel, terms_of

GOLD = Path(evaluation.__file__).parent / "gold" / "reported"
MAX_FALSE_ALARMS = 0.05
"""Of sentences that state facts, in cross-validation."""
_MIN_SENTENCES = 2
_LEAST_WEIGHT = 0.02
FOLDS = 5
REGULARISATIONS = (0.1, 0.3, 1.0)


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence. is_report: whether it reports what somebody says or thinks."""

    text: str
    is_report: bool


def read_examples(path: Path) -> list[Example]:
    """The sentences of a file. Raises UsageError for a line without `text` and a `label` of 0 or 1."""
    examples = []
    for where, row in read_json_lines(path):
        if not isinstance(row.get("text"), str) or row.get("label") not in (0, 1):
            raise UsageError(f"{where}: expected `text` and a `label` of 0 or 1", remedy="fix the line")
        examples.append(Example(row["text"], bool(row["label"])))
    return examples


def fit(examples: Sequence[Example], regularisation: float, threshold: float = 0.5) -> ReportModel:
    """The model of the terms in at least two sentences. Raises UsageError when all labels are the same."""
    if len({example.is_report for example in examples}) < 2:
        raise UsageError("all sentences have the same label", remedy="add sentences of the other")
    counts = Counter(term for example in examples for term in terms_of(example.text))
    terms = sorted(term for term, count in counts.items() if count >= _MIN_SENTENCES)
    at = {term: column for column, term in enumerate(terms)}
    values = np.zeros((len(examples), len(terms)), np.float32)
    for row, example in enumerate(examples):
        values[row, [at[term] for term in terms_of(example.text) if term in at]] = 1.0
    model = import_sklearn("linear_model").LogisticRegression(C=regularisation, max_iter=3000)
    model.fit(values, [example.is_report for example in examples])
    weights = {
        term: round(float(weight), 3)
        for term, weight in zip(terms, model.coef_[0], strict=True)
        if abs(weight) >= _LEAST_WEIGHT
    }
    return ReportModel(round(float(model.intercept_[0]), 3), weights, threshold)


def cross_validated(examples: Sequence[Example], regularisation: float) -> NDArray[np.float64]:
    """The probability of each example by a model fitted without its fold. Neighbouring lines, which may be pairs that
    differ in one word, are in one fold."""
    folds = np.arange(len(examples)) // 2 % FOLDS
    found = np.zeros(len(examples))
    for fold in range(FOLDS):
        model = fit([e for e, f in zip(examples, folds, strict=True) if f != fold], regularisation)
        for at in map(int, np.flatnonzero(folds == fold)):
            found[at] = model.probability(examples[at].text)
    return found


def threshold_of(examples: Sequence[Example], probabilities: NDArray[np.float64]) -> float:
    """The lowest threshold at which at most MAX_FALSE_ALARMS of the facts count as reports."""
    facts = np.array([p for p, example in zip(probabilities, examples, strict=True) if not example.is_report])
    return round(float(np.quantile(facts, 1 - MAX_FALSE_ALARMS)) + 0.005, 2)


def figures(examples: Sequence[Example], model: ReportModel) -> dict[str, Any]:
    """AUC, share of the reports that are found, share of the facts that count as reports."""
    is_report = np.array([example.is_report for example in examples])
    found = np.array([model.probability(example.text) for example in examples])
    above = found >= model.threshold
    return {
        "sentences": len(examples),
        "auc": round(float(import_sklearn("metrics").roc_auc_score(is_report, found)), 3),
        "reports_found": round(float(above[is_report].mean()), 3),
        "facts_taken_for_reports": round(float(above[~is_report].mean()), 3),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, print the figures, and store the model with --write. Returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="store the model in the package")
    options = parser.parse_args(arguments)
    roc_auc_score = import_sklearn("metrics").roc_auc_score
    train, held_out = (read_examples(GOLD / name) for name in ("train.jsonl", "held_out.jsonl"))
    labels = [example.is_report for example in train]
    found = {c: cross_validated(train, c) for c in REGULARISATIONS}
    best = max(found, key=lambda c: float(roc_auc_score(labels, found[c])))
    model = fit(train, best, threshold_of(train, found[best]))
    provenance = {
        "date": datetime.date.today().isoformat(),
        "regularisation": best,
        "cross_validated_auc": round(float(roc_auc_score(labels, found[best])), 3),
        "fitted_on": len(train),
        "held_out": figures(held_out, model),
    }
    shown = {"terms": len(model.weights), "threshold": model.threshold, **provenance}
    script.print_texts([f"{json.dumps(shown, indent=1)}\n"])
    if options.write:
        stored = {
            "threshold": model.threshold,
            "bias": model.bias,
            "provenance": provenance,
            "weights": model.weights,
        }
        STORED.write_text(json.dumps(stored, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AskiveError as error:
        sys.exit(script.report_error(error))
