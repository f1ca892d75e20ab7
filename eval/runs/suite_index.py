"""The index of a suite's documents, cached by a digest of the corpus and of all that affects an index."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from askive import rag
from askive.eval.datasets.suite import Suite
from askive.models.files import write_atomically
from askive.models.protocols import Embedder
from askive.rag.config import PassageConfig
from askive.rag.errors import ArchiveError, FingerprintMismatch, StoreError
from askive.rag.ingest.pipeline import ingest_documents
from askive.rag.store.archive import Archive

Progress = Callable[[int, int, str], None]
_DONE = "made.json"
# The code that determines passages and embeddings.
_MAKERS = (
    "ingest/splitting.py",
    "text/sentences.py",
    "store/sqlite.py",
    "ingest/pipeline.py",
    "store/fts5.py",
    "load/*.py",
)


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """How the index was built.

    index_ms: None when it was built in several runs, so that there is no total time.
    n_failed: documents that could not be read.
    """

    n_documents: int
    n_passages: int
    n_failed: int
    index_ms: float | None
    index_bytes: int


def open_index(
    suite: Suite, embedder: Embedder, passages: PassageConfig, home: Path, progress: Progress | None = None
) -> tuple[Archive, IndexFacts]:
    """The suite's archive, built if it is missing; an interrupted build is resumed.

    Raises errors of `askive.rag.ingest.pipeline`, and ArchiveError when no document could be read.
    """
    from filelock import FileLock

    folder = home / "eval" / "indexes" / index_key(suite, embedder, passages)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # When two runs of one suite start together, the second waits for the index of the first.
    with FileLock(f"{folder}.lock"):
        return _opened(folder, embedder, passages) or _made(folder, suite, embedder, passages, progress)


def _opened(folder: Path, embedder: Embedder, passages: PassageConfig) -> tuple[Archive, IndexFacts] | None:
    """The cached index; None when there is none, or when it could not be read and was deleted."""
    done = folder / _DONE
    if not done.is_file():
        return None
    try:
        facts = IndexFacts(**json.loads(done.read_text(encoding="utf-8")))
        return Archive.open(folder, embedder, passages, create=False), facts
    except (ValueError, TypeError, ArchiveError) as error:
        if "locked" in str(error):
            raise
        shutil.rmtree(folder)
        return None


def _made(
    folder: Path, suite: Suite, embedder: Embedder, passages: PassageConfig, progress: Progress | None
) -> tuple[Archive, IndexFacts]:
    resumed = folder.is_dir() and any(folder.iterdir())
    folder.mkdir(exist_ok=True)
    try:
        archive = Archive.open(folder, embedder, passages)
    except (FingerprintMismatch, StoreError):
        shutil.rmtree(folder)
        folder.mkdir()
        archive, resumed = Archive.open(folder, embedder, passages), False
    try:
        on_document = (lambda n, _total, uri: progress(n, suite.n_documents, uri)) if progress else None
        report = ingest_documents(archive, suite.documents(), progress=on_document)
        counts = archive.counts()
        if not counts.n_documents:
            raise ArchiveError(
                f"no document of {suite.path} could be indexed", remedy="check the suite's corpus"
            )
        facts = IndexFacts(
            n_documents=counts.n_documents,
            n_passages=counts.n_passages,
            n_failed=len(report.failures),
            index_ms=None if resumed else round(report.elapsed_ms, 1),
            index_bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        )
        write_atomically(folder / _DONE, json.dumps(asdict(facts)))
    except BaseException:
        archive.close()
        raise
    return archive, facts


def index_key(suite: Suite, embedder: Embedder, passages: PassageConfig) -> str:
    """Name of the index's folder: depends on the documents, the embedder, the settings and the relevant code."""
    total = hashlib.sha256()
    for part in (suite.corpus_sha256, embedder.digest, passages.model_dump_json()):
        total.update(part.encode() + b"\0")
    root = Path(rag.__file__).parent
    for pattern in _MAKERS:
        paths = sorted(root.glob(pattern))
        if not paths:
            raise FileNotFoundError(f"{pattern} matches no file in {root}: an outdated index could be used")
        for path in paths:
            total.update(path.name.encode() + path.read_bytes())
    return f"{suite.name.split(':', 1)[0][:40]}-{total.hexdigest()[:20]}"
