"""Eight readers and a chat against two writers, for some time; then all must be as if they had come one by one."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from threading import Event, Lock, Thread

from tests.torture import corpus
from tests.torture.cases import Case
from tests.torture.chat import Chat, Request, serve, upload
from tests.torture.checks import of_content, of_doctor, of_leftovers, of_messages, of_processes, of_secrets
from tests.torture.corpus import content, secret
from tests.torture.operations import ADDED, CHANGED, DROPPED, FAKES, KEPT, must
from tests.torture.place import ASKIVE, REPOSITORY, Place, Ran
from tests.torture.report import Failure, Outcome
from tests.torture.snapshot import queries, snapshot

TITLE = (
    "Eight reader processes (searching, and answering batches of questions) and a chat that asks and takes uploads,"
    " against two writers (index, remove, rebuild). Readers always find what nobody changes; a writer waits or is told."
)
SECONDS = 60.0
_N_READERS = 8
_ALL = [*KEPT, *CHANGED, *DROPPED, *ADDED]
_MAX_KINDS = 12
_BATCH = 25
_MAX_ANSWER_S = 15.0
"""Eleven processes share the cores; a batch that takes more a question hangs."""


class _Log:
    """What went wrong, and how much was done. Used by all threads."""

    def __init__(self) -> None:
        self.failures: list[Failure] = []
        self.counts = {"searches": 0, "answers": 0, "writes": 0, "refused": 0, "requests": 0}
        self._lock = Lock()

    def count(self, what: str) -> None:
        """One more."""
        with self._lock:
            self.counts[what] += 1

    def fail(self, *failures: Failure) -> None:
        """Keep the first few."""
        with self._lock:
            self.failures += failures[: max(0, _MAX_KINDS - len(self.failures))]


def cases(percent: int, seed: int) -> list[Case]:
    """Two rounds."""
    return [Case("concurrency", "readers and writers", i, 2, seed) for i in range(max(1, 2 * percent // 100))]


def run(case: Case, place: Place, seconds: float | None = None) -> Outcome:
    """One round. seconds: how long; default SECONDS."""
    started = time.monotonic()
    place.clear()
    corpus.write(place.documents, _ALL, 1)
    must(place.run("index", str(place.documents), *FAKES, "--json"))
    must(place.run("index", str(place.documents / KEPT[0]), "--collection", "papers", *FAKES, "--json"))
    log, over = _Log(), Event()
    with serve(place, "--collection", "default") as chat:
        work: list[Callable[[], None]] = [
            lambda: _write_changes(place, log, over), lambda: _rebuild(place, log, over),
            lambda: _use_chat(chat, log, over),
        ]  # fmt: skip
        work += [_reader(place, log, over, n) for n in range(_N_READERS)]
        threads = [Thread(target=one) for one in work]
        for thread in threads:
            thread.start()
        time.sleep(seconds or SECONDS)
        over.set()
        for thread in threads:
            thread.join()
        log.fail(*of_messages([chat.stop()], (0, 130)))
    failures = [*log.failures, *of_processes(), *_judge(place)]
    event = ", ".join(f"{n} {what}" for what, n in log.counts.items())
    seconds = time.monotonic() - started
    landed = log.counts["refused"] > 0
    return Outcome(case.subject, case.operation, case.index, landed, event, seconds, tuple(failures))


def _judge(place: Place) -> list[Failure]:
    corpus.write(place.documents, [*KEPT, *CHANGED], 2)
    for name in DROPPED:
        (place.documents / name).unlink()
    failures = list(of_messages([place.run("index", str(place.documents), *FAKES, "--json")]))
    failures += of_processes()
    failures += of_doctor(place)
    failures += of_leftovers(place.home, ["default", "papers"])
    old = [*((name, 1) for name in (*KEPT[1:], *CHANGED)), *((name, 1) for name in DROPPED)]
    failures += of_secrets(place.home / "collections", [secret(name, version) for name, version in old])
    asked = queries(KEPT)
    place.keep("concurrency")
    fresh = Place(place.root / "scratch")
    fresh.clear()
    must(fresh.run("index", str(place.documents), *FAKES, "--json"))
    expected = snapshot(fresh.home / "collections" / "default", asked)
    return failures + list(of_content(place.home, "default", expected, asked))


def _write_changes(place: Place, log: _Log, over: Event) -> None:
    version = 1
    while not over.is_set():
        version = 3 - version
        corpus.write(place.documents, CHANGED, version)
        _check_write(log, place.run("index", str(place.documents), *FAKES, "--json"))
        gone = str(place.documents / ADDED[0])
        _check_write(log, place.run("index", "--remove", gone, *FAKES, "--json"), (0, 1, 2))


def _rebuild(place: Place, log: _Log, over: Event) -> None:
    while not over.is_set():
        _check_write(log, place.run("index", str(place.documents), "--rebuild", *FAKES, "--json"))
        gone = str(place.documents / ADDED[1])
        _check_write(log, place.run("index", "--remove", gone, *FAKES, "--json"), (0, 1, 2))


def _check_write(log: _Log, ran: Ran, allowed: tuple[int, ...] = (0, 1)) -> None:
    log.count("writes")
    if ran.code:
        log.count("refused")
    log.fail(*of_messages([ran], allowed))


def _reader(place: Place, log: _Log, over: Event, n: int) -> Callable[[], None]:
    wanted = secret(KEPT[1 + n % (len(KEPT) - 1)], 1)
    return (lambda: _search(place, log, over, wanted)) if n % 2 else (lambda: _ask(place, log, over, wanted))


def _search(place: Place, log: _Log, over: Event, wanted: str) -> None:
    while not over.is_set():
        ran = place.run("search", wanted, "--collection", "default", *FAKES, "--json")
        log.count("searches")
        log.fail(*of_messages([ran]))
        if ran.code == 0 and wanted not in ran.out:
            log.fail(Failure("content", f"a search for {wanted} found only {ran.out[:200]}"))


def _ask(place: Place, log: _Log, over: Event, wanted: str) -> None:
    arguments = ("ask", "--batch", "-", "--collection", "default", *FAKES, "--model", "scripted")
    questions = "".join(
        json.dumps({"question": f"What is the password {wanted}, number {n}?"}) + "\n" for n in range(_BATCH)
    ).encode()
    while not over.is_set():
        process = subprocess.Popen(
            [*ASKIVE, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=place.environment(), cwd=REPOSITORY,
        )  # fmt: skip
        code: int | None
        try:
            out, err = process.communicate(questions, _BATCH * _MAX_ANSWER_S)
            code = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            code = None
        ran = Ran(arguments, code, out.decode(errors="replace"), err.decode(errors="replace"), 0)
        log.fail(*of_messages([ran]))
        for line in out.decode(errors="replace").splitlines():
            log.count("answers")
            if wanted not in line.lower().split('"text"', 1)[-1]:
                log.fail(Failure("content", f"an answer does not quote {wanted}: {line[:300]}"))


def _use_chat(chat: Chat, log: _Log, over: Event) -> None:
    wanted = secret(KEPT[2], 1)
    n = 0
    while not over.is_set():
        n += 1
        asked = {
            "question": f"What is the password {wanted}, number {n}?",
            "collection": "default",
            "model": "scripted",
        }
        said = chat.call("ask", asked)
        log.count("requests")
        if wanted not in said.lower():
            log.fail(Failure("content", f"the chat does not quote {wanted}: {said[-300:]}"))
        for request in (
            Request("GET", "collections"), Request("GET", "collections/default/documents"),
            upload("papers", f"note{n % 3}.txt", content(f"note{n % 3}.txt", n)),
        ):  # fmt: skip
            said = chat.send(request)
            log.count("requests")
            # Between two states a collection may be closed to the chat for a moment, but it says so.
            if said.startswith(("HTTP 5", "no answer")) or "Traceback" in said:
                log.fail(Failure("message", f"chat {request.method} {request.path}: {said[:300]}"))
        over.wait(0.2)
