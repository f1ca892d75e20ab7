"""Collections and what is in them: create, rename, delete, add a file, remove a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread

from filelock import FileLock, Timeout

from askive.models.errors import AskiveError
from askive.models.protocols import Embedder
from askive.rag.collections.by_name import (
    create_collection,
    list_collections,
    open_archive,
    open_store,
    rename_collection,
)
from askive.rag.collections.in_milvus import uses_milvus
from askive.rag.collections.lock import lock_collections
from askive.rag.collections.renewal import read_collection, renew_collection
from askive.rag.collections.swap import discard_leftovers
from askive.rag.config import Config
from askive.rag.errors import LoadError, UsageError
from askive.rag.indexing import Indexed, index_paths
from askive.rag.ingest.account import account_of
from askive.rag.ingest.pipeline import Progress, ingest_paths
from askive.rag.privacy.deletion import (
    removal_in,
    removal_of_collection,
    removal_of_documents,
    remove_collection,
    remove_from_collection,
)
from askive.rag.privacy.erasure import erase_removed
from askive.rag.privacy.leftovers import uploads_lock
from askive.rag.privacy.register import (
    delete_elsewhere,
    delete_upload,
    incoming_folder,
    quotes_of,
    uploads_folder,
)
from askive.rag.text.dates import date_range
from askive.ui.chat.documents.yielding import YieldingEmbedder
from askive.ui.chat.http.payloads import View, without_folders
from askive.ui.chat.scheduler import TurnCancelled, Work
from askive.ui.chat.uploads import Incoming, Upload, file_parts
from askive.ui.chat.workspace import Workspace
from askive.ui.failures import reported
from askive.ui.wording import as_sentence

_POLL_S = 0.5
_GIVE_WAY_S = 0.02


class _OthersWait(Exception):
    """Another change waits for the indexing of a folder."""


class Library:
    """Operations on collections. One change at a time."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._changing = Lock()
        self._waiting: list[str] = []
        self._uploading = FileLock(uploads_lock(self._config), timeout=0, thread_local=False)
        self._closed = Event()
        self._incoming = Incoming(incoming_folder(self._config))
        self._incoming.clear()

    @property
    def _config(self) -> Config:
        # The page may change settings.
        return self._workspace.config

    def collections(self) -> list[View]:
        """Names with the number of documents, sorted; one that cannot be read has `error`, its message."""
        rows: list[View] = []
        for name in list_collections(self._config):
            try:
                with closing(open_store(self._config, name)) as store:
                    rows.append({"name": name, "n_documents": store.counts().n_documents})
            except AskiveError as error:
                rows.append(
                    {"name": name, "n_documents": 0, "error": f"{error.message}. {as_sentence(error.remedy)}"}
                )
        return rows

    def create(self, name: str) -> None:
        """An empty collection. Raises UsageError when there is one, or the name cannot be one."""
        create_collection(self._config, name)

    def rename(self, name: str, new_name: str) -> None:
        """Raises UsageError when the new name is taken or cannot be one; CollectionNotFound."""
        # The locks before the turn, as indexing takes them.
        with lock_collections(self._config, name, new_name), self._workspace.scheduler.turn(Work.QUESTION):
            self._workspace.forget(name)
            rename_collection(self._config, name, new_name)

    def quotes(self, name: str, uri: str | None = None) -> dict[str, int]:
        """How many answers, gold questions and the like quote a document, or any of the collection, by kind.

        Raises CollectionNotFound, and UsageError when the document is not there.
        """
        if uri is None:
            return quotes_of(self._config, removal_of_collection(self._config, name))
        return quotes_of(
            self._config, removal_of_documents(self._config, self._workspace.archive(name), [uri])
        )

    def delete(self, name: str, *, with_quotes: bool = False) -> None:
        """Delete a collection with its uploaded files and all states that models keep.

        with_quotes: also what `quotes` counts. Raises CollectionNotFound.
        """
        # The lock before the turn, as indexing takes them.
        with lock_collections(self._config, name), self._workspace.scheduler.turn(Work.QUESTION):
            self._workspace.forget(name)
            remove_collection(self._config, name, with_quotes=with_quotes)
            self._workspace.forget_read()

    def filters(self, name: str) -> View:
        """`{"publishers", "first", "last"}`: who published the documents, and the first and last day of their dates."""
        store = self._workspace.archive(name).store
        ranges = [date_range(source.published) for source in store.sources() if source.published]
        return {
            "publishers": store.publishers(),
            "first": min((first for first, _ in ranges), default=None),
            "last": max((last for _, last in ranges), default=None),
        }

    def remove(self, name: str, uri: str, *, with_quotes: bool = False) -> None:
        """Remove a document, and all states that models keep.

        with_quotes: also what `quotes` counts. An uploaded file is deleted, others stay where they are. Waits for the
        question that is being answered, which could cache the document's text again.
        """
        with (
            self._change(name),
            # Nothing is embedded, so the embedder that the collection was made with will do.
            read_collection(self._config, name, self._workspace.embedder()) as archive,
            self._workspace.scheduler.turn(Work.QUESTION),
        ):
            if not uses_milvus(self._config):
                # An interrupted renewal has the text too.
                discard_leftovers(self._config, name)
            remove_from_collection(self._config, archive, [uri], with_quotes=with_quotes)
            self._workspace.forget_read()

    def receive(self, name: str, file_name: str) -> Upload:
        """A file to write an upload to; give it to `add`, or discard it.

        file_name: may hold folders (`letters/1912/may.txt`).
        Raises UsageError for one that cannot name a file; TooManyRequests; CollectionNotFound.
        """
        self._hold_uploads()
        return self._incoming.open(self._uploads(name).joinpath(*file_parts(file_name)))

    def _hold_uploads(self) -> None:
        """Hold the lock until the process ends, so that no other one deletes an unfinished upload as a leftover."""
        uploads_folder(self._config).mkdir(parents=True, exist_ok=True)
        # If another chat holds it, the uploads are protected too.
        with suppress(Timeout):
            self._uploading.acquire()

    def add(self, name: str, upload: Upload, *, replace: bool = False) -> Iterator[View]:
        """Move an upload to its place, index it and yield its progress; the last view is the outcome.

        `{"step": "reading"}`, `{"step": "indexing", "done"}` with the passages so far, then
        `{"step": "done", "uri", "n_passages", "unchanged", "renamed"}` or
        `{"step": "failed", "message", "remedy", "retry"}`.
        replace: as `Upload.place`. renamed: the name that the file got beside another one; empty if it kept its own.
        retry: whether the same file may succeed later.
        """
        views: SimpleQueue[View] = SimpleQueue()
        # Start at once, not when the views are read: the sender may be gone, and the upload must still be indexed.
        Thread(target=self._index, args=(name, upload, views.put, replace), daemon=True).start()
        return self._until_ended(views)

    def index_folder(
        self, name: str, folder: Path, progress: Progress, paused: Callable[[bool], None], cancel: Event
    ) -> Indexed:
        """Update a collection from a folder, while questions go first.

        paused: called with whether a question has to be answered first. Raises as `index_paths` does with
        `create=False`, and TurnCancelled once `cancel` is set; what was committed until then stays.
        """

        def yielding(_configured: Embedder) -> YieldingEmbedder:
            # The one that is loaded already.
            return YieldingEmbedder(
                self._workspace.embedder(), self._workspace.scheduler, paused=paused, cancel=cancel
            )

        def counted(n_done: int, total: int | None, uri: str) -> None:
            if cancel.is_set():
                raise TurnCancelled
            progress(n_done, total, uri)
            if self._waiting:
                raise _OthersWait

        while True:
            try:
                return self._indexed(name, folder, counted, yielding)
            except _OthersWait:
                # What was committed is skipped the next time, and an upload need not wait for a large folder.
                while self._waiting and not cancel.wait(_GIVE_WAY_S):
                    pass

    def _indexed(
        self, name: str, folder: Path, progress: Progress, wrap: Callable[[Embedder], Embedder]
    ) -> Indexed:
        with self._changing, lock_collections(self._config, name):
            indexed = index_paths(self._config, name, [folder], progress=progress, wrap=wrap, create=False)
            if indexed.report.n_changed or indexed.report.n_deleted:
                with self._workspace.scheduler.turn(Work.QUESTION):
                    self._workspace.forget_read()
        return indexed

    def read_again(self, name: str, uri: str) -> View:
        """Index a file again that could not be read; the outcome as in `add`.

        Raises UsageError for a file that is not in the account of the collection.
        """
        unread = account_of(self._workspace.archive(name).store).of("failed", "empty")
        if not any(file.uri == uri for file in unread):
            raise UsageError("this file is not among those that could not be read", remedy="reload the page")
        with self._change(name):
            return self._ingest(name, Path(uri), lambda _view: None)

    def forget_unread(self, name: str, uri: str) -> None:
        """Take a file off the list of those that were not read; the next indexing of its folder lists it again.

        Raises CollectionNotFound, and UsageError for a file that is not on the list.
        """
        with self._change(name), closing(open_store(self._config, name)) as store:
            if not any(file.uri == uri for file in store.unread()):
                raise UsageError("this file is not among those that were not read", remedy="reload the page")
            store.forget_unread([uri])

    def close(self) -> None:
        """End the streams of uploads that are being indexed."""
        self._closed.set()

    def _until_ended(self, views: SimpleQueue[View]) -> Iterator[View]:
        while True:
            try:
                view = views.get(timeout=_POLL_S)
            except Empty:
                if not self._closed.is_set():
                    continue
                view = _failed("the chat was closed", "start it, and add the file again")
            yield view
            if view["step"] in ("done", "failed"):
                return

    def _index(self, name: str, upload: Upload, report: Callable[[View], None], replace: bool) -> None:
        ended, asked = _failed("indexing stopped", "add the file again"), upload.target
        try:
            report({"step": "reading"})
            with self._change(name):
                before = upload.place(replace=replace)
                try:
                    ended = self._ingest(name, upload.target, report)
                finally:
                    if ended["step"] == "failed" and before is not None:
                        before.replace(upload.target)
                        # A file without text has removed the document of the earlier one.
                        self._ingest(name, upload.target, lambda _view: None)
                    elif ended["step"] == "failed":
                        delete_upload(self._config, upload.target)
            if ended["step"] == "done":
                ended["renamed"] = "" if upload.target == asked else upload.target.name
        except Exception as error:  # The page must get every error.
            ended = _failure(error)
        finally:
            try:
                upload.discard()
            finally:
                report(ended)

    @contextmanager
    def _change(self, name: str) -> Iterator[None]:
        """The lock for a change: waits for other changes of this chat without a limit, for other processes with one."""
        self._waiting.append(name)
        try:
            self._changing.acquire()
        finally:
            self._waiting.remove(name)
        try:
            with lock_collections(self._config, name):
                yield
        finally:
            self._changing.release()

    def _ingest(self, name: str, path: Path, report: Callable[[View], None]) -> View:
        try:
            # Where another embedder or splitter was set since; meanwhile questions are answered from the former one.
            renew_collection(
                self._config,
                name,
                wrap=lambda inner: YieldingEmbedder(inner, self._workspace.scheduler, report),
            )
            embedder = YieldingEmbedder(self._workspace.embedder(), self._workspace.scheduler, report)
            with open_archive(self._config, name, embedder) as archive:
                ingested = ingest_paths(archive, [path], ocr=self._config.ocr == "auto")
                if archive.store.unerased:
                    # The question that is being answered could cache the former text again.
                    with self._workspace.scheduler.turn(Work.QUESTION):
                        removal = removal_in(self._config, archive, [str(path)], name)
                        delete_elsewhere(self._config, removal, with_quotes=False)
                        erase_removed(self._config, archive)
                        self._workspace.forget_read()
        except Exception as error:  # One bad file must not end the page.
            return _failure(error)
        if failures := [*ingested.failures, *ingested.empty]:
            failure = failures[0]
            return {**_failed(without_folders(failure.message, str(path)), failure.remedy), "retry": False}
        return {
            "step": "done",
            "uri": str(path),
            "n_passages": ingested.n_passages,
            "unchanged": ingested.n_unchanged > 0,
        }

    def _uploads(self, name: str) -> Path:
        # Named after the store's own id: renaming the collection leaves the documents' addresses alone.
        with closing(open_store(self._config, name)) as store:
            return uploads_folder(self._config) / store.store_id


def _failed(message: str, remedy: str) -> View:
    return {"step": "failed", "message": message, "remedy": remedy, "retry": True}


def _failure(error: BaseException) -> View:
    """A file that cannot be read or named stays so; a lock or a full disk may be free later."""
    return {
        "step": "failed",
        **reported(error, "adding a file").as_dict(),
        "retry": not isinstance(error, (LoadError, UsageError)),
    }
