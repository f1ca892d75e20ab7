"""Compare files with a collection: new, changed, moved, unchanged or missing.

The stamp, from a file's directory entry, shows that it is unchanged without opening it. Without a stamp the digest of
its bytes decides, without parsing.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from askive.rag.errors import LoadError, UsageError
from askive.rag.ingest.ignore import IGNORE_FILE, IgnoreRules
from askive.rag.load import LOADERS
from askive.rag.load.digest import sha256
from askive.rag.load.files import is_system_folder, read_bytes
from askive.rag.load.recognition.tesseract import SCANNED_ENDINGS
from askive.rag.load.several.parts import AUTO, file_of

_CLOCK_STEP_NS = 2_000_000_000
"""Files modified so recently get no reliable stamp: a later change could leave the same one."""
READING = 7
"""Increment it when loaders or the splitter make another text or other passages of the same bytes: then the next
indexing reads every file again, and embeds those that differ."""

_RULE_MARK = "|"
"""Before the rule for splitting, in a stamp."""
_DIGEST_MARK = "="
"""Before the digest of the file, in the stamp of a document that is one of several in it."""

_MIN_WITHHELD = 3
_MAX_GONE_SHARE = 1 / 3


@dataclass(frozen=True, slots=True)
class Withheld:
    """Documents missing from a named folder, too many to remove without confirmation.

    n_known: number of the collection's documents in the folder.
    """

    folder: str
    uris: tuple[str, ...]
    n_known: int


@dataclass(slots=True)
class Plan:
    """The result of the comparison.

    files: paths to examine, in order; strings, because creating many Path objects would take most of the time.
    to_delete: uris to remove.
    withheld: removals that need confirmation: more than a third of a folder, and at least three documents. The folder
    may be on a disk that is not mounted.
    unreadable: folders that cannot be listed, with the reason.
    skipped: files of unsupported types.
    links: links to follow, with the real path of their target.
    links_out: links that point outside the named folder, and are not followed.
    hidden, ignored: files and folders left out by `askive.rag.ingest.ignore`; folders end in a slash. hidden: those
    whose names begin with a dot.
    moved: by new path, the path of a missing file with the same bytes, whose documents are then not in to_delete or
    withheld.
    """

    files: list[str] = field(default_factory=list)
    to_delete: list[str] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    links_out: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)


def plan_paths(
    paths: Sequence[Path],
    known: Iterable[str],
    *,
    stamps: Mapping[str, str] | None = None,
    follow_links: bool = False,
    unread: Sequence[str] = (),
) -> Plan:
    """Compare files and folders with the uris in the collection.

    Documents that are missing from a named folder are to be deleted, even if the folder itself is missing, and so is a
    named file that is missing. Documents in a folder that cannot be listed are kept. A path that is itself a link is
    followed; follow_links: also follow links in a folder that point outside it. known: uris; for moves to be found, a
    mapping from uris to digests. stamps: as stored, so that fewer files are read to find moves. unread: extensions that
    cannot be read here and now; their files are skipped, and documents of them are kept. Raises UsageError for a path
    that does not exist and has no documents in the collection.
    """
    digests = known if isinstance(known, Mapping) else {}
    known = set(known)
    plan = Plan()
    folders: list[str] = []
    # Normalise paths, so that a file named in two ways is one document. Links are not resolved.
    for path in dict.fromkeys(Path(os.path.abspath(path)) for path in paths):  # noqa: PTH100
        below = f"{str(path).rstrip(os.sep)}{os.sep}"
        if path.is_dir():
            folders.append(below)
            _walk(str(path), plan, LOADERS.keys() - set(unread), follow_links=follow_links)
        elif path.exists():
            plan.files.append(str(path))
            if path.is_symlink():
                plan.links[str(path)] = os.path.realpath(path)
        elif path.parent.is_dir() and (in_file := documents_of(str(path), known)):
            plan.to_delete += in_file
        elif not documents_of(str(path), known) and is_indexed(path, known):
            folders.append(below)
        else:
            raise missing_path_error(path)
    plan.files = list(dict.fromkeys(plan.files))
    present = {*plan.files, *plan.skipped}
    unlisted = tuple(f"{folder}{os.sep}" for folder in plan.unreadable)
    missing = {
        folder: sorted(
            uri
            for uri in known
            if uri.startswith(folder)
            and present.isdisjoint((uri, file_of(uri, LOADERS)))
            and not uri.startswith(unlisted)
        )
        for folder in folders
    }
    if digests:
        gone = {*plan.to_delete, *(uri for uris in missing.values() for uri in uris)}
        plan.moved = _moves([path for path in plan.files if path not in known], gone, digests, stamps or {})
    _plan_removals(plan, missing, known)
    return plan


def _plan_removals(plan: Plan, missing: Mapping[str, Sequence[str]], known: set[str]) -> None:
    """Fill in to_delete and withheld. missing: documents without a file, by folder."""
    moved = set(plan.moved.values())
    left_out = {*plan.hidden, *plan.ignored}
    below_left_out = tuple(path for path in left_out if path.endswith(os.sep))
    for folder, uris in missing.items():
        # What the rules leave out is there: its disk is mounted.
        excluded = {
            uri: None
            for uri in uris
            if not left_out.isdisjoint((uri, file_of(uri, LOADERS))) or uri.startswith(below_left_out)
        }
        gone = [uri for uri in uris if uri not in excluded and file_of(uri, LOADERS) not in moved]
        n_known = sum(uri.startswith(folder) for uri in known)
        plan.to_delete += excluded
        if len(gone) >= _MIN_WITHHELD and len(gone) > _MAX_GONE_SHARE * n_known:
            plan.withheld.append(Withheld(folder.rstrip(os.sep) or os.sep, tuple(gone), n_known))
        else:
            plan.to_delete += gone
    withheld_uris = {uri for withheld in plan.withheld for uri in withheld.uris}
    plan.to_delete = [
        uri
        for uri in dict.fromkeys(plan.to_delete)
        if uri not in withheld_uris and file_of(uri, LOADERS) not in moved
    ]


def _moves(
    new: Sequence[str], gone: Iterable[str], digests: Mapping[str, str], stamps: Mapping[str, str]
) -> dict[str, str]:
    """Missing files by the new file that has the same bytes and type; same names are matched first.

    Only new files of the size of a missing one are read; of all sizes when one has no reliable stamp. A file of several
    documents, whose digest is not stored, is recognised by its stamp: size, time of change and inode.
    """
    by_content: dict[tuple[str, str], list[str]] = {}
    sizes: set[int | None] = set()
    by_stamp: dict[tuple[str, ...], str] = {}
    for uri in sorted(gone):
        if (file := file_of(uri, LOADERS)) != uri:
            if identity := _identity_in(stamps.get(uri, "")):
                by_stamp[(*identity, _ending(file))] = file
            continue
        by_content.setdefault((digests[uri], _ending(uri)), []).append(uri)
        sizes.add(_size_in(stamps.get(uri, "")))
    found: list[tuple[str, tuple[str, str]]] = []
    moved: dict[str, str] = {}
    for path in new if by_content or by_stamp else ():
        try:
            if by_stamp and (known_file := by_stamp.get((*_identity_in(stamp_of(path)), _ending(path)))):
                moved[path] = known_file
                continue
            if None in sizes or os.stat(path).st_size in sizes:  # noqa: PTH116
                content = (sha256(read_bytes(Path(os.path.realpath(path)))), _ending(path))
                if content in by_content:
                    found.append((path, content))
        except (OSError, LoadError):
            # Reading it later reports the reason.
            continue
    for is_same_name in (True, False):
        for path, content in found:
            name = os.path.basename(path)  # noqa: PTH119
            for uri in by_content[content] if path not in moved else ():
                if not is_same_name or os.path.basename(uri) == name:  # noqa: PTH119
                    moved[path] = uri
                    by_content[content].remove(uri)
                    break
    return moved


def _ending(path: str) -> str:
    return os.path.splitext(path)[1].lower()  # noqa: PTH122


def missing_path_error(path: Path) -> UsageError:
    """The error for a named path that does not exist."""
    if path.is_symlink():
        return UsageError(
            f"{path} is a link to {path.readlink()}, which does not exist",
            remedy="correct the link, or name a file or folder that exists",
        )
    return UsageError(f"{path} does not exist", remedy="name a file or folder that exists")


def is_indexed(path: Path, known: Iterable[str]) -> bool:
    """Whether the path is one of the uris, or a folder of some."""
    uri = os.path.abspath(path)  # noqa: PTH100
    below = f"{uri.rstrip(os.sep)}{os.sep}"
    return any(name == uri or name.startswith(below) or file_of(name, LOADERS) == uri for name in known)


def documents_of(path: str, known: Iterable[str]) -> list[str]:
    """The uris of the documents in a file, sorted."""
    return sorted(uri for uri in known if path in (uri, file_of(uri, LOADERS)))


def parts_by_file(known: Iterable[str]) -> dict[str, list[str]]:
    """The uris of the documents in each file that holds several."""
    parts: dict[str, list[str]] = {}
    for uri in known:
        if (file := file_of(uri, LOADERS)) != uri:
            parts.setdefault(file, []).append(uri)
    return parts


def _walk(root: str, plan: Plan, endings: Container[str], *, follow_links: bool) -> None:
    """Add files that can be loaded, sorted, and list the others as skipped, hidden or ignored."""
    real_root = os.path.realpath(root)
    within = f"{real_root.rstrip(os.sep)}{os.sep}"
    visited: set[str] = set()
    waiting = [(root, real_root, IgnoreRules())]
    while waiting:
        folder, real, rules = waiting.pop()
        if is_system_folder(real):
            plan.unreadable[folder] = "it shows the running system, not documents"
            continue
        if follow_links and real in visited:
            # Links can form a cycle.
            continue
        visited.add(real)
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
            names = frozenset(entry.name for entry in entries)
            rules = rules.entering(folder, names)
        except OSError as error:
            plan.unreadable[folder] = error.strerror or str(error)
            continue
        except LoadError as error:
            plan.unreadable[folder] = error.message
            continue
        below: list[tuple[str, str, IgnoreRules]] = []
        for entry in entries:
            if entry.name == IGNORE_FILE:
                continue
            path = f"{folder.rstrip(os.sep)}{os.sep}{entry.name}"
            is_link, is_folder = entry.is_symlink(), _is_folder(entry)
            if rules.ignores(path, entry.name, is_folder, names):
                left_out = plan.hidden if entry.name.startswith(".") else plan.ignored
                left_out.append(f"{path}{os.sep}" if is_folder else path)
                continue
            target = os.path.realpath(path) if is_link else f"{real.rstrip(os.sep)}{os.sep}{entry.name}"
            is_document = _ending(entry.name) in endings
            if is_link and (is_folder or is_document) and not follow_links:
                if not target.startswith(within) and target != real_root:
                    plan.links_out.append(path)
                    continue
                if is_folder:
                    # The target is in the folder anyway.
                    continue
            if is_folder:
                below.append((path, target, rules))
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


def stamp_of(path: str, split: str = AUTO, *, recognises: bool = False) -> str:
    """READING, then size, times and inode of a file, then `split`; changes whenever the bytes or their reading may
    have.

    split: the rule by which the file is split into documents. recognises: whether text in pictures is recognised. As
    in Git: a file that was modified just now may be modified again within the resolution of the clock. Then size, times
    and inode are missing: see `untrusted`.
    """
    rule = "" if split == AUTO else f"{_RULE_MARK}{split}"
    reading = _reading_of(path, recognises)
    unreliable = f"{reading}{rule}"
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return unreliable
    changed = max(status.st_mtime_ns, status.st_ctime_ns)
    if not stat.S_ISREG(status.st_mode) or changed > time.time_ns() - _CLOCK_STEP_NS:
        return unreliable
    return f"{reading}{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_ino}{rule}"


def untrusted(stamp: str) -> str:
    """The stamp without size, times and inode, which `shows_unchanged` does not trust."""
    reading, _, rest = stamp.partition(":")
    return f"{reading}:{''.join(rest.partition(_RULE_MARK)[1:])}"


def split_of(stamp: str | None) -> str:
    """The rule by which the file with this stored stamp was split."""
    return (stamp or "").partition(_RULE_MARK)[2] or AUTO


def _identity_in(stamp: str) -> tuple[str, ...]:
    """Size, time of change and inode, which stay when a file is moved; empty when the stamp is not reliable."""
    parts = _without_digest(stamp).partition(_RULE_MARK)[0].split(":")
    return (parts[1], parts[2], parts[4]) if len(parts) == 5 else ()


def _size_in(stamp: str) -> int | None:
    """The size of the file, in bytes; None when the stamp is not reliable."""
    parts = stamp.partition(_RULE_MARK)[0].split(":")
    return int(parts[1]) if len(parts) > 2 and parts[1].isdecimal() else None


def shows_unchanged(stamp: str, stored: str | None) -> bool:
    """Whether a file with this stamp has the bytes that were read when the stored one was made."""
    return stored is not None and stamp == _without_digest(stored) and stamp != untrusted(stamp)


def with_digest(stamp: str, digest: str) -> str:
    """The stamp of a document that is one of several in a file. digest: of the file's bytes."""
    numbers, mark, rule = stamp.partition(_RULE_MARK)
    return f"{numbers}{_DIGEST_MARK}{digest}{mark}{rule}"


def digest_in(stamp: str | None) -> str:
    """The digest of the file that `with_digest` put into a stored stamp; empty when there is none."""
    return (stamp or "").partition(_RULE_MARK)[0].partition(_DIGEST_MARK)[2]


def _without_digest(stamp: str) -> str:
    numbers, mark, rule = stamp.partition(_RULE_MARK)
    return f"{numbers.partition(_DIGEST_MARK)[0]}{mark}{rule}"


def was_read_alike(path: str, stored: str | None, split: str = AUTO, *, recognises: bool = False) -> bool:
    """Whether the file with this stored stamp was read as it would be read now."""
    reading = _reading_of(path, recognises)
    return stored is not None and stored.startswith(reading) and split_of(stored) == split


def _reading_of(path: str, recognises: bool) -> str:
    is_recognised = recognises and path.lower().endswith(SCANNED_ENDINGS)
    return f"v{READING}{'+ocr' * is_recognised}:"
