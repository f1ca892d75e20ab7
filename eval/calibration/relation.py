"""Fit the relation of claim and source: `python -m askive.eval.calibration.relation FOLDER`.

FOLDER has labelled sets, as for `askive.eval.calibration.judged_rows`. All sets, and within a set all labels, have the
same weight. The printed figures of a set are of a model fitted without that set. Claims whose values differ from the
source's are not fitted on: code rejects them, whatever their wording, and the figures count that as it is.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askive.eval import script
from askive.eval.calibration.judged_rows import JudgedRow, judge_as_configured
from askive.eval.calibration.scikit_learn import import_sklearn
from askive.eval.datasets.lines import source_hit
from askive.models.errors import AskiveError, UsageError
from askive.models.reader.cross_encoder import Reader
from askive.rag.calibration.relation import RELATIONS, STORED, Relation, RelationModel
from askive.rag.config import load_config
from askive.rag.evidence.source_sentences import candidates_of
from askive.rag.verification.rules import check
from askive.rag.verification.support import BY_JUDGE, BY_READER, relation_features

_NAMES: dict[str, Relation] = {relation: relation for relation in RELATIONS}
_REGULARISATION = 1.0
_SHOWN_THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7)
_BUDGET = 0.1
"""Maximum share of unsupported claims that stand, as a mean over sets that were left out."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim with a source.

    features: of `askive.rag.verification.support.relation_features`.
    by_values: the relation that other values imply, which no model can change; None when the values agree.
    """

    set_name: str
    relation: Relation
    features: Mapping[str, float]
    by_values: Relation | None = None


def claims_of(rows: Sequence[JudgedRow], reader: Reader) -> list[Claim]:
    """The rows of kind `support`, with what rules, reader and judge say of them."""
    claims: list[Claim] = []
    for row in rows:
        checked = check(row.first, candidates_of([source_hit(row.text)]))
        features = relation_features(
            row.first,
            row.text,
            is_worded_alike=checked.verdict == "supported",
            reader=reader,
            stated=row.odds,
        )
        by_values: Relation | None = None
        if checked.values_differ and checked.verdict != "supported":
            by_values = "contradicts" if checked.verdict == "contradicted" else "neither"
        claims.append(Claim(row.set_name, _NAMES[row.label], features, by_values))
    return claims


def fit(
    claims: Sequence[Claim],
    features: Sequence[str],
    generator_id: str | None,
    reader_sha256: str | None,
    threshold: float = 0.5,
) -> RelationModel:
    """The model of these features fitted to the claims whose values agree.

    Raises UsageError when a relation is missing.
    """
    claims = [claim for claim in claims if claim.by_values is None]
    if len({claim.relation for claim in claims}) < len(RELATIONS):
        raise UsageError(
            "a relation is missing in the sets: fitting needs all three", remedy="add a set that has it"
        )
    values = np.array([[claim.features[name] for name in features] for claim in claims])
    counts = Counter((claim.set_name, claim.relation) for claim in claims)
    weight = np.array([1.0 / counts[claim.set_name, claim.relation] for claim in claims])
    model = import_sklearn("linear_model").LogisticRegression(C=_REGULARISATION, max_iter=1000)
    model.fit(values, [claim.relation for claim in claims], sample_weight=weight * len(claims) / weight.sum())
    weights: dict[Relation, list[float]] = {
        _NAMES[str(relation)]: [
            round(float(model.intercept_[at]), 5),
            *(round(float(w), 5) for w in model.coef_[at]),
        ]
        for at, relation in enumerate(model.classes_)
    }
    return RelationModel(generator_id, reader_sha256, tuple(features), weights, threshold)


def leave_one_out(claims: Sequence[Claim], features: Sequence[str]) -> list[dict[Relation, float]]:
    """The probabilities of each claim by a model fitted without its set, or as its values decide."""
    shares: list[dict[Relation, float]] = [{} for _ in claims]
    for name in dict.fromkeys(claim.set_name for claim in claims):
        model = fit([claim for claim in claims if claim.set_name != name], features, None, None)
        for at, claim in enumerate(claims):
            if claim.set_name == name:
                shares[at] = (
                    {relation: float(relation == claim.by_values) for relation in RELATIONS}
                    if claim.by_values
                    else model.probabilities(claim.features)
                )
    return shares


def figures(claims: Sequence[Claim], shares: Sequence[Mapping[Relation, float]]) -> dict[str, Any]:
    """AUC of supported claims (None when all or none are), and balanced accuracy among the labels that occur."""
    labels = sorted({claim.relation for claim in claims})
    likeliest = [max(labels, key=lambda relation: share[relation]) for share in shares]
    recalls = [
        np.mean(
            [got == label for got, claim in zip(likeliest, claims, strict=True) if claim.relation == label]
        )
        for label in labels
    ]
    supported = [claim.relation == "supports" for claim in claims]
    auc = None
    if 0 < sum(supported) < len(supported):
        roc_auc_score = import_sklearn("metrics").roc_auc_score
        auc = round(float(roc_auc_score(supported, [share["supports"] for share in shares])), 3)
    return {"rows": len(claims), "auc": auc, "balanced_accuracy": round(float(np.mean(recalls)), 3)}


def figures_by_set(
    claims: Sequence[Claim], shares: Sequence[Mapping[Relation, float]]
) -> dict[str, dict[str, Any]]:
    """`figures` of each set."""
    found: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys(claim.set_name for claim in claims):
        own = [at for at, claim in enumerate(claims) if claim.set_name == name]
        found[name] = figures([claims[at] for at in own], [shares[at] for at in own])
    return found


def threshold_of(
    claims: Sequence[Claim], shares: Sequence[Mapping[Relation, float]], budget: float = _BUDGET
) -> float:
    """The lowest threshold at which at most this share of the unsupported claims stands, as a mean over sets."""
    by_set: dict[str, list[float]] = {}
    for claim, share in zip(claims, shares, strict=True):
        if claim.relation != "supports":
            by_set.setdefault(claim.set_name, []).append(share["supports"])
    return next(
        (
            round(float(threshold), 2)
            for threshold in np.arange(0.2, 0.95, 0.01)
            if np.mean([np.mean(np.array(passed) >= threshold) for passed in by_set.values()]) <= budget
        ),
        0.95,
    )


def threshold_table(claims: Sequence[Claim], shares: Sequence[Mapping[Relation, float]]) -> str:
    """What thresholds accept, over all claims."""
    supports: NDArray[np.float64] = np.array([share["supports"] for share in shares])
    right = np.array([claim.relation == "supports" for claim in claims])
    lines = ["from  precision  supported  unsupported (accepted)"]
    for threshold in _SHOWN_THRESHOLDS:
        accepted = supports >= threshold
        cells = [
            f"{part.mean():.2f}" if part.size else "-"
            for part in (right[accepted], accepted[right], accepted[~right])
        ]
        lines.append(f"{threshold:.2f}  {cells[0]:>9}  {cells[1]:>9}  {cells[2]:>11}")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m askive.eval.calibration.relation", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--rows", type=int, default=60, help="rows of each set (default 60)")
    parser.add_argument("--cases", type=Path, help="a file for the log-odds, to resume from")
    parser.add_argument("--write", action="store_true", help="store the models where the product reads them")
    options = parser.parse_args(arguments)
    try:
        rows, reader, generator_id = judge_as_configured(
            load_config(), options.folder, ["support"], options.rows, options.cases
        )
        claims = claims_of(rows, reader)
        stored = [
            _measured(claims, BY_READER, None, reader.digest),
            _measured(claims, BY_JUDGE, generator_id, None),
        ]
    except AskiveError as error:
        return script.report_error(error)
    if options.write:
        STORED.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
        sys.stdout.write(f"written: {STORED.name}\n")
    return 0


def _measured(
    claims: Sequence[Claim], features: Sequence[str], generator_id: str | None, reader_sha256: str | None
) -> dict[str, Any]:
    """A model as it is stored; prints the figures of the sets that were left out."""
    shares = leave_one_out(claims, features)
    sys.stdout.write(f"{', '.join(features)}\n")
    left_out = figures_by_set(claims, shares)
    for name, measured in left_out.items():
        sys.stdout.write(f"{name}: {json.dumps(measured)}\n")
    sys.stdout.write(threshold_table(claims, shares))
    threshold = threshold_of(claims, shares)
    model = fit(claims, features, generator_id, reader_sha256, threshold)
    sys.stdout.write(f"threshold: {threshold}\n")
    return {
        "generator_id": generator_id,
        "reader_sha256": reader_sha256,
        "features": list(features),
        "weights": dict(model.weights),
        "threshold": threshold,
        "provenance": {
            "date": datetime.date.today().isoformat(),
            "budget_of_unsupported_claims": _BUDGET,
            "left_out_sets": left_out,
        },
    }


if __name__ == "__main__":
    sys.exit(main())
