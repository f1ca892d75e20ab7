"""Write collections, uploads, conversations, notes, gold questions and settings to one file, and read them back.

The file is a ZIP archive with the data folder's own paths and `manifest.json`, which has the digest of each file.
Weights, caches and evaluation runs can be made again and are not in it.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from askive.models.files import require_room, size_of, sync_file, sync_folder
from askive.rag.collections.by_name import list_collections, require_collection
from askive.rag.collections.in_milvus import require_local
from askive.rag.collections.lock import Notify, lock_collections
from askive.rag.collections.path import collection_path
from askive.rag.config import CONFIG_NAME, Config
from askive.rag.errors import AskiveError, StoreError, UsageError
from askive.rag.privacy.quotes import conversations_path, notebook_path
from askive.rag.privacy.register import uploads_folder
from askive.rag.store.archive import STORE_NAME
from askive.rag.store.database_file import copy_to, open_read_only
from askive.rag.store.sqlite import SqliteStore

FORMAT = 1
MANIFEST = "manifest.json"
_MAX_MANIFEST_BYTES = 256 << 20
_BLOCK = 1 << 20

Progress = Callable[[int, int], None]
"""Called with the number of bytes done and of all."""


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a backup holds. collections: numbers of documents by name. n_files: files besides them."""

    path: Path
    collections: Mapping[str, int]
    n_files: int
    n_bytes: int


def back_up(
    config: Config,
    target: Path,
    names: Sequence[str] = (),
    *,
    progress: Progress = lambda _done, _total: None,
    notify: Notify | None = None,
) -> BackedUp:
    """Write a backup; the file appears when it is complete. Collections stay readable, and each is as of one moment.

    names: of collections, with their uploads; when empty, all of them, and conversations, notes, gold questions and
    settings.
    notify: as in `write_collection`. Raises UsageError for a target in the data folder, CollectionNotFound,
    CollectionBusy, StoreError for a damaged store, DiskSpaceError, OSError.
    """
    require_local(config, "a backup")
    target = target.absolute()
    if target.resolve().is_relative_to(config.home.resolve()):
        raise UsageError(
            f"{target} is in the data folder, where removed text must not be kept",
            remedy="name a file elsewhere, best on another disk",
        )
    for name in names:
        require_collection(config, name)
    chosen = list(names) or list_collections(config)
    total = sum(size_of(collection_path(config, name)) for name in chosen)
    target.parent.mkdir(parents=True, exist_ok=True)
    require_room(target.parent, total, f"the backup {target}")
    partial = target.with_name(f"{target.name}.partial")
    counts: dict[str, int] = {}
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            writer = _Writer(archive, total, progress)
            for name in chosen:
                with _copied(config, name, notify) as (path, store_id, counts[name]):
                    writer.add(path, f"collections/{name}/{STORE_NAME}")
                    for upload in _files_below(uploads_folder(config) / store_id):
                        writer.add(upload, f"uploads/{upload.relative_to(uploads_folder(config))}")
            if not names:
                writer.add_others(config)
            manifest = {
                "format": FORMAT,
                "askive": version("askive"),
                "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                "uploads": str(uploads_folder(config)),
                "collections": counts,
                "files": writer.digests,
            }
            archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
        sync_file(partial)
        n_bytes = partial.stat().st_size
        partial.replace(target)
        sync_folder(target.parent)
    finally:
        partial.unlink(missing_ok=True)
    return BackedUp(target, counts, len(writer.digests) - len(counts), n_bytes)


class _Writer:
    """Adds files to a backup. digests: SHA-256 by the path in the backup."""

    def __init__(self, archive: zipfile.ZipFile, total: int, progress: Progress) -> None:
        self._archive = archive
        self._total = total
        self._progress = progress
        self._done = 0
        self.digests: dict[str, str] = {}

    def add(self, path: Path, name: str) -> None:
        """Add a file."""
        with path.open("rb") as source:
            self._write(source, name)

    def add_others(self, config: Config) -> None:
        """Add conversations, notes, gold questions and settings."""
        for path in (conversations_path(config), notebook_path(config)):
            if path.is_file():
                with closing(open_read_only(path)) as db, closing(sqlite3.connect(":memory:")) as copy:
                    # A chat may be writing to the file.
                    db.backup(copy)
                    self._write_bytes(copy.serialize(), path.relative_to(config.home).as_posix())
        for path in _files_below(config.home / "gold"):
            self.add(path, path.relative_to(config.home).as_posix())
        if (config.home / CONFIG_NAME).is_file():
            self.add(config.home / CONFIG_NAME, CONFIG_NAME)

    def _write_bytes(self, data: bytes, name: str) -> None:
        self._archive.writestr(name, data)
        self.digests[name] = hashlib.sha256(data).hexdigest()

    def _write(self, source: IO[bytes], name: str) -> None:
        digest = hashlib.sha256()
        with self._archive.open(name, "w", force_zip64=True) as target:
            while block := source.read(_BLOCK):
                digest.update(block)
                target.write(block)
                self._done += len(block)
                self._progress(self._done, max(self._total, self._done))
        self.digests[name] = digest.hexdigest()


