"""A generator that caches its output, so that equal prompts of several variants are generated once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from threading import Event

from askive.models.errors import ModelError
from askive.models.protocols import Generator, Message, Piece, Sampling

_Prompt = tuple[Message, ...]


class ReplayGenerator:
    """Another generator with a cache of its output in memory, until it is closed.

    Cached output comes at once, so only times of first requests are valid. Generations that were cancelled or
    abandoned, and failed calls, are not cached.
    path: a file that shares generations with other processes; one per generator and its options.
    """

    def __init__(self, generator: Generator, path: Path | None = None) -> None:
        self._generator = generator
        self._path = path
        self._generations = _read(path) if path else {}
        self._chosen: dict[tuple[_Prompt, tuple[str, ...]], list[float]] = {}
        self._likely: dict[tuple[_Prompt, str], float] = {}
        self._read: set[_Prompt] = set()
        self._closed = False

    @property
    def model_id(self) -> str:
        """The id of the wrapped generator."""
        return self._generator.model_id

    @property
    def digest(self) -> str | None:
        """The digest of the wrapped generator's weights; None when it has none."""
        return getattr(self._generator, "digest", None)

    @property
    def context_tokens(self) -> int:
        """The context size of the wrapped generator."""
        return self._generator.context_tokens

    def count_tokens(self, text: str) -> int:
        """The wrapped generator's count."""
        self._require_open()
        return self._generator.count_tokens(text)

    def generate(
        self, messages: Sequence[Message], sampling: Sampling, cancel: Event | None = None
    ) -> Iterator[Piece]:
        """The cached pieces, without any prefill; else the wrapped generator's, as they come."""
        self._require_open()
        known = self._generations.get(_key(messages, sampling))
        if known is not None:
            return self._replay(known, cancel)
        return self._generate(tuple(messages), sampling, cancel)

    def _replay(self, pieces: tuple[Piece, ...], cancel: Event | None) -> Iterator[Piece]:
        n_prompt = pieces[0].n_prompt_tokens
        for at, piece in enumerate(pieces):
            if cancel is not None and cancel.is_set():
                yield Piece("", finish="cancelled", n_prompt_tokens=0 if at else n_prompt)
                return
            yield piece if at else replace(piece, n_reused_tokens=n_prompt)

    def _generate(self, messages: _Prompt, sampling: Sampling, cancel: Event | None) -> Iterator[Piece]:
        pieces: list[Piece] = []
        for piece in self._generator.generate(messages, sampling, cancel):
            pieces.append(piece)
            if piece.finish in ("stop", "length"):
                # Before the last piece is yielded: the caller need not continue after it.
                self._store(_key(messages, sampling), tuple(pieces))
                self._read.add(messages)
            yield piece

    def _store(self, key: str, pieces: tuple[Piece, ...]) -> None:
        self._generations[key] = pieces
        if self._path:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                # On a new line, in case an interrupted process left an incomplete one.
                file.write("\n" + json.dumps([key, [asdict(piece) for piece in pieces]]) + "\n")

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        """As the wrapped generator; cached."""
        self._require_open()
        key = tuple(messages), tuple(choices)
        if key not in self._chosen:
            self._chosen[key] = self._generator.choose(messages, choices)
        return list(self._chosen[key])

    def prefill(self, messages: Sequence[Message], cancel: Event | None = None) -> bool:
        """As the wrapped generator; skipped for prompts prefilled before. False when cancelled."""
        self._require_open()
        prompt = tuple(messages)
        if prompt in self._read:
            return cancel is None or not cancel.is_set()
        done = self._generator.prefill(messages, cancel)
        if done:
            self._read.add(prompt)
        return done

    def likelihood(self, messages: Sequence[Message], text: str) -> float:
        """As the wrapped generator; cached."""
        self._require_open()
        key = tuple(messages), text
        if key not in self._likely:
            self._likely[key] = self._generator.likelihood(messages, text)
        return self._likely[key]

    def likelihoods(self, cases: Sequence[tuple[Sequence[Message], str]]) -> list[float]:
        """As the wrapped generator, with all cases that are not cached in one call."""
        self._require_open()
        keys = [(tuple(messages), text) for messages, text in cases]
        unknown = [key for key in dict.fromkeys(keys) if key not in self._likely]
        self._likely.update(zip(unknown, self._generator.likelihoods(unknown), strict=True))
        return [self._likely[key] for key in keys]

    def close(self) -> None:
        """Clear the cache and close the wrapped generator."""
        self._closed = True
        for cache in (self._generations, self._chosen, self._likely, self._read):
            cache.clear()
        self._generator.close()

    def _require_open(self) -> None:
        if self._closed:
            raise ModelError(f"the generator {self.model_id} is closed", remedy="open a new assistant")


def _key(messages: Sequence[Message], sampling: Sampling) -> str:
    return hashlib.sha256(repr((tuple(messages), sampling)).encode()).hexdigest()


def _read(path: Path) -> dict[str, tuple[Piece, ...]]:
    """The generations in a file; an incomplete line of an interrupted process is skipped."""
    generations: dict[str, tuple[Piece, ...]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        with suppress(ValueError):
            key, pieces = json.loads(line)
            generations[key] = tuple(Piece(**piece) for piece in pieces)
    return generations
