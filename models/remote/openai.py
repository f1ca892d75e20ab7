"""A Generator and an Embedder for any OpenAI-compatible server."""

from __future__ import annotations

import hashlib
import math
import re
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from askive.models.errors import EndpointError
from askive.models.protocols import FinishReason, Message, Piece, Sampling, Vectors
from askive.models.remote.transport import Endpoint

_CHAT = "/chat/completions"
_CHARACTERS_A_TOKEN, _BYTES_A_TOKEN = 3.5, 2
_PLAIN = re.compile(r"[A-Za-z0-9 \n]")
_TOP = 20
_BATCH = 64


class OpenAIGenerator:
    """A chat model behind `/chat/completions`.

    base_url: with the version: `http://127.0.0.1:8080/v1`.
    model: its name on the server; None takes the first model that the server lists.
    context_tokens: assumed, as the API does not report it; the server refuses a prompt that is too long
        (ContextOverflow).
    logprobs: request log-probabilities while generating. Off by default, because llama-cpp-python's server is several
        times slower with them.
    """

    def __init__(
        self,
        base_url: str,
        model: str | None = None,
        api_key: str | None = None,
        *,
        context_tokens: int = 4096,
        logprobs: bool = False,
    ) -> None:
        self._endpoint = Endpoint(base_url, api_key)
        self._configured_model, self._model = model, model
        self._context_tokens = context_tokens
        self._logprobs = logprobs
        self._lock = threading.Lock()

    @property
    def model_id(self) -> str:
        """`openai:URL`, with `#model` when one was chosen."""
        return _model_id(self._endpoint, self._configured_model)

    @property
    def context_tokens(self) -> int:
        """As configured; the server may have another limit."""
        return self._context_tokens

    def count_tokens(self, text: str) -> int:
        """An estimate, as the API has no call for it: one token for every 3.5 letters, digits and spaces (the average
        of English), and one for every two UTF-8 bytes of punctuation and other scripts.
        """
        n_plain = len(_PLAIN.findall(text))
        n_other = len(_PLAIN.sub("", text).encode("utf-8", "replace"))
        return math.ceil(n_plain / _CHARACTERS_A_TOKEN) + math.ceil(n_other / _BYTES_A_TOKEN)

    def generate(
        self, messages: Sequence[Message], sampling: Sampling, cancel: threading.Event | None = None
    ) -> Iterator[Piece]:
        """Stream the next turn. The first piece's `n_prompt_tokens` is an estimate (`count_tokens`).

        `logprob` is None when it was not requested or not reported; a piece then counts as one token.
        Raises EndpointError, ContextOverflow.
        """
        payload: dict[str, Any] = {
            "messages": _wire(messages),
            "max_tokens": sampling.max_tokens,
            "temperature": sampling.temperature,
            "seed": sampling.seed,
            "stream": True,
        }
        if sampling.stop:
            payload["stop"] = list(sampling.stop)
        with self._lock:
            payload["model"] = self._model_name()
            started = False
            try:
                for piece in self._pieces(payload, messages, cancel):
                    started = True
                    yield piece
            except EndpointError as error:
                if started or not self._logprobs or "logprob" not in error.message:
                    raise
                self._logprobs = False
                yield from self._pieces(payload, messages, cancel)

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        """Log-probabilities of the choices' first tokens, normalised over the choices.

        A choice that is not among the 20 likeliest tokens counts as the least likely of them.
        Raises ValueError when two choices start with the same token, EndpointError when the server reports no
        log-probabilities or none of the choices is among its likeliest tokens.
        """
        if not choices or len(set(choices)) < len(choices) or not all(choices):
            raise ValueError(f"choices must be different and not empty: {list(choices)!r}")
        payload = {"messages": _wire(messages), "max_tokens": 1, "temperature": 0, "logprobs": True}
        with self._lock:
            body = self._endpoint.call(
                "POST", _CHAT, {**payload, "top_logprobs": _TOP, "model": self._model_name()}
            )
        try:
            top = body["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
            likely = {str(item["token"]): float(item["logprob"]) for item in top}
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise self._no_logprobs("the answer holds no log-probabilities") from error
        first = [max((t for t in likely if t and c.startswith(t)), key=len, default="") for c in choices]
        listed = [token for token in first if token]
        if len(set(listed)) < len(listed):
            raise ValueError(f"two of {list(choices)!r} start with the same token")
        if not listed:
            raise self._no_logprobs(f"none of {list(choices)!r} is among the {len(likely)} likeliest tokens")
        scores = np.array([likely[token] if token else min(likely.values()) for token in first])
        return [float(score) for score in scores - np.logaddexp.reduce(scores)]

    def prefill(self, messages: Sequence[Message], cancel: threading.Event | None = None) -> bool:
        """The API has no call for it: True at once, unless cancelled."""
        return cancel is None or not cancel.is_set()

    def likelihood(self, messages: Sequence[Message], text: str) -> float:
        """Always raises EndpointError: the chat API reports nothing about a text that it did not write."""
        raise self._no_logprobs("it does not report the likelihood of a given text")

    def likelihoods(self, cases: Sequence[tuple[Sequence[Message], str]]) -> list[float]:
        """As `likelihood`: raises EndpointError."""
        return [self.likelihood(messages, text) for messages, text in cases]

    def close(self) -> None:
        """Close the connections; safe to call twice."""
        self._endpoint.close()

    def _pieces(
        self, payload: dict[str, Any], messages: Sequence[Message], cancel: threading.Event | None
    ) -> Iterator[Piece]:
        if self._logprobs:
            payload = {**payload, "logprobs": True, "top_logprobs": 1}
        n_prompt = self.count_tokens("".join(message.text for message in messages))
        finish: FinishReason | None = None
        n_events = 0
        for event in self._endpoint.events(_CHAT, payload, cancel):
            n_events += 1
            text, logprobs, reason = self._read(event)
            if reason:
                # A content filter of the server cuts an answer off, as the token limit does.
                finish = "length" if reason in ("length", "content_filter") else "stop"
            if text or logprobs:
                logprob = sum(logprobs) if logprobs else None
                yield Piece(text, logprob, len(logprobs) or 1, n_prompt_tokens=n_prompt)
                n_prompt = 0
        if cancel and cancel.is_set() and finish is None:
            finish = "cancelled"
        if finish is None:
            if not n_events:
                # Some servers send an empty stream instead of an error; without streaming they report it.
                self._endpoint.call("POST", _CHAT, {**payload, "stream": False, "max_tokens": 1})
            raise EndpointError(
                f"{self._endpoint.url}{_CHAT}: the answer ended early",
                remedy="check the server's log, then ask again",
            )
        yield Piece("", finish=finish, n_prompt_tokens=n_prompt)

    def _read(self, event: dict[str, Any]) -> tuple[str, list[float], str | None]:
        """The text of one event, the log-probabilities of its tokens, and the finish reason."""
        try:
            if not event["choices"]:
                return "", [], None
            choice = event["choices"][0]
            content = (choice.get("logprobs") or {}).get("content") or []
            text = (choice.get("delta") or {}).get("content") or ""
            return str(text), [float(item["logprob"]) for item in content], choice.get("finish_reason")
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            raise self._endpoint.malformed(
                _CHAT, f"an event is not a chat completion: {event!r:.120}"
            ) from error

    def _model_name(self) -> str:
        if self._model is None:
            self._model = _first_model(self._endpoint)
        return self._model

    def _no_logprobs(self, why: str) -> EndpointError:
        return EndpointError(
            f"{self._endpoint.url}{_CHAT}: {why}",
            remedy="use an endpoint that reports log-probabilities, or a local model (`askive models list`)",
        )


class OpenAIEmbedder:
    """An embedding model behind `/embeddings`; vectors are normalised to unit length.

    The digest covers address, model name and dimension, because the weights on a server are unknown.
    """

    def __init__(
        self, base_url: str, model: str | None = None, api_key: str | None = None, *, max_tokens: int = 512
    ) -> None:
        self._endpoint = Endpoint(base_url, api_key)
        self._configured_model, self._model = model, model
        self._max_tokens = max_tokens
        self._dimension: int | None = None

    @property
    def model_id(self) -> str:
        """`openai:URL`, with `#model` when one was chosen."""
        return _model_id(self._endpoint, self._configured_model)

    @property
    def digest(self) -> str:
        """Hex sha256 of address, model and dimension."""
        dimension = self.dimension
        return hashlib.sha256(f"{self._endpoint.url}\n{self._model}\n{dimension}".encode()).hexdigest()

    @property
    def dimension(self) -> int:
        """Width of a vector; requested from the server once."""
        if self._dimension is None:
            self._dimension = int(self._embed(["dimension"]).shape[1])
        return self._dimension

    @property
    def max_tokens(self) -> int:
        """As configured; the API does not report it."""
        return self._max_tokens

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), float32, unit rows. Raises EndpointError."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return np.concatenate([self._embed(texts[i : i + _BATCH]) for i in range(0, len(texts), _BATCH)])

    def close(self) -> None:
        """Close the connections; safe to call twice."""
        self._endpoint.close()

    def _embed(self, texts: Sequence[str]) -> Vectors:
        if self._model is None:
            self._model = _first_model(self._endpoint)
        body = self._endpoint.call("POST", "/embeddings", {"input": list(texts), "model": self._model})
        try:
            rows = sorted(body["data"], key=lambda row: row["index"])
            if any(isinstance(row["embedding"][0], list) for row in rows):
                raise self._endpoint.malformed(
                    "/embeddings", "a vector for every token: not an embedding model"
                )
            vectors = np.array([row["embedding"] for row in rows], dtype=np.float32)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise self._endpoint.malformed("/embeddings", "the answer holds no embeddings") from error
        expected = (len(texts), self._dimension or vectors.shape[-1])
        if vectors.shape != expected or not np.isfinite(vectors).all():
            raise self._endpoint.malformed(
                "/embeddings", f"embeddings of shape {vectors.shape}, not {expected}"
            )
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Vectors = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
        return unit


def _wire(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.text} for message in messages]


def _model_id(endpoint: Endpoint, model: str | None) -> str:
    return f"openai:{endpoint.url}" + (f"#{model}" if model else "")


def _first_model(endpoint: Endpoint) -> str:
    body = endpoint.call("GET", "/models")
    try:
        return str(body["data"][0]["id"])
    except (KeyError, IndexError, TypeError) as error:
        raise EndpointError(
            f"{endpoint.url}/models lists no model", remedy=f"name one: openai:{endpoint.url}#MODEL"
        ) from error
