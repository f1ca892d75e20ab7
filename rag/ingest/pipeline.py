"""Plan (add, change, delete) -> load -> split -> embed -> commit, document by document.

Files are loaded and split by processes of their own, a thread embeds, and the caller's thread writes. What waits
between them is bounded, so neither texts nor vectors gather in memory, only names; each document is committed by
itself, in the order of the plan. The vector index is brought in step with the store at the end, from the store.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from askive.models.protocols import Vectors
from askive.rag.errors import AskiveError, LoadError, StoreError, UsageError
from askive.rag.ingest.embed_ahead import EmbedAhead
from askive.rag.ingest.parser_pool import Job, ParserPool
from askive.rag.ingest.plan import Plan, Withheld, plan_paths, stamp_of
from askive.rag.ingest.splitting import chunk
from askive.rag.load import loader_of, printable, read_bytes, storable_document
from askive.rag.load.digest import sha256
from askive.rag.passage_context import context_of
from askive.rag.store.archive import Archive
from askive.rag.types import Document, Passage

Progress = Callable[[int, int | None, str], None]
"""Called with documents done, documents in all (None if unknown) and the uri that was done last."""
Reading = Callable[[str], None]
"""Called with the uri of a file whose parsing is waited for."""

Confirm = Callable[[Sequence[Withheld]], bool]
"""Called before anything is read, with what would be removed; whether to remove it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A document that could not be read; what was stored of it before is kept."""

    uri: str
    message: str
    remedy: str


@dataclass(slots=True)
class IngestReport:
    """What an indexing did.

    skipped: files of unsupported types. withheld: documents that are missing from their folder and were
    kept because nobody confirmed the removal. links: links that point outside the named folders and were not
    followed.
    """

    n_added: int = 0
    n_changed: int = 0
    n_unchanged: int = 0
    n_deleted: int = 0
    n_passages: int = 0
    elapsed_ms: float = 0.0
    failures: list[Failure] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    @property
    def n_skipped(self) -> int:
        """Files of unsupported types."""
        return len(self.skipped)

    @property
    def n_not_removed(self) -> int:
        """Documents that are missing from their folder and were kept."""
        return len({uri for withheld in self.withheld for uri in withheld.uris})

    @property
    def n_written(self) -> int:
        """Documents that were embedded."""
        return self.n_added + self.n_changed

    @property
    def passages_per_second(self) -> float:
        """Over the whole time; while indexing, so far."""
        return self.n_passages / self.elapsed_ms * 1000 if self.elapsed_ms else 0.0


@dataclass(frozen=True, slots=True)
class _Seen:
    """What came of looking at a document; unchanged when neither `document` nor `failure` is there.

    passages: of the document; None while it is not split. is_new: nothing is stored at its uri.
    stamp: of its file, to be kept for the next time; empty for none.
    """

    uri: str
    document: Document | None = None
    passages: list[Passage] | None = None
    failure: Failure | None = None
    is_new: bool = False
    stamp: str = ""


def ingest_paths(
    archive: Archive,
    paths: Sequence[Path],
    *,
    progress: Progress | None = None,
    report: IngestReport | None = None,
    prune: bool | Confirm = False,
    reading: Reading | None = None,
    follow_links: bool = False,
) -> IngestReport:
    """Bring the archive in step with files and folders.

    New and changed files are read, unchanged ones are not opened; what is missing from a named folder is removed,
    and so is a named file that was indexed before. A file that cannot be read, or takes more memory or time than a
    file may, is a failure in the report and leaves the others alone. report: filled while it goes on, for those who
    watch. follow_links: also those that lead out of a named folder.
    prune: whether more than a third of a folder's documents, and at least three, may be removed; or whom to ask. A
    folder that is empty or gone may be on a disk that is not mounted: without it they stay, as `report.withheld`.
    Raises UsageError when a path does not exist and was not indexed, ArchiveError when files cannot be parsed at all.
    """
    known = archive.store.known_sha256()
    plan = plan_paths(paths, known, follow_links=follow_links)
    report = report or IngestReport()
    report.skipped = [printable(Path(path)) for path in plan.skipped]
    report.links = [printable(Path(link)) for link in plan.links_out]
    gone = list(plan.gone)
    if plan.withheld:
        if prune if isinstance(prune, bool) else prune(plan.withheld):
            gone += dict.fromkeys(uri for withheld in plan.withheld for uri in withheld.uris)
        else:
            report.withheld = plan.withheld
    for folder, reason in plan.unreadable.items():
        report.failures.append(
            Failure(folder, f"{folder} cannot be listed: {reason}", "check the folder's permissions")
        )
    with ParserPool(archive.passages_config) as pool:
        found = _files(plan, known, archive.store.stamps(), pool, reading)
        return _ingest(archive, found, gone, len(plan.files), report, progress)


def ingest_documents(
    archive: Archive,
    documents: Iterable[Document],
    *,
    progress: Progress | None = None,
    report: IngestReport | None = None,
) -> IngestReport:
    """Add or replace documents made by the caller; others in the archive stay.

    NULs and halves of surrogate pairs in a text, which SQLite cannot hold, become U+FFFD; offsets stay.
    report: filled while it goes on.
    """
    total = len(documents) if isinstance(documents, Sequence) else None
    known = archive.store.known_sha256()
    found = _compared(documents, known)
    return _ingest(archive, found, [], total, report or IngestReport(), progress)


def remove_document(archive: Archive, uri: str) -> bool:
    """Take a document out of the store and of all indexes, for good; whether it was there. Its file stays."""
    if archive.store.document_by_uri(uri) is None:
        return False
    _delete(archive, [uri])
    return True


def documents_meant(archive: Archive, uris: Sequence[str]) -> list[str]:
    """The uris of the documents that are meant, sorted.

    uris: of documents, or paths of files or of folders with all that is below them.
    Raises UsageError for what means no document.
    """
    known = archive.store.known_sha256()
    meant: set[str] = set()
    for uri in uris:
        path = os.path.abspath(uri)  # noqa: PTH100
        below = f"{path.rstrip(os.sep)}{os.sep}"
        found = known.keys() & {uri, path} or {name for name in known if name.startswith(below)}
        if not found:
            raise UsageError(
                f"{uri} is not in the collection",
                remedy="list its documents with `askive collections -c NAME`",
            )
        meant |= found
    return sorted(meant)


def remove_documents(archive: Archive, uris: Sequence[str]) -> list[str]:
    """Take documents out, in one transaction: those meant by `uris`, which are returned, sorted.

    uris: as in `documents_meant`. Files stay on disk, and so does what was made of their text outside the archive:
    see `askive.rag.privacy.deletion.remove_from_collection`. Raises UsageError for what means no document; nothing
    is removed then.
    """
    meant = documents_meant(archive, uris)
    _delete(archive, meant)
    return meant


def _compared(documents: Iterable[Document], known: dict[str, str]) -> Iterator[_Seen]:
    for document in documents:
        if known.get(document.uri) == document.sha256:
            yield _Seen(document.uri)
            continue
        yield _Seen(document.uri, storable_document(document), is_new=document.uri not in known)
        known[document.uri] = document.sha256


def _files(
    plan: Plan, known: dict[str, str], stamps: dict[str, str], pool: ParserPool, reading: Reading | None
) -> Iterator[_Seen]:
    """The files in the order of the plan, read ahead as far as the pool has room."""
    ahead: deque[tuple[_Seen, Job | None]] = deque()
    for uri in plan.files:
        ahead.append(_look(uri, plan, known, stamps, pool))
        while ahead and (ahead[0][1] is None or ahead[0][1].done.is_set() or not pool.has_room()):
            yield _taken(*ahead.popleft(), pool, reading)
    while ahead:
        yield _taken(*ahead.popleft(), pool, reading)


def _look(
    uri: str, plan: Plan, known: dict[str, str], stamps: dict[str, str], pool: ParserPool
) -> tuple[_Seen, Job | None]:
    """Whether a file is new or changed; it is being parsed then."""
    # Before the bytes are read: a change while they are being read makes another stamp.
    stamp = stamp_of(uri)
    if stamp and stamps.get(uri) == stamp:
        return _Seen(uri), None
    try:
        loader_of(Path(uri))
        target = plan.links.get(uri, uri)
        if target != uri and not os.path.exists(target):  # noqa: PTH110
            raise LoadError(
                f"{uri} is a link to {target}, which does not exist", remedy="correct or remove the link"
            )
        data = read_bytes(Path(target))
    except AskiveError as error:
        return _failed(uri, error), None
    digest = sha256(data)
    seen = _Seen(uri, is_new=uri not in known, stamp=stamp)
    if known.get(uri) == digest:
        return seen, None
    return seen, pool.submit(data, uri, os.path.splitext(uri)[1].lower(), digest)  # noqa: PTH122


def _taken(seen: _Seen, job: Job | None, pool: ParserPool, reading: Reading | None) -> _Seen:
    if job is None:
        return seen
    if reading is not None and not job.done.is_set():
        reading(seen.uri)
    try:
        loaded = pool.take(job)
    except LoadError as error:
        return _failed(seen.uri, error)
    return replace(seen, document=loaded.document, passages=loaded.passages)


def _failed(uri: str, error: AskiveError) -> _Seen:
    return _Seen(uri, failure=Failure(printable(Path(uri)), error.message, error.remedy))


def _ingest(
    archive: Archive,
    found: Iterator[_Seen],
    gone: Sequence[str],
    total: int | None,
    report: IngestReport,
    progress: Progress | None,
) -> IngestReport:
    run = _Run(archive, report, total, progress)
    ended_well = False
    try:
        for seen in found:
            run.see(seen)
        run.finish(gone)
        ended_well = True
    finally:
        # Also after Ctrl-C: what was committed stays, and the index file is in step.
        run.close(ended_well=ended_well)
    return report


def _delete(archive: Archive, uris: Sequence[str]) -> None:
    archive.dense_cache.preload()
    archive.store.delete(uris)
    archive.dense_cache.save()


class _Run:
    """One indexing: embeds ahead, commits each document by itself, counts and tells."""

    def __init__(
        self, archive: Archive, report: IngestReport, total: int | None, progress: Progress | None
    ) -> None:
        self._archive = archive
        self._store = archive.store
        self._report = report
        self._total = total
        self._progress = progress
        self._started = time.perf_counter()
        self._n_done = 0
        self._changes = False
        self._ahead: EmbedAhead[tuple[_Seen, list[Passage]]] | None = None
        self._restamped: dict[str, str] = {}

    def see(self, seen: _Seen) -> None:
        """Take in a document; commits those that are ready."""
        if seen.document is not None:
            if self._ahead is None:
                self._store.set_fingerprint(self._archive.fingerprint())
                self._ahead = EmbedAhead(self._archive.embedder)
                self._begin_changes()
            passages = seen.passages
            if passages is None:
                passages = chunk(seen.document, self._archive.passages_config)
            texts = [f"{context_of(seen.document, passage)}\n{passage.text}" for passage in passages]
            self._ahead.add((seen, passages), texts)
            self._commit(self._ahead.ready())
            return
        if seen.failure is not None:
            self._report.failures.append(seen.failure)
        else:
            self._report.n_unchanged += 1
            if seen.stamp:
                self._restamped[seen.uri] = seen.stamp
        self._tell(seen.uri)

    def finish(self, gone: Sequence[str]) -> None:
        """Commit the rest, and remove missing documents."""
        if self._ahead is not None:
            self._commit(self._ahead.finish())
        if gone:
            self._begin_changes()
            self._store.delete(gone)
            self._report.n_deleted += len(gone)

    def close(self, *, ended_well: bool) -> None:
        """Bring the index's file in step; after an error the documents whose vectors are made are committed too."""
        if self._ahead is not None:
            whole = self._ahead.stop()
            if not ended_well:
                self._progress = None
                # A store that cannot be written has said so already.
                with contextlib.suppress(StoreError):
                    self._commit(whole)
        if ended_well and self._restamped:
            self._store.restamp(self._restamped)
        if self._changes:
            self._archive.dense_cache.save()
        self._report.elapsed_ms = (time.perf_counter() - self._started) * 1000

    def _begin_changes(self) -> None:
        if not self._changes:
            self._archive.dense_cache.preload()
            self._changes = True

    def _commit(self, ready: Iterable[tuple[tuple[_Seen, list[Passage]], Vectors]]) -> None:
        for (seen, passages), vectors in ready:
            document = seen.document
            assert document is not None
            self._store.put(document, passages, vectors, seen.stamp)
            self._report.n_passages += len(passages)
            if seen.is_new:
                self._report.n_added += 1
            else:
                self._report.n_changed += 1
            self._tell(document.uri)

    def _tell(self, uri: str) -> None:
        self._n_done += 1
        self._report.elapsed_ms = (time.perf_counter() - self._started) * 1000
        if self._progress:
            self._progress(self._n_done, self._total, uri)
