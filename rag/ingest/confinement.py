"""Restrict the process that parses files, as far as the platform allows: network, programs, memory, CPU time."""

from __future__ import annotations

import os
import sys

from askive.rag.load.limits import MAX_MEMORY_BYTES

_REFUSED = frozenset(
    """socket.connect socket.bind socket.sendto socket.sendmsg socket.getaddrinfo socket.getnameinfo
    socket.gethostbyname socket.gethostbyaddr subprocess.Popen os.system os.exec os.posix_spawn os.spawn
    os.fork os.forkpty os.startfile""".split()
)
_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000


def end_with_parent(parent: int) -> None:
    """On Linux, have the kernel end this process when the thread that started it ends.

    parent: its process id; if it has already ended, this process ends at once.
    """
    if sys.platform != "linux":
        return
    import ctypes
    import signal

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


_programs: set[str] = set()


def allow_program(path: str) -> None:
    """Allow this program in spite of `cut_network`; it inherits the limits and has no network either."""
    _programs.add(path)


def cut_network() -> None:
    """Forbid connections and programs from now on: an audit hook, and on Linux a network namespace if allowed.

    Only the namespace also restricts native code. Call it while the process has one thread.
    """
    if sys.platform == "linux":
        import ctypes

        libc = ctypes.CDLL(None)
        if libc.unshare(_CLONE_NEWNET) != 0:
            libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event in _REFUSED and not (event == "subprocess.Popen" and arguments[0] in _programs):
            raise PermissionError(f"a parser may not call {event}")

    sys.addaudithook(refuse)


def limit_memory(n_bytes: int = MAX_MEMORY_BYTES) -> None:
    """Limit the memory of this process, including what it uses now; disable core dumps. No effect on Windows."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        return
    with open("/proc/self/statm", encoding="ascii") as file:
        fields = [int(field) * resource.getpagesize() for field in file.read().split()]
    resident, data = fields[1], fields[5]
    # Memory that is mapped but not touched takes no space.
    limit = data + max(n_bytes - resident, n_bytes // 2)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def limit_cpu(seconds: float) -> None:
    """End the process after this much more CPU time. No effect on Windows."""
    try:
        import resource
    except ImportError:
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = usage.ru_utime + usage.ru_stime
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    limit = int(used + seconds) + 1
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))


def peak_bytes() -> int:
    """Peak memory of this process in bytes; 0 where the platform does not report it."""
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
