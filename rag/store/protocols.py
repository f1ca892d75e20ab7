"""What a store of a collection, its full-text index and its vector index must do, whatever keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from askive.models.protocols import Vectors
from askive.rag.store.filters import Filter
from askive.rag.types import Document, Passage, Source

if TYPE_CHECKING:
    from askive.rag.store.files import LastRun, Reason, Unread
    from askive.rag.store.fts5 import Match
    from askive.rag.store.schema import Counts, Fingerprint

Ids = NDArray[np.int64]
Scored = list[tuple[int, float]]
"""(passage_id, score), best first."""


@runtime_checkable
class VectorIndex(Protocol):
    """Nearest-neighbour search by inner product of unit vectors."""

    def __len__(self) -> int:
        """Number of vectors."""
        ...

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add rows; ids shape (n,), vectors shape (n, dimension)."""
        ...

    def remove(self, ids: Sequence[int]) -> None:
        """Remove rows; unknown ids are ignored."""
        ...

    def search(self, vector: Vectors, top_k: int, within: Ids | None = None) -> Scored:
        """(id, score) of the nearest rows, best first; vector shape (dimension,).

        within: search only these ids; ascending.
        """
        ...


class DenseSearch(Protocol):
    """The vectors of a store, searched as they are now."""

    def nearest(self, vector: Vectors, top_k: int, admitted: Filter | None = None) -> Scored:
        """(passage_id, cosine) of the nearest passages of documents that the filter admits; vector of unit length."""
        ...

    def preload(self) -> None:
        """Before a change: prepare what `save` would otherwise have to build."""
        ...

    def save(self) -> None:
        """After changes: keep what the next process would otherwise have to build."""
        ...


class LexicalIndex(Protocol):
    """Full-text search. expression: of FTS5, see `askive.rag.store.fts5.phrase_expression`."""

    def search(self, query: str, top_k: int, admitted: Filter | None = None) -> Scored:
        """(passage_id, BM25), best first; empty when the query has no words."""
        ...

    def count(self, expression: str) -> int:
        """The number of passages that match."""
        ...

    def has(self, expression: str) -> bool:
        """Whether any passage matches."""
        ...

    def vocabulary(self) -> list[str]:
        """The stems that are indexed, sorted."""
        ...

    def texts(self) -> Iterator[list[tuple[int, int, str]]]:
        """(passage_id, doc_id, text) of every passage, in batches, in the order of insertion."""
        ...

    def matches(self, expression: str) -> Iterator[list[Match]]:
        """Every passage that matches, with the exact words, in batches, in the order of insertion."""
        ...


class HybridSearch(Protocol):
    """Both indexes in one request, fused by reciprocal ranks where the passages are."""

    def fused(self, query: str, vector: Vectors, top_k: int, admitted: Filter | None = None) -> Scored:
        """(passage_id, sum of 1 / (60 + rank)) of the best `top_k` of each index."""
        ...


class FileRecords(Protocol):
    """What a store keeps of the files that its documents are from; see `askive.rag.store.files`."""

    def stamps(self) -> dict[str, str]:
        """Stamps of the files at their last reading, by uri; documents without a file have none."""
        ...

    def restamp(self, new: Mapping[str, str]) -> None:
        """Record new stamps for unchanged files."""
        ...

    def move(self, uri: str, new_uri: str, stamp: str) -> bool:
        """Give a document another uri, and remember the old one; returns False when there is no such document."""
        ...

    def former_uris(self, uri: str | None = None) -> dict[str, list[str]]:
        """The paths that documents were moved from, by their current uri. uri: only of this document."""
        ...

    def keep_former_uris(self, former: Mapping[str, Iterable[str]]) -> None:
        """Record former paths by current uri; unknown uris are skipped."""
        ...

    def record_run(self, run: LastRun, unread: Iterable[Unread]) -> None:
        """Replace what is known of unread files at and below the paths of the run."""
        ...

    def last_run(self) -> LastRun | None:
        """The last complete indexing of files; None when there was none."""
        ...

    def unread(self, reasons: Sequence[Reason] = ()) -> list[Unread]:
        """Files that were not read, by uri; reasons: only these, all when empty."""
        ...

    def forget_unread(self, uris: Sequence[str]) -> None:
        """Delete the records of these files."""
        ...

    def duplicates(self) -> list[tuple[str, ...]]:
        """The uris of documents that were read from the same bytes, in groups of at least two, sorted."""
        ...


