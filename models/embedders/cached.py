"""A cache around an embedder: the same sentences are embedded for question after question."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from askive.models.protocols import Embedder, Vectors, Warmable

_KEPT_TEXTS = 20_000


class WrappedEmbedder:
    """An Embedder around another one, with its id, dimension and digest. Subclasses implement `embed`."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner

    @property
    def model_id(self) -> str:
        """The catalog id."""
        return self._inner.model_id

    @property
    def digest(self) -> str:
        """Digest of the weights."""
        return self._inner.digest

    @property
    def dimension(self) -> int:
        """Width of a vector."""
        return self._inner.dimension

    @property
    def max_tokens(self) -> int:
        """Text beyond this many tokens is ignored."""
        return self._inner.max_tokens

    def warm(self) -> None:
        """Load the inner model now if it supports that."""
        if isinstance(self._inner, Warmable):
            self._inner.warm()


class CachedEmbedder(WrappedEmbedder):
    """Keeps vectors and evicts the least recently used ones (about 30 MB when full at 384-d)."""

    def __init__(self, inner: Embedder, n_kept: int = _KEPT_TEXTS) -> None:
        super().__init__(inner)
        self._n_kept = n_kept
        self._kept: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), unit rows; only unknown texts reach the model."""
        with self._lock:
            known = {text: self._kept[text] for text in texts if text in self._kept}
            for text in known:
                self._kept.move_to_end(text)
        unknown = list(dict.fromkeys(text for text in texts if text not in known))
        if unknown:
            rows = self._inner.embed(unknown)
            # Copied: a row would keep the memory of its whole batch alive.
            made = {text: row.copy() for text, row in zip(unknown, rows, strict=True)}
            known.update(made)
            with self._lock:
                self._kept.update(made)
                while len(self._kept) > self._n_kept:
                    self._kept.popitem(last=False)
        if not texts:
            return self._inner.embed([])
        return np.stack([known[text] for text in texts])

    def embed_once(self, texts: Sequence[str]) -> Vectors:
        """As `embed`, without the cache: for indexing."""
        return self._inner.embed(texts)
