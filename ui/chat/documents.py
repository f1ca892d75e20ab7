"""Collections and what is in them: create, rename, delete, add a file, remove a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from queue import SimpleQueue
from threading import Lock, Thread
from typing import BinaryIO

from filelock import FileLock, Timeout

from models.errors import AskiveError
from models.protocols import Embedder, Vectors
from rag.archive import STORE_NAME, Archive
from rag.collections import (
    collection_path,
    has_collection,
    list_collections,
    removal_of_collection,
    removal_of_documents,
    remove_collection,
    remove_from_collection,
)
from rag.config import Config
from rag.data_register import quotes_of, uploads_folder
from rag.embed import WrappedEmbedder
from rag.erasure import erase_removed
from rag.errors import UsageError
from rag.ingest import ingest_paths
from rag.leftovers import uploads_lock
from rag.store import SqliteStore
from ui.chat.desk import Desk
from ui.chat.turnstile import Turnstile, Work
from ui.chat.views import View, source_view

_SLICE = 32


class Library:
    """What people do with collections. One change at a time in a collection."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._config: Config = desk.config
        self._changing = Lock()
        self._uploading = FileLock(uploads_lock(self._config), timeout=0)

    def collections(self) -> list[View]:
        """Names with the number of documents, sorted."""
        rows = []
        for name in list_collections(self._config):
            with _store(self._config, name) as store:
                rows.append({"name": name, "n_documents": store.counts().n_documents})
        return rows

    def create(self, name: str) -> None:
        """An empty collection. Raises UsageError when there is one, or the name cannot be one."""
        self._must_be_free(name)
        path = collection_path(self._config, name)
        Archive.open(path, self._desk.embedder(), self._config.passages, create=True).close()

    def rename(self, name: str, new_name: str) -> None:
        """Raises UsageError when the new name is taken or cannot be one; CollectionNotFound."""
        self._desk.archive(name)
        self._must_be_free(new_name)
        with self._desk.turnstile.turn(Work.QUESTION):
            self._desk.forget(name)
            collection_path(self._config, name).rename(collection_path(self._config, new_name))

    def quotes(self, name: str, uri: str | None = None) -> dict[str, int]:
        """How many answers, gold questions and the like quote a document, or any of the collection, by kind.

        Raises CollectionNotFound, and UsageError when the document is not there.
        """
        if uri is None:
            return quotes_of(self._config, removal_of_collection(self._config, name))
        return quotes_of(self._config, removal_of_documents(self._config, self._desk.archive(name), [uri]))

    def delete(self, name: str, *, with_quotes: bool = False) -> None:
        """For good, with the files that were uploaded into it, and all that models keep of what they have read.

        with_quotes: also what `quotes` counts. Raises CollectionNotFound.
        """
        with self._desk.turnstile.turn(Work.QUESTION):
            self._desk.forget(name)
            remove_collection(self._config, name, with_quotes=with_quotes)
            self._desk.forget_read()

    def documents(self, name: str, search: str = "") -> list[View]:
        """The documents of a collection, by title; with `search`, those that have all its words in their
        title, publisher or address. Raises CollectionNotFound.
        """
        words = search.lower().split()
        sources = sorted(self._desk.archive(name).store.sources(), key=lambda s: (s.title.lower(), s.uri))
        return [
            source_view(source)
            for source in sources
            if all(w in f"{source.title} {source.publisher} {source.uri}".lower() for w in words)
        ]

    def publishers(self, name: str) -> list[str]:
        """Who published the documents of a collection."""
        return self._desk.archive(name).store.publishers()

    def remove(self, name: str, uri: str, *, with_quotes: bool = False) -> None:
        """Take a document out, and all that models keep of what they have read.

        with_quotes: also what `quotes` counts. An uploaded file is deleted, others stay where they are. Waits for the
        question that is being answered, which could keep the document's text once more.
        """
        folder = self._desk.archive(name).folder
        with (
            self._changing,
            self._opened(folder, self._desk.embedder()) as archive,
            self._desk.turnstile.turn(Work.QUESTION),
        ):
            remove_from_collection(self._config, archive, [uri], with_quotes=with_quotes)
            self._desk.forget_read()

    def receive(self, name: str, file_name: str) -> tuple[Path, BinaryIO]:
        """Where an upload is written to: the path it will have, and an opened file beside it.

        file_name: may hold folders (`letters/1912/may.txt`). Raises UsageError for one that leads out of them.
        """
        parts = PurePosixPath(file_name.replace("\\", "/")).parts
        if not parts or any(part in ("..", "/") or "\0" in part or ":" in part for part in parts):
            raise UsageError(f"{file_name!r} cannot name a file", remedy="rename it")
        self._hold_uploads()
        path = self._uploads(name).joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path, path.with_name(f".{path.name}.part").open("wb")

    def _hold_uploads(self) -> None:
        """Until the process ends: no other one takes an unfinished upload for a leftover."""
        uploads_folder(self._config).mkdir(parents=True, exist_ok=True)
        # Another chat that holds it keeps them as well.
        with suppress(Timeout):
            self._uploading.acquire()

    def add(self, name: str, path: Path) -> Iterator[View]:
        """Index a file that `receive` made room for, telling how far it is; the last one says how it ended.

        `{"step": "reading"}`, `{"step": "indexing", "done", "total"}`, then `{"step": "done", "n_passages"}`
        or `{"step": "failed", "message", "remedy"}`.
        """
        told: SimpleQueue[View] = SimpleQueue()
        Thread(target=self._index, args=(name, path, told.put), daemon=True).start()
        while True:
            view = told.get()
            yield view
            if view["step"] in ("done", "failed"):
                return

    def _index(self, name: str, path: Path, tell: Callable[[View], None]) -> None:
        tell({"step": "reading"})
        before = path.with_name(f".{path.name}.before")
        with self._changing:
            if path.exists():
                path.replace(before)
            path.with_name(f".{path.name}.part").replace(path)
            ended = self._ingest(name, path, tell)
            if ended["step"] == "failed":
                path.unlink(missing_ok=True)
                if before.exists():
                    before.replace(path)
            before.unlink(missing_ok=True)
        tell(ended)

    def _ingest(self, name: str, path: Path, tell: Callable[[View], None]) -> View:
        try:
            embedder = Courteous(self._desk.embedder(), self._desk.turnstile, tell)
            folder = collection_path(self._config, name)
            with self._opened(folder, embedder) as archive:
                report = ingest_paths(archive, [path])
                if archive.store.unerased:
                    # The question that is being answered could keep the former text once more.
                    with self._desk.turnstile.turn(Work.QUESTION):
                        erase_removed(self._config, archive)
                        self._desk.forget_read()
        except AskiveError as error:
            return {"step": "failed", "message": error.message, "remedy": error.remedy}
        except Exception as error:  # One bad file must not end the page.
            return {"step": "failed", "message": f"{type(error).__name__}: {error}", "remedy": "try again"}
        if report.failures:
            failure = report.failures[0]
            # Where it is kept says nothing to whoever dropped it here.
            message = failure.message.replace(str(path), path.name)
            return {"step": "failed", "message": message, "remedy": failure.remedy}
        return {"step": "done", "n_passages": report.n_passages, "unchanged": report.n_unchanged > 0}

    def _opened(self, folder: Path, embedder: Embedder) -> Archive:
        """An archive for changing: the one that answers reads on undisturbed."""
        return Archive.open(folder, embedder, self._config.passages, create=False)

    def _uploads(self, name: str) -> Path:
        # Named after the store's own id: renaming the collection leaves the documents' addresses alone.
        return uploads_folder(self._config) / self._desk.archive(name).store.store_id

    def _must_be_free(self, name: str) -> None:
        if has_collection(self._config, name):
            raise UsageError(f"there is a collection {name!r} already", remedy="choose another name")


class Courteous(WrappedEmbedder):
    """An embedder for indexing: lets questions go first after every few texts, and says how far it is."""

    def __init__(self, inner: Embedder, turnstile: Turnstile, tell: Callable[[View], None]) -> None:
        super().__init__(inner)
        self._turnstile = turnstile
        self._tell = tell

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), unit rows."""
        import numpy as np

        made = []
        for at in range(0, len(texts), _SLICE):
            self._tell({"step": "indexing", "done": at, "total": len(texts)})
            with self._turnstile.turn(Work.INDEXING):
                made.append(self._inner.embed(texts[at : at + _SLICE]))
        return np.concatenate(made) if made else self._inner.embed([])


@contextmanager
def _store(config: Config, name: str) -> Iterator[SqliteStore]:
    store = SqliteStore(collection_path(config, name) / STORE_NAME)
    try:
        yield store
    finally:
        store.close()
