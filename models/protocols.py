"""The protocols of the models: strings and arrays in, strings and arrays out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Precision = Literal["auto", "fp32"]
"""What an embedder computes in; auto: bf16 where the CPU has it."""
Vectors = NDArray[np.float32]
Role = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length", "cancelled"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a prompt.

    text: plain text; control tokens spelled in it stay plain text.
    reusable: the engine may keep the attention state of this piece for later prompts.
    """

    text: str
    reusable: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat, in segments. The generator puts the model's own chat template around it."""

    role: Role
    segments: tuple[Segment, ...]

    @property
    def text(self) -> str:
        """The segments joined."""
        return "".join(segment.text for segment in self.segments)


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen.

    max_tokens: maximum number of generated tokens.
    temperature: 0 is greedy, and the same prompt gives the same text.
    seed: for temperatures above 0.
    stop: generation ends before the first of these strings.
    min_tokens: minimum length of the answer; remote models ignore it.
    """

    max_tokens: int = 256
    temperature: float = 0.0
    seed: int = 0
    stop: tuple[str, ...] = ()
    min_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a generated text: whole characters only (a UTF-8 sequence is never cut).

    text: may be empty on the last piece.
    logprob: sum of the natural-log probabilities of the tokens behind `text`; None if unknown.
    n_tokens: how many tokens those are.
    finish: set on the last piece only.
    n_prompt_tokens, n_reused_tokens: set on the first piece: tokens of the prompt, and how many of them were reused.
    """

    text: str
    logprob: float | None = None
    n_tokens: int = 0
    finish: FinishReason | None = None
    n_prompt_tokens: int = 0
    n_reused_tokens: int = 0


@runtime_checkable
class Embedder(Protocol):
    """Text to unit vectors."""

    @property
    def model_id(self) -> str:
        """The catalog id."""
        ...

    @property
    def digest(self) -> str:
        """Changes whenever the vectors change: part of the fingerprint of an index."""
        ...

    @property
    def dimension(self) -> int:
        """Width of a vector."""
        ...

    @property
    def max_tokens(self) -> int:
        """Text beyond this many tokens is ignored."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), float32, rows of unit length; row i belongs to texts[i]."""
        ...


@runtime_checkable
class Warmable(Protocol):
    """A model that can be loaded before its first use, without a request to an endpoint."""

    def warm(self) -> None:
        """Load now what is loaded on first use. Raises the same errors."""
        ...


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a generator can do besides writing.

    choices: `choose`, and likelihoods of single tokens. likelihoods: those of any text. keeps_states: `prefill` makes a
    later call faster.
    """

    choices: bool = True
    likelihoods: bool = True
    keeps_states: bool = True


@runtime_checkable
class Remote(Protocol):
    """A generator on a server, which may do less than the others."""

    def abilities(self) -> Abilities:
        """What it can do; the server is asked once. Raises EndpointError."""
        ...

    def weights_id(self) -> str | None:
        """The catalog id of its weights; None if that is unknown, or what is fitted with them cannot be used.

        Raises EndpointError.
        """
        ...


@runtime_checkable
class Forgetful(Protocol):
    """A generator that keeps what it has read, and can delete it."""

    def forget(self) -> None:
        """Delete everything that was read or kept: the next prompt is read from its first token."""
        ...


@runtime_checkable
class Generator(Protocol):
    """A chat model. One generation at a time; a second caller waits."""

    @property
    def model_id(self) -> str:
        """The catalog id, or `openai:URL`."""
        ...

    @property
    def context_tokens(self) -> int:
        """Prompt and answer together must fit in this many tokens."""
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens of plain text, without template."""
        ...

    def generate(
        self, messages: Sequence[Message], sampling: Sampling, cancel: Event | None = None
    ) -> Iterator[Piece]:
        """Stream the assistant's next turn; it ends within 200 ms after `cancel` is set.

        Raises ContextOverflow when the prompt leaves no room for an answer.
        """
        ...

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        """Natural-log probabilities of each choice's first token as the next one, normalised over the choices.

        Raises ValueError when two choices start with the same token; EndpointError when the endpoint
        does not report log-probabilities.
        """
        ...

    def prefill(self, messages: Sequence[Message], cancel: Event | None = None) -> bool:
        """Read a prompt in advance for a later call. Generates no text and changes no later result.

        Returns False within 100 ms when `cancel` is set. Raises ContextOverflow.
        """
        ...

    def likelihood(self, messages: Sequence[Message], text: str) -> float:
        """Sum of the natural-log probabilities of `text`'s tokens as the assistant's next words; 0.0 if empty.

        Raises ContextOverflow; EndpointError when the endpoint does not report log-probabilities of prompt text.
        """
        ...

    def likelihoods(self, cases: Sequence[tuple[Sequence[Message], str]]) -> list[float]:
        """`likelihood` of each (messages, text), up to rounding; faster where the messages share a beginning.

        Raises as `likelihood`.
        """
        ...

    def close(self) -> None:
        """Free all memory; safe to call twice. Waits for, or cancels, the work of another thread."""
        ...


@runtime_checkable
class Reranker(Protocol):
    """Scores texts for a question: higher is more relevant."""

    @property
    def model_id(self) -> str:
        """The catalog id."""
        ...

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts),)."""
        ...


def fitted_id(generator: Generator) -> str:
    """The id under which something may have been fitted with this generator. Raises EndpointError."""
    return (generator.weights_id() if isinstance(generator, Remote) else None) or generator.model_id


def abilities_of(generator: Generator) -> Abilities:
    """What the generator can do. Raises EndpointError."""
    return generator.abilities() if isinstance(generator, Remote) else Abilities()
