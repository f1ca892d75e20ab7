"""Runs cases in worker processes, each with a folder of its own."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import ModuleType

from tests.torture import bitflips, concurrency, faults, hostile, kills, tmpfs
from tests.torture.cases import Case
from tests.torture.place import Place, adopt_orphans
from tests.torture.report import Failure, Outcome

SUBJECTS: dict[str, ModuleType] = {
    "kills": kills, "faults": faults, "tmpfs": tmpfs, "hostile": hostile, "concurrency": concurrency,
    "bitflips": bitflips,
}  # fmt: skip
"""Each has TITLE, `cases(percent, seed)` and `run(case, place)`."""
_ALONE = frozenset({"hostile", "concurrency"})
"""Subjects whose runs use all cores by themselves."""
_place = Place(Path())


def torture(cases: Sequence[Case], root: Path, jobs: int) -> list[Outcome]:
    """Run all cases, `jobs` at a time; each worker has a folder of its own below `root`."""
    together = [case for case in cases if case.subject not in _ALONE]
    alone = [case for case in cases if case.subject in _ALONE]
    found: dict[Case, Outcome] = {}
    for some, n_workers in ((together, jobs), (alone, 1)):
        if not some:
            continue
        context = multiprocessing.get_context("spawn")
        places = context.Queue()
        for n in range(n_workers):
            places.put(root / f"place{n}")
        with ProcessPoolExecutor(n_workers, context, _enter, (places,)) as pool:
            for case, outcome in zip(
                some, pool.map(run, some, chunksize=_chunk(some, n_workers)), strict=True
            ):
                found[case] = outcome
                _say(outcome)
    return [found[case] for case in cases]


def run(case: Case) -> Outcome:
    """One case in the folder of this worker."""
    try:
        outcome: Outcome = SUBJECTS[case.subject].run(case, _place)
        return outcome
    except Exception as error:
        reason = Failure("harness", f"{type(error).__name__}: {error}")
        return Outcome(case.subject, case.operation, case.index, False, "not judged", 0.0, (reason,))


def _chunk(cases: Sequence[Case], n_workers: int) -> int:
    # Runs of one operation stay with one worker, which has made it ready.
    return max(1, min(10, len(cases) // (4 * n_workers)))


def _enter(places: multiprocessing.Queue[Path]) -> None:
    global _place
    _place = Place(places.get())
    adopt_orphans()


def _say(outcome: Outcome) -> None:
    kinds = ", ".join(sorted({failure.kind for failure in outcome.failures}))
    # A run that was not judged says nothing about the program: the reason is in the machine or in these tests.
    reasons = (failure.message for failure in outcome.failures if failure.kind == "harness")
    sys.stderr.write(
        f"{outcome.subject} {outcome.operation}:{outcome.index} {outcome.event}:"
        f" {'; '.join([kinds or 'sound', *reasons])} ({outcome.seconds:.1f} s)\n"
    )
