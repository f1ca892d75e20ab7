"""Run a suite: every question through a pipeline, resumable, with one line per question."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from askive.eval.datasets.suite import Sample, Suite
from askive.eval.metrics.bootstrap import Estimate
from askive.eval.metrics.figures import as_json, estimate_all
from askive.eval.metrics.scores import score_row
from askive.eval.runs.judge import Judge
from askive.eval.runs.pipelines import Builder, Pipeline, builder_of
from askive.eval.runs.record import (
    FORMAT,
    code_state,
    config_values,
    fingerprint,
    machine,
    model_facts,
    peak_memory_bytes,
    suite_facts,
    versions,
)
from askive.eval.runs.rows import run_question
from askive.eval.runs.run_dir import RunDir
from askive.eval.runs.suite_index import open_index
from askive.models.protocols import Embedder, Generator
from askive.rag.config import Config
from askive.rag.errors import ArchiveError, UsageError
from askive.rag.store.archive import Archive

Progress = Callable[[str, int, int], None]
"""Called with the step (`indexing` or `asking`), the number of finished items, and the total."""

_FAULTS_IN_A_ROW = 5


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of a run.

    limit: maximum number of questions, a fixed selection that is spread over the types.
    types: only questions of these types; empty for all.
    only_retrieval: do not generate answers.
    out: the run's folder; None: a new one under the home, or that of an unfinished run with the same settings.
    seed: of the bootstrap.
    """

    pipeline: str = "default"
    limit: int | None = None
    types: tuple[str, ...] = ()
    only_retrieval: bool = False
    out: Path | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Models:
    """Loaded models. generator: None for runs with retrieval only."""

    embedder: Embedder
    generator: Generator | None = None
    judge: Judge | None = None


class Askers(Protocol):
    """Other machines that ask the questions of a suite."""

    def rows(self, suite: Suite, samples: Sequence[Sample], options: RunOptions) -> Iterator[dict[str, Any]]:
        """The row of each question, in their order."""
        ...


@dataclass(frozen=True, slots=True)
class RunResult:
    """The result of a run, complete or not.

    stopped: it was interrupted; the same command resumes it.
    n_resumed: questions that an earlier process asked.
    """

    suite: str
    run_dir: Path
    record: dict[str, Any]
    rows: tuple[dict[str, Any], ...]
    estimates: dict[str, Estimate]
    stopped: bool
    n_resumed: int

    def as_dict(self) -> dict[str, Any]:
        """`{"suite", "n", "run_dir", "metrics": {NAME: {"value", "low", "high", "n"}}}` and more."""
        return {
            "suite": self.suite,
            "n": len(self.rows),
            "run_dir": str(self.run_dir),
            "pipeline": self.record["pipeline"],
            "stopped": self.stopped,
            "metrics": as_json(self.estimates),
            "index": self.record["index"],
            "peak_memory_bytes": self.record["peak_memory_bytes"],
            "left_out": self.record["suite"]["left_out"],
            "judge": self.record["judge"],
        }


def run_suite(
    suite: Suite,
    models: Models,
    config: Config,
    options: RunOptions,
    *,
    builder: Builder | None = None,
    progress: Progress | None = None,
    askers: Askers | None = None,
) -> RunResult:
    """Ask the remaining questions. After an interrupt (Ctrl-C) it returns the rows so far.

    builder: a custom pipeline, recorded as `options.pipeline`. askers: other machines that ask, instead of this one.
    Raises UsageError when `options.out` has another run or a type is unknown; ArchiveError when many questions fail in
    a row.
    """
    builder = builder or builder_of(options.pipeline)
    samples = select(suite.samples, options.limit, options.types)
    record = _new_record(suite, models, config, options, samples)
    run_dir, record = _open_run_dir(record, config.home, options)
    run_dir.drop_torn_line()
    done = {row["sample_id"] for row in run_dir.rows() if row["error"] is None}
    waiting = [sample for sample in samples if sample.sample_id not in done]
    stopped = False
    if waiting:
        try:
            on_indexing = (lambda n, total, _uri: progress("indexing", n, total)) if progress else None
            archive, facts = open_index(suite, models.embedder, config.passages, config.home, on_indexing)
            with archive:
                record["index"] = asdict(facts)
                run_dir.write_record(record)
                asked: Iterator[dict[str, Any]]
                if askers is None:
                    pipeline = builder(archive, None if options.only_retrieval else models.generator, config)
                    asked = (
                        ask_question(pipeline, archive, sample, models.judge, options) for sample in waiting
                    )
                else:
                    asked = askers.rows(suite, waiting, options)
                faults = 0
                for row in asked:
                    run_dir.append(row)
                    done.add(row["sample_id"])
                    faults = faults + 1 if row["error"] else 0
                    _stop_when_all_fail(faults, row, run_dir)
                    if progress:
                        progress("asking", len(done), len(samples))
        except KeyboardInterrupt:
            stopped = True
    return _finish(suite, run_dir, record, samples, options.seed, stopped, len(samples) - len(waiting))


def ask_question(
    pipeline: Pipeline, archive: Archive, sample: Sample, judge: Judge | None, options: RunOptions
) -> dict[str, Any]:
    """The row of a question, judged if there is a judge."""
    row = run_question(pipeline, archive, sample, only_retrieval=options.only_retrieval)
    if judge is not None:
        row["judge"] = judge.judge_row(row, archive)
        row["scores"] = score_row(row)
    return row


