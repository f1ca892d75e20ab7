"""Accuracy of a verifier that classifies claims as supported, contradicted or undecided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from askive.eval.datasets.paraphrases import Pair
from askive.eval.metrics.bootstrap import Estimate, bootstrap
from askive.rag.calibration.relation import RELATIONS, Relation

VALUE_KINDS = frozenset({"number", "money", "percentage", "unit", "date", "table"})
"""Kinds whose contradicting claim has another value than the source."""


@dataclass(frozen=True, slots=True)
class RelationFigures:
    """Figures of a verifier on a set of pairs; resampled by source, with all its claims.

    accuracy: share of pairs judged correctly.
    balanced_accuracy: mean of the recalls; equals `accuracy` if every source has one claim of each relation.
    recall: by relation.
    false_support: share of the unsupported claims that are judged as supported (lower is better).
    confusion: counts, `confusion[expected][judged]`.
    value_errors, n_values: claims with a wrong value that are judged as supported, and all claims with a wrong value.
    """

    accuracy: Estimate
    balanced_accuracy: float
    recall: Mapping[Relation, Estimate]
    false_support: Estimate
    confusion: Mapping[Relation, Mapping[Relation, int]]
    value_errors: int
    n_values: int

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "accuracy": self.accuracy.as_dict(),
            "balanced_accuracy": round(self.balanced_accuracy, 6),
            "recall": {relation: estimate.as_dict() for relation, estimate in self.recall.items()},
            "false_support": self.false_support.as_dict(),
            "confusion": {relation: dict(row) for relation, row in self.confusion.items()},
            "value_errors": self.value_errors,
            "n_values": self.n_values,
        }


def relation_figures(pairs: Sequence[Pair], judged: Sequence[Relation]) -> RelationFigures:
    """The figures; `judged` has the order of `pairs`. Raises ValueError when the lengths differ."""
    rows = list(zip(pairs, judged, strict=True))
    confusion = {
        expected: dict.fromkeys(RELATIONS, 0) | Counter(j for p, j in rows if p.relation == expected)
        for expected in RELATIONS
    }
    recall = {
        relation: _share([row for row in rows if row[0].relation == relation], _is_right)
        for relation in RELATIONS
    }
    present = [estimate.value for estimate in recall.values() if estimate.value is not None]
    wrong_values = [j for p, j in rows if p.kind in VALUE_KINDS and p.relation == "contradicts"]
    return RelationFigures(
        accuracy=_share(rows, _is_right),
        balanced_accuracy=sum(present) / max(len(present), 1),
        recall=recall,
        false_support=_share(
            [row for row in rows if row[0].relation != "supports"], lambda _, verdict: verdict == "supports"
        ),
        confusion=confusion,
        value_errors=wrong_values.count("supports"),
        n_values=len(wrong_values),
    )


def accuracy_by_kind(pairs: Sequence[Pair], judged: Sequence[Relation]) -> dict[str, tuple[int, int]]:
    """`{kind: (correct, pairs)}`, in alphabetical order."""
    counts: dict[str, tuple[int, int]] = {}
    for pair, verdict in zip(pairs, judged, strict=True):
        right, n = counts.get(pair.kind, (0, 0))
        counts[pair.kind] = right + (pair.relation == verdict), n + 1
    return dict(sorted(counts.items()))


def _is_right(pair: Pair, verdict: Relation) -> bool:
    return pair.relation == verdict


def _share(rows: Sequence[tuple[Pair, Relation]], holds: Callable[[Pair, Relation], bool]) -> Estimate:
    """The share of rows for which `holds` is true: the mean over sources of each source's share."""
    by_source: dict[str, list[bool]] = {}
    for pair, verdict in rows:
        by_source.setdefault(pair.source_id, []).append(holds(pair, verdict))
    return bootstrap([sum(flags) / len(flags) for flags in by_source.values()])
