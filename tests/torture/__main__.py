"""`python -m tests.torture`: kills, faults, hostile files and the rest against the real program; see `make torture`."""

from __future__ import annotations

import argparse
import platform
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

from tests.torture.cases import Case
from tests.torture.place import REPOSITORY
from tests.torture.pool import SUBJECTS, torture
from tests.torture.report import Outcome, markdown
from tests.torture.volume.__main__ import section_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the subjects and write the report; 1 when a promise did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--only", default=",".join(SUBJECTS), help="subjects, with commas")
    parser.add_argument("--case", action="append", help="one run again: OPERATION:INDEX; repeat for more")
    parser.add_argument("--n", type=int, default=100, help="percent of the runs (default 100)")
    parser.add_argument("--seed", type=int, default=16)
    parser.add_argument("--jobs", type=int, default=2, help="runs at the same time")
    parser.add_argument("--out", type=Path, help="where the report goes; default: standard output")
    parser.add_argument("--keep", type=Path, help="run in this folder, and leave it there")
    options = parser.parse_args(arguments)
    chosen = options.only.split(",")
    if unknown := set(chosen) - SUBJECTS.keys():
        parser.error(f"there is no subject {', '.join(sorted(unknown))}")
    if shutil.which("strace") is None:
        parser.error("strace is needed: apt-get install strace")
    # A shell that starts this in the background ignores SIGINT for it and, by inheritance, for every command it tests.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    started = time.monotonic()
    root = options.keep or Path(tempfile.mkdtemp(prefix="torture-"))
    try:
        outcomes = torture([case for name in chosen for case in _cases(name, options)], root, options.jobs)
    finally:
        for home in (path for path in root.glob("place*/home") if path.is_mount()):
            subprocess.run(["umount", "-l", str(home)], check=False)
        if options.keep is None:
            shutil.rmtree(root, ignore_errors=True)
    facts = _facts(options.seed, options.n, time.monotonic() - started, outcomes)
    text = markdown(
        outcomes, facts, {name: SUBJECTS[name].TITLE for name in chosen},
        f"python -m tests.torture --seed {options.seed} --n {options.n}",
    )  # fmt: skip
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        volume = section_of(options.out.read_text(encoding="utf-8")) if options.out.is_file() else ""
        options.out.write_text(f"{text}\n{volume}" if volume else text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return int(any(outcome.failures for outcome in outcomes))


def _cases(name: str, options: argparse.Namespace) -> list[Case]:
    cases: list[Case] = SUBJECTS[name].cases(options.n, options.seed)
    return [case for case in cases if not options.case or f"{case.operation}:{case.index}" in options.case]


def _facts(seed: int, percent: int, seconds: float, outcomes: Sequence[Outcome]) -> dict[str, str]:
    commit = subprocess.run(
        ["git", "-C", str(REPOSITORY), "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    traced = subprocess.run(
        ["strace", "--version"], capture_output=True, text=True, check=False
    ).stdout.split("\n")[0]
    n_failed = sum(bool(outcome.failures) for outcome in outcomes)
    return {
        "Result": f"{len(outcomes)} runs, {n_failed} with failures, in {seconds / 60:.1f} minutes",
        "Day and commit": f"{date.today().isoformat()}, {commit or 'unknown'}",
        "Seed": f"{seed}, {percent} % of the runs",
        "Versions": (
            f"askive {version('askive')}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version},"
            f" faiss-cpu {version('faiss-cpu')}, {traced}, {platform.system()} {platform.release()}"
        ),
    }


if __name__ == "__main__":
    sys.exit(main())
