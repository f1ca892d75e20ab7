"""A Generator on any OpenAI-compatible server."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from askive.models.errors import EndpointError
from askive.models.protocols import Abilities, FinishReason, Message, Piece, Sampling, Segment
from askive.models.remote.endpoints import Endpoints, RemotePolicy
from askive.models.remote.transport import Refused

_CHAT = "/chat/completions"
_CHARACTERS_A_TOKEN, _BYTES_A_TOKEN = 3.5, 2
_PLAIN = re.compile(r"[A-Za-z0-9 \n]")
_TOP = 20
_PROBE = (Message("user", (Segment("Is ice cold? Answer Yes or No."),)),)


class NoLogprobs(EndpointError):
    """The server does not report the log-probabilities that are needed."""


class OpenAIGenerator:
    """A chat model behind `/chat/completions`, on one server or several.

    urls: with the version: `http://127.0.0.1:8080/v1`; several serve the same model.
    model: its name on the servers; None takes the first model that the first server lists.
    context_tokens: assumed, as the API does not report it; the server refuses a prompt that is too long
        (ContextOverflow).
    logprobs: request log-probabilities while generating. Off by default, because llama-cpp-python's server is several
        times slower with them.
    weights_id: the catalog id of the weights that the servers run, if known.
    """

    def __init__(
        self,
        urls: str | Sequence[str],
        model: str | None = None,
        api_key: str | None = None,
        *,
        context_tokens: int = 4096,
        logprobs: bool = False,
        policy: RemotePolicy | None = None,
        weights_id: str | None = None,
    ) -> None:
        self._endpoint = Endpoints([urls] if isinstance(urls, str) else urls, api_key, policy)
        self._configured_model, self._model = model, model
        self._context_tokens = context_tokens
        self._logprobs = logprobs
        self._weights_id = weights_id
        self._abilities: Abilities | None = None
        self._gate = threading.BoundedSemaphore(len(self._endpoint) * self._endpoint.policy.parallel)

    @property
    def model_id(self) -> str:
        """`openai:URL` of the first server, with `#model` when one was chosen."""
        return model_id_of(self._endpoint, self._configured_model)

    def weights_id(self) -> str | None:
        """The catalog id of the weights that the servers run; None if it is not known.

        None also where the servers report no log-probabilities, because what is fitted with the weights needs those.
        Raises EndpointError.
        """
        return self._weights_id if self._weights_id and self.abilities().choices else None

    def abilities(self) -> Abilities:
        """Found out by one request of one token at the first call. Raises EndpointError."""
        if self._abilities is None:
            try:
                self.choose(_PROBE, ("Yes", "No"))
                choices = True
            except NoLogprobs:
                choices = False
            self._abilities = Abilities(choices=choices, likelihoods=False, keeps_states=False)
        return self._abilities

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
        with self._gate:
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
        likely = self._likely(messages)
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
        """The log-probability of one of the 20 likeliest next tokens, for a text that is one token, such as Yes.

        Of a text that is not among them: that of the least likely of them, as in `choose`.
        Raises EndpointError for a text of several words: the chat API reports nothing about a text that it did not
        write.
        """
        return self.likelihoods([(messages, text)])[0]

    def likelihoods(self, cases: Sequence[tuple[Sequence[Message], str]]) -> list[float]:
        """`likelihood` of each, with one request for the same messages. Raises EndpointError."""
        if longer := [text for _, text in cases if len(text.split()) > 1]:
            raise self._no_logprobs(f"it does not report the likelihood of a given text: {longer[0]!r:.60}")
        known: dict[tuple[Message, ...], dict[str, float]] = {}
        found = []
        for messages, text in cases:
            key = tuple(messages)
            if text and key not in known:
                known[key] = self._likely(messages)
            found.append(known[key].get(text, min(known[key].values())) if text else 0.0)
        return found

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

    def _likely(self, messages: Sequence[Message]) -> dict[str, float]:
        """The likeliest next tokens, at least one, with their log-probabilities. Raises EndpointError."""
        payload: dict[str, Any] = {
            "messages": _wire(messages),
            "max_tokens": 1,
            "temperature": 0,
            "logprobs": True,
        }
        with self._gate:
            payload |= {"top_logprobs": _TOP, "model": self._model_name()}
            try:
                body = self._endpoint.call("POST", _CHAT, payload)
            except Refused as error:
                if "logprob" not in error.message:
                    raise
                raise self._no_logprobs("it refuses to report log-probabilities") from error
        try:
            top = body["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
            likely = {str(item["token"]): float(item["logprob"]) for item in top}
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise self._no_logprobs("the answer holds no log-probabilities") from error
        if not likely:
            raise self._no_logprobs("the answer holds no log-probabilities")
        return likely

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
            self._model = first_model(self._endpoint)
        return self._model

    def _no_logprobs(self, why: str) -> NoLogprobs:
        return NoLogprobs(
            f"{self._endpoint.url}{_CHAT}: {why}",
            remedy="use an endpoint that reports log-probabilities, or a local model (`askive models list`)",
        )


def _wire(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.text} for message in messages]


def model_id_of(endpoint: Endpoints, model: str | None) -> str:
    """`openai:URL[#model]`, with the URL of the first server."""
    return f"openai:{endpoint.url}" + (f"#{model}" if model else "")


def first_model(endpoint: Endpoints) -> str:
    """The first model that the servers list. Raises EndpointError."""
    body = endpoint.call("GET", "/models")
    try:
        return str(body["data"][0]["id"])
    except (KeyError, IndexError, TypeError) as error:
        raise EndpointError(
            f"{endpoint.url}/models lists no model", remedy=f"name one: openai:{endpoint.url}#MODEL"
        ) from error
