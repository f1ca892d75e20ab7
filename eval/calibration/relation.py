"""Fit the relation of claim and source to the judge's log-odds: `python -m askive.eval.calibration.relation FOLDER`.

FOLDER has public sets with `support.jsonl`, as for `askive.eval.benchmarks.trust.judge_wordings`. All sets, and within
a set all labels, have the same weight. The printed figures of a set are of a model fitted without that set.
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

from askive.eval import script
from askive.eval.calibration.scikit_learn import import_sklearn
from askive.eval.datasets.lines import sample_rows
from askive.models.errors import AskiveError, UsageError
from askive.rag.calibration.relation import RELATIONS, STORED, Relation, RelationModel
from askive.rag.config import load_config
from askive.rag.evidence.judge import Judge
from askive.rag.factory import open_generator

_NAMES: dict[str, Relation] = {relation: relation for relation in RELATIONS}
_REGULARISATION = 1.0
_SHOWN_THRESHOLDS = (0.23, 0.5, 0.65, 0.7)
_BUDGET = 0.1
"""Maximum share of supported claims below the threshold, as a mean over sets."""


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """A row of a set. stated, denied: the judge's log-odds."""

    set_name: str
    row_id: str
    relation: Relation
    stated: float
    denied: float


def judge_rows(folder: Path, limit: int, judge: Judge, cases: Path | None) -> list[JudgedClaim]:
    """The judge's log-odds for `limit` rows of each set; `cases`: a file for the results, which is read first.

    Raises UsageError when the folder has no sets.
    """
    known = {(case.set_name, case.row_id): case for case in read_cases(cases)} if cases else {}
    judged: list[JudgedClaim] = []
    files = sorted(folder.glob("*/support.jsonl"))
    if not files:
        raise UsageError(f"{folder} holds no sets", remedy="name a folder of sets as described in --help")
    for path in files:
        name = path.parent.name
        for row in sample_rows(path, limit):
            case = known.get((name, row["id"]))
            if case is None:
                (opinion,) = judge.statements([row["claim"]], row["text"])
                case = JudgedClaim(name, row["id"], row["label"], opinion.stated, opinion.denied)
                if cases:
                    with cases.open("a", encoding="utf-8") as file:
                        file.write(
                            json.dumps([name, case.row_id, case.relation, case.stated, case.denied]) + "\n"
                        )
            judged.append(case)
            sys.stderr.write(f"\r{name} {len(judged)} ")
    sys.stderr.write("\n")
    return judged


