"""Asks the Askive that is running already, if there is one that gives the same answers."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from askive.models.errors import AskiveError
from askive.rag.store.filters import Filter
from askive.rag.types import Answer, Event, Final, QuestionKind
from askive.ui.running.protocol import (
    Request,
    error_of,
    event_of,
    is_own,
    own_version,
    request_line,
    settings_of,
    socket_path,
)

if TYPE_CHECKING:
    from askive.rag.config import Config

_HELLO_S = 2.0


class Answering(Protocol):
    """What answers questions: an `Assistant`, or a `RunningAskive`."""

    def ask(
        self,
        question: str,
        *,
        admitted: Filter | None = None,
        kind: QuestionKind | None = None,
        words: int | None = None,
    ) -> Answer:
        """As `Assistant.ask`."""
        ...

    def stream(
        self,
        question: str,
        *,
        admitted: Filter | None = None,
        kind: QuestionKind | None = None,
        words: int | None = None,
    ) -> Iterator[Event]:
        """As `Assistant.stream`."""
        ...


class RunningAskive:
    """Another process that answers questions about a collection. Each question is a connection of its own."""

    def __init__(self, path: Path, request: Request, report: Callable[[str], None]) -> None:
        """request: without a question. report: called with a line for the user when there is a wait."""
        self._path = path
        self._request = request
        self._report = report

    def ask(
        self,
        question: str,
        *,
        admitted: Filter | None = None,
        kind: QuestionKind | None = None,
        words: int | None = None,
    ) -> Answer:
        """As `Assistant.ask`; raises as `stream`."""
        for event in self.stream(question, admitted=admitted, kind=kind, words=words):
            if isinstance(event, Final):
                return event.answer
        raise AssertionError("a stream always ends with Final")

    def stream(
        self,
        question: str,
        *,
        admitted: Filter | None = None,
        kind: QuestionKind | None = None,
        words: int | None = None,
    ) -> Iterator[Event]:
        """As `Assistant.stream`. Closing the iterator cancels the answer.

        Raises AskiveError also when the other process ends.
        """
        request = replace(self._request, question=question, admitted=admitted or None, kind=kind, words=words)
        views = _views(self._path, request)
        with closing(views):
            while True:
                try:
                    view = next(views)
                except (OSError, ValueError, StopIteration):
                    break
                if "waiting" in view:
                    n = view["waiting"]
                    self._report(f"waiting for {'one question' if n == 1 else f'{n} questions'} of others")
                elif "event" in view:
                    event = event_of(view)
                    yield event
                    if isinstance(event, Final):
                        return
                else:
                    break
        raise AskiveError(
            "the Askive that was asked has ended", remedy="ask again, or add --alone to load the models here"
        )


def find_running(config: Config, collection: str, report: Callable[[str], None]) -> RunningAskive | None:
    """The running chat or server of this user with the same data folder; None when there is none to use.

    report: called with a line for the user when one is there but gives other answers, and when a question waits.
    """
    path = socket_path(config)
    if not is_own(path):
        return None
    request = Request(
        own_version(), settings_of(config), collection, literal=not config.retrieval.context, is_hello=True
    )
    try:
        for view in _views(path, request, timeout_s=_HELLO_S):
            if "ready" in view:
                return RunningAskive(path, replace(request, is_hello=False), report)
            if "declined" in view:
                report(f"A running Askive is not asked: {view['declined']}.")
    except (AskiveError, OSError, ValueError):
        # A socket that a killed process has left, or one that does not answer.
        pass
    return None


def _views(
    path: Path, request: Request, timeout_s: float | None = None
) -> Generator[dict[str, Any], None, None]:
    """The lines that come back. Raises the error in one of them, and OSError."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as connection:
        connection.settimeout(_HELLO_S)
        connection.connect(str(path))
        connection.sendall(request_line(request))
        connection.settimeout(timeout_s)
        with connection.makefile("rb") as lines:
            for line in lines:
                view: dict[str, Any] = json.loads(line)
                if "error" in view:
                    raise error_of(view["error"])
                yield view
