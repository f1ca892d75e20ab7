"""Plan (add, change, delete) -> load -> split -> embed -> commit, document by document.

Worker processes load and split, a thread embeds, and the caller's thread writes. The queues between them are bounded,
so memory holds neither all texts nor all vectors. Each document is its own transaction, in the order of the plan. The
vector index is updated from the store at the end.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from askive.models.protocols import Vectors
from askive.rag.errors import StoreError, UsageError
from askive.rag.ingest.embed_ahead import EmbedAhead
from askive.rag.ingest.examination import Examined, HowRead, Reading, Stored, examine_files
from askive.rag.ingest.parser_pool import ParserPool
from askive.rag.ingest.plan import Withheld, documents_of, parts_by_file, plan_paths, untrusted
from askive.rag.ingest.report import IngestReport, partials
from askive.rag.ingest.splitting import chunk
from askive.rag.load import LOADERS, printable, storable_document
from askive.rag.load.not_read import not_read
from askive.rag.load.recognition.tesseract import PICTURE_ENDINGS, find_tesseract
from askive.rag.load.several.parts import file_of
from askive.rag.passage_context import context_of
from askive.rag.store.archive import Archive
from askive.rag.store.files import LastRun
from askive.rag.types import Document, Passage

if TYPE_CHECKING:
    from askive.rag.ingest.cluster.workers import Workers

Progress = Callable[[int, int | None, str], None]
"""Called with the number of finished files or documents, the total (None if unknown) and the uri of the last one."""
Confirm = Callable[[Sequence[Withheld]], bool]
"""Called with the documents to be removed, before any file is read; returns whether to remove them."""


def ingest_paths(
    archive: Archive,
    paths: Sequence[Path],
    *,
    progress: Progress | None = None,
    report: IngestReport | None = None,
    prune: bool | Confirm = False,
    reading: Reading | None = None,
    follow_links: bool = False,
    split: str | None = None,
    ocr: bool = True,
    workers: Workers | None = None,
    removed: Callable[[], object] = lambda: None,
) -> IngestReport:
    """Update the archive from files and folders.

    New and changed files are read; unchanged files are not opened. Of a changed document only new passages are
    embedded; a moved one gets another uri. Documents that are missing from a named folder are removed, and so is a
    named file that was indexed before and is missing; before any file is read, since reading may take hours. A file
    that cannot be read, or exceeds the limits of time and memory, is a failure in the report and does not affect the
    others. What was not read is recorded in the store (`askive.rag.ingest.account`).
    report: filled as the run goes on. follow_links: also follow links that point outside a named folder. split: the
    rule by which files are split into documents, see `askive.rag.load.several.split`; None keeps that of the last
    reading. ocr: whether to recognise the text of pictures and scanned pages where Tesseract is installed.
    workers: who parses and embeds; None: processes and the embedder of this machine. removed: called when documents
    have been removed before any file is read.
    prune: whether more than a third of a folder's documents, and at least three, may be removed; or a function to ask.
    An empty or missing folder may be on a disk that is not mounted: without confirmation its documents stay, as
    `report.withheld`. Raises UsageError when a path neither exists nor was indexed, ArchiveError when no parser can
    start.
    """
    known, stamps = archive.store.known_sha256(), archive.store.stamps()
    tesseract = find_tesseract() if ocr else ""
    unread = () if tesseract else PICTURE_ENDINGS
    plan = plan_paths(paths, known, stamps=stamps, follow_links=follow_links, unread=unread)
    report = report or IngestReport()
    report.fill_in(plan)
    to_delete = list(plan.to_delete)
    if plan.withheld:
        if prune if isinstance(prune, bool) else prune(plan.withheld):
            to_delete += dict.fromkeys(uri for withheld in plan.withheld for uri in withheld.uris)
        else:
            report.withheld = plan.withheld
    parts = parts_by_file(known)
    # A document of a file of several may be in another file now, and then it is not embedded again.
    now = [uri for uri in to_delete if file_of(uri, LOADERS) == uri]
    to_delete = [uri for uri in to_delete if file_of(uri, LOADERS) != uri]
    if now:
        _delete(archive, now)
        report.n_deleted += len(now)
        removed()
    to_delete += (uri for former in plan.moved.values() for uri in parts.get(former, [former]))
    opened = workers.open_parsers if workers else ParserPool
    with opened(archive.passages_config, tesseract=tesseract) as pool:
        stored = Stored(known, stamps, parts, gone=to_delete)
        examined = examine_files(plan, stored, HowRead(split, bool(tesseract)), pool, reading, report)
        _ingest(archive, examined, to_delete, len(plan.files), report, progress, workers)
    archive.store.record_run(_last_run(paths, report), report.unread())
    return report


def _last_run(paths: Sequence[Path], report: IngestReport) -> LastRun:
    return LastRun(
        datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        [printable(Path(os.path.abspath(path))) for path in paths],  # noqa: PTH100
        report.n_added, report.n_changed, report.n_moved, report.n_unchanged, report.n_deleted,
    )  # fmt: skip


def ingest_documents(
    archive: Archive,
    documents: Iterable[Document],
    *,
    progress: Progress | None = None,
    report: IngestReport | None = None,
) -> IngestReport:
    """Add or replace documents made by the caller; the others in the archive stay.

    NULs and lone surrogates in a text, which SQLite cannot store, become U+FFFD; offsets stay valid.
    report: filled as the run goes on.
    """
    total = len(documents) if isinstance(documents, Sequence) else None
    known = archive.store.known_sha256()
    examined = _compared(documents, known)
    return _ingest(archive, examined, [], total, report or IngestReport(), progress)


def remove_document(archive: Archive, uri: str) -> bool:
    """Remove a document from the store and all indexes; returns whether it existed. Its file stays."""
    if archive.store.document_by_uri(uri) is None:
        return False
    _delete(archive, [uri])
    return True


def resolve_uris(archive: Archive, uris: Sequence[str]) -> list[str]:
    """The uris of the documents that the arguments refer to, sorted.

    uris: of documents, or paths of files, or of folders including subfolders.
    Raises UsageError for an argument that matches no document.
    """
    known = archive.store.known_sha256()
    matches: set[str] = set()
    for uri in uris:
        path = os.path.abspath(uri)  # noqa: PTH100
        below = f"{path.rstrip(os.sep)}{os.sep}"
        of_uri = (
            (known.keys() & {uri})
            or set(documents_of(path, known))
            or {name for name in known if name.startswith(below)}
        )
        if not of_uri:
            raise UsageError(
                f"{uri} is not in the collection",
                remedy="list its documents with `askive collections -c NAME`",
            )
        matches |= of_uri
    return sorted(matches)


def remove_documents(archive: Archive, uris: Sequence[str]) -> list[str]:
    """Remove the documents that `uris` refers to, in one transaction; returns their uris, sorted.

    uris: as in `resolve_uris`. Files stay on disk, and so do copies of their text outside the archive: see
    `askive.rag.privacy.deletion.remove_from_collection`. Raises UsageError for an argument that matches no document;
    nothing is removed then.
    """
    matches = resolve_uris(archive, uris)
    _delete(archive, matches)
    return matches


def _compared(documents: Iterable[Document], known: dict[str, str]) -> Iterator[Examined]:
    for document in documents:
        if known.get(document.uri) == document.sha256:
            yield Examined(document.uri)
            continue
        is_new = document.uri not in known
        related = None if is_new else document.uri
        yield Examined(document.uri, storable_document(document), is_new=is_new, related=related)
        known[document.uri] = document.sha256


def _ingest(
    archive: Archive,
    all_examined: Iterator[Examined],
    to_delete: Sequence[str],
    total: int | None,
    report: IngestReport,
    progress: Progress | None,
    workers: Workers | None = None,
) -> IngestReport:
    run = _Run(archive, report, total, progress, workers)
    ended_well = False
    try:
        for examined in all_examined:
            run.add(examined)
        run.finish(to_delete)
        ended_well = True
    finally:
        # Also after Ctrl-C: committed documents stay, and the index file is updated.
        run.close(ended_well=ended_well)
    return report


def _delete(archive: Archive, uris: Sequence[str]) -> None:
    archive.dense_cache.preload()
    archive.store.delete(uris)
    archive.dense_cache.save()


@dataclass(frozen=True, slots=True)
class _Queued:
    """A document whose new passages are being embedded. vectors: of the others, in order; None for the new ones."""

    examined: Examined
    passages: list[Passage]
    vectors: list[Vectors | None]


class _Run:
    """One indexing run: embeds ahead, commits documents one by one, counts and reports progress."""

    def __init__(
        self,
        archive: Archive,
        report: IngestReport,
        total: int | None,
        progress: Progress | None,
        workers: Workers | None,
    ) -> None:
        self._archive = archive
        self._store = archive.store
        self._report = report
        self._total = total
        self._progress = progress
        self._workers = workers
        self._started = time.perf_counter()
        self._n_done = 0
        self._changes = False
        self._ahead: EmbedAhead[_Queued] | None = None
        self._restamped: dict[str, str] = {}
        self._failed: set[str] = set()

    def add(self, examined: Examined) -> None:
        """Add a document; commits those that are ready."""
        is_held = not examined.is_new and self._holds(examined)
        if examined.document is not None and not is_held:
            self._queue(examined, examined.document)
            return
        if examined.failure is not None:
            (self._report.empty if examined.is_empty else self._report.failures).append(examined.failure)
            self._failed.add(examined.uri)
        elif examined.moved_from is not None:
            self._begin_changes()
            self._store.move(examined.moved_from, examined.uri, examined.stamp)
            self._report.moved[examined.moved_from] = examined.uri
        else:
            self._report.n_unchanged += 1
            if examined.stamp:
                self._restamped[examined.uri] = examined.stamp
        self._report_progress(examined)

    def _queue(self, examined: Examined, document: Document) -> None:
        if self._ahead is None:
            self._store.set_fingerprint(self._archive.fingerprint())
            self._ahead = self._new_ahead()
            self._begin_changes()
        passages = examined.passages
        if passages is None:
            passages = chunk(document, self._archive.passages_config)
        texts = [_embedded_text(document, passage) for passage in passages]
        stored = self._stored_vectors(examined.related)
        vectors = [stored.get(text) for text in texts]
        new = [text for text, vector in zip(texts, vectors, strict=True) if vector is None]
        self._ahead.add(_Queued(examined, passages, vectors), new)
        self._commit(self._ahead.ready())

    def _new_ahead(self) -> EmbedAhead[_Queued]:
        if self._workers is None:
            return EmbedAhead(self._archive.embedder)
        embedder = self._workers.open_embedder(self._archive.embedder)
        return EmbedAhead(embedder, n_threads=self._workers.n_embedders)

    def _stored_vectors(self, uri: str | None) -> Mapping[str, Vectors]:
        """The vectors of a stored document by the text that was embedded."""
        document = None if uri is None else self._store.document_by_uri(uri)
        if document is None:
            return {}
        passages = self._store.passages_of(document.doc_id)
        vectors = self._store.vectors([passage.passage_id for passage in passages])
        return {
            _embedded_text(document, passage): vectors[passage.passage_id]
            for passage in passages
            if passage.passage_id in vectors
        }

    def _holds(self, examined: Examined) -> bool:
        """Whether the store has the same passages of the document, which was read again by newer code."""
        stored = self._store.document_by_uri(examined.uri) if examined.passages is not None else None
        if stored is None or replace(stored, doc_id=0) != examined.document:
            return False
        kept = self._store.passages_of(stored.doc_id)
        return [replace(passage, passage_id=0, doc_id=0) for passage in kept] == examined.passages

    def finish(self, to_delete: Sequence[str]) -> None:
        """Commit the rest, and remove missing documents, except those that have moved."""
        if self._ahead is not None:
            self._commit(self._ahead.finish())
        gone = [uri for uri in to_delete if uri not in self._report.moved]
        if gone:
            self._begin_changes()
            self._store.delete(gone)
            self._report.n_deleted += len(gone)

    def close(self, *, ended_well: bool) -> None:
        """Update the index file; after an error, documents with finished vectors are committed too."""
        if self._ahead is not None:
            whole = self._ahead.stop()
            if not ended_well:
                self._progress = None
                # An error of the store has been raised already.
                with contextlib.suppress(StoreError):
                    self._commit(whole)
        if ended_well and self._restamped:
            self._store.restamp(self._of_read_files())
        if self._changes:
            self._archive.dense_cache.save()
        self._report.elapsed_ms = (time.perf_counter() - self._started) * 1000

    def _of_read_files(self) -> dict[str, str]:
        """The new stamps, but for files of which only a part could be read: they are read again the next time."""
        if not self._failed:
            return self._restamped
        return {
            uri: stamp for uri, stamp in self._restamped.items() if file_of(uri, LOADERS) not in self._failed
        }

    def _begin_changes(self) -> None:
        if not self._changes:
            self._archive.dense_cache.preload()
            self._changes = True

    def _commit(self, ready: Iterable[tuple[_Queued, Vectors]]) -> None:
        for queued, new in ready:
            examined, document = queued.examined, queued.examined.document
            assert document is not None
            rows = iter(new)
            vectors = [next(rows) if vector is None else vector for vector in queued.vectors]
            self._put(examined, document, queued.passages, np.stack(vectors) if vectors else new)
            if examined.is_part:
                self._restamped[examined.uri] = examined.stamp
            self._report.n_passages += len(queued.passages)
            self._report.n_reused += len(queued.passages) - len(new)
            self._report.partial += partials(document.uri, not_read(document))
            if examined.moved_from is not None:
                self._report.moved[examined.moved_from] = examined.uri
            elif examined.is_new:
                self._report.n_added += 1
            else:
                self._report.n_changed += 1
            self._report_progress(examined)

    def _put(self, examined: Examined, document: Document, passages: list[Passage], vectors: Vectors) -> None:
        stamp = untrusted(examined.stamp) if examined.is_part else examined.stamp
        with self._store.transaction():
            source = examined.moved_from or (None if examined.is_new else examined.uri)
            former = self._store.former_uris(source).get(source, []) if source else []
            if examined.moved_from is not None:
                former = [*former, examined.moved_from]
                self._store.delete([examined.moved_from])
            self._store.put(document, passages, vectors, stamp)
            if former:
                self._store.keep_former_uris({examined.uri: former})

    def _report_progress(self, examined: Examined) -> None:
        self._n_done += examined.is_last
        self._report.elapsed_ms = (time.perf_counter() - self._started) * 1000
        if self._progress:
            self._progress(self._n_done, self._total, examined.uri)


def _embedded_text(document: Document, passage: Passage) -> str:
    return f"{context_of(document, passage)}\n{passage.text}"
