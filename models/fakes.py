"""Fake models without weights: deterministic, with results that depend on the text.

They are shipped so that applications built on Askive can run tests without a gigabyte of weights.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from threading import Event

import numpy as np

from askive.models.errors import ContextOverflow
from askive.models.protocols import Message, Piece, Sampling, Vectors

_WORD = re.compile(r"\w+", re.UNICODE)
Script = Callable[[Sequence[Message]], str]


class HashEmbedder:
    """Bag of hashed words: texts that share words are near each other."""

    def __init__(self, dimension: int = 64) -> None:
        self._dimension = dimension

    @property
    def model_id(self) -> str:
        """`hash`."""
        return "hash"

    @property
    def digest(self) -> str:
        """Depends on the dimension."""
        return f"hash-{self._dimension}"

    @property
    def dimension(self) -> int:
        """Width of a vector."""
        return self._dimension

    @property
    def max_tokens(self) -> int:
        """A million: practically no limit."""
        return 1_000_000

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), unit rows."""
        vectors = np.zeros((len(texts), self._dimension), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in _WORD.findall(text.lower()) or [""]:
                value = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
                row[value % self._dimension] += 1.0 if value >> 63 else -1.0
            norm = float(np.linalg.norm(row))
            if norm:
                row /= norm
            else:
                row[0] = 1.0
        return vectors


def echo_evidence(messages: Sequence[Message]) -> str:
    """The default script: the evidence sentence that shares most words with the question, or a refusal."""
    text = messages[-1].text
    question = set(_WORD.findall(text.rsplit("Question:", 1)[-1].lower()))
    lines = [
        line.removeprefix("[...] ")
        for line in text.rsplit("Question:", 1)[0].splitlines()
        if len(line.split()) > 4
    ]
    sentences = [s for line in lines for s in re.split(r"(?<=[.!?])\s+", line) if s]
    best = max(sentences, key=lambda s: len(question & set(_WORD.findall(s.lower()))), default="")
    if len(question & set(_WORD.findall(best.lower()))) < 2:
        return "I don't know."
    return best.strip()


class ScriptedGenerator:
    """Generates the text that a function of the messages returns, one word at a time."""

    def __init__(self, script: Script | str = echo_evidence, context_tokens: int = 4096) -> None:
        self._script: Script = (lambda _messages: script) if isinstance(script, str) else script
        self._context_tokens = context_tokens
        self.closed = False

    @property
    def model_id(self) -> str:
        """`scripted`."""
        return "scripted"

    @property
    def context_tokens(self) -> int:
        """Counted in words."""
        return self._context_tokens

    def count_tokens(self, text: str) -> int:
        """One token for each word."""
        return len(text.split())

    def generate(
        self, messages: Sequence[Message], sampling: Sampling, cancel: Event | None = None
    ) -> Iterator[Piece]:
        """Stream the script's text, one word in each piece."""
        n_prompt = sum(self.count_tokens(message.text) for message in messages)
        if n_prompt >= self._context_tokens:
            raise ContextOverflow(
                f"the prompt has {n_prompt} tokens, the context of {self.model_id} holds {self._context_tokens}",
                remedy="ask a shorter question, or set generation.context_tokens higher",
            )
        text = self._script(messages)
        for stop in sampling.stop:
            text = text.split(stop)[0]
        # "word ", or leading white space
        words = re.findall(r"\S+\s*|\s+", text)
        shown = words[: sampling.max_tokens]
        for word in shown:
            if cancel is not None and cancel.is_set():
                yield Piece("", finish="cancelled", n_prompt_tokens=n_prompt)
                return
            yield Piece(word, logprob=-0.1, n_tokens=1, n_prompt_tokens=n_prompt)
            n_prompt = 0
        yield Piece("", finish="length" if len(shown) < len(words) else "stop", n_prompt_tokens=n_prompt)

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        """A choice is more likely the more words it shares with the messages."""
        if not choices or not all(choices):
            raise ValueError(f"choices {list(choices)!r} must not be empty")
        if len({choice[:1] for choice in choices}) < len(choices):
            raise ValueError(f"choices {list(choices)!r} start with the same token")
        words = set(_WORD.findall(" ".join(message.text for message in messages).lower()))
        weights = [1.0 + len(words & set(_WORD.findall(choice.lower()))) for choice in choices]
        return [math.log(weight / sum(weights)) for weight in weights]

    def prefill(self, messages: Sequence[Message], cancel: Event | None = None) -> bool:
        """Nothing to read; False when cancelled."""
        return cancel is None or not cancel.is_set()

    def likelihood(self, messages: Sequence[Message], text: str) -> float:
        """Higher the more often the words of `text` occur in the messages (a unigram model, smoothed)."""
        counts = Counter(_WORD.findall(" ".join(message.text for message in messages).lower()))
        n_words = counts.total() + 1000
        return sum(math.log((counts[word] + 1) / n_words) for word in _WORD.findall(text.lower()))

    def likelihoods(self, cases: Sequence[tuple[Sequence[Message], str]]) -> list[float]:
        """`likelihood` of each, one after the other."""
        return [self.likelihood(messages, text) for messages, text in cases]

    def close(self) -> None:
        """Set `closed`, for tests."""
        self.closed = True
