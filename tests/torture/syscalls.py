"""System calls that change files: listed, and failed or killed at the k-th, by strace."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.torture.place import Place, Ran

CHANGING = (
    "write", "writev", "pwrite64", "pwritev", "fsync", "fdatasync", "sync_file_range", "ftruncate", "fallocate",
    "rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "mkdir", "link", "linkat", "symlink",
)  # fmt: skip
"""What puts bytes or names on the disk."""
FAILING = ("write", "pwrite64", "fsync", "fdatasync", "ftruncate", "fallocate", "rename", "mkdir")
"""What a full or a broken disk refuses."""
_LINE = re.compile(r"^(\d+) +(\w+)\((.*)$")
_PATH = re.compile(r'<(/[^>]*)>|"(/[^"]*)"')
_DETACH_S = 2.0


@dataclass(frozen=True, slots=True)
class Call:
    """The nth call of its name in its thread, counted from 1. path: the file, below the home."""

    name: str
    nth: int
    path: str


def command(log: Path, *more: str, pid: int | None = None) -> list[str]:
    """strace with its usual options; it goes before a command, or attaches to a process."""
    # Faster with --seccomp-bpf, but then strace 6.1 sends no signals.
    start = ["strace", "-f", "-y", "-qq", "-s", "1", "-e", "signal=none", "-o", str(log)]
    start += more or ("-e", f"trace={','.join(CHANGING)}")
    return start if pid is None else [*start, "-p", str(pid)]


def injection(call: Call, error: str | None) -> tuple[str, ...]:
    """Options that fail the call with `error`, or kill its process when that is None."""
    what = f"error={error}" if error else "signal=SIGKILL"
    return ("-e", f"trace={call.name}", "-e", f"inject={call.name}:{what}:when={call.nth}")


def read_log(log: Path, below: Path) -> list[Call]:
    """The calls in a log that changed files below a folder, in the order they were made."""
    counts: dict[tuple[str, str], int] = {}
    calls = []
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        thread, name, rest = match.groups()
        counts[thread, name] = counts.get((thread, name), 0) + 1
        paths = [a or b for a, b in _PATH.findall(rest)]
        touched = next((path for path in paths if path.startswith(f"{below}/")), None)
        if touched is not None and " = -1 E" not in rest:
            calls.append(Call(name, counts[thread, name], touched.removeprefix(f"{below}/")))
    return calls


def trace(place: Place, *arguments: str) -> tuple[Ran, list[Call]]:
    """Run to the end; what it changed below the home."""
    log = place.root / "strace.log"
    ran = place.run(*arguments, prefix=command(log))
    return ran, read_log(log, place.home)


def has_kill(log: Path) -> bool:
    """Whether a call in the log never came back: its process was killed at it."""
    return any(line.rstrip().endswith("= ?") for line in log.read_text(errors="replace").splitlines())


def find_injections(log: Path, below: Path) -> list[str]:
    """Injected faults in a log: the name of the call and its file below the folder, or empty for another file."""
    found = []
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if "(INJECTED)" not in line:
            continue
        match = _LINE.match(line)
        paths = [a or b for a, b in _PATH.findall(match.group(3) if match else line)]
        found.append(next((p.removeprefix(f"{below}/") for p in paths if p.startswith(f"{below}/")), ""))
    return found


@contextmanager
def attach(log: Path, pid: int, *more: str) -> Iterator[None]:
    """strace on a process that runs already, and on all its threads; counts begin here."""
    log.unlink(missing_ok=True)
    arguments = [part for part in command(log, *more, pid=pid) if part != "-qq"]
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    assert process.stderr is not None
    try:
        said = process.stderr.readline().decode(errors="replace")
        if "attached" not in said:
            raise RuntimeError(f"strace cannot attach to the chat: {said}")
        yield
    finally:
        process.terminate()
        try:
            process.wait(_DETACH_S)
        except subprocess.TimeoutExpired:
            # It may wait for ever for a process that it has killed.
            process.kill()
            process.wait()
        process.stderr.close()
