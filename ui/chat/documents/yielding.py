"""An embedder for indexing while questions are asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event

from askive.models.embedders.cached import WrappedEmbedder
from askive.models.protocols import Embedder, Vectors
from askive.ui.chat.http.payloads import View
from askive.ui.chat.scheduler import Scheduler, TurnCancelled, Work

_SLICE = 32


class YieldingEmbedder(WrappedEmbedder):
    """An embedder for indexing: lets questions go first after every few texts, and reports the texts done so far.

    paused: called with whether a question goes first. `embed` raises TurnCancelled once `cancel` is set.
    """

    def __init__(
        self,
        inner: Embedder,
        scheduler: Scheduler,
        report: Callable[[View], None] = lambda _view: None,
        paused: Callable[[bool], None] = lambda _paused: None,
        cancel: Event | None = None,
    ) -> None:
        super().__init__(inner)
        self._scheduler = scheduler
        self._report = report
        self._paused = paused
        self._cancel = cancel
        self._n_done = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), unit rows."""
        import numpy as np

        made = []
        for at in range(0, len(texts), _SLICE):
            with self._scheduler.turn(Work.INDEXING, self._cancel, lambda _n: self._paused(True)):
                self._paused(False)
                if self._cancel is not None and self._cancel.is_set():
                    raise TurnCancelled
                made.append(self._inner.embed(texts[at : at + _SLICE]))
            self._n_done += len(made[-1])
            self._report({"step": "indexing", "done": self._n_done})
        return np.concatenate(made) if made else self._inner.embed([])
