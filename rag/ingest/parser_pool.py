"""Parse files in worker processes, so that a damaged or hostile file affects only itself.

A file that takes too much memory or time, or crashes its process, is a LoadError; the process is replaced. Processes
start with the first job. The queues are limited, so memory stays bounded.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol

from askive.rag.config import PassageConfig
from askive.rag.errors import ArchiveError, AskiveError, LoadError
from askive.rag.ingest.frames import Loaded, loaded_from
from askive.rag.ingest.parser_process import ParserProcess
from askive.rag.load.limits import MAX_MEMORY_BYTES, unreadable
from askive.rag.load.several.parts import AUTO
from askive.rag.load.several.pieces import Place

N_WORKERS = 2
_LOOK_S = 0.1
_BUSY_S = 0.3
"""A second process starts when the first has worked on one file for so long, or when so many jobs wait."""
_BUSY_JOBS = 16
_MAX_AHEAD = 64
_MAX_AHEAD_BYTES = 32 * 2**20
_MAX_WAITING_CHARS = 2 * 10**7
_MAX_JOBS = 2_000
_START_ATTEMPTS = 3
_MAX_PEAK_BYTES = MAX_MEMORY_BYTES // 2


@dataclass(eq=False, slots=True)
class Job:
    """A file to parse. `ParserPool.take` returns its result."""

    data: bytes
    uri: str
    ending: str
    digest: str
    split: str
    n_bytes: int
    place: Place | None = None
    done: threading.Event = field(default_factory=threading.Event)
    result: list[Loaded] | AskiveError | None = None


class ParserPool:
    """Up to `n_workers` processes that parse and split, in the order of `submit`.

    Use it in a `with` block: all processes have ended after it. Call `submit` and `take` from one thread.
    """

    def __init__(
        self,
        passages: PassageConfig,
        n_workers: int = N_WORKERS,
        tesseract: str = "",
        new_parser: Callable[[], Parser] | None = None,
    ) -> None:
        """tesseract: path of the program that recognises text in pictures; empty for none.

        new_parser: what each of the workers parses with; default: a process of this machine.
        """
        self._new_parser = new_parser or ProcessParser
        self._scale = max(1, n_workers // N_WORKERS)
        self._settings: dict[str, int | str] = {
            "max_words": passages.max_words,
            "overlap_sentences": passages.overlap_sentences,
            "tesseract": tesseract,
        }
        self._n_workers = n_workers
        self._changed = threading.Condition()
        self._jobs: deque[Job] = deque()
        self._workers: list[_Worker] = []
        self._n_ahead = 0
        self._n_ahead_bytes = 0
        self._n_waiting_chars = 0
        self._closing = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="parse-watch", daemon=True)

    def has_room(self) -> bool:
        """Whether the queue is short enough to read ahead; `submit` accepts a job in any case."""
        return (
            self._n_ahead < _MAX_AHEAD * self._scale and self._n_ahead_bytes < _MAX_AHEAD_BYTES * self._scale
        )

    def submit(
        self,
        data: bytes,
        uri: str,
        ending: str,
        digest: str,
        split: str = AUTO,
        place: Place | None = None,
    ) -> Job:
        """Queue the bytes for the loader of this file extension.

        digest: of the bytes. split: the rule by which the file is split into documents. place: of a piece of a file.
        """
        job = Job(data, uri, ending, digest, split, len(data), place)
        self._n_ahead += 1
        self._n_ahead_bytes += job.n_bytes
        with self._changed:
            self._jobs.append(job)
            self._changed.notify()
            is_behind = len(self._jobs) > _BUSY_JOBS
        if not self._workers or is_behind:
            self._add_worker()
        return job

    def take(self, job: Job) -> list[Loaded]:
        """The documents in the file, at least one; waits for them.

        Raises LoadError, and ArchiveError when no process can be started. Take jobs in the order of `submit`.
        """
        while not job.done.wait(_BUSY_S):
            # So that later jobs need not wait for a file that takes long.
            with self._changed:
                waits = bool(self._jobs)
            if waits:
                self._add_worker()
        self._n_ahead -= 1
        self._n_ahead_bytes -= job.n_bytes
        result = job.result
        if isinstance(result, AskiveError):
            raise result
        assert result is not None
        with self._changed:
            self._n_waiting_chars -= _n_chars(result)
            self._changed.notify_all()
        return result

    def close(self) -> None:
        """End all processes; safe to call twice."""
        with self._changed:
            self._closing.set()
            self._changed.notify_all()
        for worker in self._workers:
            worker.close()
        for worker in self._workers:
            worker.join()
        if self._workers:
            self._watcher.join()

    def __enter__(self) -> ParserPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def next_job(self) -> Job | None:
        """For the workers: the next job, once there is one and room for its result; None after `close`."""
        with self._changed:
            while not self._closing.is_set():
                # Waiting results are older than all waiting jobs, so they can always be taken.
                if self._jobs and self._n_waiting_chars < _MAX_WAITING_CHARS * self._scale:
                    return self._jobs.popleft()
                self._changed.wait()
        return None

    def finish(self, job: Job, result: list[Loaded] | AskiveError) -> None:
        """For the workers: set the result of a job."""
        job.data = b""
        job.result = result
        if isinstance(result, list):
            with self._changed:
                self._n_waiting_chars += _n_chars(result)
        job.done.set()

    def _watch(self) -> None:
        while not self._closing.wait(_LOOK_S):
            for worker in self._workers:
                worker.enforce_limits()

    def _add_worker(self) -> None:
        if len(self._workers) < self._n_workers:
            worker = _Worker(self, self._settings, self._new_parser())
            worker.start()
            self._workers.append(worker)
            if len(self._workers) == 1:
                self._watcher.start()


def _n_chars(loaded: list[Loaded]) -> int:
    return sum(len(item.document.text) for item in loaded)


class Parser(Protocol):
    """What one worker parses with."""

    def reply(self, fields: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """Parse a file; fields and reply are those of `askive.rag.ingest.parser_worker`.

        Raises LoadError, and ArchiveError when no process can be started. Called from one thread.
        """
        ...

    def replace(self) -> None:
        """End the process, because its reply breaks the protocol; the next file gets another one."""
        ...

    def enforce_limits(self) -> None:
        """End the process when it exceeds its limits; from any thread."""
        ...

    def close(self) -> None:
        """End the process now; from any thread, and safe to call twice."""
        ...


class _Worker(threading.Thread):
    """A thread that passes jobs to a parser."""

    def __init__(self, pool: ParserPool, settings: dict[str, int | str], parser: Parser) -> None:
        super().__init__(name="parse", daemon=True)
        self._pool = pool
        self._settings = settings
        self._parser = parser

    def run(self) -> None:
        """Run until the pool is closed. This thread starts the process, and the kernel ends both together."""
        try:
            while (job := self._pool.next_job()) is not None:
                self._pool.finish(job, self._parse(job))
        finally:
            self._parser.replace()

    def enforce_limits(self) -> None:
        """End the process when it exceeds its limits."""
        self._parser.enforce_limits()

    def close(self) -> None:
        """End the process now; the thread ends soon after."""
        self._parser.close()

    def _parse(self, job: Job) -> list[Loaded] | AskiveError:
        try:
            asked = {
                "uri": job.uri, "ending": job.ending, "split": job.split, "place": job.place, **self._settings,
            }  # fmt: skip
            fields, data = self._parser.reply(asked, job.data)
        except Exception as error:
            return error if isinstance(error, AskiveError) else unreadable(job.uri, error)
        try:
            return loaded_from(fields, data, job.uri, job.digest)
        except LoadError as error:
            return error
        except Exception as error:
            # It violates the protocol, so it is no longer trusted.
            self._parser.replace()
            return unreadable(job.uri, error)


class ProcessParser:
    """A Parser with a process of this machine, which it replaces when it has ended or grown too large."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._process: ParserProcess | None = None
        self._is_closed = False

    def reply(self, fields: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """As in `Parser`."""
        try:
            process = self._ready_process()
            reply, content = process.ask(fields, data)
        except Exception:
            self.replace()
            raise
        if process.n_jobs >= _MAX_JOBS or reply.get("peak", 0) > _MAX_PEAK_BYTES:
            self.replace()
        return reply, content

    def replace(self) -> None:
        """As in `Parser`."""
        with self._changing:
            process, self._process = self._process, None
        if process is not None:
            process.close()

    def enforce_limits(self) -> None:
        """As in `Parser`."""
        if (process := self._process) is not None:
            process.enforce_limits()

    def close(self) -> None:
        """As in `Parser`."""
        with self._changing:
            self._is_closed = True
            if self._process is not None:
                self._process.kill()

    def _ready_process(self) -> ParserProcess:
        for attempt in range(_START_ATTEMPTS):
            try:
                process = self._process or ParserProcess()
                with self._changing:
                    self._process = process
                    if self._is_closed:
                        process.kill()
                process.wait_until_ready()
                return process
            except ArchiveError:
                # The system may have killed it when memory was short.
                self.replace()
                if self._is_closed or attempt == _START_ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")