class CollectionStore(FileRecords, Protocol):
    """The documents, passages and vectors of one collection: the truth, whatever else is derived from it.

    A document is there in full or not at all, also after a crash. Raises StoreError; UsageError after `close`.
    """

    @property
    def store_id(self) -> str:
        """Random id of the store."""
        ...

    @property
    def generation(self) -> int:
        """Number that increases with every change."""
        ...

    @property
    def unerased(self) -> bool:
        """Whether bytes of removed or replaced text may be left."""
        ...

    def require_open(self) -> None:
        """Raises UsageError after `close`."""
        ...

    def is_in_place(self) -> bool:
        """Whether this is still the store of the collection: not removed, renamed or replaced."""
        ...

    def counts(self) -> Counts:
        """Number of documents and passages."""
        ...

    def fingerprint(self) -> Fingerprint | None:
        """The fingerprint of the stored embeddings; None for a new store."""
        ...

    def set_fingerprint(self, fingerprint: Fingerprint) -> None:
        """Record the fingerprint. Raises FingerprintMismatch when the store has passages with another one."""
        ...

    def known_sha256(self) -> dict[str, str]:
        """SHA-256 of the source's bytes, by uri."""
        ...

    def document(self, doc_id: int) -> Document:
        """The document. Raises StoreError when it does not exist."""
        ...

    def document_by_uri(self, uri: str) -> Document | None:
        """The document, or None."""
        ...

    def sources(self, admitted: Filter | None = None) -> list[Source]:
        """The documents that the filter admits, without their text, in the order of insertion."""
        ...

    def passages(self, passage_ids: Sequence[int]) -> dict[int, tuple[Passage, Source]]:
        """Passages with their sources, by id; missing ids are left out."""
        ...

    def passages_of(self, doc_id: int) -> list[Passage]:
        """All passages of a document, in order; empty when the document does not exist."""
        ...

    def passage_ids(self, admitted: Filter) -> Ids:
        """Ids of the passages of documents that the filter admits, ascending; shape (n,)."""
        ...

    def passage_extents(self) -> list[tuple[int, int, int, int]]:
        """(doc_id, number of passages, last page or 0, end of the last passage) of each document with passages."""
        ...

    def embeddings(self, batch: int = 8192, after: int = -1) -> Iterator[tuple[Ids, Vectors]]:
        """All embeddings, ordered by id: shapes (n,) and (n, dimension), n at most `batch`. after: only higher ids."""
        ...

    def vectors(self, passage_ids: Sequence[int]) -> dict[int, Vectors]:
        """Embeddings by passage id, each of shape (dimension,); missing ids are left out."""
        ...

    def publishers(self) -> list[str]:
        """All publishers, sorted."""
        ...

    def fields(self) -> list[str]:
        """Names of all metadata fields, sorted."""
        ...

    def field_values(self, field: str) -> list[tuple[Any, ...]]:
        """(doc_id, value) of every document with this metadata field, or a synonym; it may have several values."""
        ...

    def not_read(self) -> dict[str, list[str]]:
        """The parts that were not read of the documents that were not read in full, by uri."""
        ...

    def check(self) -> list[str]:
        """Descriptions of the store's inconsistencies; empty when it is consistent."""
        ...

    def transaction(self) -> AbstractContextManager[object]:
        """Changes that belong together."""
        ...

    def put(
        self, document: Document, passages: Sequence[Passage], vectors: Vectors, stamp: str = ""
    ) -> tuple[int, list[int]]:
        """Add the document or replace the one at its uri; returns the new ids, which are never used again.

        vectors: shape (len(passages), dimension). stamp: as in `stamps`.
        """
        ...

    def delete(self, uris: Sequence[str]) -> list[int]:
        """Remove documents; returns the removed passage ids."""
        ...

    def erase(self) -> bool:
        """Overwrite what `unerased` says is left; returns whether nothing is."""
        ...

    def close(self) -> None:
        """Safe to call twice."""
        ...
