"""Embedding in background threads, while the caller reads and writes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar

import numpy as np

from askive.models.protocols import Vectors

Item = TypeVar("Item")
BATCH_PASSAGES = 256
_N_AHEAD = 2
_MAX_ITEMS = 1024
"""Items whose embeddings are stored already have no texts, and so fill no batch."""


class Embeds(Protocol):
    """An embedder of stored texts: shape (len(texts), dimension), unit rows."""

    def embed_once(self, texts: Sequence[str]) -> Vectors:
        """One row per text."""
        ...


class EmbedAhead(Generic[Item]):
    """Takes items with their texts; returns them in the same order with their vectors.

    Batches are filled across items: small documents share a batch, and a long one is split over several. At most a few
    batches wait, and `add` blocks until there is room, so memory stays bounded. An error of the embedder is raised by
    the call that reaches its batch.
    """

    def __init__(
        self, embedder: Embeds, n_batch: int = BATCH_PASSAGES, n_ahead: int = _N_AHEAD, n_threads: int = 1
    ) -> None:
        """n_threads: batches that are embedded at a time; n_ahead more wait for each."""
        self._embedder = embedder
        self._n_batch = n_batch
        self._n_ahead = n_ahead * n_threads
        # Scaled too, so that the same texts share a batch: a vector depends on its batch in the last bits.
        self._max_items = _MAX_ITEMS * n_threads
        self._threads = ThreadPoolExecutor(max_workers=n_threads, thread_name_prefix="embed")
        self._items: deque[tuple[Item, int]] = deque()
        self._texts: list[str] = []
        self._batches: deque[Future[Vectors]] = deque()
        self._rows: deque[Vectors] = deque()
        self._n_rows = 0
        self._moving = False

    def add(self, item: Item, texts: Sequence[str]) -> None:
        """Queue the texts for embedding; blocks while the queue is full."""
        self._items.append((item, len(texts)))
        for text in texts:
            self._texts.append(text)
            if len(self._texts) == self._n_batch:
                self._submit()
        if len(self._items) > self._max_items:
            if self._texts:
                self._submit()
            while self._batches:
                self._take()

    def ready(self) -> Iterator[tuple[Item, Vectors]]:
        """Items whose vectors are ready, in order; does not wait."""
        while self._batches and self._batches[0].done():
            self._take()
        yield from self._complete()

    def finish(self) -> Iterator[tuple[Item, Vectors]]:
        """All other items, as they become ready; then the queue is empty."""
        if self._texts:
            self._submit()
        yield from self._complete()
        while self._batches:
            self._take()
            yield from self._complete()

    def stop(self) -> list[tuple[Item, Vectors]]:
        """Cancel waiting batches and wait for the running one; returns the items that are complete.

        Returns none after an interrupt while rows were assigned: it is then unknown which rows belong to which item.
        """
        self._threads.shutdown(wait=True, cancel_futures=True)
        if self._moving:
            return []
        while self._batches and not self._batches[0].cancelled() and self._batches[0].exception() is None:
            self._take()
        return list(self._complete())

    def _submit(self) -> None:
        while len(self._batches) > self._n_ahead:
            self._take()
        texts, self._texts = self._texts, []
        self._batches.append(self._threads.submit(self._embedder.embed_once, texts))

    def _take(self) -> None:
        rows = self._batches[0].result()
        # Ctrl-C can interrupt between any two steps, and a skipped step would shift all later rows.
        self._moving = True
        self._batches.popleft()
        self._rows.append(rows)
        self._n_rows += len(rows)
        self._moving = False

    def _complete(self) -> Iterator[tuple[Item, Vectors]]:
        while self._items and self._items[0][1] <= self._n_rows:
            self._moving = True
            item, n = self._items.popleft()
            rows = self._first_rows(n)
            self._moving = False
            yield item, rows

    def _first_rows(self, n: int) -> Vectors:
        parts: list[Vectors] = []
        while n:
            rows = self._rows.popleft()
            parts.append(rows[:n])
            if len(rows) > n:
                self._rows.appendleft(rows[n:])
            self._n_rows -= len(parts[-1])
            n -= len(parts[-1])
        return np.concatenate(parts) if parts else np.zeros((0, 0), dtype=np.float32)
