"""An operation made ready in a place: the home before it, what it writes, and how the archive looks before and after."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tests.torture.chat import Chat, serve
from tests.torture.checks import of_content, of_doctor, of_leftovers, of_messages, of_processes, of_secrets
from tests.torture.operations import FAKES, KEPT, OPERATIONS, Operation, must
from tests.torture.place import Place, Ran
from tests.torture.report import Failure
from tests.torture.snapshot import Snapshot, queries, snapshot
from tests.torture.syscalls import Call, attach, read_log, trace

# Run again after a removal that was done: there is nothing of that name.
_DONE_ALREADY = {"remove": (0, 2), "delete": (0, 1)}


@dataclass(frozen=True, slots=True)
class Prepared:
    """calls: what it writes below the home. seconds: how long it takes. before, after: collections by name."""

    operation: Operation
    calls: list[Call]
    seconds: float
    before: dict[str, Snapshot]
    after: dict[str, Snapshot]
    asked: list[str]


@lru_cache(maxsize=1)
def prepare(name: str, place: Place) -> Prepared:
    """Make the operation ready; kept for the next run of the same one, documents and home included."""
    operation = next(known for known in OPERATIONS if known.name == name)
    operation.prepare(place)
    place.keep(name)
    asked = queries(KEPT)
    before = {"default": snapshot(place.home / "collections" / "default", asked)}
    calls, seconds = _measure(operation, place)
    after = {collection: _scratch(operation, place, collection, asked) for collection in operation.after}
    return Prepared(operation, calls, seconds, before, after, asked)


def perform(operation: Operation, place: Place, chat: Chat | None = None) -> Ran:
    """Do it once, to its end; by the chat that runs, if it is one of the chat's."""
    if operation.request is None:
        assert operation.arguments is not None
        return place.run(*operation.arguments(place))
    assert chat is not None
    said = chat.send(operation.request)
    fine = "no answer" not in said and not said.startswith("HTTP ") and '"failed"' not in said
    return Ran(("chat", operation.request.method), 0 if fine else 1, said, "" if fine else said, 0.0)


def judge(prepared: Prepared, place: Place) -> list[Failure]:
    """What does not hold after the operation was cut off or failed: at the next start, and when it is done again."""
    failures = list(of_processes())
    failures += of_messages([place.run("collections", "--json")])
    failures += _atomicity(prepared, place)
    failures += _finish(prepared, place)
    failures += of_processes()
    return failures + judge_end(prepared, place)


def judge_end(prepared: Prepared, place: Place) -> list[Failure]:
    """What does not hold when the operation is done."""
    # A question builds a vector index that could not be written.
    asked = [
        place.run("search", "harbour", "--collection", name, *FAKES, "--json") for name in prepared.after
    ]
    failures = [*of_messages(asked), *of_doctor(place)]
    for name, expected in prepared.after.items():
        failures += of_content(place.home, name, expected, prepared.asked)
    failures += of_secrets(place.home, prepared.operation.removed)
    failures += of_leftovers(place.home, prepared.after)
    return failures


def _finish(prepared: Prepared, place: Place) -> list[Failure]:
    operation = prepared.operation
    if operation.request is None:
        ran = perform(operation, place)
        return list(of_messages([ran], _DONE_ALREADY.get(operation.name, (0,))))
    try:
        with serve(place) as chat:
            # What was done before the end is not done again.
            is_done = operation.name == "rename" and not (place.home / "collections" / "default").is_dir()
            runs = [] if is_done else [perform(operation, place, chat)]
            ended = chat.stop()
    except RuntimeError as error:
        return [Failure("message", str(error))]
    return [*of_messages(runs), *of_messages([ended], (0, 130))]


def _atomicity(prepared: Prepared, place: Place) -> list[Failure]:
    """Every document is as before or as after, all that are in both are there, and so is the collection."""
    folder = place.home / "collections"
    present = [name for name in sorted({*prepared.before, *prepared.after}) if (folder / name).is_dir()]
    if not present:
        gone = not prepared.after
        return [] if gone else [Failure("atomicity", "there is no collection any more")]
    failures = []
    if len(present) > 1:
        failures.append(Failure("atomicity", f"two collections: {', '.join(present)}"))
    before = prepared.before["default"].documents
    after = next(iter(prepared.after.values())).documents if prepared.after else {}
    for name in present:
        try:
            held = snapshot(folder / name, prepared.asked)
        except Exception as error:
            failures.append(Failure("atomicity", f"{name} cannot be read: {type(error).__name__}: {error}"))
            continue
        failures += [Failure("atomicity", f"{name}: {problem}") for problem in held.problems]
        documents = held.documents
        torn = [u for u, digest in documents.items() if digest not in (before.get(u), after.get(u))]
        lost = [u for u in before.keys() & (after or before).keys() if u not in documents]
        if torn or lost:
            failures.append(Failure("atomicity", f"{name}: {len(torn)} half documents, {len(lost)} lost"))
        if prepared.operation.whole and documents not in (before, after):
            failures.append(Failure("atomicity", f"{name}: neither the old collection nor the new one"))
    return failures


def _measure(operation: Operation, place: Place) -> tuple[list[Call], float]:
    if operation.request is None:
        assert operation.arguments is not None
        ran, calls = trace(place, *operation.arguments(place))
        must(ran)
        place.restore(operation.name)
        return calls, must(perform(operation, place)).seconds
    log = place.root / "strace.log"
    with serve(place) as chat:
        with attach(log, chat.process.pid):
            must(perform(operation, place, chat))
        chat.stop()
    return read_log(log, place.home), 0.3


def _scratch(operation: Operation, place: Place, collection: str, asked: list[str]) -> Snapshot:
    """The archive of the same documents, indexed into an empty home."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = _Elsewhere(place.root, Path(folder))
        paths = [str(path) for path in operation.documents(place, collection)]
        must(fresh.run("index", *paths, *FAKES, "--json"))
        return snapshot(fresh.home / "collections" / "default", asked)


@dataclass(frozen=True, slots=True)
class _Elsewhere(Place):
    """The same documents, another home."""

    other: Path

    @property
    def home(self) -> Path:
        """The other home."""
        return self.other
