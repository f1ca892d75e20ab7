"""A disk that is really full: the data folder is a small tmpfs with little room left."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.torture.cases import Case, plan
from tests.torture.checks import of_messages, of_processes
from tests.torture.faults import of_advice
from tests.torture.place import Place
from tests.torture.prepared import judge, judge_end, perform, prepare
from tests.torture.report import Outcome

TITLE = (
    "The data folder is a tmpfs of 8 MB, filled up to a few kilobytes. The command must say so or succeed in full;"
    " with room again, the same command must end as if nothing had been."
)
COUNTS = {
    "index-new": 16,
    "index-changed": 16,
    "remove": 16,
    "rebuild": 16,
    "delete": 4,
    "move": 8,
    "migrate": 8,
    "backup": 8,
    "restore": 8,
    "repair": 8,
}
_ROOM_KB = (0, 4, 8, 16, 32, 48, 64, 96, 128, 160, 200, 256, 320, 400, 500, 700)


def cases(percent: int, seed: int) -> list[Case]:
    """All fillings; none where this user may not mount."""
    return plan("tmpfs", COUNTS, percent, seed) if can_mount() else []


def can_mount() -> bool:
    """Whether this user may mount a tmpfs."""
    tried = subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False
    )
    return tried.returncode == 0


def run(case: Case, place: Place) -> Outcome:
    """One filling, and what came of it."""
    prepared = prepare(case.operation, place)
    started = time.monotonic()
    room = _ROOM_KB[case.index * len(_ROOM_KB) // case.n]
    with _mount(place.home):
        place.refill(case.operation)
        ballast = place.home / "ballast"
        _fill(ballast, room)
        ran = perform(prepared.operation, place)
        ballast.unlink()
        failures = [*of_messages([ran], (0, 1)), *of_advice(ran)]
        if ran.code == 0:
            failures += of_processes()
            failures += judge_end(prepared, place)
        else:
            failures += judge(prepared, place)
    place.restore(case.operation)
    event = f"{room} KB free, code {ran.code}"
    seconds = time.monotonic() - started
    return Outcome(case.subject, case.operation, case.index, ran.code != 0, event, seconds, tuple(failures))


def _fill(ballast: Path, room_kb: int) -> None:
    block = b"\xa5" * 4096
    size = 0
    with ballast.open("wb", buffering=0) as file:
        try:
            while (written := file.write(block)) > 0:
                size += written
        except OSError:
            pass
        file.truncate(max(0, size - room_kb * 1024))


@contextmanager
def _mount(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