def read_cases(path: Path) -> list[JudgedClaim]:
    """The results in a file of `judge_rows`; empty when it does not exist."""
    if not path.exists():
        return []
    return [JudgedClaim(*json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def fit(cases: Sequence[JudgedClaim], generator_id: str, budget: float = _BUDGET) -> RelationModel:
    """The model fitted to these cases. Raises UsageError when a relation is missing."""
    if len({case.relation for case in cases}) < len(RELATIONS):
        raise UsageError(
            "a relation is missing in the sets: fitting needs all three", remedy="add a set that has it"
        )
    values = np.array([[case.stated, case.denied] for case in cases])
    counts = Counter((case.set_name, case.relation) for case in cases)
    weight = np.array([1.0 / counts[case.set_name, case.relation] for case in cases])
    model = import_sklearn("linear_model").LogisticRegression(C=_REGULARISATION, max_iter=1000)
    model.fit(values, [case.relation for case in cases], sample_weight=weight * len(cases) / weight.sum())
    weights: dict[Relation, list[float]] = {
        _NAMES[str(relation)]: [
            round(float(model.intercept_[at]), 5),
            *(round(float(w), 5) for w in model.coef_[at]),
        ]
        for at, relation in enumerate(model.classes_)
    }
    return RelationModel(
        generator_id, weights, _threshold(RelationModel(generator_id, weights, 0.5), cases, budget)
    )


def _threshold(model: RelationModel, cases: Sequence[JudgedClaim], budget: float) -> float:
    """The highest threshold that rejects at most this share of the supported claims, as a mean over sets."""
    by_set: dict[str, list[float]] = {}
    for case in cases:
        if case.relation == "supports":
            share = model.probabilities(case.stated, case.denied)["supports"]
            by_set.setdefault(case.set_name, []).append(share)
    best = 0.0
    for threshold in np.arange(0.02, 0.9, 0.01):
        lost = float(np.mean([np.mean(np.array(shares) < threshold) for shares in by_set.values()]))
        if lost <= budget:
            best = float(threshold)
    return round(best, 3)


def figures(model: RelationModel, cases: Sequence[JudgedClaim]) -> dict[str, Any]:
    """AUC of supported claims, balanced accuracy, and the claims rejected at the threshold."""
    shares = [model.probabilities(case.stated, case.denied) for case in cases]
    supported = np.array([case.relation == "supports" for case in cases])
    is_supported = np.array([share["supports"] >= model.threshold for share in shares])
    likeliest = [_likeliest(share, {case.relation for case in cases}) for share in shares]
    recalls = [
        float(
            np.mean(
                [
                    got == relation
                    for got, case in zip(likeliest, cases, strict=True)
                    if case.relation == relation
                ]
            )
        )
        for relation in sorted({case.relation for case in cases})
    ]
    roc_auc_score = import_sklearn("metrics").roc_auc_score
    return {
        "rows": len(cases),
        "auc": round(float(roc_auc_score(supported, [share["supports"] for share in shares])), 3),
        "balanced_accuracy": round(float(np.mean(recalls)), 3),
        "unsupported_caught": _share(~is_supported, ~supported),
        "supported_lost": _share(~is_supported, supported),
    }


def threshold_table(claims: Sequence[tuple[float, bool]]) -> str:
    """What thresholds accept. claims: probability of `supports` by a model of other sets, and whether it is right."""
    n_supported = sum(supported for _, supported in claims)
    lines = ["from  precision  supported  unsupported (accepted)"]
    for threshold in _SHOWN_THRESHOLDS:
        accepted = [supported for probability, supported in claims if probability >= threshold]
        n_right, n_wrong = sum(accepted), len(accepted) - sum(accepted)
        shares = (n_right, len(accepted)), (n_right, n_supported), (n_wrong, len(claims) - n_supported)
        cells = [f"{n / of:.2f}" if of else "-" for n, of in shares]
        lines.append(f"{threshold:.2f}  {cells[0]:>9}  {cells[1]:>9}  {cells[2]:>11}")
    return "\n".join(lines) + "\n"


def _likeliest(share: dict[Relation, float], labels: set[Relation]) -> Relation:
    """The most probable of the labels that the set has."""
    return max(labels, key=lambda relation: share[relation])


def _share(flags: NDArray[np.bool_], of: NDArray[np.bool_]) -> float:
    return round(float(np.mean(flags[of])), 3) if of.any() else float("nan")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m askive.eval.calibration.relation", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--rows", type=int, default=60, help="rows of each set (default 60)")
    parser.add_argument("--cases", type=Path, help="a file for the log-odds, to resume from")
    parser.add_argument("--write", action="store_true", help="store the model where the product reads it")
    options = parser.parse_args(arguments)
    try:
        generator = open_generator(load_config())
        try:
            cases = judge_rows(options.folder, options.rows, Judge(generator), options.cases)
        finally:
            generator.close()
        held_out: dict[str, Any] = {}
        left_out: list[tuple[float, bool]] = []
        for name in dict.fromkeys(case.set_name for case in cases):
            others = [case for case in cases if case.set_name != name]
            own = [case for case in cases if case.set_name == name]
            other = fit(others, generator.model_id)
            held_out[name] = figures(other, own)
            left_out += [
                (other.probabilities(case.stated, case.denied)["supports"], case.relation == "supports")
                for case in own
            ]
            sys.stdout.write(f"{name}: {json.dumps(held_out[name])}\n")
        sys.stdout.write(threshold_table(left_out))
        model = fit(cases, generator.model_id)
    except AskiveError as error:
        return script.report_error(error)
    if options.write:
        _store(model, held_out)
        sys.stdout.write(f"written: {STORED.name}\n")
    return 0


def _store(model: RelationModel, held_out: dict[str, Any]) -> None:
    stored = {
        "generator_id": model.generator_id,
        "weights": dict(model.weights),
        "threshold": model.threshold,
        "provenance": {
            "date": datetime.date.today().isoformat(),
            "budget_of_supported_claims": _BUDGET,
            "left_out_sets": held_out,
        },
    }
    STORED.write_text(json.dumps([stored], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
