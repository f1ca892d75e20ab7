"""ENOSPC and EIO at system calls that change files."""

from __future__ import annotations

import re
import time

from tests.torture.cases import Case, plan
from tests.torture.chat import serve
from tests.torture.checks import of_messages, of_processes
from tests.torture.kills import points
from tests.torture.place import Place, Ran
from tests.torture.prepared import Prepared, judge, judge_end, perform, prepare
from tests.torture.report import Failure, Outcome
from tests.torture.syscalls import FAILING, Call, attach, command, find_injections, injection

TITLE = (
    "ENOSPC and EIO at writes, syncs, truncations and renames below the data folder. The command must say so or"
    " succeed in full; a second run without the fault must end as if nothing had been."
)
COUNTS = {
    "index-new": 30, "index-changed": 40, "remove": 40, "rebuild": 40, "delete": 10, "rename": 8, "upload": 24,
    "move": 16, "migrate": 20, "backup": 16, "restore": 24, "repair": 20,
}  # fmt: skip
_ERRORS = ("ENOSPC", "EIO")
_HARMFUL = re.compile(r"(?i)\b(?:remove|delete) (?:the collection|/\S*collections/)")


def cases(percent: int, seed: int) -> list[Case]:
    """All faults."""
    return plan("faults", COUNTS, percent, seed)


def run(case: Case, place: Place) -> Outcome:
    """One fault, and what came of it."""
    prepared = prepare(case.operation, place)
    started = time.monotonic()
    place.restore(case.operation)
    failing = [call for call in prepared.calls if call.name in FAILING]
    error = _ERRORS[case.index % 2]
    if not failing:
        return Outcome(case.subject, case.operation, case.index, False, "it writes nothing", 0.0)
    call = points(failing, max(1, (case.n + 1) // 2))[case.index // 2]
    ran, landed = _fail_at(prepared, place, call, error)
    failures = list(of_messages([ran], (0, 1)))
    failures += of_advice(ran)
    if ran.code == 0:
        failures += of_processes()
        failures += judge_end(prepared, place)
    else:
        failures += judge(prepared, place)
    event = f"{error} at {call.name} {call.nth} ({call.path}), code {ran.code}"
    seconds = time.monotonic() - started
    return Outcome(case.subject, case.operation, case.index, landed, event, seconds, tuple(failures))


def of_advice(ran: Ran) -> list[Failure]:
    """A full disk or a broken one is no reason to delete an archive."""
    found = _HARMFUL.search(ran.err)
    return [Failure("message", f"harmful advice: {ran.shown}")] if found and ran.code else []


def _fail_at(prepared: Prepared, place: Place, call: Call, error: str) -> tuple[Ran, bool]:
    log, operation = place.root / "strace.log", prepared.operation
    options = injection(call, error)
    if operation.request is None:
        assert operation.arguments is not None
        ran = place.run(*operation.arguments(place), prefix=command(log, *options))
    else:
        with serve(place) as chat:
            with attach(log, chat.process.pid, *options):
                ran = perform(operation, place, chat)
            chat.stop()
    return ran, any(find_injections(log, place.home))
