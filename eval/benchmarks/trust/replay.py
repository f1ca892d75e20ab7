"""A generator that says again what it has said: equal prompts of several variants cost nothing but once."""

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
    """Another generator, and all that it said, in memory, until it is closed.

    What is remembered comes at once, so only the times of what is asked for the first time are true ones. A
    generation that was cancelled or abandoned, and a call that failed, is not remembered.
    path: a file where generations are kept for other processes too; one for each generator and its options.
    """

    def __init__(self, generator: Generator, path: Path | None = None) -> None:
        self._generator = generator
        self._path = path
        self._said = _read(path) if path else {}
        self._chosen: dict[tuple[_Prompt, tuple[str, ...]], list[float]] = {}
        self._likely: dict[tuple[_Prompt, str], float] = {}
        self._read: set[_Prompt] = set()
        self._closed = False

    @property
    def model_id(self) -> str:
        """Of the other."""
        return self._generator.model_id

    @property
    def digest(self) -> str | None:
        """Of the other's weights; None when it does not tell."""
        return getattr(self._generator, "digest", None)

    @property
    def context_tokens(self) -> int:
        """Of the other."""
        return self._generator.context_tokens

    def count_tokens(self, text: str) -> int:
        """As the other counts."""
        self._require_open()
        return self._generator.count_tokens(text)

    def generate(
        self, messages: Sequence[Message], sampling: Sampling, cancel: Event | None = None
    ) -> Iterator[Piece]:
        """The pieces of the first time, of whose prompt nothing had to be read; else the other's, as they come."""
        self._require_open()
        known = self._said.get(_key(messages, sampling))
        if known is not None:
            return self._again(known, cancel)
        return self._anew(tuple(messages), sampling, cancel)

    def _again(self, pieces: tuple[Piece, ...], cancel: Event | None) -> Iterator[Piece]:
        n_prompt = pieces[0].n_prompt_tokens
        for at, piece in enumerate(pieces):
            if cancel is not None and cancel.is_set():
                yield Piece("", finish="cancelled", n_prompt_tokens=0 if at else n_prompt)
                return
            yield piece if at else replace(piece, n_reused_tokens=n_prompt)

    def _anew(self, messages: _Prompt, sampling: Sampling, cancel: Event | None) -> Iterator[Piece]:
        pieces: list[Piece] = []
        for piece in self._generator.generate(messages, sampling, cancel):
            pieces.append(piece)
            if piece.finish in ("stop", "length"):
                # Before the last piece goes out: who has it need not ask for more.
                self._remember(_key(messages, sampling), tuple(pieces))
                self._read.add(messages)
            yield piece

    def _remember(self, key: str, pieces: tuple[Piece, ...]) -> None:
        self._said[key] = pieces
        if self._path:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                # On a line of its own, whatever an interrupted process left behind.
                file.write("\n" + json.dumps([key, [asdict(piece) for piece in pieces]]) + "\n")

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        """As the other chooses."""
        self._require_open()
        key = tuple(messages), tuple(choices)
        if key not in self._chosen:
            self._chosen[key] = self._generator.choose(messages, choices)
        return list(self._chosen[key])

    def prefill(self, messages: Sequence[Message], cancel: Event | None = None) -> bool:
        """As the other reads; nothing to do for what it has read. False when cancelled."""
        self._require_open()
        prompt = tuple(messages)
        if prompt in self._read:
            return cancel is None or not cancel.is_set()
        done = self._generator.prefill(messages, cancel)
        if done:
            self._read.add(prompt)
        return done

    def likelihood(self, messages: Sequence[Message], text: str) -> float:
        """As the other finds it."""
        self._require_open()
        key = tuple(messages), text
        if key not in self._likely:
            self._likely[key] = self._generator.likelihood(messages, text)
        return self._likely[key]

    def likelihoods(self, cases: Sequence[tuple[Sequence[Message], str]]) -> list[float]:
        """As the other finds them, those that are not known together."""
        self._require_open()
        keys = [(tuple(messages), text) for messages, text in cases]
        unknown = [key for key in dict.fromkeys(keys) if key not in self._likely]
        self._likely.update(zip(unknown, self._generator.likelihoods(unknown), strict=True))
        return [self._likely[key] for key in keys]

    def close(self) -> None:
        """Forget everything, and close the other."""
        self._closed = True
        for kept in (self._said, self._chosen, self._likely, self._read):
            kept.clear()
        self._generator.close()

    def _require_open(self) -> None:
        if self._closed:
            raise ModelError(f"the generator {self.model_id} is closed", remedy="open a new assistant")


def _key(messages: Sequence[Message], sampling: Sampling) -> str:
    return hashlib.sha256(repr((tuple(messages), sampling)).encode()).hexdigest()


def _read(path: Path) -> dict[str, tuple[Piece, ...]]:
    """What a file holds; a line that was cut off by an interrupt is passed over."""
    said: dict[str, tuple[Piece, ...]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        with suppress(ValueError):
            key, pieces = json.loads(line)
            said[key] = tuple(Piece(**piece) for piece in pieces)
    return said