@contextmanager
def _copied(config: Config, name: str, notify: Notify | None) -> Iterator[tuple[Path, str, int]]:
    """A copy of a collection's store as of one moment, its id and its number of documents. Locks out writers."""
    folder = config.collections_dir / f".{name}.copied"
    with lock_collections(config, name, notify=notify):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            source = collection_path(config, name) / STORE_NAME
            with closing(SqliteStore(source, create=False)) as store:
                if problems := store.check():
                    raise StoreError(
                        f"the collection {name!r} is damaged: {'; '.join(problems[:3])}",
                        remedy=f"run `askive check --repair -c {name}` first",
                    )
                store_id, n_documents = store.store_id, store.counts().n_documents
            require_room(folder, source.stat().st_size, f"the copy of {name}")
            with closing(sqlite3.connect(source, isolation_level=None)) as db:
                copy_to(db, folder / STORE_NAME)
            yield folder / STORE_NAME, store_id, n_documents
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _files_below(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and not path.is_symlink() and path.name[0] != "."
    )


# "collections/case/store.sqlite3", "uploads/1f3a/letters/may.txt", "gold/mine/queries.jsonl".
_ALLOWED = re.compile(
    rf"collections/[A-Za-z0-9][\w.-]*/{re.escape(STORE_NAME)}|uploads/[0-9a-f]+/.+|gold/.+|{re.escape(CONFIG_NAME)}"
    r"|chat/(?:conversations|notebook)\.sqlite3"
)


class Backup:
    """An open backup file, checked against its manifest. Use it in a `with` block.

    Raises UsageError when the file is not a backup, is damaged or was made by a newer version.
    """

    def __init__(self, path: Path, progress: Progress = lambda _done, _total: None) -> None:
        try:
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError) as error:
            raise UsageError(
                f"{path} cannot be read as a backup: {error}", remedy="name a file that `askive backup` wrote"
            ) from error
        try:
            self.manifest = self._checked(path, progress)
        except BaseException:
            self._archive.close()
            raise

    def _checked(self, path: Path, progress: Progress) -> dict[str, Any]:
        damaged = f"{path} is damaged"
        remedy = "use another backup; nothing was changed"
        try:
            info = self._archive.getinfo(MANIFEST)
            if info.file_size > _MAX_MANIFEST_BYTES:
                raise UsageError(f"{damaged}: its manifest is too long", remedy=remedy)
            manifest: dict[str, Any] = json.loads(self._archive.read(MANIFEST))
            if manifest["format"] != FORMAT:
                raise UsageError(
                    f"{path} has format {manifest['format']}, this version reads {FORMAT}",
                    remedy="update with `pip install --upgrade askive`",
                )
            sizes = {name: self._archive.getinfo(name).file_size for name in manifest["files"]}
            done, total = 0, sum(sizes.values())
            for name, digest in manifest["files"].items():
                parts = Path(name).parts
                if not _ALLOWED.fullmatch(name) or ".." in parts or any(part[0] == "." for part in parts):
                    raise UsageError(f"{damaged}: {name!r} is not a path of the data folder", remedy=remedy)
                found = hashlib.sha256()
                with self._archive.open(name) as source:
                    while block := source.read(_BLOCK):
                        found.update(block)
                        done += len(block)
                        progress(done, total)
                if found.hexdigest() != digest:
                    raise UsageError(f"{damaged}: {name} has another digest", remedy=remedy)
        except AskiveError:
            raise
        except Exception as error:
            # The bytes may be anything: zipfile, zlib, json and the lookups above raise many types.
            raise UsageError(f"{damaged}: {type(error).__name__}: {error}", remedy=remedy) from error
        return manifest

    def names(self, prefix: str) -> list[str]:
        """The files in the backup whose path begins with `prefix`."""
        return [name for name in self.manifest["files"] if name.startswith(prefix)]

    def extract(self, name: str, target: Path) -> None:
        """Write a file of the backup; it appears when it is complete."""
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.part")
        try:
            with self._archive.open(name) as source, partial.open("wb") as written:
                shutil.copyfileobj(source, written, _BLOCK)
            sync_file(partial)
            partial.replace(target)
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)

    def __enter__(self) -> Backup:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()
