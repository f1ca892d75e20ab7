"""A small part of `make torture`: one run of each kind that is quick, in processes of their own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import IN_CI
from tests.torture.kills import points
from tests.torture.place import REPOSITORY, Place
from tests.torture.report import Failure, Outcome, markdown
from tests.torture.syscalls import Call, read_log
from tests.torture.volume.__main__ import replaced, section_of

RUNS = {
    "kills": ["index-changed:9", "rebuild:4", "restore:1"],
    "faults": ["index-changed:9"],
    "hostile": ["mutated md:0"],
    "bitflips": ["vector index:0"],
}


@pytest.mark.parametrize("subject", RUNS)
def test_what_survives(subject: str, tmp_path: Path) -> None:
    if shutil.which("strace") is None and not IN_CI:
        pytest.skip("strace is not installed")
    report = tmp_path / "reliability.md"
    chosen = [part for case in RUNS[subject] for part in ("--case", case)]
    ran = subprocess.run(
        [sys.executable, "-m", "tests.torture", "--only", subject, *chosen, "--out", str(report)],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    text = report.read_text(encoding="utf-8") if report.is_file() else ran.stderr
    assert ran.returncode == 0, text
    assert f"| **all** | {len(RUNS[subject])} |" in text


def test_a_failure_is_reported_with_the_command_that_repeats_it() -> None:
    outcomes = [
        Outcome(
            "kills", "remove", 3, True, "SIGKILL at fsync 2 (store)", 1.0, (Failure("secret", "2 of `6`"),)
        ),
        Outcome("kills", "remove", 4, False, "SIGKILL after 0.1 s", 1.0),
    ]
    text = markdown(outcomes, {"Seed": "7"}, {"kills": "Kills."}, "python -m tests.torture --seed 7")
    assert "| remove | 2 | 1 | 1 | secret 1 | 2 |" in text
    assert "again: `python -m tests.torture --seed 7 --only kills --case remove:3`" in text
    assert "secret: 2 of '6'" in text


def test_calls_are_counted_by_thread_and_kept_below_the_home(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        "7 pwrite64(3</home/a>, \"x\", 1, 0) = 1\n"
        "8 pwrite64(3</home/a>, \"x\", 1, 0) = 1\n"
        "7 write(1</dev/pts/0>, \"x\", 1) = 1\n"
        "7 pwrite64(3</home/b>, \"x\", 1, 0 <unfinished ...>\n"
        "7 <... pwrite64 resumed>) = 1\n"
        "7 mkdir(\"/home\", 0777) = -1 EEXIST (File exists)\n"
        "7 rename(\"/home/a\", \"/home/c\") = 0\n"
    )  # fmt: skip
    assert read_log(log, Path("/home")) == [
        Call("pwrite64", 1, "a"), Call("pwrite64", 1, "a"), Call("pwrite64", 2, "b"), Call("rename", 1, "a"),
    ]  # fmt: skip


def test_a_slow_process_is_waited_for_and_one_that_hangs_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path)
    busy = "import time\nwhile time.process_time() < 1.5: pass\nprint('done')"
    monkeypatch.setattr("tests.torture.place.ASKIVE", (sys.executable, "-c"))
    monkeypatch.setattr("tests.torture.place._MIN_CPU_S", 0.001)
    assert place.run(busy, timeout=0.5).out == "done\n"
    assert place.run("import time; time.sleep(600)", timeout=1.0).code is None


def test_every_rare_call_is_struck_before_writes_are_spread() -> None:
    calls = [Call("write", n, "a") for n in range(1, 101)] + [Call("fsync", n, "a") for n in range(1, 5)]
    chosen = points(calls, 20)
    assert len(chosen) == 20
    assert {call.nth for call in chosen if call.name == "fsync"} == {1, 2, 3, 4}
    assert len({call.nth for call in chosen if call.name == "write"}) == 16


def test_the_section_on_volume_is_replaced_and_kept() -> None:
    page = "# Reliability\n\n## Volume\n\nold\n\n## Faults\n\nNone.\n"
    new = replaced(page, "## Volume\n\nnew\n")
    assert new == "# Reliability\n\n## Volume\n\nnew\n\n## Faults\n\nNone.\n"
    assert section_of(new) == "## Volume\n\nnew\n\n"
    assert replaced("# Reliability\n", "## Volume\n\nnew\n") == "# Reliability\n\n## Volume\n\nnew\n"
