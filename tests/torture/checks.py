"""What must hold when a run is over."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.torture.corpus import needle
from tests.torture.place import Place, Ran, strays
from tests.torture.report import Failure
from tests.torture.snapshot import Snapshot, snapshot

_KEPT_HIDDEN = re.compile(r"\.?[\w.-]*lock")
_PARTIAL = re.compile(r"(?:\.(?:part|partial|before|tmp|temp|old|new|rebuilding|aside|bak)$)|(?:-journal$)")
_ABOUT_THE_MACHINE = re.compile(r"(?:python|disk|memory|cores|llama|weights)|states: .*no room on the disk")
DOCTOR = ("doctor", "--fast", "--json", "--embedder", "hash", "--model", "scripted")


def of_messages(runs: Iterable[Ran], allowed: tuple[int, ...] = (0,)) -> Iterator[Failure]:
    """No run hung, showed a traceback, or ended with another code than those allowed."""
    for ran in runs:
        if ran.code is None:
            yield Failure("hang", ran.shown)
        elif ran.unclean:
            yield Failure("message", ran.shown)
        elif ran.code not in allowed:
            yield Failure("exit code", ran.shown)
        elif ran.code and not (ran.err.strip() or ran.out.strip()):
            yield Failure("message", f"{ran.shown} (no reason given)")


def of_processes() -> Iterator[Failure]:
    """Nothing that the run started is left."""
    for stray in strays():
        yield Failure("process", f"still running: {stray}")


def of_doctor(place: Place) -> Iterator[Failure]:
    """`askive doctor` ends with 0 and warns of no collection and no leftover."""
    ran = place.run(*DOCTOR)
    try:
        findings = json.loads(ran.out)
    except ValueError:
        yield Failure("message", ran.shown)
        return
    for finding in findings:
        about_us = not _ABOUT_THE_MACHINE.match(f"{finding['name']}: {finding['message']}")
        if finding["severity"] == "error" or (finding["severity"] == "warning" and about_us):
            yield Failure("doctor", f"{finding['name']}: {finding['message']}")
    if ran.unclean or ran.code not in (0, 1):
        yield Failure("message", ran.shown)


def of_secrets(home: Path, secrets: Iterable[str]) -> Iterator[Failure]:
    """No byte of what was removed or replaced is in any file."""
    wanted = [(word, needle(word)) for word in secrets]
    for path in sorted(home.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        data = path.read_bytes().lower()
        held = [word for word, end in wanted if end in data]
        if held or any(end.decode() in path.name.lower() for _, end in wanted):
            yield Failure(
                "secret", f"{path.relative_to(home)} holds {len(held)} of {len(wanted)} removed texts"
            )


def of_leftovers(home: Path, collections: Iterable[str]) -> Iterator[Failure]:
    """No hidden or partial file but locks, one vector index a collection, no collection but the expected ones."""
    expected = set(collections)
    for path in sorted(home.rglob("*")):
        name = path.name
        if _KEPT_HIDDEN.fullmatch(name):
            continue
        if (name.startswith(".") and not _may_be_hidden(path)) or _PARTIAL.search(name):
            yield Failure("leftover", f"{path.relative_to(home)}")
    folder = home / "collections"
    there = {path.name for path in folder.iterdir() if path.is_dir()} if folder.is_dir() else set()
    for name in sorted(n for n in there - expected if not n.startswith(".")):
        yield Failure("leftover", f"collections/{name} is not a collection that should be there")
    for name in sorted(expected - there):
        yield Failure("content", f"the collection {name} is not there")
    for name in sorted(there & expected):
        indexes = list((folder / name).glob("dense-*.faiss"))
        if len(indexes) > 1:
            yield Failure("leftover", f"{len(indexes)} vector indexes in collections/{name}")


def of_content(home: Path, name: str, expected: Snapshot, asked: list[str]) -> Iterator[Failure]:
    """The collection says what one made from scratch says."""
    try:
        held = snapshot(home / "collections" / name, asked)
    except Exception as error:
        yield Failure("content", f"{name} cannot be read: {type(error).__name__}: {error}")
        return
    for difference in held.differences(expected):
        yield Failure("content", f"{name}: {difference}")


def _may_be_hidden(path: Path) -> bool:
    # A folder of locks, or one that is always there, holds no partial file by itself.
    return path.is_dir() and (not any(path.iterdir()) or path.name in (".locks", ".lock"))
