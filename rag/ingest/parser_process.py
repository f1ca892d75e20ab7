"""One parser process, from its parent's side: start, requests, limits, end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import IO, Any, Literal

import psutil

from askive.rag.errors import ArchiveError, LoadError
from askive.rag.ingest.frames import BrokenFrame, receive, send
from askive.rag.load.limits import MAX_MEMORY_BYTES, MEMORY_EXIT, cpu_seconds, out_of_memory, wall_seconds
from askive.rag.load.recognition.tesseract import MAX_SECONDS, SCANNED_ENDINGS

# The parent's search path: a folder named `models` in the working directory must not be imported instead.
_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from "
    "askive.rag.ingest.parser_worker import main; main()"
)
_START_S = 60.0


class ParserProcess:
    """A process that starts at once. Call `wait_until_ready`, `ask` and `close` from one thread.

    Raises ArchiveError when it cannot start.
    """

    def __init__(self) -> None:
        path = json.dumps([os.path.abspath(folder) for folder in sys.path])  # noqa: PTH100
        try:
            # -I ignores PYTHONDONTWRITEBYTECODE too.
            switches = ["-I", "-B"] if sys.dont_write_bytecode else ["-I"]
            self._popen = subprocess.Popen(
                [sys.executable, *switches, "-c", _PROGRAM, path, str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # Ctrl-C is for the parent, which then ends this process.
                start_new_session=True,
            )
        except OSError as error:
            raise _not_started(str(error)) from error
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._stdin: IO[bytes] = self._popen.stdin
        self._stdout: IO[bytes] = self._popen.stdout
        self._ending = threading.Lock()
        self._deadline = time.monotonic() + _START_S
        self._exceeded: Literal["", "time", "memory"] = ""
        self._is_ready = False
        self.n_jobs = 0

    def wait_until_ready(self) -> None:
        """Raises ArchiveError when the process ends before it is ready."""
        if self._is_ready:
            return
        try:
            receive(self._stdout)
        except (BrokenFrame, OSError) as error:
            self.close()
            raise _not_started(_end(self._popen.returncode)) from error
        self._deadline = float("inf")
        self._is_ready = True

    def ask(self, fields: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """Send one frame and return the reply.

        Raises LoadError, naming `fields["uri"]`, when the process ends or is stopped.
        """
        self.n_jobs += 1
        self._deadline = time.monotonic() + wall_seconds(len(data))
        if fields.get("tesseract") and fields.get("ending") in SCANNED_ENDINGS:
            # Tesseract has limits of its own; the time of this process's own processor stays limited.
            self._deadline += MAX_SECONDS
        try:
            send(self._stdin, fields, data)
            return receive(self._stdout)
        except (BrokenFrame, OSError) as error:
            raise self._failure(fields["uri"], len(data)) from error
        finally:
            self._deadline = float("inf")

    def enforce_limits(self) -> None:
        """End the process when it exceeds its memory or time. Call it often, from any thread."""
        if time.monotonic() > self._deadline:
            self._exceeded = "time"
            self.kill()
            return
        # For platforms that do not enforce the limit that the process sets itself.
        if not self._is_ready:
            return
        with contextlib.suppress(psutil.Error):
            if psutil.Process(self._popen.pid).memory_info().rss > MAX_MEMORY_BYTES:
                self._exceeded = "memory"
                self.kill()

    def kill(self) -> None:
        """End the process; from any thread, and safe to call twice."""
        # After the wait, another process may have its id.
        with self._ending:
            if self._popen.returncode is None:
                self._popen.kill()

    def close(self) -> None:
        """End the process and wait for it."""
        self.kill()
        for stream in (self._stdin, self._stdout):
            with contextlib.suppress(OSError):
                stream.close()
        with self._ending:
            self._popen.wait()

    def _failure(self, uri: str, n_bytes: int) -> LoadError:
        """Why the process failed on a file; also ends it if it is running."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(1.0)
        self.close()
        code = self._popen.returncode
        if self._exceeded == "time":
            return _too_slow(uri, f"{wall_seconds(n_bytes):.0f} s")
        if code < 0 and code == -getattr(signal, "SIGXCPU", 0):
            return _too_slow(uri, f"{cpu_seconds(n_bytes):.0f} s of processor time")
        if self._exceeded == "memory" or code == MEMORY_EXIT:
            return out_of_memory(uri)
        return LoadError(
            f"{uri} crashes the process that reads it ({_end(code)}): it is damaged, or needs more than"
            f" {MAX_MEMORY_BYTES // 2**20:,} MB of memory",
            remedy="open it in the program that made it and save it again",
        )


def _too_slow(uri: str, limit: str) -> LoadError:
    return LoadError(
        f"{uri} takes more than {limit} to read",
        remedy="split it into smaller files, or save it again in the program that made it",
    )


def _not_started(reason: str) -> ArchiveError:
    return ArchiveError(
        f"the process that reads files cannot be started: {reason}",
        remedy="free memory and try again; `askive doctor` checks the installation",
    )


def _end(code: int) -> str:
    try:
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"
    except ValueError:
        return f"signal {-code}"
