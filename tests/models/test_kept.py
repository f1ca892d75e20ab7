"""The cache of states: bounded, shared by processes, and never a wrong or damaged state."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest

from models.kept import StateCache, default_limits


def key(name: str) -> str:
    return sha256(name.encode()).hexdigest()


def state(name: str, n: int = 1000) -> bytes:
    return (name.encode() * n)[:n]


def test_what_was_put_is_there_in_this_and_the_next_process(tmp_path: Path) -> None:
    first = StateCache(tmp_path)
    assert first.get(key("a")) is None
    first.put(key("a"), state("a"))
    assert first.get(key("a")) == state("a")
    assert key("a") in first
    second = StateCache(tmp_path)
    assert key("a") in second
    assert second.get(key("a")) == state("a")
    assert second.get(key("b")) is None
    assert (second.stats().n_hits, second.stats().n_misses) == (1, 1)


def test_without_a_folder_it_is_in_memory_alone() -> None:
    cache = StateCache()
    cache.put(key("a"), state("a"))
    assert cache.get(key("a")) == state("a")
    assert cache.stats().n_disk == 0


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    cache = StateCache(tmp_path, memory_limit=3000, disk_limit=3600)
    for n, name in enumerate("abc"):
        cache.put(key(name), state(name))
        os.utime(tmp_path / f"{key(name)}.kv", (n, n))
    StateCache(tmp_path, memory_limit=0).get(key("a"))
    cache.get(key("a"))
    cache.put(key("d"), state("d"))
    for seen in (cache, StateCache(tmp_path)):
        assert [name for name in "abcd" if key(name) in seen] in (["a", "c", "d"], ["a", "b", "c", "d"])
    assert [name for name in "abcd" if StateCache(tmp_path).get(key(name))] == ["a", "c", "d"]
    stats = cache.stats()
    assert stats.memory_bytes <= 3000
    assert stats.disk_bytes <= 3600


def test_one_that_is_over_the_limit_is_not_kept(tmp_path: Path) -> None:
    cache = StateCache(tmp_path, memory_limit=500, disk_limit=500)
    cache.put(key("a"), state("a"))
    assert cache.get(key("a")) is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "garbage", "renamed", "old"])
def test_a_damaged_file_is_dropped_and_made_again(tmp_path: Path, damage: str) -> None:
    StateCache(tmp_path).put(key("a"), state("a"))
    path = tmp_path / f"{key('a')}.kv"
    content = bytearray(path.read_bytes())
    if damage == "cut":
        content = content[:-1]
    elif damage == "flipped":
        content[-100] ^= 1
    elif damage == "empty":
        content = bytearray()
    elif damage == "garbage":
        content = bytearray(os.urandom(2000))
    elif damage == "old":
        content[8:9] = b"0"
    path.write_bytes(content)
    wanted = key("a")
    if damage == "renamed":
        wanted = key("b")
        path.rename(tmp_path / f"{wanted}.kv")
    cache = StateCache(tmp_path)
    assert cache.get(wanted) is None
    assert cache.stats().n_damaged == 1
    assert not (tmp_path / f"{wanted}.kv").exists()
    cache.put(wanted, state("new"))
    assert StateCache(tmp_path).get(wanted) == state("new")


def test_a_full_disk_is_told_and_the_memory_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = StateCache(tmp_path)
    cache.put(key("before"), state("before"))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    cache.put(key("a"), state("a"))
    assert cache.get(key("a")) == state("a")
    assert "No space left" in cache.stats().disk_failed
    assert [path.name for path in tmp_path.iterdir()] == [f"{key('before')}.kv"]
    cache.put(key("b"), state("b"))
    assert cache.get(key("b")) == state("b")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is always full")
def test_a_device_that_is_full(tmp_path: Path) -> None:
    cache = StateCache(tmp_path)
    (tmp_path / f"{key('a')}.{os.getpid()}-{id(cache):x}.new").symlink_to("/dev/full")
    cache.put(key("a"), state("a", 1 << 20))
    assert cache.stats().disk_failed
    assert cache.get(key("a")) == state("a", 1 << 20)
    assert not list(tmp_path.glob("*.kv"))


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = StateCache(tmp_path / "file" / "states", disk_limit=1 << 20)
    cache.put(key("a"), state("a"))
    assert cache.get(key("a")) == state("a")
    assert cache.stats().disk_failed


_WRITER = """
import sys
from hashlib import sha256
from pathlib import Path
from models.kept import StateCache
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


def test_killed_while_it_writes(tmp_path: Path) -> None:
    for _ in range(4):
        writer = _writer(tmp_path, 10**9)
        assert writer.stdout is not None
        assert writer.stdout.readline()
        time.sleep(0.1)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
    cache = StateCache(tmp_path, memory_limit=0)
    found = [cache.get(key(str(n))) for n in range(40)]
    assert any(found)
    assert all(one is None or one == str(n).encode() * 100_000 for n, one in enumerate(found))
    assert cache.stats().n_damaged == 0
    cache.clear()
    assert not list(tmp_path.iterdir())


def test_two_processes_in_one_folder(tmp_path: Path) -> None:
    writers = [_writer(tmp_path, 150) for _ in range(2)]
    for writer in writers:
        assert writer.wait(120) == 0
        assert writer.stdout is not None
        writer.stdout.close()
    # Each makes room before it writes: together they may be over by one state each.
    assert StateCache(tmp_path).stats().disk_bytes <= 5_000_000 + 2 * 300_000


def test_what_a_killed_process_left_is_swept_away(tmp_path: Path) -> None:
    left = tmp_path / f"{key('x')}.123.new"
    left.write_bytes(b"half")
    os.utime(left, (1, 1))
    young = tmp_path / f"{key('y')}.124.new"
    young.write_bytes(b"being written")
    StateCache(tmp_path).put(key("a"), state("a"))
    assert not left.exists()
    assert young.exists()


def test_the_limits_come_from_the_machine(tmp_path: Path) -> None:
    memory, disk = default_limits(tmp_path / "not" / "there" / "yet")
    assert 0 < memory <= 512 << 20
    assert 0 <= disk <= 2048 << 20
    assert default_limits(None)[1] == 0
