"""The cache of states: bounded, and never a wrong or damaged state."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections import namedtuple
from hashlib import sha256
from pathlib import Path

import pytest

from askive.models.llama.state_cache import StateCache, default_limits


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


def aged(folder: Path, name: str, age_s: float) -> float:
    """Make a state so old on disk; its date."""
    date = time.time() - age_s
    os.utime(folder / f"{key(name)}.kv", (date, date))
    return date


def date_of(folder: Path, name: str) -> float:
    return (folder / f"{key(name)}.kv").stat().st_mtime


@pytest.mark.parametrize("use", ["get", "in", "put"])
@pytest.mark.parametrize("memory_limit", [0, 9000])
def test_use_is_told_to_the_disk_once_a_minute(tmp_path: Path, use: str, memory_limit: int) -> None:
    cache = StateCache(tmp_path, memory_limit=memory_limit)
    cache.put(key("a"), state("a"))

    def used() -> None:
        if use == "get":
            assert cache.get(key("a")) == state("a")
        elif use == "in":
            assert key("a") in cache
        else:
            cache.put(key("a"), state("a"))

    young = aged(tmp_path, "a", 30)
    used()
    assert date_of(tmp_path, "a") == pytest.approx(young, abs=1)
    for age_s in (3600, -3600):
        old = aged(tmp_path, "a", age_s)
        used()
        assert abs(date_of(tmp_path, "a") - old) > 3000


def test_what_is_always_taken_from_memory_stays_on_disk(tmp_path: Path) -> None:
    cache = StateCache(tmp_path, memory_limit=9000, disk_limit=3600)
    for age_s, name in ((300, "system"), (200, "b"), (100, "c")):
        cache.put(key(name), state(name))
        aged(tmp_path, name, age_s)
    cache.get(key("system"))
    cache.put(key("d"), state("d"))
    assert sorted(path.stem for path in tmp_path.iterdir()) == sorted(map(key, ("system", "c", "d")))


def test_opening_drops_what_is_over_the_limit(tmp_path: Path) -> None:
    cache = StateCache(tmp_path)
    for age_s, name in ((300, "a"), (200, "b"), (100, "c")):
        cache.put(key(name), state(name))
        aged(tmp_path, name, age_s)
    StateCache(tmp_path, disk_limit=2400)
    assert sorted(path.stem for path in tmp_path.iterdir()) == sorted(map(key, "bc"))
    StateCache(tmp_path, disk_limit=0)
    assert not list(tmp_path.iterdir())


def test_a_dropped_state_is_nowhere(tmp_path: Path) -> None:
    cache = StateCache(tmp_path)
    for name in "ab":
        cache.put(key(name), state(name))
    cache.drop(key("a"))
    cache.drop(key("none"))
    assert cache.get(key("a")) is None
    assert StateCache(tmp_path).get(key("a")) is None
    assert (cache.stats().memory_bytes, cache.stats().n_disk) == (1000, 1)
    cache.put(key("a"), state("new"))
    assert StateCache(tmp_path).get(key("a")) == state("new")


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


def test_a_full_disk_is_told_and_tried_again_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = StateCache(tmp_path)
    cache.put(key("before"), state("before"))
    StateCache(tmp_path).put(key("others"), state("others"))
    tried: list[object] = []

    def full(*told: object) -> None:
        tried.append(told)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    cache.put(key("a"), state("a"))
    assert cache.get(key("a")) == state("a")
    assert "No space left" in cache.stats().disk_failed
    assert sorted(path.stem for path in tmp_path.iterdir()) == sorted(map(key, ("before", "others")))
    cache.put(key("b"), state("b"))
    assert cache.get(key("b")) == state("b")
    assert len(tried) == 1, "not for every state"
    assert cache.get(key("others")) == state("others"), "what is there is read all the while"
    monkeypatch.undo()
    now = time.monotonic()
    monkeypatch.setattr("askive.models.llama.state_cache.time.monotonic", lambda: now + 120)
    cache.put(key("c"), state("c"))
    assert StateCache(tmp_path).get(key("c")) == state("c")
    assert not cache.stats().disk_failed


def test_a_file_that_cannot_be_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = StateCache(tmp_path, memory_limit=0)
    cache.put(key("a"), state("a"))

    def fails(_: Path) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", fails)
    assert cache.get(key("a")) is None
    assert "Input/output" in cache.stats().disk_failed
    monkeypatch.undo()
    assert cache.get(key("a")) == state("a")
    cache.put(key("b"), state("b"))
    assert StateCache(tmp_path).get(key("b")) == state("b")


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


def test_the_limits_come_from_the_machine(tmp_path: Path) -> None:
    memory, disk = default_limits(tmp_path / "not" / "there" / "yet")
    assert 0 < memory <= 512 << 20
    assert 0 <= disk <= 2048 << 20
    assert default_limits(None)[1] == 0


def test_what_is_held_counts_as_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = StateCache(tmp_path)
    cache.put(key("small"), state("small"))
    cache.put(key("huge"), state("huge"))
    os.truncate(tmp_path / f"{key('huge')}.kv", 1 << 30)
    aged(tmp_path, "huge", 100)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, 288 << 20))
    assert default_limits(tmp_path)[1] == (288 + 1024 - 512 << 20) // 20 + 1106 // 20
    opened = StateCache(tmp_path)
    assert not (tmp_path / f"{key('huge')}.kv").exists(), "a disk that is nearly full is given room"
    assert opened.get(key("small")) == state("small")
    assert default_limits(tmp_path)[1] == 0
    assert StateCache(tmp_path).get(key("small")) is None
    assert not list(tmp_path.iterdir())
