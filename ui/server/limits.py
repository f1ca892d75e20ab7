"""The limits of a server and their defaults."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a server.

    max_waiting: questions in the queue. max_per_caller: of them, of one token. answer_s: seconds for one answer.
    requests_per_minute: of one token.
    """

    max_waiting: int = 32
    max_per_caller: int = 16
    answer_s: float = 300.0
    requests_per_minute: int = 600


DEFAULT_LIMITS = Limits()
