"""What is to be done about files: which are new or changed, which are as they were, which are gone.

A file is known unchanged by its folder entry (the stamp), without opening it; when that is not sure, by the digest
of its bytes, without understanding them.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rag.errors import UsageError
from rag.load import LOADERS

_CLOCK_STEP_NS = 2_000_000_000
"""Files touched within this time before they are read get no stamp: a later change could leave the same one."""


_MIN_WITHHELD = 3
_MAX_GONE_SHARE = 1 / 3


@dataclass(frozen=True, slots=True)
class Withheld:
    """Documents that are gone from a named folder, too many to be removed without a confirmation.

    n_known: documents that are held of the folder.
    """

    folder: str
    uris: tuple[str, ...]
    n_known: int


@dataclass(slots=True)
class Plan:
    """What is to be done.

    files: paths to look at, in order; as strings, since making many Path objects takes longer than all else.
    gone: uris to remove.
    withheld: what is only to be removed after a confirmation: more than a third of a folder, and at least three
    documents. The folder may be on a disk that is not mounted.
    unreadable: folders that cannot be listed, with the reason.
    n_skipped: files of types that are not understood.
    """

    files: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    n_skipped: int = 0


def plan_paths(paths: Sequence[Path], known: Iterable[str]) -> Plan:
    """Files and folders against the uris that are held.

    Gone is what stood in a named folder and does not any more, and a named file that was held; the folder itself may
    be gone. What stands in a folder that cannot be listed is not gone. Raises UsageError for a path that does not
    exist and of which nothing is held.
    """
    known = set(known)
    plan = Plan()
    folders: list[str] = []
    # One spelling of a path: the same file named in two ways is one document. Links are not followed.
    for path in dict.fromkeys(Path(os.path.abspath(path)) for path in paths):  # noqa: PTH100
        below = f"{str(path).rstrip(os.sep)}{os.sep}"
        if path.is_dir():
            folders.append(below)
            _walk(path, plan)
        elif path.exists():
            plan.files.append(str(path))
        elif str(path) in known and path.parent.is_dir():
            plan.gone.append(str(path))
        elif str(path) not in known and is_held(path, known):
            folders.append(below)
        else:
            raise UsageError(f"{path} does not exist", remedy="name a file or a folder that does")
    plan.files = list(dict.fromkeys(plan.files))
    present = set(plan.files)
    hidden = tuple(f"{folder}{os.sep}" for folder in plan.unreadable)
    for folder in folders:
        of_folder = [uri for uri in known if uri.startswith(folder)]
        gone = sorted(uri for uri in of_folder if uri not in present and not uri.startswith(hidden))
        if len(gone) >= _MIN_WITHHELD and len(gone) > _MAX_GONE_SHARE * len(of_folder):
            plan.withheld.append(Withheld(folder.rstrip(os.sep) or os.sep, tuple(gone), len(of_folder)))
        else:
            plan.gone += gone
    kept = {uri for withheld in plan.withheld for uri in withheld.uris}
    plan.gone = [uri for uri in dict.fromkeys(plan.gone) if uri not in kept]
    return plan


def is_held(path: Path, known: Iterable[str]) -> bool:
    """Whether the path is a document among the uris, or a folder of some."""
    uri = os.path.abspath(path)  # noqa: PTH100
    below = f"{uri.rstrip(os.sep)}{os.sep}"
    return any(name == uri or name.startswith(below) for name in known)


def _walk(folder: Path, plan: Plan) -> None:
    """Files that can be loaded, sorted; the others are only counted, and hidden ones not even that."""

    def unreadable(error: OSError) -> None:
        plan.unreadable[str(error.filename)] = error.strerror or str(error)

    for root, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.startswith("."):
                continue
            if os.path.splitext(name)[1].lower() in LOADERS:  # noqa: PTH122
                plan.files.append(f"{root.rstrip(os.sep)}{os.sep}{name}")
            else:
                plan.n_skipped += 1


def stamp_of(path: str) -> str:
    """Size, times and place of a file's entry; changes whenever the bytes may have. Empty when that is not sure.

    Git's rule: an entry that was touched just now may be touched again within one step of the clock.
    """
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return ""
    touched = max(found.st_mtime_ns, found.st_ctime_ns)
    if not stat.S_ISREG(found.st_mode) or touched > time.time_ns() - _CLOCK_STEP_NS:
        return ""
    return f"{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}:{found.st_ino}"
