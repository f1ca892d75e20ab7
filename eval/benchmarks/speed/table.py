"""`make bench`: one table of the product and baselines, measured in one run on one machine.

`python -m askive.eval.benchmarks.speed.table [--only ROW,ROW] [--repeats N] [--model ID] [--out FOLDER]`
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from askive.eval.benchmarks.rows import Bench, Row, peak_mb, setting
from askive.eval.benchmarks.speed.cold_start import bench_start
from askive.eval.benchmarks.speed.engine import bench_decode, bench_overhead
from askive.eval.benchmarks.speed.first_token import bench_answers, growth_with_passages
from askive.eval.benchmarks.speed.indexing import bench_embedding, bench_reindex, growth_with_archive
from askive.eval.benchmarks.speed.mentions import bench_mentions
from askive.eval.benchmarks.speed.page.first_quotation import bench_chat
from askive.eval.benchmarks.speed.support_check import bench_check
from askive.eval.benchmarks.speed.txtai import bench_txtai
from askive.eval.benchmarks.speed.warm_start import bench_warm
from askive.eval.runs.record import code_state, provenance
from askive.models.errors import AskiveError, UsageError
from askive.models.files import write_atomically

FORMAT = 2
RESULTS = Path(__file__).parent.parent / "results"
_GROUPS: Mapping[str, Callable[[Bench], list[Row]]] = {
    "answers": bench_answers,
    "check": bench_check,
    "decode": bench_decode,
    "overhead": bench_overhead,
    "embedding": bench_embedding,
    "reindex": bench_reindex,
    "start": bench_start,
    "warm": bench_warm,
    "chat": bench_chat,
    "mentions": bench_mentions,
    "txtai": bench_txtai,
}
_GROWTHS: Mapping[str, Callable[[Bench], list[dict[str, float]]]] = {
    "passages": growth_with_passages,
    "archive": growth_with_archive,
}
_GROWS = {
    "passages": "plain prompt with whole passages",
    "archive": "vector search with the archive",
}
ROWS = (*_GROUPS, *_GROWTHS)


@dataclass(frozen=True, slots=True)
class Measured:
    """The result of one of ROWS. missing: why it could not be measured; None when it was. peak_mb: of its process."""

    rows: tuple[Row, ...]
    growth: tuple[dict[str, float], ...]
    missing: str | None
    peak_mb: float


def measure(name: str, bench: Bench) -> Measured:
    """Measure one of ROWS, in this process."""
    rows: list[Row] = []
    growth: list[dict[str, float]] = []
    missing = None
    try:
        if name in _GROUPS:
            rows = _GROUPS[name](bench)
        else:
            growth = _GROWTHS[name](bench)
    except AskiveError as error:
        missing = error.message
    return Measured(tuple(rows), tuple(growth), missing, peak_mb())


def _apart(name: str, bench: Bench) -> Measured:
    """`measure` in a new process, so that memory and caches of one row do not affect the next."""
    try:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            return pool.submit(measure, name, bench).result()
    except (BrokenProcessPool, OSError) as error:
        # Killed when out of memory, or the disk is full.
        return Measured((), (), f"its process ended: {error}", 0.0)


def run(bench: Bench, only: Sequence[str] = ROWS) -> Iterator[dict[str, Any]]:
    """Measure each of `only` in a new process; after each, yield the input of `record` and `markdown` so far.

    A row that cannot be measured is reported; the others run.
    """
    started, load, peak = time.perf_counter(), os.getloadavg()[0], 0.0
    # Before the first result is written to the repository.
    code = code_state()
    rows: list[Row] = []
    growth: dict[str, list[dict[str, float]]] = {}
    missing: dict[str, str] = {}
    for name in only:
        measured = _apart(name, bench)
        rows += measured.rows
        if measured.missing is not None:
            missing[name] = measured.missing
        elif name in _GROWTHS:
            growth[name] = list(measured.growth)
        peak = max(peak, measured.peak_mb)
        yield {
            "format": FORMAT,
            **provenance(code, bench.config),
            "repeats": bench.repeats,
            "load": [load, os.getloadavg()[0]],
            "elapsed_s": round(time.perf_counter() - started, 1),
            "peak_memory_mb": peak,
            "rows": [{**asdict(row), "ratio": round(row.ratio, 2), "reached": row.reached} for row in rows],
            "growth": dict(growth),
            "missing": dict(missing),
        }


def markdown(data: Mapping[str, Any]) -> str:
    """The table, in Markdown."""
    begun, ended = data["load"]
    lines = [
        "# Benchmark",
        "",
        f"{data['machine']['cpu']}, {data['machine']['n_cores']} cores; commit {data['code']['commit']}"
        f"{' with changes' if data['code']['dirty'] else ''}; {data['settings']['generator']}; medians of at least "
        f"{data['repeats']} unless stated; {data['elapsed_s']:.0f} s; load {begun:.1f} to {ended:.1f}.",
        "",
        "| what | against | baseline | ours | times better | to reach | | memory, at most |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r['what']} | {r['against']} | {_figure(r, 'baseline', data)} | {_figure(r, 'ours', data)} "
        f"| {r['ratio']:.2f} | {r['reach']:g} | {'yes' if r['reached'] else 'NO'} | {r['memory_mb']:,.0f} MB |"
        for r in data["rows"]
    ]
    lines += ["", *(_also(r) for r in data["rows"] if r["also"] or r["must"])]
    for name, points in data["growth"].items():
        lines += ["", f"Growth of the {_GROWS[name]}:", ""]
        lines += ["| " + " | ".join(points[0]) + " |", "|" + "---|" * len(points[0])] if points else []
        lines += ["| " + " | ".join(f"{value:,.6g}" for value in point.values()) + " |" for point in points]
    lines += ["", *(f"Not measured: {name}: {why}" for name, why in data["missing"].items())]
    return "\n".join(lines).rstrip() + "\n"


def _figure(row: Mapping[str, Any], side: str, data: Mapping[str, Any]) -> str:
    n = row[f"n_{side}"]
    is_limit = side == "baseline" and not n
    few = "" if is_limit or n >= data["repeats"] else f" (n={n})"
    return f"{row[side]:,.1f} {row['unit']}{few}"


def _also(row: Mapping[str, Any]) -> str:
    conditions = [f"{what}: {'yes' if holds else 'NO'}" for what, holds in row["must"].items()]
    return f"- {row['what']}: " + ", ".join(
        [*conditions, *(f"{k.replace('_', ' ')} {v}" for k, v in row["also"].items())]
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m askive.eval.benchmarks.speed.table", description=__doc__)
    parser.add_argument("--only", default=",".join(ROWS), help=f"some of {','.join(ROWS)}")
    parser.add_argument("--repeats", type=int, default=5, help="measurements per median (default 5)")
    parser.add_argument("--model", help="a catalog id; default: the configured generator")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the folder of bench.json and bench.md")
    options = parser.parse_args(arguments)
    only = options.only.split(",")
    if unknown := set(only) - set(ROWS):
        raise UsageError(f"no rows {', '.join(sorted(unknown))}", remedy=f"some of {','.join(ROWS)}")
    with setting(options.repeats, options.model) as bench:
        text = ""
        for data in run(bench, only):
            text = markdown(data)
            write_atomically(options.out / "bench.json", json.dumps(data, indent=1) + "\n")
            write_atomically(options.out / "bench.md", text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
