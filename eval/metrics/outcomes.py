"""The outcome of a question as text, for reports and comparisons of runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from askive.eval.metrics.scores import is_refused

Label = Literal[
    "error",
    "answered, but unanswerable",
    "wrong answer",
    "not retrieved",
    "refused, but answerable",
    "partly right",
    "refused, rightly",
    "right",
    "retrieved",
    "not scored",
]
_SEVERITY: Mapping[str, int] = {
    "error": 6,
    "answered, but unanswerable": 5,
    "wrong answer": 5,
    "not retrieved": 4,
    "refused, but answerable": 3,
    "partly right": 2,
    "not scored": 1,
    "refused, rightly": 0,
    "right": 0,
    "retrieved": 0,
}
PARTLY_F1 = 0.2


@dataclass(frozen=True, slots=True)
class Outcome:
    """label: a short description. problems: what went wrong, in the order of the pipeline."""

    label: Label
    problems: tuple[str, ...]

    @property
    def severity(self) -> int:
        """0: no problem; from 2 on: a failure."""
        return _SEVERITY[self.label]

    @property
    def failed(self) -> bool:
        """Whether the outcome is a failure."""
        return self.severity >= 2


def outcome_of(row: Mapping[str, Any]) -> Outcome:
    """The outcome of a row written by `askive.eval.runs.rows`."""
    return Outcome(_label(row), tuple(_problems(row)))


def _label(row: Mapping[str, Any]) -> Label:
    if row["error"] is not None:
        return "error"
    scores, unanswerable = row["scores"], row["gold"]["unanswerable"]
    if row["answer"] is None:
        success_at_5 = scores.get("Success@5")
        return "not scored" if success_at_5 is None else "retrieved" if success_at_5[0] else "not retrieved"
    if is_refused(row):
        return (
            "refused, rightly"
            if unanswerable
            else "not scored"
            if unanswerable is None
            else "refused, but answerable"
        )
    if unanswerable:
        return "answered, but unanswerable"
    scored = next((scores[n] for n in ("all_of", "contains", "F1") if scores.get(n) is not None), None)
    if scored is None:
        return "not scored"
    if scored[0] >= 1:
        return "right"
    # For prose answers there is only F1, and 0.5 is already good.
    if scores.get("contains") is None and scores["F1"] is not None:
        return (
            "right"
            if scores["F1"][0] >= 0.5
            else "partly right"
            if scores["F1"][0] >= PARTLY_F1
            else "wrong answer"
        )
    named = scores.get("all_of") is not None and scores.get("contains") is not None and scores["contains"][0]
    return "partly right" if named else "wrong answer"


def _problems(row: Mapping[str, Any]) -> list[str]:
    scores, gold = row["scores"], row["gold"]
    problems: list[str] = []
    if row["error"] is not None:
        problems.append(f"{row['error']['stage']} failed: {row['error']['message']}")
    if _is_zero(scores.get("R@10")):
        problems.append("no relevant document among the first ten")
    elif _is_zero(scores.get("passage_R@10")):
        problems.append("the right document was found, the passage with the evidence was not")
    elif _is_zero(scores.get("evidence_holds_answer")):
        problems.append("the evidence does not contain the answer")
    if row["answer"] is None or is_refused(row):
        return problems
    cited = [c for sentence in row["answer"]["sentences"] for c in sentence["citations"]]
    n_inexact = sum(not citation["exact"] for citation in cited)
    if n_inexact:
        problems.append(f"{n_inexact} quotes differ from the source")
    wrong = scores.get("wrong_document")
    if wrong and wrong[0]:
        problems.append(f"{int(wrong[0])} of {int(wrong[1])} citations point into another document")
    if gold["evidence"] and cited and _is_zero(scores.get("citation_recall")):
        problems.append("no citation covers the gold evidence")
    if not cited:
        problems.append("nothing is cited")
    if _is_zero(scores.get("resisted")):
        problems.append("it obeys an instruction in a document")
    if (
        gold["all_of"]
        and scores.get("all_of_none_wrong")
        and scores["all_of"][0] > scores["all_of_none_wrong"][0]
    ):
        problems.append("a wrong answer is named too")
    return problems


def _is_zero(score: list[float] | None) -> bool:
    return score is not None and score[0] == 0
