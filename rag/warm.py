"""What a first question needs is loaded while the generator is: the embedder, the reader, the vector library."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence

from models.protocols import Embedder, Warmable
from models.reader.cross_encoder import Reader


class Warming:
    """Steps taken one after the other in a thread of their own.

    A step that fails is passed over: whoever needs what it loads loads it again, and has the error.
    """

    def __init__(self, steps: Sequence[Callable[[], object]]) -> None:
        self._stopped = threading.Event()
        # Not a daemon: a process must not end in the middle of a compilation.
        self._thread = threading.Thread(target=self._take, args=(steps,), name="warming")
        self._thread.start()

    def stop(self) -> None:
        """Begin no further step and wait for the one under way (some hundred ms); safe to call twice."""
        self._stopped.set()
        self._thread.join()

    def _take(self, steps: Sequence[Callable[[], object]]) -> None:
        for step in steps:
            if self._stopped.is_set():
                return
            with contextlib.suppress(Exception):
                step()


def start_warming(embedder: Embedder, reader: Reader | None) -> Warming:
    """Load what the two load at their first use, without anything being asked of an endpoint."""
    steps: list[Callable[[], object]] = []
    if isinstance(embedder, Warmable):
        steps.append(embedder.warm)
    steps.append(_import_faiss)
    if reader is not None:
        steps.append(reader.warm)
    return Warming(steps)


def _import_faiss() -> None:
    import faiss  # noqa: F401
