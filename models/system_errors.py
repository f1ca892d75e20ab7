"""Turn errors of the operating system into errors of Askive: the path, the reason, and a remedy."""

from __future__ import annotations

import errno
import os

from askive.models.errors import SystemFailure

_FULL = "free some disk space, then repeat the command"
_RIGHTS = "check its permissions (`ls -ld PATH`), or set ASKIVE_HOME to a folder that you can write to"
_FILES = "close other programs or allow more open files (`ulimit -n 4096`), then repeat the command"
_REMEDIES = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EROFS: "make the disk writable, or set ASKIVE_HOME to a writable folder",
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "check the path: a part of it is a file, not a folder",
    errno.EISDIR: "name a file, not a folder",
    errno.ENAMETOOLONG: "use a shorter path",
    errno.ELOOP: "check the links in the path: they form a loop",
    errno.EMFILE: _FILES,
    errno.ENFILE: _FILES,
    errno.EIO: "check the disk (`dmesg` shows what it reported) and copy your data before you write to it again",
    errno.EADDRINUSE: "another program uses it: choose another port with --port, or 0 for any free port",
    errno.EADDRNOTAVAIL: "choose another address",
}
_UNKNOWN = "nothing was removed; repeat the command, and run `askive doctor` if it fails again"


def reason_of(error: OSError) -> str:
    """`PATH: REASON` in the system's words; the reason alone when no path is known."""
    reason = error.strerror or str(error) or type(error).__name__
    paths = [
        os.fsdecode(path) for path in (error.filename, error.filename2) if isinstance(path, (str, bytes))
    ]
    return f"{' -> '.join(paths)}: {reason}" if paths else reason


def remedy_for(error: OSError) -> str:
    """What the user can do about it. A remedy never asks to delete anything."""
    return _REMEDIES.get(error.errno or 0, _UNKNOWN)


def system_failure(error: OSError, what: str = "") -> SystemFailure:
    """The error to show. what: what failed, such as `the configuration cannot be written`."""
    reason = reason_of(error)
    return SystemFailure(f"{what}: {reason}" if what else reason, remedy=remedy_for(error))
