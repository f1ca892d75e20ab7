"""An open collection: its store and the indexes derived from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from askive.models.embedders.cached import CachedEmbedder
from askive.models.protocols import Embedder, Vectors
from askive.rag.config import PassageConfig
from askive.rag.errors import FingerprintMismatch
from askive.rag.store.filters import Filter
from askive.rag.store.fts5 import Fts5Index
from askive.rag.store.protocols import CollectionStore, DenseSearch, HybridSearch, LexicalIndex
from askive.rag.store.sqlite import Counts, Fingerprint, SqliteStore
from askive.rag.store.vector_cache import FaissIndex, VectorCache
from askive.rag.types import Document, Passage, Source

STORE_NAME = "store.sqlite3"


class Archive:
    """One collection, open for search and changes. Use `Archive.open`."""

    def __init__(
        self,
        folder: Path,
        store: CollectionStore,
        embedder: Embedder,
        passages: PassageConfig,
        *,
        lexical: LexicalIndex,
        open_dense: Callable[[int], DenseSearch],
        hybrid: HybridSearch | None = None,
    ) -> None:
        """open_dense: called once with the dimension. hybrid: where the store fuses both indexes itself."""
        self.folder = folder
        self.store = store
        self.embedder = CachedEmbedder(embedder)
        self.passages_config = passages
        self.lexical = lexical
        self.hybrid = hybrid
        self._open_dense = open_dense
        self._dense: DenseSearch | None = None

    @classmethod
    def open(cls, path: Path, embedder: Embedder, passages: PassageConfig, *, create: bool = True) -> Archive:
        """The collection in the folder `path`, in SQLite.

        Raises CollectionNotFound when it does not exist and `create` is false; StoreError when it is damaged;
        FingerprintMismatch when it was built with another embedder or other passage settings.
        """
        store = SqliteStore(path / STORE_NAME, create=create)
        return cls(
            path,
            store,
            embedder,
            passages,
            lexical=Fts5Index(store),
            open_dense=lambda dimension: VectorCache(store, path, dimension),
        ).checked()

    def checked(self) -> Self:
        """This archive, after `check_fingerprint`; closed when that fails."""
        try:
            self.check_fingerprint()
        except BaseException:
            self.close()
            raise
        return self

    def fingerprint(self) -> Fingerprint:
        """The fingerprint of new embeddings: embedder and passage settings. Loads the embedder."""
        embedder = self.embedder
        settings = json.dumps(self.passages_config.model_dump(), sort_keys=True)
        return Fingerprint(embedder.model_id, embedder.digest, embedder.dimension, settings)

    def check_fingerprint(self) -> None:
        """Raises FingerprintMismatch when another model computed the stored embeddings."""
        stored = self.store.fingerprint()
        # Do not compare dimensions: that would load the weights, and the digest is enough.
        if stored and stored.embedder_digest != self.embedder.digest and self.store.counts().n_passages:
            raise FingerprintMismatch(
                f"the collection {self.folder.name!r} was embedded with {stored.embedder_id},"
                f" the current embedder is {self.embedder.model_id}",
                remedy=f"use --embedder {stored.embedder_id}, or embed it again with `askive index --reembed`",
            )

    @property
    def dense(self) -> FaissIndex:
        """The FAISS index of the current state, of a collection in SQLite."""
        cache = self.dense_cache
        if not isinstance(cache, VectorCache):
            raise TypeError(f"{type(cache).__name__} has no FAISS index")
        return cache.current()

    @property
    def dense_cache(self) -> DenseSearch:
        """The vectors, and for a collection in SQLite the file of their index."""
        if self._dense is None:
            stored = self.store.fingerprint()
            self._dense = self._open_dense(stored.dimension if stored else self.embedder.dimension)
        return self._dense

    def nearest(self, vector: Vectors, top_k: int, admitted: Filter | None = None) -> list[tuple[int, float]]:
        """(passage_id, cosine) of the nearest passages of documents that the filter admits, best first.

        vector: shape (dimension,), of unit length.
        """
        return self.dense_cache.nearest(vector, top_k, admitted)

    def counts(self) -> Counts:
        """Number of documents and passages."""
        return self.store.counts()

    def document(self, doc_id: int) -> Document:
        """The document. Raises StoreError when it does not exist."""
        return self.store.document(doc_id)

    def document_by_uri(self, uri: str) -> Document | None:
        """The document, or None."""
        return self.store.document_by_uri(uri)

    def passages(self, passage_ids: Sequence[int]) -> dict[int, tuple[Passage, Source]]:
        """Passages with their sources, by id."""
        return self.store.passages(passage_ids)

    def embed_query(self, text: str) -> Vectors:
        """The embedding of a query, shape (dimension,)."""
        vector: Vectors = self.embedder.embed([text])[0]
        return vector

    def require_open(self) -> None:
        """Raises UsageError after `close`."""
        self.store.require_open()

    def close(self) -> None:
        """Close the store; safe to call twice."""
        self.store.close()

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
