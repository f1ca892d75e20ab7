"""`make bench-meaning SETS=FOLDER`: how well judge and reader tell what a text says, on labelled sets.

`python -m askive.eval.benchmarks.trust.meaning FOLDER [--rows N] [--cases FILE] [--json]`. FOLDER is as for
`askive.eval.calibration.judged_rows`; the rows are not among those that the reader is trained on. What is fitted to
combine judge and reader is fitted without the set that is scored.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askive.eval import script
from askive.eval.calibration.judged_rows import KINDS, JudgedRow, judge_as_configured
from askive.eval.calibration.relation import Claim, claims_of, figures_by_set, leave_one_out
from askive.eval.calibration.scikit_learn import import_sklearn
from askive.models.errors import AskiveError
from askive.models.reader.cross_encoder import Reader
from askive.rag.config import load_config
from askive.rag.verification.support import BY_JUDGE, BY_READER

_TITLES: Mapping[str, str] = {
    "support": "Supports, contradicts, neither",
    "yesno": "Yes or no",
    "qa": "Answerable",
}
_POSITIVE: Mapping[str, str] = {"yesno": "yes", "qa": "answerable"}

Scores = NDArray[np.float64]


def support_figures(claims: Sequence[Claim]) -> dict[str, dict[str, Any]]:
    """By set: figures of the relation models of reader, judge and both, each fitted without the set."""
    both = tuple(dict.fromkeys((*BY_JUDGE, *BY_READER)))
    models = {"judge": BY_JUDGE, "reader": BY_READER, "both": both}
    by_model = {
        name: figures_by_set(claims, leave_one_out(claims, features)) for name, features in models.items()
    }
    return {
        set_name: {name: by_set[set_name] for name, by_set in by_model.items()}
        for set_name in by_model["both"]
    }


def binary_figures(rows: Sequence[JudgedRow], reader: Reader) -> dict[str, dict[str, Any]]:
    """By set: AUC and balanced accuracy of the judge; for `qa` also of the reader, and of both.

    The rows are of one kind, `yesno` or `qa`. AUC of judge and reader is that of their own scores; the rest is by
    models fitted without the set.
    """
    positive = np.array([row.label == _POSITIVE[row.kind] for row in rows])
    names = np.array([row.set_name for row in rows])
    scores = {"judge": np.array([[row.odds] for row in rows])}
    if rows[0].kind == "qa":
        scores["reader"] = np.array([[float(reader.score(row.first, [row.text])[0])] for row in rows])
        scores["both"] = np.concatenate([scores["judge"], scores["reader"]], axis=1)
    odds = {name: _crossed(values, positive, names) for name, values in scores.items()}
    ranked = {name: odds[name] if name == "both" else values[:, 0] for name, values in scores.items()}
    found: dict[str, dict[str, Any]] = {}
    for set_name in dict.fromkeys(names.tolist()):
        own = names == set_name
        found[set_name] = {
            name: _binary(ranked[name][own], odds[name][own], positive[own]) for name in scores
        }
    return found


def _crossed(values: Scores, positive: NDArray[np.bool_], names: NDArray[np.str_]) -> Scores:
    """The log-odds of each row by a logistic model of the other sets, in which both classes weigh the same."""
    odds = np.zeros(len(values))
    for name in set(names.tolist()):
        own = names == name
        model = import_sklearn("linear_model").LogisticRegression(class_weight="balanced", max_iter=1000)
        model.fit(values[~own], positive[~own])
        odds[own] = model.decision_function(values[own])
    return odds


def _binary(scores: Scores, odds: Scores, positive: NDArray[np.bool_]) -> dict[str, Any]:
    """AUC of the scores, balanced accuracy of the odds; None where the rows have one class."""
    if positive.all() or not positive.any():
        return {"rows": len(odds), "auc": None, "balanced_accuracy": None}
    auc = import_sklearn("metrics").roc_auc_score(positive, scores)
    recalls = (np.mean(odds[positive] > 0), np.mean(odds[~positive] <= 0))
    return {
        "rows": len(odds),
        "auc": round(float(auc), 3),
        "balanced_accuracy": round(float(np.mean(recalls)), 3),
    }


def markdown(record: Mapping[str, Mapping[str, Any]]) -> str:
    """One table for each kind."""
    lines: list[str] = []
    for kind, by_set in record.items():
        judges = list(next(iter(by_set.values())))
        heads = [f"{judge}: {what}" for judge in judges for what in ("AUC", "balanced")]
        lines += [
            f"## {_TITLES[kind]}",
            "",
            f"| set | rows | {' | '.join(heads)} |",
            "|---|---:|" + "---:|" * len(heads),
        ]
        for name, found in by_set.items():
            cells = [
                "–" if found[judge][key] is None else f"{found[judge][key]:.2f}"
                for judge in judges
                for key in ("auc", "balanced_accuracy")
            ]
            lines.append(f"| {name} | {found[judges[0]]['rows']} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m askive.eval.benchmarks.trust.meaning", description=__doc__
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--rows", type=int, default=60, help="rows of each set (default 60)")
    parser.add_argument("--cases", type=Path, help="a file for the log-odds, to resume from")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args(arguments)
    try:
        rows, reader, _ = judge_as_configured(
            load_config(), options.folder, KINDS, options.rows, options.cases
        )
    except AskiveError as error:
        return script.report_error(error)
    record = {
        kind: support_figures(claims_of(own, reader)) if kind == "support" else binary_figures(own, reader)
        for kind in KINDS
        if (own := [row for row in rows if row.kind == kind])
    }
    sys.stdout.write(json.dumps(record, indent=1) + "\n" if options.json else markdown(record))
    return 0


if __name__ == "__main__":
    sys.exit(main())
