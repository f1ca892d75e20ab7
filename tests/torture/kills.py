"""SIGKILL at every commit point, and at random moments."""

from __future__ import annotations

import signal
import time
from threading import Timer

from tests.torture.cases import Case, plan
from tests.torture.chat import serve
from tests.torture.place import Place
from tests.torture.prepared import Prepared, judge, perform, prepare
from tests.torture.report import Outcome
from tests.torture.syscalls import Call, attach, command, has_kill, injection

TITLE = (
    "SIGKILL at system calls that change files (every fsync, rename and unlink, a spread of the writes) and at random"
    " moments. Then: the next start, the same operation again, and the checks."
)
COUNTS = {
    "index-new": 50, "index-changed": 60, "remove": 60, "rebuild": 70, "delete": 30, "rename": 30, "upload": 50,
    "move": 40, "migrate": 40, "backup": 30, "restore": 50, "repair": 40, "reembed": 40,
    "reembed-again": 30,
}  # fmt: skip
_AT_RANDOM = 3
"""Every third kill comes at a random moment."""


def cases(percent: int, seed: int) -> list[Case]:
    """All kills."""
    return plan("kills", COUNTS, percent, seed)


def run(case: Case, place: Place) -> Outcome:
    """One kill, and what came of it."""
    prepared = prepare(case.operation, place)
    started = time.monotonic()
    place.restore(case.operation)
    chance = case.chance()
    if case.index % _AT_RANDOM == _AT_RANDOM - 1 or not prepared.calls:
        moment = prepared.seconds * (
            1.1 * chance.random() if prepared.operation.request else 0.4 + 0.7 * chance.random()
        )
        landed, event = _kill_after(prepared, place, moment), f"SIGKILL after {moment:.3f} s"
    else:
        call = points(prepared.calls, case.n)[case.index]
        landed, event = _kill_at(prepared, place, call), f"SIGKILL at {call.name} {call.nth} ({call.path})"
    failures = judge(prepared, place)
    seconds = time.monotonic() - started
    return Outcome(case.subject, case.operation, case.index, landed, event, seconds, tuple(failures))


def points(calls: list[Call], n: int) -> list[Call]:
    """n calls to strike at: those that are not writes first, as many as there are, then writes, evenly spread."""
    rare = [call for call in calls if "write" not in call.name]
    writes = [call for call in calls if "write" in call.name]
    if not writes or len(rare) >= n:
        return [rare[i * len(rare) // n] for i in range(n)]
    left = n - len(rare)
    mixed = rare + [writes[i * len(writes) // left] for i in range(left)]
    # Kills at random moments take the place of some: spread what they replace.
    return [mixed[(i * 7) % n] if n % 7 else mixed[i] for i in range(n)]


def _kill_at(prepared: Prepared, place: Place, call: Call) -> bool:
    log, operation = place.root / "strace.log", prepared.operation
    options = injection(call, None)
    if operation.request is None:
        assert operation.arguments is not None
        place.run(*operation.arguments(place), prefix=command(log, *options))
        return has_kill(log)
    with serve(place) as chat, attach(log, chat.process.pid, *options):
        perform(operation, place, chat)
        return chat.has_died()


def _kill_after(prepared: Prepared, place: Place, seconds: float) -> bool:
    operation = prepared.operation
    if operation.request is None:
        assert operation.arguments is not None
        return place.run(*operation.arguments(place), kill_after=seconds).code == -signal.SIGKILL
    with serve(place) as chat:
        timer = Timer(seconds, chat.process.kill)
        timer.start()
        ran = perform(operation, place, chat)
        timer.join()
        return ran.code != 0 and chat.has_died()
