"""Answers commands of the same user through a socket in the data folder."""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from threading import Event as Flag

from filelock import FileLock, Timeout

from askive.models.cancellation import Stopped, stopping_at
from askive.models.errors import AskiveError
from askive.models.system_errors import system_failure
from askive.rag.types import Answer, Final
from askive.ui.chat.scheduler import TurnCancelled, Work
from askive.ui.chat.workspace import Workspace
from askive.ui.failures import log_line, reported
from askive.ui.running.protocol import (
    LOCK,
    MAX_LINE,
    Request,
    error_line,
    event_line,
    line_of,
    own_version,
    request_of,
    settings_of,
    socket_path,
)

Log = Callable[[Request, str, Answer | None, float], None]
"""Called after each question: outcome (`answered`, `refused`, `cancelled`, `failed`), answer, seconds."""
_REQUEST_S = 5.0
_CLOSING_S = 5.0
_SEND_S = 30


@contextmanager
def listening(workspace: Workspace, who: str, log: Log | None = None) -> Iterator[None]:
    """Answer commands until the block ends. Does nothing where another Askive does so for the same data folder.

    who: the program, for its log.
    """
    path = socket_path(workspace.config)
    lock = FileLock(path.with_name(LOCK), timeout=0, thread_local=False)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # The folder is closed to others before there is a socket in it.
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        lock.acquire()
        # The lock is free, so whoever made this one is gone.
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen()
    except (OSError, Timeout) as error:
        # A path that is too long for a socket, a disk that is read-only: commands then load their own models.
        if not isinstance(error, Timeout):
            log_line(f"commands cannot use the loaded models: {error}", who)
        listener.close()
        lock.release()
        yield
        return
    connections = _Connections(workspace, who, log)
    threading.Thread(target=connections.accept, args=(listener,), name="askive-ask", daemon=True).start()
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        with suppress(OSError):
            # Closing alone would not end the waiting `accept`.
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        connections.close()
        lock.release()


class _Connections:
    """The commands that are being answered, each in a thread."""

    def __init__(self, workspace: Workspace, who: str, log: Log | None) -> None:
        self._workspace = workspace
        self._who = who
        self._log = log
        self._running: dict[threading.Thread, Flag] = {}
        self._lock = threading.Lock()

    def accept(self, listener: socket.socket) -> None:
        """Accept connections until the listener is closed."""
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            cancel = Flag()
            thread = threading.Thread(target=self._serve, args=(connection, cancel), daemon=True)
            with self._lock:
                self._running[thread] = cancel
            thread.start()

    def close(self) -> None:
        """Cancel all answers, and wait until they have ended."""
        with self._lock:
            running = list(self._running.items())
        for _, cancel in running:
            cancel.set()
        deadline = time.monotonic() + _CLOSING_S
        for thread, _ in running:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _serve(self, connection: socket.socket, cancel: Flag) -> None:
        try:
            with closing(connection):
                connection.settimeout(_REQUEST_S)
                with connection.makefile("rb") as lines:
                    line = lines.readline(MAX_LINE)
                connection.settimeout(None)
                try:
                    request = request_of(line)
                except ValueError:
                    # It may be of another version, which says so in any case.
                    version = _version_in(line)
                    connection.sendall(line_of({"declined": _other(version) if version else "not a request"}))
                    return
                if reason := self._reason_to_decline(request):
                    connection.sendall(line_of({"declined": reason}))
                    return
                if request.is_hello:
                    connection.sendall(line_of({"ready": os.getpid()}))
                    return
                # A command that is suspended must not hold the models.
                timeout = struct.pack("ll", _SEND_S, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeout)
                threading.Thread(target=_cancel_when_gone, args=(connection, cancel), daemon=True).start()
                try:
                    self._answer(connection, request, cancel)
                finally:
                    # Closing alone would not end the connection while the other thread waits for its end.
                    with suppress(OSError):
                        connection.shutdown(socket.SHUT_RDWR)
        except (OSError, _Gone):
            pass
        finally:
            cancel.set()
            with self._lock:
                self._running.pop(threading.current_thread(), None)

    def _reason_to_decline(self, request: Request) -> str:
        if request.version != own_version():
            return _other(request.version)
        is_context_off = not (request.literal or self._workspace.config.retrieval.context)
        is_same = request.settings == settings_of(self._workspace.config)
        return "" if is_same and not is_context_off else "its settings are different"

    def _failure(self, error: Exception) -> AskiveError:
        """As the command itself would show it."""
        if isinstance(error, OSError) and error.errno:
            return system_failure(error)
        return reported(error, "answering a command", self._who)

    def _answer(self, connection: socket.socket, request: Request, cancel: Flag) -> None:
        is_logged, final = False, b""
        began, workspace = time.monotonic(), self._workspace

        def log(outcome: str, answer: Answer | None = None) -> None:
            nonlocal is_logged
            is_logged = True
            if self._log is not None:
                self._log(request, outcome, answer, time.monotonic() - began)

        # What is typed in the chat meanwhile is read again afterwards.
        workspace.ahead.stop()
        try:
            with (
                suppress(TurnCancelled, Stopped),
                workspace.scheduler.turn(Work.QUESTION, cancel, lambda n: _report_waiting(connection, n)),
                stopping_at(cancel),
            ):
                assistant = workspace.assistant(
                    request.collection, workspace.config.generator, literal=request.literal
                )
                for event in assistant.stream(
                    request.question,
                    (),
                    cancel,
                    admitted=request.admitted or None,
                    kind=request.kind,
                    words=request.words,
                ):
                    if cancel.is_set():
                        # What was stopped is no answer.
                        return
                    if isinstance(event, Final):
                        # Before the answer is sent, so that no answer is missing from the log.
                        log("refused" if event.answer.refused else "answered", event.answer)
                        final = event_line(event)
                    else:
                        _send(connection, event_line(event))
            if final:
                # Not in the turn, so that the next question of the command need not wait for its end.
                _send(connection, final)
        except _Gone:
            cancel.set()
            raise
        except Exception as error:  # The command must get every error.
            if not cancel.is_set():
                # Before the error is sent: the command ends its connection on it, which sets the flag.
                log("failed")
                _send(connection, error_line(self._failure(error)))
        finally:
            if not is_logged:
                log("cancelled" if cancel.is_set() else "failed")


class _Gone(Exception):
    """The command has ended its connection."""


def _send(connection: socket.socket, line: bytes) -> None:
    """Raises _Gone, so that the error is not taken for one of the answer."""
    try:
        connection.sendall(line)
    except OSError as error:
        raise _Gone from error


def _report_waiting(connection: socket.socket, n_before: int) -> None:
    # When the command is gone, the flag ends the wait.
    with suppress(_Gone):
        _send(connection, line_of({"waiting": n_before}))


def _cancel_when_gone(connection: socket.socket, cancel: Flag) -> None:
    """Set the flag when the command ends the connection; it sends nothing after its request."""
    with suppress(OSError):
        while connection.recv(1024):
            pass
    cancel.set()


def _version_in(line: bytes) -> str:
    try:
        return str(json.loads(line)["version"])
    except (ValueError, KeyError, TypeError):
        return ""


def _other(version: str) -> str:
    return f"it is Askive {own_version()}, this is {version}"
