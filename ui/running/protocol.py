"""What passes through the socket: one JSON object a line, a request and then the events of its answer."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from askive.models.errors import AskiveError
from askive.rag.store.filters import Filter
from askive.rag.types import Cited, Event, Final, Progress, QuestionKind, Searching, Sources, Token

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from askive.rag.config import Config

FOLDER, SOCKET, LOCK = "run", "ask.sock", "ask.lock"
MAX_LINE = 1 << 20
"""Bytes of a request; a question has at most 12,000 characters, a filter at most some thousand addresses."""
_REQUEST = "request"
_EVENTS: Mapping[str, Any] = {
    kind.__name__.lower(): kind for kind in (Searching, Sources, Progress, Token, Cited, Final)
}


@dataclass(frozen=True, slots=True)
class Request:
    """A question to a running Askive.

    version: of the Askive that asks. settings: as in `settings_of`. is_hello: whether it only wants to know if it would
    be answered. literal: do not rank higher what the question names.
    """

    version: str
    settings: str
    collection: str
    question: str = ""
    is_hello: bool = False
    literal: bool = False
    admitted: Filter | None = None
    kind: QuestionKind | None = None
    words: int | None = None


def socket_path(config: Config) -> Path:
    """Where a running Askive listens."""
    return config.home / FOLDER / SOCKET


def is_own(path: Path) -> bool:
    """Whether this user owns the socket and nobody else can use it."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISSOCK(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


@cache
def own_version() -> str:
    """The version of this Askive."""
    from importlib.metadata import version

    return version("askive")


def settings_of(config: Config) -> str:
    """The settings as JSON, without those that a request names itself: answers are the same where these are."""
    view = config.model_dump(mode="json", exclude={"home", "collection", "lock_wait_s"})
    del view["retrieval"]["context"]
    return json.dumps(view, sort_keys=True)


def line_of(view: dict[str, Any]) -> bytes:
    """One line of the socket."""
    return json.dumps(view).encode() + b"\n"


def event_line(event: Event) -> bytes:
    """A line with an event, complete: `askive.rag.serialize` leaves out what programs do not need."""
    name = type(event).__name__.lower()
    return line_of({"event": name, "value": _adapter(name).dump_python(event, mode="json")})


def event_of(view: dict[str, Any]) -> Event:
    """The event of a line. Raises KeyError, ValueError for another line."""
    event: Event = _adapter(view["event"]).validate_python(view["value"])
    return event


def error_line(error: AskiveError) -> bytes:
    """A line with an error, the last one."""
    return line_of({"error": error.as_dict()})


def error_of(view: dict[str, str]) -> AskiveError:
    """The error of a line, of its own class, which decides the exit code."""
    kind = next((kind for kind in _subclasses(AskiveError) if kind.kind == view["kind"]), AskiveError)
    error = kind.__new__(kind)
    # Some classes make the message from other arguments.
    AskiveError.__init__(error, view["message"], remedy=view["remedy"])
    return error


def request_line(request: Request) -> bytes:
    """A line with a request."""
    return line_of(_adapter(_REQUEST).dump_python(request, mode="json"))


def request_of(line: bytes) -> Request:
    """The request of a line. Raises ValueError for another line."""
    request: Request = _adapter(_REQUEST).validate_json(line)
    return request


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    # Imported late: a command that finds no socket does without.
    from pydantic import TypeAdapter

    return TypeAdapter(Request if name == _REQUEST else _EVENTS[name])


def _subclasses(kind: type[AskiveError]) -> list[type[AskiveError]]:
    return [kind, *(each for below in kind.__subclasses__() for each in _subclasses(below))]
