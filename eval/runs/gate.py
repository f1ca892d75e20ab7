"""The gate: figures on the seeds suite compared with a recorded baseline, question by question."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askive.eval.metrics.bootstrap import Estimate
from askive.eval.metrics.figures import BY_NAME, FIGURES, estimate
from askive.eval.runs.compare import differences
from askive.eval.runs.run import RunResult
from askive.models.files import write_atomically
from askive.rag.errors import UsageError

GATE_SUITE = "seeds:dev"
BASELINE = Path(__file__).parent.parent / "baselines" / "seeds.json"
_STRICT = frozenset({"quotes_exact", "errors"})
_KEPT = ("sample_id", "type", "answer", "error", "confidence")


@dataclass(frozen=True, slots=True)
class GatedFigure:
    """A figure of the run and of the baseline, over the same questions.

    baseline: with its interval over these questions.
    difference: run minus baseline, paired.
    failed: worse than the baseline's interval, and the paired interval excludes 0.
    """

    name: str
    baseline: Estimate
    now: float
    difference: Estimate
    failed: bool

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "name": self.name,
            "baseline": self.baseline.as_dict(),
            "now": round(self.now, 6),
            "difference": self.difference.as_dict(),
            "failed": self.failed,
        }


@dataclass(frozen=True, slots=True)
class GateResult:
    """passed: no figure failed. missing: gated figures of the baseline without a score in this run."""

    suite: str
    n: int
    run_dir: str
    figures: tuple[GatedFigure, ...]
    missing: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether no figure failed and none is missing."""
        return not self.missing and not any(figure.failed for figure in self.figures)

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "passed": self.passed,
            "suite": self.suite,
            "n": self.n,
            "run_dir": self.run_dir,
            "failed": [figure.name for figure in self.figures if figure.failed],
            "missing": list(self.missing),
            "figures": [figure.as_dict() for figure in self.figures],
        }


def record_baseline(result: RunResult, path: Path = BASELINE) -> None:
    """Store a run's figures and scores as the baseline of later runs.

    Raises UsageError when the run was interrupted, or the file cannot be written.
    """
    if result.stopped:
        raise UsageError("a run that was stopped cannot be a baseline", remedy="let the run finish")
    record = result.record
    gated = [figure.name for figure in FIGURES if figure.gated]
    baseline = {
        "suite": result.suite,
        "suite_digest": record["suite_digest"],
        "pipeline": record["pipeline"],
        "only_retrieval": record["only_retrieval"],
        "embedder": record["embedder"],
        "generator": record["generator"],
        "recorded": record["finished"],
        "code": record["code"],
        "metrics": {name: result.estimates[name].as_dict() for name in gated},
        "rows": [_slim(row, gated) for row in result.rows],
    }
    try:
        # One row per line, so that a diff of a new baseline is readable.
        rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in baseline.pop("rows"))
        head = json.dumps(baseline, indent=1, ensure_ascii=False)[:-2]
        write_atomically(path, f'{head},\n "rows": [\n  {rows}\n ]\n}}\n')
    except OSError as error:
        raise UsageError(
            f"cannot write {path}: {error.strerror}", remedy="name another with --baseline"
        ) from error


def read_baseline(path: Path = BASELINE) -> dict[str, Any]:
    """The baseline. Raises UsageError when none was recorded or the file is damaged."""
    try:
        baseline = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(
            f"no baseline at {path}", remedy="record one: `askive eval gate --record`"
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path} is not a baseline: {error}", remedy="record one: `askive eval gate --record`"
        ) from error
    if not isinstance(baseline, dict) or "rows" not in baseline:
        raise UsageError(f"{path} is not a baseline", remedy="record one: `askive eval gate --record`")
    return baseline


def check_gate(result: RunResult, baseline: dict[str, Any]) -> GateResult:
    """Compare the run with the baseline, over the questions that are in both.

    A figure fails when it is worse than the baseline's interval over these questions and the paired interval of the
    difference excludes 0. Because of the second condition, one question cannot fail a baseline without variance (all
    1.00). Exact quotes and errors fail at once.
    Raises UsageError when the baseline is of another suite, pipeline or kind of run.
    """
    record = result.record
    for key in ("suite_digest", "pipeline", "only_retrieval"):
        if baseline[key] != record[key]:
            raise UsageError(
                f"the baseline is of another {key.replace('_', ' ')} ({str(baseline[key])[:12]}, "
                f"now {str(record[key])[:12]})",
                remedy="record a new one: `askive eval gate --record`",
            )
    before = {row["sample_id"]: row for row in baseline["rows"]}
    paired = [(before[row["sample_id"]], row) for row in result.rows if row["sample_id"] in before]
    if not paired:
        raise UsageError(
            "the baseline has none of these questions", remedy="record one: `askive eval gate --record`"
        )
    seed = record["seed"]
    shown = {difference.name: difference for difference in differences(paired, seed=seed)}
    figures: list[GatedFigure] = []
    missing: list[str] = []
    for figure in FIGURES:
        if not figure.gated:
            continue
        then = estimate(figure, [a for a, _ in paired], seed)
        difference = shown.get(figure.name)
        if then.value is None:
            continue
        if difference is None:
            # A precision without a denominator is not a loss: nothing was refused, and recall shows that.
            if estimate(figure, [b for _, b in paired], seed).value is None and not _depends_on_run(
                figure.name
            ):
                missing.append(figure.name)
            continue
        failed = _fell(figure.name, then, difference.b, difference.difference)
        figures.append(GatedFigure(figure.name, then, difference.b, difference.difference, failed))
    return GateResult(result.suite, len(paired), str(result.run_dir), tuple(figures), tuple(missing))


def _fell(name: str, then: Estimate, now: float, difference: Estimate) -> bool:
    assert then.value is not None and then.low is not None and then.high is not None
    assert difference.low is not None and difference.high is not None
    if BY_NAME[name].lower_is_better:
        return now > then.value + 1e-9 if name in _STRICT else now > then.high and difference.low > 0
    return now < then.value - 1e-9 if name in _STRICT else now < then.low and difference.high < 0


def _depends_on_run(name: str) -> bool:
    return BY_NAME[name].group in {"refusal", "citations", "evidence"} or name.endswith("_answered")


def _slim(row: dict[str, Any], gated: Sequence[str]) -> dict[str, Any]:
    """The parts of a row that a comparison needs: no texts, so that the file is small and has no text of the corpus."""
    slim = {key: row[key] for key in _KEPT}
    slim["answer"] = None if row["answer"] is None else {"refused": row["answer"]["refused"]}
    slim["error"] = None if row["error"] is None else {"stage": row["error"]["stage"]}
    slim["gold"] = {"unanswerable": row["gold"]["unanswerable"]}
    slim["scores"] = {
        name: score and [round(part, 6) for part in score]
        for name, score in row["scores"].items()
        if name in gated and score is not None
    }
    return slim
