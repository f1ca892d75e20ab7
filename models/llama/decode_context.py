"""A second context that writes: the same file with its weights rearranged, loaded while the first prompt is read.

Attention states mean the same to both contexts, so what one has computed is copied to the other, not read again.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from askive.models.errors import ModelError
from askive.models.llama.context import LlamaContext
from askive.models.machine import free_memory

# Rows of a pass: words are written one by one, so a small buffer of logits will do.
_N_BATCH = 32
# What the copy takes: the weights again, and states and buffers, about a quarter as much.
_MEMORY_FACTOR = 1.25
_LOOK_S = 0.02


class DecodeContext:
    """Loads the writing context in a thread of its own. No memory for it, or any failure: there is none."""

    def __init__(self, path: Path, reader: LlamaContext) -> None:
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._context: LlamaContext | None = None
        options = replace(reader.options, rearranged="always", n_batch=_N_BATCH)
        told = (path, reader.model_id, reader.n_context, options, self._closed)
        # Not a daemon: llama.cpp's log lines are Python calls, which must not come from a thread left behind.
        self._thread = threading.Thread(target=self._load, args=told, name="llama-writer")
        self._thread.start()

    @property
    def context(self) -> LlamaContext | None:
        """The context once it is loaded; None before, when it could not be, or closed."""
        return self._context

    def wait(self, cancel: threading.Event | None = None) -> bool:
        """Wait until it is loaded or known not to be; False when cancelled before."""
        while self._thread.is_alive():
            if cancel is not None and cancel.is_set():
                return False
            self._thread.join(_LOOK_S)
        return True

    def abort(self) -> None:
        """End the loading or the computation under way, and let none begin."""
        self._closed.set()
        if context := self._context:
            context.abort()

    def close(self) -> None:
        """Free all; safe to call twice and while it loads. The caller sees to it that nothing is being computed."""
        self._closed.set()
        with self._lock:
            context, self._context = self._context, None
        if context:
            context.close()

    def _load(self, path: Path, *told: object) -> None:
        try:
            if path.stat().st_size * _MEMORY_FACTOR > free_memory():
                return
            context = LlamaContext(path, *told)  # type: ignore[arg-type]
        except (ModelError, OSError):
            return
        with self._lock:
            if not self._closed.is_set():
                self._context = context
                return
        context.close()


def copy_prompt(reader: LlamaContext, writer: LlamaContext, prompt: Sequence[int]) -> bool:
    """Bring the writer to a prompt that the reader has just read; False when llama.cpp does not take the state.

    Only what the reader would keep of an earlier prompt is kept: the rest differs in its last bits.
    """
    start = writer.keep(prompt, min(writer.n_settled, len(prompt)))
    if start < len(prompt) and not writer.append_state(reader.state(start), prompt[start:]):
        writer.forget_from(0)
        return False
    writer.n_settled = reader.n_settled
    return True


def copy_words(source: LlamaContext, to: LlamaContext, tokens: Sequence[int]) -> bool:
    """Bring a context to `tokens`, of which the other holds all; False when it does not, or the state is not taken."""
    start = to.keep(tokens, len(tokens))
    if start == len(tokens):
        return True
    if source.keep(tokens, len(tokens)) < len(tokens):
        return False
    return to.append_state(source.state(start), tokens[start:], settled=False)
