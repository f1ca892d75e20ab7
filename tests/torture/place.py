"""A data folder of its own for each run, and the real command line in it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

ASKIVE = (sys.executable, "-m", "askive.ui.cli")
REPOSITORY = Path(__file__).parents[2]
TIMEOUT_S = 90.0
_MAX_WAITS = 20
_MIN_CPU_S = 0.2
"""A process that took so much processor time in TIMEOUT_S does not hang: the machine has other work."""
_EXIT_S = 5.0
_UNCLEAN = (
    "Traceback (most recent call last)",
    "internal error",
    "Exception ignored",
    "Fatal Python",
)


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished process. code: negative for a signal; None when it hung and had to be ended, see `Place.run`."""

    arguments: tuple[str, ...]
    code: int | None
    out: str
    err: str
    seconds: float

    @property
    def shown(self) -> str:
        """The command, its code and what it said last."""
        said = " ".join((self.err or self.out).split())[-300:]
        return f"`askive {' '.join(self.arguments)[:120]}` ended with {self.code}: {said}"

    @property
    def unclean(self) -> bool:
        """Whether it said what a user must never see."""
        return any(text in self.err or text in self.out for text in _UNCLEAN)


@dataclass(frozen=True, slots=True)
class Place:
    """One folder for all runs of a worker: paths stay the same, so addresses of documents do too."""

    root: Path

    @property
    def home(self) -> Path:
        """The data folder."""
        return self.root / "home"

    @property
    def documents(self) -> Path:
        """The files to be indexed."""
        return self.root / "documents"

    def environment(self) -> dict[str, str]:
        """This environment with the home of this place and no other settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ASKIVE_")}
        return {
            **kept, "ASKIVE_HOME": str(self.home), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(REPOSITORY),
            "OMP_NUM_THREADS": "1", "TERM": "dumb",
        }  # fmt: skip

    def run(
        self,
        *arguments: str,
        prefix: Sequence[str] = (),
        kill_after: float | None = None,
        timeout: float = TIMEOUT_S,
    ) -> Ran:
        """Run `askive` to its end. prefix: what runs it, such as strace. kill_after: SIGKILL after so many seconds.

        timeout: it hangs when it takes hardly any processor time for so many seconds, or runs for _MAX_WAITS of them.
        """
        started = time.monotonic()
        process = subprocess.Popen(
            [*prefix, *ASKIVE, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=self.environment(), cwd=REPOSITORY, start_new_session=True,
        )  # fmt: skip
        code: int | None
        try:
            out, err = (
                _wait(process, timeout) if kill_after is None else process.communicate(timeout=kill_after)
            )
            code = process.returncode
        except subprocess.TimeoutExpired:
            _end(process, kill_after is None)
            code = None if kill_after is None else -signal.SIGKILL
            try:
                out, err = process.communicate(timeout=_EXIT_S)
            except subprocess.TimeoutExpired:
                # A child holds the pipe: `strays` names it.
                out, err = b"", b""
        seconds = time.monotonic() - started
        return Ran(arguments, code, out.decode(errors="replace"), err.decode(errors="replace"), seconds)

    def keep(self, name: str) -> None:
        """Keep the home as it is now under this name, for `restore`."""
        kept = self.root / "kept" / name
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(self.home, kept, symlinks=True)

    def restore(self, name: str) -> None:
        """The home as it was kept."""
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(self.root / "kept" / name, self.home, symlinks=True)

    def refill(self, name: str) -> None:
        """As `restore`, where the home itself cannot be removed."""
        shutil.copytree(self.root / "kept" / name, self.home, symlinks=True, dirs_exist_ok=True)

    def clear(self) -> None:
        """Remove the home and the documents."""
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.documents, ignore_errors=True)
        self.home.mkdir(parents=True)
        self.documents.mkdir(parents=True)


def _wait(process: subprocess.Popen[bytes], timeout: float) -> tuple[bytes, bytes]:
    """What it said. Raises TimeoutExpired when it hangs."""
    cpu_s = 0.0
    for _ in range(_MAX_WAITS - 1):
        try:
            return process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            before, cpu_s = cpu_s, _cpu_seconds(process.pid)
            if cpu_s < before + _MIN_CPU_S:
                raise
    return process.communicate(timeout=timeout)


def _cpu_seconds(pid: int) -> float:
    """Processor time of a process and of those that it has started; of those that are gone it is not known."""
    found = 0.0
    with suppress(psutil.Error):
        leader = psutil.Process(pid)
        for process in (leader, *leader.children(recursive=True)):
            with suppress(psutil.Error):
                found += sum(process.cpu_times()[:4])
    return found


def _end(process: subprocess.Popen[bytes], whole_group: bool) -> None:
    if whole_group:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def strays() -> list[str]:
    """What runs of this worker have left behind: its processes that do not end within a few seconds; they are ended.

    Needs `adopt_orphans`, so that processes whose parent was killed become children of this one.
    """
    deadline = time.monotonic() + _EXIT_S
    while (left := _children()) and time.monotonic() < deadline:
        time.sleep(0.02)
    named = []
    for process in left:
        try:
            named.append(f"{process.pid} {' '.join(process.cmdline())[:160]}")
            process.kill()
            process.wait(_EXIT_S)
        except psutil.Error:
            continue
    return named


def adopt_orphans() -> None:
    """Have the kernel give this process the orphans among its descendants (Linux)."""
    import ctypes

    set_child_subreaper = 36
    if ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0) != 0:
        raise OSError("prctl(PR_SET_CHILD_SUBREAPER) failed")


def _children() -> list[psutil.Process]:
    alive = []
    for process in psutil.Process().children(recursive=True):
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                os.waitpid(process.pid, os.WNOHANG)
            elif "multiprocessing" not in " ".join(process.cmdline()) or process.environ().get("ASKIVE_HOME"):
                alive.append(process)
        except (psutil.Error, OSError):
            continue
    return alive
