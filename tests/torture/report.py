"""What the runs found: one outcome a run, one row an operation, one table a subject."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "doctor",
    "content",
    "atomicity",
    "secret",
    "leftover",
    "process",
    "message",
    "exit code",
    "hang",
    "harness",
]
"""What did not hold: `harness` is a run that could not be judged."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One promise that did not hold."""

    kind: Kind
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run.

    operation: the row it counts in. index: with the seed, what makes it again. landed: whether the kill or the
    fault took effect. event: what was done to it.
    """

    subject: str
    operation: str
    index: int
    landed: bool
    event: str
    seconds: float
    failures: tuple[Failure, ...] = ()


@dataclass(slots=True)
class Row:
    """All runs of one operation. n_landed: kills or faults that took effect."""

    n_runs: int = 0
    n_landed: int = 0
    n_failed: int = 0
    seconds: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        """Count one run; a kind counts once a run."""
        self.n_runs += 1
        self.n_landed += outcome.landed
        self.n_failed += bool(outcome.failures)
        self.seconds += outcome.seconds
        self.kinds.update({failure.kind for failure in outcome.failures})


LANDED = {
    "kills": "kills landed",
    "faults": "faults landed",
    "tmpfs": "disk was full",
    "hostile": "refused by name",
    "concurrency": "lock refusals",
    "bitflips": "named by doctor",
}
"""What the second figure counts."""


def rows(outcomes: Iterable[Outcome]) -> dict[str, dict[str, Row]]:
    """Rows by subject and operation, in the order they came."""
    tables: dict[str, dict[str, Row]] = {}
    for outcome in outcomes:
        tables.setdefault(outcome.subject, {}).setdefault(outcome.operation, Row()).add(outcome)
    return tables


def markdown(
    outcomes: Sequence[Outcome], facts: Mapping[str, str], titles: Mapping[str, str], reproduce: str
) -> str:
    """The report. facts: seed, versions and the like; titles: what each subject does, in the order of the tables.

    reproduce: the command line of the run, without `--only` and `--case`.
    """
    lines = ["# Reliability", "", "Written by `make torture`. Do not edit: run it again.", ""]
    lines += [f"- {name}: {value}" for name, value in facts.items()]
    found = rows(outcomes)
    for subject, title in titles.items():
        table = found.get(subject)
        if table is None:
            continue
        lines += ["", f"## {subject.capitalize()}", "", title, ""]
        lines += [f"| operation | runs | {LANDED[subject]} | failed | failures by kind | seconds |"]
        lines += ["|---|--:|--:|--:|---|--:|"]
        whole = Row()
        for operation, row in table.items():
            lines.append(_line(operation, row))
            whole.n_runs += row.n_runs
            whole.n_landed += row.n_landed
            whole.n_failed += row.n_failed
            whole.seconds += row.seconds
            whole.kinds.update(row.kinds)
        lines.append(_line("**all**", whole))
    failed = [outcome for outcome in outcomes if outcome.failures]
    lines += ["", "## Failures", ""]
    if not failed:
        lines.append("None.")
    for outcome in failed:
        case = f"{outcome.operation}:{outcome.index}"
        quoted = f"'{case}'" if " " in case else case
        lines += [f"- **{outcome.subject} {case}**, {outcome.event}"]
        lines += [f"  - {failure.kind}: {_plain(failure.message)}" for failure in outcome.failures]
        lines += [f"  - again: `{reproduce} --only {outcome.subject} --case {quoted}`"]
    return "\n".join(lines) + "\n"


def _line(operation: str, row: Row) -> str:
    kinds = ", ".join(f"{kind} {n}" for kind, n in sorted(row.kinds.items())) or "none"
    return f"| {operation} | {row.n_runs} | {row.n_landed} | {row.n_failed} | {kinds} | {row.seconds:.0f} |"


def _plain(message: str) -> str:
    line = " ".join(message.replace("`", "'").split())
    return line if len(line) <= 400 else f"{line[:399]}…"
