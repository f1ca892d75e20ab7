"""Plan (add, change, delete) -> load -> split -> embed -> commit, document by document."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from rag.archive import Archive
from rag.chunk import chunk, context_of
from rag.dense import FaissIndex
from rag.errors import AskiveError, UsageError
from rag.load import LOADERS, load_path, printable
from rag.types import Document, Passage
from rag.words import storable

Progress = Callable[[int, int | None, str], None]
"""Called with documents done, documents in all (None if unknown) and the uri at hand."""

_BATCH_PASSAGES = 256


@dataclass(frozen=True, slots=True)
class Failure:
    """A document that could not be read; what was stored of it before is kept."""

    uri: str
    message: str
    remedy: str


@dataclass(slots=True)
class IngestReport:
    """What an indexing did. n_skipped: files of types that are not understood."""

    n_added: int = 0
    n_changed: int = 0
    n_unchanged: int = 0
    n_deleted: int = 0
    n_skipped: int = 0
    n_passages: int = 0
    elapsed_ms: float = 0.0
    failures: list[Failure] = field(default_factory=list)

    @property
    def n_written(self) -> int:
        """Documents that were embedded."""
        return self.n_added + self.n_changed


def ingest_paths(
    archive: Archive, paths: Sequence[Path], *, progress: Progress | None = None
) -> IngestReport:
    """Bring the archive in step with files and folders.

    New and changed files are read, unchanged ones (same bytes) are not; what is gone from a named folder is
    removed. A file that cannot be read is a failure in the report and leaves the others alone.
    Raises UsageError when a path does not exist.
    """
    # One spelling of a path: the same file named in two ways is one document. Links are not followed.
    paths = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100
    found: list[Path] = []
    n_skipped = 0
    for path in paths:
        if path.is_dir():
            understood, others = _walk(path)
            found += understood
            n_skipped += others
        elif path.exists():
            found.append(path.absolute())
        else:
            raise UsageError(f"{path} does not exist", remedy="name a file or a folder that does")
    found = list(dict.fromkeys(found))
    folders = [f"{path.absolute()}{os.sep}" for path in paths if path.is_dir()]
    present = {str(path) for path in found}
    gone = [
        uri
        for uri in archive.store.known_sha256()
        if uri not in present and any(uri.startswith(folder) for folder in folders)
    ]
    report = IngestReport(n_skipped=n_skipped)
    return _ingest(archive, _load(found, report), gone, len(found), report, progress)


def ingest_documents(
    archive: Archive, documents: Iterable[Document], *, progress: Progress | None = None
) -> IngestReport:
    """Add or replace documents made by the caller; others in the archive stay.

    NULs and halves of surrogate pairs in a text, which SQLite cannot hold, become U+FFFD; offsets stay.
    """
    total = len(documents) if isinstance(documents, Sequence) else None
    return _ingest(archive, map(_storable, documents), [], total, IngestReport(), progress)


def _storable(document: Document) -> Document:
    text = storable(document.text)
    return document if text == document.text else replace(document, text=text)


def _walk(folder: Path) -> tuple[list[Path], int]:
    """Files that can be loaded, sorted, and how many others there are; hidden ones do not count."""
    understood: list[Path] = []
    n_others = 0
    for root, folders, names in os.walk(folder.absolute()):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.startswith("."):
                continue
            if Path(name).suffix.lower() in LOADERS:
                understood.append(Path(root, name))
            else:
                n_others += 1
    return understood, n_others


def _load(paths: Sequence[Path], report: IngestReport) -> Iterator[Document | None]:
    for path in paths:
        try:
            yield load_path(path)
        except AskiveError as error:
            report.failures.append(Failure(printable(path), error.message, error.remedy))
            yield None


def _ingest(
    archive: Archive,
    documents: Iterator[Document | None] | Iterator[Document],
    gone: Sequence[str],
    total: int | None,
    report: IngestReport,
    progress: Progress | None,
) -> IngestReport:
    started = time.perf_counter()
    known = archive.store.known_sha256()
    writer: _Writer | None = None
    done = 0
    try:
        for document in documents:
            done += 1
            if document is not None:
                if known.get(document.uri) == document.sha256:
                    report.n_unchanged += 1
                else:
                    if document.uri in known:
                        report.n_changed += 1
                    else:
                        report.n_added += 1
                    known[document.uri] = document.sha256
                    writer = writer or _Writer(archive, report)
                    writer.add(document)
            if progress:
                progress(done, total, document.uri if document is not None else "")
        if gone:
            writer = writer or _Writer(archive, report)
            writer.delete(gone)
    finally:
        # Also after Ctrl-C: what was embedded is committed, and the index file is in step.
        if writer is not None:
            writer.finish()
        report.elapsed_ms = (time.perf_counter() - started) * 1000
    return report


class _Writer:
    """Embeds passages of several documents at once, commits each document by itself."""

    def __init__(self, archive: Archive, report: IngestReport) -> None:
        archive.store.set_fingerprint(archive.fingerprint())
        self._archive = archive
        self._report = report
        self._waiting: list[tuple[Document, list[Passage]]] = []
        self._n_waiting = 0
        self._index: FaissIndex = archive.dense
        self._base_generation = archive.store.generation
        self._n_changes = 0

    def add(self, document: Document) -> None:
        passages = chunk(document, self._archive.passages_config)
        self._waiting.append((document, passages))
        self._n_waiting += len(passages)
        if self._n_waiting >= _BATCH_PASSAGES:
            self._commit()

    def delete(self, uris: Sequence[str]) -> None:
        self._commit()
        gone = self._archive.store.delete(uris)
        self._index.remove(gone)
        self._n_changes += 1
        self._report.n_deleted += len(uris)

    def finish(self) -> None:
        self._commit()
        self._archive.dense_cache.advance(self._index, self._base_generation, self._n_changes)

    def _commit(self) -> None:
        waiting, self._waiting, self._n_waiting = self._waiting, [], 0
        texts = [
            f"{context_of(document, passage)}\n{passage.text}"
            for document, passages in waiting
            for passage in passages
        ]
        vectors = self._archive.embedder.embed_once(texts)
        at = 0
        for document, passages in waiting:
            rows = vectors[at : at + len(passages)]
            at += len(passages)
            replaced = self._archive.store.document_by_uri(document.uri)
            if replaced is not None:
                self._index.remove([p.passage_id for p in self._archive.store.passages_of(replaced.doc_id)])
            _, ids = self._archive.store.put(document, passages, rows)
            self._index.add(np.asarray(ids, dtype=np.int64), rows)
            self._n_changes += 1
            self._report.n_passages += len(passages)
