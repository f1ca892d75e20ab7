"""Compare files with a collection: which are new or changed, unchanged, or missing.

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

from askive.rag.errors import UsageError
from askive.rag.load import LOADERS
from askive.rag.load.files import is_system_folder

_CLOCK_STEP_NS = 2_000_000_000
"""Files touched within this time before they are read get no stamp: a later change could leave the same one."""


_MIN_WITHHELD = 3
_MAX_GONE_SHARE = 1 / 3


@dataclass(frozen=True, slots=True)
class Withheld:
    """Documents missing from a named folder, too many to be removed without confirmation.

    n_known: documents that are held of the folder.
    """

    folder: str
    uris: tuple[str, ...]
    n_known: int


@dataclass(slots=True)
class Plan:
    """The result of the comparison.

    files: paths to look at, in order; as strings, since making many Path objects takes longer than all else.
    gone: uris to remove.
    withheld: what is only to be removed after a confirmation: more than a third of a folder, and at least three
    documents. The folder may be on a disk that is not mounted.
    unreadable: folders that cannot be listed, with the reason.
    skipped: files of types that are not understood.
    links: files that are links and may be followed, with the real path of what they lead to.
    links_out: links that lead out of the named folder, and are not followed.
    """

    files: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    links_out: list[str] = field(default_factory=list)


def plan_paths(paths: Sequence[Path], known: Iterable[str], *, follow_links: bool = False) -> Plan:
    """Files and folders against the uris that are held.

    Gone is what stood in a named folder and does not any more, and a named file that was held; the folder itself may
    be gone. What stands in a folder that cannot be listed is not gone. A path that is a link itself is followed;
    follow_links: those in a folder that lead out of it are followed too. Raises UsageError for a path that does not
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
            _walk(str(path), plan, follow_links=follow_links)
        elif path.exists():
            plan.files.append(str(path))
            if path.is_symlink():
                plan.links[str(path)] = os.path.realpath(path)
        elif str(path) in known and path.parent.is_dir():
            plan.gone.append(str(path))
        elif str(path) not in known and is_held(path, known):
            folders.append(below)
        else:
            raise missing(path)
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


def missing(path: Path) -> UsageError:
    """The error for a named path at which there is nothing."""
    if path.is_symlink():
        return UsageError(
            f"{path} is a link to {path.readlink()}, which does not exist",
            remedy="correct the link, or name a file or folder that exists",
        )
    return UsageError(f"{path} does not exist", remedy="name a file or folder that exists")


def is_held(path: Path, known: Iterable[str]) -> bool:
    """Whether the path is a document among the uris, or a folder of some."""
    uri = os.path.abspath(path)  # noqa: PTH100
    below = f"{uri.rstrip(os.sep)}{os.sep}"
    return any(name == uri or name.startswith(below) for name in known)


def _walk(root: str, plan: Plan, *, follow_links: bool) -> None:
    """Files that can be loaded, sorted; the others are only named, and hidden ones not even that."""
    real_root = os.path.realpath(root)
    within = f"{real_root.rstrip(os.sep)}{os.sep}"
    seen: set[str] = set()
    waiting = [(root, real_root)]
    while waiting:
        folder, real = waiting.pop()
        if is_system_folder(real):
            plan.unreadable[folder] = "it shows the running system, not documents"
            continue
        if follow_links and real in seen:
            # Links can lead in a circle.
            continue
        seen.add(real)
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            plan.unreadable[folder] = error.strerror or str(error)
            continue
        below: list[tuple[str, str]] = []
        for entry in entries:
            if entry.name.startswith("."):
                continue
            path = f"{folder.rstrip(os.sep)}{os.sep}{entry.name}"
            is_link, is_folder = entry.is_symlink(), _is_folder(entry)
            target = os.path.realpath(path) if is_link else f"{real.rstrip(os.sep)}{os.sep}{entry.name}"
            is_document = os.path.splitext(entry.name)[1].lower() in LOADERS  # noqa: PTH122
            if is_link and (is_folder or is_document) and not follow_links:
                if not target.startswith(within) and target != real_root:
                    plan.links_out.append(path)
                    continue
                if is_folder:
                    # What stands there is found in its own place.
                    continue
            if is_folder:
                below.append((path, target))
            elif not is_document:
                plan.skipped.append(path)
            else:
                plan.files.append(path)
                if is_link:
                    plan.links[path] = target
        waiting += reversed(below)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


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
