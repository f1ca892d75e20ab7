"""Takes rights and room from the process that parses files, as far as the platform can."""

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


def cut_network() -> None:
    """No connection and no program from here on: an audit hook, and on Linux a network namespace if allowed.

    Only the namespace holds native code too. Needs a process of one thread.
    """
    if sys.platform == "linux":
        import ctypes

        libc = ctypes.CDLL(None)
        if libc.unshare(_CLONE_NEWNET) != 0:
            libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)

    def refuse(event: str, _arguments: object) -> None:
        if event in _REFUSED:
            raise PermissionError(f"a parser may not call {event}")

    sys.addaudithook(refuse)


def limit_memory(n_bytes: int = MAX_MEMORY_BYTES) -> None:
    """At most this much memory in use, what is in use now included; no core dumps. Nothing on Windows."""
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
    # What is mapped and not touched takes no room.
    limit = data + max(n_bytes - resident, n_bytes // 2)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def limit_cpu(seconds: float) -> None:
    """The process is ended after so much more processor time. Nothing on Windows."""
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
    """The most memory that this process had in use; 0 where the platform does not say."""
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
