"""HTTP to an OpenAI-compatible server: JSON calls, server-sent events, and errors with a remedy."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
from collections.abc import Iterable, Iterator
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from askive.models.errors import ContextOverflow, EndpointError, ModelError, UsageError
from askive.models.offline import LOOPBACK

if TYPE_CHECKING:
    import httpx

PREFIX = "openai:"
"""Prefix of the name of a remote model; its URL follows."""

_POLL_S = 0.05
# "maximum context length", "exceeds the context window", "context size exceeded", "too many tokens"
_OVERFLOW = re.compile(r"context.?(length|window|size)|too many tokens", re.IGNORECASE)


# 408 and 425 ask for a repetition; the others are an overloaded server, or a proxy whose server is away.
_TRANSIENT = frozenset({408, 425, 429, 502, 503, 504})
_LONGEST_WAIT_S = 30.0


class Unavailable(EndpointError):
    """Another attempt, at this server or another one, may succeed.

    wait_s: how long the server asks to wait, at most 30; None if it does not say. same_server: whether to ask this
    server again too, which is of no use after a time limit.
    """

    def __init__(
        self, message: str, *, remedy: str = "", wait_s: float | None = None, same_server: bool = True
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.wait_s = wait_s
        self.same_server = same_server


class Refused(EndpointError):
    """The server answered with an error. status: of HTTP; 500 for an error inside a stream."""

    def __init__(self, message: str, *, remedy: str = "", status: int = 500) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status


class Endpoint:
    """One server. Safe to share between threads.

    timeout_s: for an answer, or between two pieces of a stream; connect_s: for a connection.
    Raises UsageError when the URL is none.
    """

    def __init__(
        self, base_url: str, api_key: str | None = None, *, timeout_s: float = 600.0, connect_s: float = 10.0
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(
                f"{base_url!r} is not an endpoint",
                remedy="write it as openai:http://127.0.0.1:8080/v1[#model]",
            )
        import httpx

        self.url = base_url.rstrip("/")
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        # On a CPU the first byte of an answer to a long prompt takes minutes. A proxy cannot reach our loopback.
        self._client = httpx.Client(
            headers=headers,
            timeout=httpx.Timeout(timeout_s, connect=connect_s),
            trust_env=not is_loopback(parts.netloc),
        )

    def call(self, method: str, path: str, payload: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a JSON object and return the JSON object of the response; a list is returned as its `results`.

        Raises EndpointError (Unavailable when another attempt may succeed), ContextOverflow.
        """
        import httpx

        try:
            response = self._client.request(method, self.url + path, json=payload)
        except httpx.HTTPError as error:
            raise self._unreachable(path, error) from error
        if not response.is_success:
            raise self._refused(path, response)
        try:
            value = response.json()
        except ValueError as error:
            raise self.malformed(path, "its answer is not JSON") from error
        if isinstance(value, list):
            return {"results": value}
        if not isinstance(value, dict):
            raise self.malformed(path, "its answer is not a JSON object")
        return value

    def events(
        self, path: str, payload: dict[str, Any], cancel: threading.Event | None = None
    ) -> Iterator[dict[str, Any]]:
        """The server-sent events of a POST, until `[DONE]`, the end of the stream, or `cancel` (within 100 ms).

        Raises EndpointError, ContextOverflow.
        """
        arrived: SimpleQueue[dict[str, Any] | ModelError | None] = SimpleQueue()
        over = threading.Event()
        responses: list[httpx.Response] = []

        def read() -> None:
            import httpx

            try:
                with self._client.stream("POST", self.url + path, json=payload) as response:
                    responses.append(response)
                    if over.is_set():
                        return
                    if not response.is_success:
                        response.read()
                        raise self._refused(path, response)
                    for event in self._parse(path, response.iter_bytes()):
                        if over.is_set():
                            return
                        arrived.put(event)
            except httpx.HTTPError as error:
                arrived.put(self._unreachable(path, error))
            except ModelError as error:
                arrived.put(error)
            finally:
                arrived.put(None)

        # A blocked read cannot be interrupted, so it runs in its own thread while this one checks `cancel`.
        threading.Thread(target=read, name="askive-endpoint", daemon=True).start()
        try:
            while not (cancel and cancel.is_set()):
                try:
                    item = arrived.get(timeout=_POLL_S)
                except Empty:
                    continue
                if item is None:
                    return
                if isinstance(item, ModelError):
                    raise item
                yield item
        finally:
            over.set()
            for response in responses:
                _hang_up(response)

    def malformed(self, path: str, why: str) -> EndpointError:
        """The error for a response that does not follow the API."""
        return EndpointError(
            f"{self.url}{path}: {why}", remedy="check that it is an OpenAI-compatible endpoint (…/v1)"
        )

    def close(self) -> None:
        """Close the connections; safe to call twice."""
        self._client.close()

    def _parse(self, path: str, blocks: Iterable[bytes]) -> Iterator[dict[str, Any]]:
        rest = b""
        for block in blocks:
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                if not line.startswith(b"data:"):
                    continue
                data = line.removeprefix(b"data:").strip()
                if data == b"[DONE]":
                    return
                try:
                    event = json.loads(data)
                except ValueError as error:
                    raise self.malformed(path, f"an event is not JSON: {data[:80]!r}") from error
                if not isinstance(event, dict):
                    raise self.malformed(path, f"an event is not an object: {data[:80]!r}")
                if event.get("error"):
                    raise self._error(path, "reports", _words(event))
                yield event

    def _unreachable(self, path: str, error: Exception) -> Unavailable:
        import httpx

        if isinstance(error, httpx.ReadTimeout):
            return Unavailable(
                f"{self.url}{path} has not answered within {self._client.timeout.read:g} s",
                remedy="set remote.timeout_s higher, or use a faster server",
                same_server=False,
            )
        return Unavailable(
            f"{self.url}{path} cannot be reached: {str(error) or type(error).__name__}",
            remedy="start the server or correct its address, or use a local model (`askive models list`)",
        )

    def _refused(self, path: str, response: httpx.Response) -> ModelError:
        try:
            words = _words(response.json())
        except ValueError:
            words = response.text
        error = self._error(path, f"answers {response.status_code}", words, response.status_code)
        if response.status_code not in _TRANSIENT or not isinstance(error, EndpointError):
            return error
        return Unavailable(
            error.message, remedy=error.remedy, wait_s=_seconds(response.headers.get("retry-after"))
        )

    def _error(self, path: str, verb: str, words: str, status: int = 500) -> ModelError:
        words = " ".join(words.split())[:300] or "no reason given"
        if "context_length_exceeded" in words or (status < 500 and _OVERFLOW.search(words)):
            return ContextOverflow(f"{self.url}{path}: {words}", remedy="set prompt.max_tokens lower")
        remedy = {
            401: "set OPENAI_API_KEY to the endpoint's key",
            403: "set OPENAI_API_KEY to a key that may use this model",
            404: "check the address (it usually ends in /v1) and the model's name after #",
            429: "wait, then ask again",
        }.get(status, "check the server's log")
        return Refused(f"{self.url}{path} {verb}: {words}", remedy=remedy, status=status)


