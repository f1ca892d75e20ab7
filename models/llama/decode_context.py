"""The second context, which writes: the same file with rearranged weights, loaded while the first prompt is read.

Attention states are valid in both contexts, so they are copied from one to the other and not computed again.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from askive.models.errors import ModelError
from askive.models.llama.context import LlamaContext
from askive.models.machine import free_memory

# Rows of a pass: tokens are written one by one, so a small buffer of logits is enough.
_N_BATCH = 32
# Memory of the copy: the weights, and about a quarter as much for states and buffers.
_MEMORY_FACTOR = 1.25
_POLL_S = 0.02


class DecodeContext:
    """Loads the writing context in a thread. When memory is short or loading fails, there is none."""

    def __init__(self, path: Path, reader: LlamaContext) -> None:
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._context: LlamaContext | None = None
        options = replace(reader.options, rearranged="always", n_batch=_N_BATCH)
        arguments = (path, reader.model_id, reader.n_context, options, self._closed)
        # Not a daemon: llama.cpp logs through Python calls, which must not come from a thread that outlives Python.
        self._thread = threading.Thread(target=self._load, args=arguments, name="llama-writer")
        self._thread.start()

    @property
    def context(self) -> LlamaContext | None:
        """The loaded context; None while it is loading, after a failure, and after `close`."""
        return self._context

    def wait(self, cancel: threading.Event | None = None) -> bool:
        """Wait until loading has ended, with or without success. Returns False when cancelled first."""
        while self._thread.is_alive():
            if cancel is not None and cancel.is_set():
                return False
            self._thread.join(_POLL_S)
        return True

    def abort(self) -> None:
        """End the loading or the current computation, and prevent new ones."""
        self._closed.set()
        if context := self._context:
            context.abort()

    def close(self) -> None:
        """Free all memory; safe to call twice and while loading. The caller makes sure that nothing is computed."""
        self._closed.set()
        with self._lock:
            context, self._context = self._context, None
        if context:
            context.close()

    def _load(self, path: Path, *arguments: object) -> None:
        try:
            if path.stat().st_size * _MEMORY_FACTOR > free_memory():
                return
            context = LlamaContext(path, *arguments)  # type: ignore[arg-type]
        except (ModelError, OSError):
            return
        with self._lock:
            if not self._closed.is_set():
                self._context = context
                return
        context.close()


def copy_prompt(reader: LlamaContext, writer: LlamaContext, prompt: Sequence[int]) -> bool:
    """Copy a prompt that the reader has just read to the writer. Returns False when llama.cpp rejects the state.

    Of an earlier prompt only settled tokens are reused: the others differ in their last bits.
    """
    start = writer.keep(prompt, min(writer.n_settled, len(prompt)))
    if start < len(prompt) and not writer.append_state(reader.state(start), prompt[start:]):
        writer.forget_from(0)
        return False
    writer.n_settled = reader.n_settled
    return True


def copy_words(source: LlamaContext, to: LlamaContext, tokens: Sequence[int]) -> bool:
    """Copy `tokens` from one context to another. Returns False when the source lacks some or the state is rejected."""
    start = to.keep(tokens, len(tokens))
    if start == len(tokens):
        return True
    if source.keep(tokens, len(tokens)) < len(tokens):
        return False
    return to.append_state(source.state(start), tokens[start:], settled=False)
