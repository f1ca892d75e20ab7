"""The cache of states in several processes: killed ones, and what one removes under the hands of another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from askive.models.llama.state_cache import StateCache
from tests.models.llama.test_state_cache import aged, key, state


def test_another_process_removes_the_file_before_its_date_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = StateCache(tmp_path, memory_limit=0)
    cache.put(key("a"), state("a"))
    set_date, n_removed = os.utime, 0

    def removed(path: Path) -> None:
        nonlocal n_removed
        n_removed += 1
        path.unlink()
        set_date(path)

    aged(tmp_path, "a", 3600)
    monkeypatch.setattr("askive.models.llama.state_cache.os.utime", removed)
    cache.put(key("a"), state("a"))
    assert n_removed == 1
    assert not cache.stats().disk_failed
    assert cache.get(key("a")) == state("a"), "it was written again"
    aged_date = time.time() - 3600
    set_date(tmp_path / f"{key('a')}.kv", (aged_date, aged_date))
    assert key("a") not in cache
    assert not cache.stats().disk_failed


def test_another_process_clears_while_a_state_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, other = StateCache(tmp_path, memory_limit=0), StateCache(tmp_path)
    rename = Path.replace

    def cleared(path: Path, target: Path) -> Path:
        other.clear()
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", cleared)
    cache.put(key("a"), state("a"))
    assert cache.get(key("a")) == state("a"), "what is being written is not swept away"

    def swept(path: Path, target: Path) -> Path:
        path.unlink()
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", swept)
    cache.put(key("b"), state("b"))
    assert not cache.stats().disk_failed
    monkeypatch.undo()
    assert cache.get(key("b")) is None
    cache.put(key("b"), state("b"))
    assert cache.get(key("b")) == state("b")


_WRITER = """
import sys
from hashlib import sha256
from pathlib import Path
from askive.models.llama.state_cache import StateCache
cache = StateCache(Path(sys.argv[1]), memory_limit=0, disk_limit=5_000_000)
print("begun", flush=True)
n = 0
while n < int(sys.argv[2]):
    name = str(n % 40)
    cache.put(sha256(name.encode()).hexdigest(), name.encode() * 100_000)
    found = cache.get(sha256(name.encode()).hexdigest())
    assert found in (None, name.encode() * 100_000)
    n += 1
assert not cache.stats().disk_failed, cache.stats().disk_failed
"""


def _writer(folder: Path, n: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(folder), str(n)], stdout=subprocess.PIPE, text=True
    )


_HALF_WRITER = """
import io, sys, time
from hashlib import sha256
from pathlib import Path
from askive.models.llama.state_cache import StateCache
class Halting(io.BufferedWriter):
    def write(self, data):
        if len(data) < 1000:
            return super().write(data)
        super().write(data[: len(data) // 2])
        self.flush()
        print("half", flush=True)
        time.sleep(600)
cache = StateCache(Path(sys.argv[1]))
Path.open = lambda path, mode: Halting(io.FileIO(path, mode))
cache.put(sha256(b"half").hexdigest(), bytes(1_000_000))
"""


def test_killed_while_it_writes(tmp_path: Path) -> None:
    cache = StateCache(tmp_path, memory_limit=0)
    cache.put(key("whole"), state("whole"))
    writer = subprocess.Popen(
        [sys.executable, "-c", _HALF_WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "half\n"
    (half,) = tmp_path.glob("*.new")
    assert 500_000 <= half.stat().st_size < 1_000_000
    cache.clear()
    assert half.exists(), "it is being written"
    cache.put(key("whole"), state("whole"))
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    assert cache.get(key("half")) is None
    assert cache.get(key("whole")) == state("whole")
    assert cache.stats().n_damaged == 0
    cache.put(key("half"), bytes(1_000_000))
    assert cache.get(key("half")) == bytes(1_000_000)
    assert not half.exists()


def test_two_processes_in_one_folder(tmp_path: Path) -> None:
    writers = [_writer(tmp_path, 150) for _ in range(2)]
    for writer in writers:
        assert writer.wait(120) == 0
        assert writer.stdout is not None
        writer.stdout.close()
    # Each makes room before it writes: together they may be over by one state each.
    assert StateCache(tmp_path).stats().disk_bytes <= 5_000_000 + 2 * 300_000


def test_two_processes_write_while_a_third_clears(tmp_path: Path) -> None:
    writers = [_writer(tmp_path, 100) for _ in range(2)]
    cache, n_cleared = StateCache(tmp_path), 0
    while any(writer.poll() is None for writer in writers):
        n_cleared += cache.clear() > 0
        time.sleep(0.005)
    assert n_cleared
    for writer in writers:
        assert writer.returncode == 0
        assert writer.stdout is not None
        writer.stdout.close()


def test_what_killed_processes_left_is_swept_away(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    old, dead, young = (
        tmp_path / f"{key(name)}.{pid}-7f.new"
        for name, pid in (("x", os.getpid()), ("y", ended.pid), ("z", os.getpid()))
    )
    nameless = tmp_path / f"{key('n')}.new"
    for left in (old, dead, young, nameless):
        left.write_bytes(b"half")
    an_hour_ago = time.time() - 3600
    os.utime(old, (an_hour_ago, an_hour_ago))
    StateCache(tmp_path).clear()
    assert sorted(tmp_path.iterdir()) == sorted([young, nameless])
