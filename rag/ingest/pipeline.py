"""Plan (add, change, delete) -> load -> split -> embed -> commit, document by document.

Worker processes load and split, a thread embeds, and the caller's thread writes. The queues between them are bounded,
so memory holds neither all texts nor all vectors. Each document is its own transaction, in the order of the plan. The
vector index is updated from the store at the end.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from askive.models.protocols import Vectors
from askive.rag.errors import StoreError, UsageError
from askive.rag.ingest.embed_ahead import EmbedAhead
from askive.rag.ingest.examination import Examined, HowRead, Reading, Stored, examine_files
from askive.rag.ingest.parser_pool import ParserPool
from askive.rag.ingest.plan import Withheld, documents_of, parts_by_file, plan_paths, untrusted
from askive.rag.ingest.report import Failure, IngestReport, Partial
from askive.rag.ingest.splitting import chunk
from askive.rag.load import printable, storable_document
from askive.rag.load.not_read import not_read
from askive.rag.load.recognition.tesseract import PICTURE_ENDINGS, find_tesseract
from askive.rag.passage_context import context_of
from askive.rag.store.archive import Archive
from askive.rag.types import Document, Passage

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
) -> IngestReport:
    """Update the archive from files and folders.

    New and changed files are read; unchanged files are not opened. Documents that are missing from a named folder are
    removed, and so is a named file that was indexed before and is missing. A file that cannot be read, or exceeds the
    limits of time and memory, is a failure in the report and does not affect the others. report: filled as the run goes
    on. follow_links: also follow links that point outside a named folder. split: the rule by which files are split into
    documents, see `askive.rag.load.several.split`; None keeps that of the last reading. ocr: whether to
    recognise the text of pictures and scanned pages where Tesseract is installed.
    prune: whether more than a third of a folder's documents, and at least three, may be removed; or a function to ask.
    An empty or missing folder may be on a disk that is not mounted: without confirmation its documents stay, as
    `report.withheld`. Raises UsageError when a path neither exists nor was indexed, ArchiveError when no parser can
    start.
    """
    known = archive.store.known_sha256()
    tesseract = find_tesseract() if ocr else ""
    unread = () if tesseract else PICTURE_ENDINGS
    plan = plan_paths(paths, known, follow_links=follow_links, unread=unread)
    report = report or IngestReport()
    report.skipped = [printable(Path(path)) for path in plan.skipped]
    report.links = [printable(Path(link)) for link in plan.links_out]
    to_delete = list(plan.to_delete)
    if plan.withheld:
        if prune if isinstance(prune, bool) else prune(plan.withheld):
            to_delete += dict.fromkeys(uri for withheld in plan.withheld for uri in withheld.uris)
        else:
            report.withheld = plan.withheld
    for folder, reason in plan.unreadable.items():
        report.failures.append(
            Failure(folder, f"{folder} cannot be listed: {reason}", "check the folder's permissions")
        )
    with ParserPool(archive.passages_config, tesseract=tesseract) as pool:
        stored = Stored(known, archive.store.stamps(), parts_by_file(known), gone=to_delete)
        examined_files = examine_files(plan, stored, HowRead(split, bool(tesseract)), pool, reading, report)
        return _ingest(archive, examined_files, to_delete, len(plan.files), report, progress)


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
    examined_files = _compared(documents, known)
    return _ingest(archive, examined_files, [], total, report or IngestReport(), progress)


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
        yield Examined(document.uri, storable_document(document), is_new=document.uri not in known)
        known[document.uri] = document.sha256


def _ingest(
    archive: Archive,
    examined_files: Iterator[Examined],
    to_delete: Sequence[str],
    total: int | None,
    report: IngestReport,
    progress: Progress | None,
) -> IngestReport:
    run = _Run(archive, report, total, progress)
    ended_well = False
    try:
        for examined in examined_files:
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


class _Run:
    """One indexing run: embeds ahead, commits documents one by one, counts and reports progress."""

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
        self._ahead: EmbedAhead[tuple[Examined, list[Passage]]] | None = None
        self._restamped: dict[str, str] = {}

    def add(self, examined: Examined) -> None:
        """Add a document; commits those that are ready."""
        is_held = not examined.is_new and self._holds(examined)
        if examined.document is not None and not is_held:
            if self._ahead is None:
                self._store.set_fingerprint(self._archive.fingerprint())
                self._ahead = EmbedAhead(self._archive.embedder)
                self._begin_changes()
            passages = examined.passages
            if passages is None:
                passages = chunk(examined.document, self._archive.passages_config)
            texts = [f"{context_of(examined.document, passage)}\n{passage.text}" for passage in passages]
            self._ahead.add((examined, passages), texts)
            self._commit(self._ahead.ready())
            return
        if examined.failure is not None:
            (self._report.empty if examined.is_empty else self._report.failures).append(examined.failure)
        else:
            self._report.n_unchanged += 1
            if examined.stamp:
                self._restamped[examined.uri] = examined.stamp
        self._report_progress(examined)

    def _holds(self, examined: Examined) -> bool:
        """Whether the store has the same passages of the document, which was read again by newer code."""
        stored = self._store.document_by_uri(examined.uri) if examined.passages is not None else None
        if stored is None or replace(stored, doc_id=0) != examined.document:
            return False
        kept = self._store.passages_of(stored.doc_id)
        return [replace(passage, passage_id=0, doc_id=0) for passage in kept] == examined.passages

    def finish(self, to_delete: Sequence[str]) -> None:
        """Commit the rest, and remove missing documents."""
        if self._ahead is not None:
            self._commit(self._ahead.finish())
        if to_delete:
            self._begin_changes()
            self._store.delete(to_delete)
            self._report.n_deleted += len(to_delete)

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
            self._store.restamp(self._restamped)
        if self._changes:
            self._archive.dense_cache.save()
        self._report.elapsed_ms = (time.perf_counter() - self._started) * 1000

    def _begin_changes(self) -> None:
        if not self._changes:
            self._archive.dense_cache.preload()
            self._changes = True

    def _commit(self, ready: Iterable[tuple[tuple[Examined, list[Passage]], Vectors]]) -> None:
        for (examined, passages), vectors in ready:
            document = examined.document
            assert document is not None
            stamp = untrusted(examined.stamp) if examined.is_part else examined.stamp
            self._store.put(document, passages, vectors, stamp)
            if examined.is_part:
                self._restamped[examined.uri] = examined.stamp
            self._report.n_passages += len(passages)
            if parts := not_read(document):
                self._report.partial.append(Partial(printable(Path(document.uri)), tuple(parts)))
            if examined.is_new:
                self._report.n_added += 1
            else:
                self._report.n_changed += 1
            self._report_progress(examined)

    def _report_progress(self, examined: Examined) -> None:
        self._n_done += examined.is_last
        self._report.elapsed_ms = (time.perf_counter() - self._started) * 1000
        if self._progress:
            self._progress(self._n_done, self._total, examined.uri)
