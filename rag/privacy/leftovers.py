"""Files with text of documents that killed processes left behind; they are deleted at the next start.

A collection under construction is in `.NAME.rebuilding`, which stays if it can be continued; a replaced one in
`.NAME.replaced`, one being deleted in `.NAME.deleted`, next to the collections. A process that works on a collection
holds the lock `.NAME.lock`, and a chat that accepts uploads holds `uploads/.lock`. Files under a held lock are in use
and not leftovers.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from askive.rag.collections.by_name import list_local_collections
from askive.rag.collections.lock import discard_unused
from askive.rag.collections.swap import renewal_of, unfinished_renewal
from askive.rag.config import Config
from askive.rag.errors import StoreError
from askive.rag.load import LOADERS
from askive.rag.load.several.parts import file_of
from askive.rag.privacy.erasure import erase_store
from askive.rag.privacy.register import delete_upload, former_upload, incoming_folder, uploads_folder
from askive.rag.store.archive import STORE_NAME
from askive.rag.store.database_file import open_read_only, read_meta
from askive.rag.store.milvus.registry import ID_PREFIX
from askive.rag.store.secure_delete import is_marked
from askive.rag.store.sqlite import SqliteStore

# ".case.rebuilding", ".case.4711.replaced", ".case.deleted", ".case.copied".
_ASIDE = re.compile(r"\.(?P<name>.+?)(?:\.(?P<pid>\d+))?\.(?P<state>rebuilding|replaced|deleted|copied)")
_WHAT = {
    "rebuilding": "an unfinished rebuild",
    "replaced": "a replaced collection",
    "deleted": "a collection that was being deleted",
    "copied": "the copy for an unfinished backup",
}
# ".gold.4711", ".gold.4711-2.new".
_UNFINISHED = re.compile(r"\..+\.(?P<pid>\d+)(?:-\d+\.new)?")
# "dense-1f3a5b7c9d0e-12.faiss.4711-1.partial".
_PARTIAL_INDEX = re.compile(r"dense-.+\.faiss\.(?P<pid>\d+)-\d+\.partial")
# ".report.pdf.part", ".report.pdf.before".
_UPLOADING = re.compile(r"\.(?P<name>.+)\.(?:part|before)")


@dataclass(frozen=True, slots=True)
class Leftover:
    """path: the file or folder. what: a short description. lock: the lock file that `delete` needs."""

    path: Path
    what: str
    lock: Path
    delete: Callable[[], object]


def uploads_lock(config: Config) -> Path:
    """The lock file that a chat holds while it accepts uploads."""
    return uploads_folder(config) / ".lock"


def find_leftovers(config: Config) -> list[Leftover]:
    """All current leftovers, except what a running process may be using."""
    candidates = list(_candidates(config))
    free = {lock for lock in {leftover.lock for leftover in candidates} if _is_free(lock)}
    return [leftover for leftover in candidates if leftover.lock in free]


def sweep(config: Config) -> list[Leftover]:
    """Delete the leftovers; returns those that were deleted. The others stay for the next time."""
    swept = []
    for lock in sorted({leftover.lock for leftover in _candidates(config)}):
        with _try_lock(lock) as acquired:
            # Checked again: another process may have used it until the lock was acquired.
            for leftover in _candidates(config) if acquired else ():
                if leftover.lock == lock:
                    with contextlib.suppress(OSError, StoreError):
                        leftover.delete()
                        swept.append(leftover)
    return swept


def _candidates(config: Config) -> Iterator[Leftover]:
    yield from _asides(config)
    yield from _unerased(config)
    yield from _old_indexes(config)
    yield from _uploads(config)
    yield from _gold(config)


def _lock_of(config: Config, name: str) -> Path:
    return config.collections_dir / f".{name}.lock"


def _asides(config: Config) -> Iterator[Leftover]:
    for path in sorted(config.collections_dir.glob(".*")):
        match = _ASIDE.fullmatch(path.name)
        if match is None or not path.is_dir():
            continue
        name, pid, state = match["name"], match["pid"], match["state"]
        lock = _lock_of(config, name)
        if pid:
            # Earlier versions put the process id in the name and took no lock; but a collection may be named `a.12`.
            exact = _lock_of(config, f"{name}.{pid}")
            if exact.exists():
                name, lock = f"{name}.{pid}", exact
            elif _runs(pid):
                continue
        if state not in ("deleted", "copied") and _is_interrupted(config, name):
            continue
        if state == "rebuilding" and _can_be_continued(config, name, path):
            continue
        yield Leftover(path, f"{_WHAT[state]} of {name!r}", lock, partial(_delete_aside, config, path))


def _is_interrupted(config: Config, name: str) -> bool:
    """Whether a swap was interrupted, so that the folder set aside is the collection itself."""
    exists = ((config.collections_dir / name) / STORE_NAME).is_file()
    return not exists and (config.collections_dir / f".{name}.replaced").is_dir()


def _can_be_continued(config: Config, name: str, folder: Path) -> bool:
    """Whether a folder is an interrupted renewal of a collection that has not changed since: it has no other text."""
    renewal, meta = unfinished_renewal(folder), read_meta(config.collections_dir / name / STORE_NAME)
    return renewal.startswith(renewal_of(meta.get("store_id", ""), int(meta.get("generation", 0))))


def _delete_aside(config: Config, path: Path) -> None:
    from askive.models.registry import clear_states

    if not path.name.endswith(".copied"):
        clear_states(config.models_dir)
    if path.name.endswith(".deleted"):
        # Before the folder is deleted, since only it shows which states belong to it.
        with contextlib.suppress(StoreError), contextlib.closing(SqliteStore(path / STORE_NAME)) as store:
            if store.store_id:
                shutil.rmtree(uploads_folder(config) / store.store_id, ignore_errors=True)
    shutil.rmtree(path)


def _unerased(config: Config) -> Iterator[Leftover]:
    for name in list_local_collections(config):
        store = config.collections_dir / name / STORE_NAME
        if is_marked(store):
            what = f"removed text in the file of {name!r}"
            yield Leftover(store, what, _lock_of(config, name), partial(_erase, config, store))


def _erase(config: Config, path: Path) -> None:
    with contextlib.closing(SqliteStore(path)) as store:
        erase_store(config, path.parent, store)


def _old_indexes(config: Config) -> Iterator[Leftover]:
    """Vector indexes of earlier generations, and partial files of processes that have ended."""
    for name in list_local_collections(config):
        folder = config.collections_dir / name
        files = sorted(folder.glob("dense-*.faiss*"))
        if len(files) < 2 and not any(_PARTIAL_INDEX.fullmatch(path.name) for path in files):
            continue
        if not (meta := read_meta(folder / STORE_NAME)):
            continue
        current = f"dense-{meta.get('store_id', '')[:12]}-{meta.get('generation')}.faiss"
        for path in files:
            half = _PARTIAL_INDEX.fullmatch(path.name)
            if path.name != current and not (half and _runs(half["pid"])):
                delete = partial(path.unlink, missing_ok=True)
                yield Leftover(path, f"an old vector index of {name!r}", _lock_of(config, name), delete)


def _uploads(config: Config) -> Iterator[Leftover]:
    root, lock = uploads_folder(config), uploads_lock(config)
    files = [path for path in root.rglob("*") if path.is_file() and path != lock]
    uploaded = _uploaded(config) if files else None
    if uploaded is None:
        return
    formers = {former_upload(incoming_folder(config), root / name): root / name for name in uploaded}
    for path in files:
        if path.relative_to(root).parts[0].startswith(ID_PREFIX):
            # Its document is not in a local collection.
            continue
        whole = _target(path, formers)
        sha256 = uploaded.get(str(whole.relative_to(root)))
        if sha256 is None:
            delete = partial(delete_upload, config, path)
            yield Leftover(path, "an uploaded file without a document", lock, delete)
        elif whole != path:
            settle = partial(_settle, config, path, whole, sha256)
            yield Leftover(path, "an interrupted upload", lock, settle)


def _target(path: Path, formers: dict[Path, Path]) -> Path:
    """The uploaded file that this file is a part or a former version of, or the file itself."""
    part = _UPLOADING.fullmatch(path.name)
    return path.with_name(part["name"]) if part else formers.get(path, path)


def _uploaded(config: Config) -> dict[str, str] | None:
    """Digests of uploaded files that have documents, by path below `uploads`, even if the data folder has moved; empty
    for a file of several documents.

    None when it cannot be determined: a collection cannot be read, or there is none, as when a disk is missing.
    """
    mark = f"{os.sep}uploads{os.sep}"
    stores = [
        # Include collections that are being swapped, but not those that are being deleted.
        path
        for path in config.collections_dir.glob(f"*/{STORE_NAME}")
        if not (path.parent.name.startswith(".") and path.parent.name.endswith(".deleted"))
    ]
    uploaded: dict[str, str] = {}
    for path in stores:
        try:
            with contextlib.closing(open_read_only(path)) as db:
                rows = db.execute("SELECT uri, sha256 FROM documents WHERE instr(uri, ?)", (mark,)).fetchall()
        except sqlite3.Error:
            return None
        for uri, sha256 in rows:
            file = file_of(uri, LOADERS)
            digest = sha256 if file == uri else ""
            uploaded |= {file[at.end() :]: digest for at in re.finditer(f"(?<={re.escape(mark)})", file)}
    return uploaded if stores else None


def _settle(config: Config, path: Path, whole: Path, sha256: str) -> None:
    """Restore the file that was indexed: the former one, unless the new one was indexed, or may have been."""
    from askive.models.files import sha256_of

    if path.suffix in (".before", ".former") and not (whole.is_file() and sha256 in ("", sha256_of(whole))):
        path.replace(whole)
    else:
        delete_upload(config, path)


def _gold(config: Config) -> Iterator[Leftover]:
    for path in (config.home / "gold").glob("*/.*"):
        match = _UNFINISHED.fullmatch(path.name)
        if match and not _runs(match["pid"]):
            lock = config.home / "gold" / ".lock"
            yield Leftover(path, "an unfinished gold suite", lock, partial(path.unlink, missing_ok=True))


def _runs(pid: str) -> bool:
    import psutil

    try:
        return bool(psutil.pid_exists(int(pid)))
    except OverflowError:
        return False


def _is_free(lock: Path) -> bool:
    # Without a lock file there is no holder, and the check must not create the file.
    if not lock.exists():
        return True
    with _try_lock(lock) as acquired:
        return acquired


@contextlib.contextmanager
def _try_lock(path: Path) -> Iterator[bool]:
    """Try to acquire a lock; yields whether it succeeded."""
    from filelock import FileLock, Timeout

    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except (Timeout, OSError):
        yield False
        return
    try:
        yield True
    finally:
        discard_unused(path)
        lock.release()