def _seconds(header: str | None) -> float | None:
    """The seconds of a Retry-After header, at most 30; None when it has none, or a date."""
    return min(float(header), _LONGEST_WAIT_S) if header and header.strip().isdecimal() else None


def _words(body: Any) -> str:
    """The server's error message, in whichever field it is."""
    if isinstance(body, dict):
        error = body.get("error", body.get("detail", body.get("message", body)))
        if isinstance(error, dict) and error.get("message"):
            code = error.get("code")
            return f"{error['message']}" + (f" ({code})" if isinstance(code, str) else "")
        body = error
    return body if isinstance(body, str) else json.dumps(body)


def servers_of(spec: str) -> list[str]:
    """HOST[:PORT] of each server on which an `openai:URL[,URL...]` model runs; none for a model in this process."""
    if not spec.startswith(PREFIX):
        return []
    return [_host_of(url) for url in address_of(spec)[0]]


def address_of(spec: str) -> tuple[list[str], str | None]:
    """The URLs of `openai:URL[,URL...][#MODEL]`, at least one, and the model's name if it has one."""
    urls, _, model = spec.removeprefix(PREFIX).partition("#")
    return [url.strip() for url in urls.split(",") if url.strip()] or [urls], model or None


def _host_of(url: str) -> str:
    try:
        # Only the host: a URL may hold a password.
        return urlsplit(url).netloc.rpartition("@")[2] or url
    except ValueError:
        return url


def is_loopback(host: str) -> bool:
    """Whether HOST[:PORT] is a loopback name. Nothing is resolved."""
    return urlsplit(f"//{host}").hostname in LOOPBACK


def _hang_up(response: httpx.Response) -> None:
    """Close the connection at once, which wakes the reading thread."""
    stream = response.extensions.get("network_stream")
    with contextlib.suppress(OSError, AttributeError):
        stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
