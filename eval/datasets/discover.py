"""Find suites: by a built-in name, a folder or a file, and optionally a half."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from askive.eval.datasets.beir import read_beir, read_scifact_claims
from askive.eval.datasets.conversations import read_conversations
from askive.eval.datasets.gold import (
    GOLD_ARCHIVE,
    GOLD_LISTS,
    GOLD_OFFICES,
    GOLD_PAPERS,
    GOLD_SEEDS,
    read_gold,
)
from askive.eval.datasets.injected import INJECTED, read_injected
from askive.eval.datasets.lines import read_json, read_json_lines
from askive.eval.datasets.ramdocs import read_ramdocs
from askive.eval.datasets.rgb import read_rgb
from askive.eval.datasets.squad import read_squad
from askive.eval.datasets.suite import Split, Suite
from askive.rag.errors import AskiveError, UsageError

_GOLD = {
    "seeds": GOLD_SEEDS,
    "offices": GOLD_OFFICES,
    "papers": GOLD_PAPERS,
    "kinds": GOLD_ARCHIVE,
    "lists": GOLD_LISTS,
}
BUILT_IN = (*_GOLD, "injected")
SHAPES = "suite.toml, a BEIR folder, RAMDocs, MTRAG, SQuAD JSON or RGB JSON lines"
_HALVES: dict[str, Split] = {"dev": "dev", "test": "test"}
_Reader = Callable[[Path, str], Suite]


@dataclass(frozen=True, slots=True)
class Discovery:
    """suites: those that were read. problems: what looked like a suite but could not be read, and why."""

    suites: tuple[Suite, ...]
    problems: tuple[AskiveError, ...]


def open_suite(spec: str) -> Suite:
    """The suite `spec`: `seeds`, `offices`, `papers`, `kinds`, `lists`, `injected`, a folder or a file.

    `:dev` or `:test` after it takes a half; an RGB file also takes `:negatives`. Raises UsageError when it does not
    exist or is invalid.
    """
    where, _, part = (
        spec.rpartition(":") if spec.endswith((":dev", ":test", ":negatives")) else (spec, "", "")
    )
    if where in BUILT_IN:
        suite = read_gold(_GOLD[where], where) if where in _GOLD else read_injected(INJECTED, where)
    else:
        path = Path(where).expanduser()
        if not path.exists():
            raise UsageError(
                f"no suite {spec!r}: neither a built-in ({', '.join(BUILT_IN)}) nor a folder or file",
                remedy="list the suites in a folder with `askive eval suites PATH`",
            )
        reader = _reader_for(path)
        if reader is None:
            raise UsageError(
                f"{path} is not a suite: expected {SHAPES}", remedy="see `askive eval suites --help`"
            )
        if part == "negatives":
            if reader.func is not read_rgb:
                raise UsageError(f"{spec}: only an RGB file has `:negatives`", remedy=f"use {where}")
            return read_rgb(reader.args[0], f"{_name(path)}:negatives", negatives_only=True)
        suite = reader(_name(path))
    if part not in _HALVES:
        return suite
    half = suite.half(_HALVES[part])
    if not half.samples:
        raise UsageError(f"{spec}: no question is in this half", remedy=f"use {where}")
    return half


def discover(paths: Sequence[Path]) -> Discovery:
    """The built-in suites, and all suites at the paths or directly below them.

    Raises UsageError when a path does not exist or has no suite.
    """
    suites: list[Suite] = []
    problems: list[AskiveError] = []
    readers = [(name, partial(open_suite, name)) for name in BUILT_IN]
    for path in paths:
        if not path.exists():
            raise UsageError(f"no such path: {path}", remedy="check the path")
        candidates = [path, *(sorted(path.iterdir()) if path.is_dir() else [])]
        names: list[str] = []
        for candidate in candidates:
            try:
                reader = _reader_for(candidate)
            except AskiveError as error:
                problems.append(error)
                continue
            if reader is not None:
                names.append(str(candidate))
                if reader.func is read_rgb:
                    names.append(f"{candidate}:negatives")
                if candidate == path:
                    break
        if not names and not problems:
            raise UsageError(
                f"no suite at {path}: expected {SHAPES}", remedy="see `askive eval suites --help`"
            )
        readers.extend((name, partial(open_suite, name)) for name in names)
    for _, opener in readers:
        try:
            suites.append(opener())
        except AskiveError as error:
            problems.append(error)
    return Discovery(tuple(suites), tuple(problems))


def _name(path: Path) -> str:
    return path.resolve().name if path.is_dir() else path.stem


def _reader_for(path: Path) -> partial[Suite] | None:
    if path.is_file():
        return _reader_for_file(path)
    if not path.is_dir():
        return None
    if (path / "suite.toml").is_file():
        return partial(read_gold, path)
    if (path / "queries.jsonl").is_file():
        return partial(read_beir, path)
    if (path / "claims.jsonl").is_file():
        return partial(read_scifact_claims, path)
    # A single file of a known shape makes its folder a suite; next to folders it is a suite itself.
    if any(child.is_dir() and not child.name.startswith(".") for child in path.iterdir()):
        return None
    readers = [r for file in sorted(path.glob("*.json*")) if (r := _reader_for_file(file)) is not None]
    if len(readers) > 1:
        return None
    return readers[0] if readers else None


def _reader_for_file(path: Path) -> partial[Suite] | None:
    if path.suffix not in {".json", ".jsonl"}:
        return None
    with path.open("rb") as file:
        start = file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start.startswith(b"{"):
        return None
    # RGB's files are named .json but have one JSON object per line.
    first_line = start.split(b"\n", 1)[0]
    if path.suffix == ".json" and b'"data"' in start and b'"query"' not in first_line:
        read_json(path)
        return partial(read_squad, path)
    record = next(read_json_lines(path))[1]
    keys = record.keys()
    if {"obeyed_if", "text"} <= keys:
        return partial(read_injected, path)
    if {"documents", "gold_answers"} <= keys:
        return partial(read_ramdocs, path)
    if {"contexts", "input"} <= keys:
        return partial(read_conversations, path)
    if {"query", "answer"} <= keys and keys & {"positive", "negative"}:
        return partial(read_rgb, path)
    return None