def select(samples: Sequence[Sample], limit: int | None, types: Sequence[str] = ()) -> list[Sample]:
    """The questions in the order of asking: types are spread evenly, and sorted by hash of the id within a type.

    A smaller limit selects a prefix of a larger one. Raises UsageError on an unknown type or a
    limit below 1.
    """
    known = sorted({sample.type for sample in samples})
    if unknown := sorted(set(types) - set(known)):
        raise UsageError(f"no questions of type {unknown[0]!r}", remedy=f"this suite has {', '.join(known)}")
    if limit is not None and limit < 1:
        raise UsageError(f"--limit {limit}: at least one question is needed", remedy="use --limit 1 or more")
    placed: list[tuple[float, str, Sample]] = []
    for kind in known:
        hashed = sorted(
            (
                (hashlib.sha256(sample.sample_id.encode()).hexdigest(), sample)
                for sample in samples
                if sample.type == kind and (not types or kind in types)
            ),
            key=lambda pair: pair[0],
        )
        placed += [((at + 0.5) / len(hashed), digest, sample) for at, (digest, sample) in enumerate(hashed)]
    placed.sort(key=lambda item: item[:2])
    return [sample for _, _, sample in placed[:limit]]


def _new_record(
    suite: Suite, models: Models, config: Config, options: RunOptions, samples: Sequence[Sample]
) -> dict[str, Any]:
    ids = [sample.sample_id for sample in samples]
    judge = models.judge.as_dict() if models.judge else None
    what = {
        "suite_digest": suite.digest,
        "pipeline": options.pipeline,
        "config": config_values(config),
        "embedder": model_facts(models.embedder),
        "generator": None if options.only_retrieval else model_facts(models.generator),
        "judge": judge["model"] if judge else None,
        "only_retrieval": options.only_retrieval,
        "samples_sha256": hashlib.sha256("\n".join(ids).encode()).hexdigest(),
    }
    return {
        "format": FORMAT,
        "fingerprint": fingerprint(what),
        "state": "running",
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "finished": None,
        "suite": suite_facts(suite),
        **what,
        "judge": judge,
        "n_selected": len(samples),
        "limit": options.limit,
        "types": list(options.types),
        "seed": options.seed,
        "code": asdict(code_state()),
        "resumed": [],
        "versions": versions(),
        "machine": machine(),
        "index": None,
        "peak_memory_bytes": None,
        "metrics": None,
    }


def _open_run_dir(record: dict[str, Any], home: Path, options: RunOptions) -> tuple[RunDir, dict[str, Any]]:
    """The folder of the run, and its record: that of the resumed run, if there is one."""
    runs = home / "eval" / "runs"
    if options.out is not None:
        candidates = [options.out] if (options.out / "record.json").is_file() else []
    else:
        candidates = sorted(path.parent for path in runs.glob("*/record.json"))
    for path in reversed(candidates):
        existing = RunDir(path).record()
        same = existing["fingerprint"] == record["fingerprint"]
        if options.out is not None and not same:
            raise UsageError(
                f"{path} holds another run ({existing['suite']['name']}, {existing['pipeline']}) or other settings",
                remedy="choose another --out",
            )
        # Without --out, only a run of exactly the same code is resumed.
        if same and (
            options.out is not None
            or (existing["state"] != "complete" and existing["code"] == record["code"])
        ):
            again = {"started": record["started"], "code": record["code"]}
            return RunDir(path), {**existing, "state": "running", "resumed": [*existing["resumed"], again]}
    if options.out is not None:
        if options.out.is_dir() and any(options.out.iterdir()):
            raise UsageError(f"{options.out} is not empty and holds no run", remedy="choose another --out")
        path = options.out
    else:
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")[:-3]
        path = runs / f"{record['suite']['name']}-{record['pipeline']}-{stamp}".replace(":", "-")
    run_dir = RunDir(path)
    run_dir.write_record(record)
    return run_dir, record


def _stop_when_all_fail(faults: int, row: dict[str, Any], run_dir: RunDir) -> None:
    if faults >= _FAULTS_IN_A_ROW:
        error = row["error"]
        raise ArchiveError(
            f"{faults} questions failed one after the other, the last with {error['kind']}: {error['message']}",
            remedy=error.get("remedy") or f"see {run_dir.path / 'rows.jsonl'}",
        )


def _finish(
    suite: Suite,
    run_dir: RunDir,
    record: dict[str, Any],
    samples: Sequence[Sample],
    seed: int,
    stopped: bool,
    n_resumed: int,
) -> RunResult:
    selected = {sample.sample_id for sample in samples}
    rows = tuple(row for row in run_dir.rows() if row["sample_id"] in selected)
    estimates = estimate_all(rows, seed)
    record["state"] = "stopped" if stopped else "complete"
    record["finished"] = datetime.now(UTC).isoformat(timespec="seconds")
    record["peak_memory_bytes"] = max(record["peak_memory_bytes"] or 0, peak_memory_bytes())
    record["evidence_missing"] = sum(row["gold"]["evidence_missing"] for row in rows)
    record["metrics"] = as_json(estimates)
    run_dir.write_record(record)
    return RunResult(suite.name, run_dir.path, record, rows, estimates, stopped, n_resumed)
