"""Targets of retrieval, with references and results:
`python -m askive.eval.benchmarks.retrieval.targets ROWS`.

ROWS: the output of `askive eval ablate --json`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from askive.eval.runs.ablation import LAST_TURN_ONLY, Ablated

BENCH = Path(__file__).parent.parent / "results" / "retrieval.json"


@dataclass(frozen=True, slots=True)
class Target:
    """A target. suite: prefix of its name. aim: the minimum; reference: for comparison."""

    suite: str
    figure: str
    reference: str
    aim: float


TARGETS = (
    Target("scifact_dev", "nDCG@10", "BM25 .665, ColBERTv2 .693, SPLADE .699", 0.72),
    Target("multihop_rag_500_facts", "R@10", "BM25 .86", 0.93),
    Target("clapnq_dev", "nDCG@10", "BM25 .926", 0.96),
    Target("seeds", "R@5", "", 0.98),
)
CONVERSATIONS = "mtrag_un"
FEWER_MISSES = 0.2
"""Share of the misses with only the last turn that the history must avoid, in conversations."""
TIMES_FASTER, RECALL, RESIDENT_MB = 10.0, 0.95, 700.0


@dataclass(frozen=True, slots=True)
class Reached:
    """A line of the table, as text; met is None when it was not measured completely."""

    suite: str
    figure: str
    reference: str
    aim: str
    reached: str
    met: bool | None


def reached_targets(results: Sequence[Ablated], bench: Path = BENCH) -> list[Reached]:
    """The targets whose suites were measured, and that of a million passages from the recorded benchmark."""
    lines = []
    for target in TARGETS:
        for row in results:
            value = row.figures[target.figure].value
            if row.variation == "default" and row.suite.startswith(target.suite) and value is not None:
                aim = f"at least {target.aim:.2f}"
                name = f"{row.suite} ({row.n_questions})"
                lines.append(
                    Reached(name, target.figure, target.reference, aim, f"{value:.3f}", value >= target.aim)
                )
    lines += _conversations(results)
    return lines + _at_a_million(bench)


def _conversations(results: Sequence[Ablated]) -> list[Reached]:
    lines = []
    for row in results:
        alone = next((r for r in results if r.suite == row.suite and r.variation == LAST_TURN_ONLY), None)
        value = row.figures["R@5"].value
        before = alone.figures["R@5"].value if alone else None
        conversations = row.suite.startswith(CONVERSATIONS)
        if not conversations or row.variation != "default" or value is None or before is None:
            continue
        aim = 1 - (1 - FEWER_MISSES) * (1 - before)
        name = f"{row.suite}, follow-ups ({row.n_questions})"
        reference = f"last turn alone {before:.3f}"
        lines.append(Reached(name, "R@5", reference, f"at least {aim:.3f}", f"{value:.3f}", value >= aim))
    return lines


def _at_a_million(bench: Path) -> list[Reached]:
    """From the file of `python -m askive.eval.benchmarks.retrieval.scale`; empty when it does not exist."""
    if not bench.is_file():
        return []
    recorded = json.loads(bench.read_text(encoding="utf-8"))
    last = recorded["dense"][-1]
    faster, recall, resident = recorded["times_faster"][-1], last["recall"], last["resident"]["rss_mb"]
    exact_ms = min(last[scan]["p95_ms"] for scan in ("flat", "blas"))
    return [
        Reached(
            f"{last['n']:,} x 384 synthetic passages",
            "p95 of one search",
            f"the faster of two exact scans {exact_ms:.0f} ms",
            f"{TIMES_FASTER:.0f}x faster, recall@10 {RECALL}, {RESIDENT_MB:.0f} MB",
            f"{last['ours']['p95_ms']:.0f} ms: {faster:.1f}x, {recall:.3f}, {resident:.0f} MB",
            faster >= TIMES_FASTER and recall >= RECALL and resident <= RESIDENT_MB,
        )
    ]


def targets_text(aims: Sequence[Reached]) -> str:
    """The table of targets, in Markdown."""
    words = {True: "met", False: "missed", None: ""}
    lines = ["| suite | figure | reference | aim | reached | |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {a.suite} | {a.figure} | {a.reference} | {a.aim} | {a.reached} | {words[a.met]} |" for a in aims
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m askive.eval.benchmarks.retrieval.targets", description=__doc__
    )
    parser.add_argument("rows", type=Path, metavar="ROWS", help="the lines of `askive eval ablate --json`")
    path = parser.parse_args(arguments).rows
    lines = path.read_text(encoding="utf-8").splitlines()
    sys.stdout.write(targets_text(reached_targets([Ablated.from_dict(json.loads(line)) for line in lines])))


if __name__ == "__main__":
    main()
