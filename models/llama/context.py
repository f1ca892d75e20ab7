"""One GGUF model and one llama.cpp context: tokens in, logits out.

Locks and text are in models/llama/generator.py.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from askive.models.errors import ModelError
from askive.models.llama.abort import StopFlag
from askive.models.llama.chat_template import CHATML
from askive.models.machine import physical_cores

KvType = Literal["f16", "q8_0"]
Rearranged = Literal["never", "writing", "always"]
GROUP = 4
"""llama.cpp multiplies the rows of a batch in groups of this size and the rest with another kernel, whose last bits
differ. Prompts are split only between groups, so that the same prompt always gives the same numbers."""
MIN_PASS_TOKENS = 12
"""Passes over fewer tokens may use a third kernel (with Q4_K, 5 tokens did and 9 did not), so the last pass of a prompt
has at least this many."""
_N_SEQUENCES = 8
_SPARE = 1
N_SUFFIXES = _N_SEQUENCES - 1
"""How many continuations of one prompt can be read at once."""
_log_lines: list[str] = []


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How llama.cpp computes. The defaults were the fastest in `python -m askive.eval.benchmarks.speed.engine`.

    n_threads: None takes the number of physical cores.
    n_batch: tokens computed in one pass.
    flash_attention: llama.cpp's fused attention kernel.
    kv_type: type of the attention states. For f16 llama.cpp has different kernels for one token and for many, so
        that keeping or drafting would change the last bits; for q8_0 it has one.
    rearranged: when to use weights that llama.cpp rearranges for wider kernels ("repack"). "writing" reads prompts
        with the memory-mapped file and writes with a rearranged copy, which takes the size of the file in memory. A
        llama.cpp that was compiled with AMX never rearranges any.
    """

    n_threads: int | None = None
    n_batch: int = 512
    flash_attention: bool = True
    kv_type: KvType = "q8_0"
    rearranged: Rearranged = "writing"


class LlamaContext:
    """A loaded model with its context, and the tokens that sequence 0 has read.

    Its weights are rearranged only if `options.rearranged` is "always"; for "writing" see
    models/llama/decode_context.py.
    Only `tokenize` and `close` may be called while another thread uses it. Raises ModelError when the file cannot be
    loaded, or when `abandon` is set while it is loading.
    """

    def __init__(
        self,
        path: Path,
        model_id: str,
        context_tokens: int,
        options: EngineOptions,
        abandon: Event | None = None,
    ) -> None:
        import llama_cpp

        self.lib: Any = llama_cpp
        self.model_id = model_id
        self.options = options
        self.tokens: list[int] = []
        self.n_settled = 0
        # The number of last tokens of a completely read prompt whose logits are still available.
        self._n_ready = 0
        self.cancel: Event | None = None
        self._context: Any = None
        self._vocab_in_use = Lock()
        self._closing = False
        self._stop = StopFlag()
        quiet(llama_cpp)
        self._model = self._load(path, abandon)
        self._vocab: Any = llama_cpp.llama_model_get_vocab(self._model)
        self.n_vocab: int = llama_cpp.llama_vocab_n_tokens(self._vocab)
        trained: int = llama_cpp.llama_model_n_ctx_train(self._model)
        self._open(min(context_tokens, trained) if trained > 0 else context_tokens)
        self.memory: Any = llama_cpp.llama_get_memory(self._context)
        self.n_context: int = llama_cpp.llama_n_ctx(self._context)
        self._batch: Any = llama_cpp.llama_batch_init(options.n_batch, 0, 1)
        template = llama_cpp.llama_model_chat_template(self._model, None)
        self.template: str = template.decode("utf-8") if template else CHATML
        self.bos = self._bos_token()
        self.bos_text = self._special_text(llama_cpp.llama_vocab_bos(self._vocab))
        self.eos_text = self._special_text(llama_cpp.llama_vocab_eos(self._vocab))

    @property
    def is_open(self) -> bool:
        """False as soon as closing has begun."""
        return bool(self._context) and not self._closing

    def require_open(self) -> None:
        """Raises ModelError when closed."""
        if not self.is_open:
            raise self.closed()

    def closed(self) -> ModelError:
        """The error to raise when closed."""
        return ModelError(f"the generator {self.model_id} is closed", remedy="open a new assistant")

    def tokenize(self, text: str, *, special: bool) -> list[int]:
        """Token ids. special: control tokens spelled in the text become control tokens."""
        raw = text.encode("utf-8", errors="replace")
        size = len(raw) + 8
        with self._vocab_in_use:
            self.require_open()
            buffer = (self.lib.llama_token * size)()
            n = self.lib.llama_tokenize(self._vocab, raw, len(raw), buffer, size, False, special)
            if n < 0:
                buffer = (self.lib.llama_token * -n)()
                n = self.lib.llama_tokenize(self._vocab, raw, len(raw), buffer, -n, False, special)
        return list(buffer[:n])

    def token_bytes(self, token: int, *, special: bool = False) -> bytes:
        """The UTF-8 bytes of a token, possibly a part of a character."""
        buffer = ctypes.create_string_buffer(64)
        n = self.lib.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, special)
        if n < 0:
            buffer = ctypes.create_string_buffer(-n)
            n = self.lib.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, special)
        return buffer.raw[:n]

    def ends_turn(self, token: int) -> bool:
        """Whether the model ends its turn with this token."""
        return bool(self.lib.llama_vocab_is_eog(self._vocab, token))

    def read(self, tokens: Sequence[int], n_logits: int = 1, *, settled: bool = True) -> int:
        """Bring sequence 0 to `tokens` and compute only what differs.

        Returns the number of tokens that were already there, or -1 if cancelled.
        n_logits: for this many last tokens `logits(-1)` to `logits(-n_logits)` are available afterwards; they are
        computed again if necessary. At most `options.n_batch`.
        settled: True for prompts: the numbers are the same to the last bit whatever was there before. False for
        generated tokens: everything that is there is reused.
        Raises ModelError when llama.cpp fails.
        """
        if settled and self._n_ready >= n_logits and self.tokens == list(tokens):
            return len(tokens)
        max_reused = len(tokens) - n_logits
        if settled:
            max_reused = (
                max(min(max_reused, len(tokens) - MIN_PASS_TOKENS, self.n_settled), 0) // GROUP * GROUP
            )
        kept = self.keep(tokens, max_reused)
        if settled:
            self.forget_from(kept // GROUP * GROUP)
        step, first_scored = self.options.n_batch, len(tokens) - n_logits
        start = kept = len(self.tokens)
        while start < len(tokens):
            end = min(start + step, len(tokens))
            if settled and 0 < len(tokens) - end < MIN_PASS_TOKENS:
                end -= MIN_PASS_TOKENS
            if start < first_scored and end < len(tokens) and end > first_scored // GROUP * GROUP > start:
                # Only the logits of the last pass are kept, so the scored tokens must be in one pass.
                end = first_scored // GROUP * GROUP
            if not self._decode(tokens[start:end], n_logits if end == len(tokens) else 0):
                return -1
            start = end
        if settled:
            self.n_settled = len(tokens) // GROUP * GROUP
            self._n_ready = n_logits
        return kept

    def read_suffixes(self, suffixes: Sequence[Sequence[int]]) -> list[NDArray[np.float32]] | None:
        """Logits after each of several continuations of sequence 0, in one pass; the sequence does not change.

        suffixes: at most `N_SUFFIXES`, none empty, together at most `options.n_batch` tokens.
        Returns an array of shape (n_vocab,) for each; None when cancelled. Raises ModelError when llama.cpp fails.
        """
        lib, memory, start = self.lib, self.memory, len(self.tokens)
        rows = [
            (token, start + at, sequence, at == len(suffix) - 1)
            for sequence, suffix in enumerate(suffixes, 1)
            for at, token in enumerate(suffix)
        ]
        try:
            for sequence in range(1, len(suffixes) + 1):
                lib.llama_memory_seq_rm(memory, sequence, -1, -1)
                lib.llama_memory_seq_cp(memory, 0, sequence, -1, -1)
            if not self._compute(rows):
                return None
            return [self.logits(at).copy() for at, (*_, wanted) in enumerate(rows) if wanted]
        finally:
            for sequence in range(1, len(suffixes) + 1):
                lib.llama_memory_seq_rm(memory, sequence, -1, -1)

    def shared(self, tokens: Sequence[int]) -> int:
        """How many settled tokens a `read` of `tokens` can reuse, not counting the last one."""
        longest = min(self.n_settled, len(self.tokens), len(tokens) - 1)
        differs = (at for at in range(longest) if self.tokens[at] != tokens[at])
        return next(differs, longest) // GROUP * GROUP

    def keep(self, tokens: Sequence[int], max_tokens: int) -> int:
        """Drop all but the prefix that sequence 0 shares with `tokens`, at most max_tokens; returns its length."""
        longest = min(len(self.tokens), max_tokens)
        differs = (at for at in range(longest) if self.tokens[at] != tokens[at])
        self.forget_from(next(differs, longest))
        return len(self.tokens)

    def forget_from(self, position: int) -> None:
        """Drop the tokens of sequence 0 from `position` on, or all of them if the model cannot drop a part."""
        if position >= len(self.tokens):
            return
        self._n_ready = 0
        if not self.lib.llama_memory_seq_rm(self.memory, 0, position, -1):
            self.lib.llama_memory_clear(self.memory, True)
            position = 0
        del self.tokens[position:]
        self.n_settled = min(self.n_settled, position)

    def state(self, start: int) -> bytes:
        """The attention state of the tokens from `start` on, for `append_state`."""
        lib, memory = self.lib, self.memory
        lib.llama_memory_seq_rm(memory, _SPARE, -1, -1)
        lib.llama_memory_seq_cp(memory, 0, _SPARE, -1, -1)
        lib.llama_memory_seq_rm(memory, _SPARE, 0, start)
        try:
            size = lib.llama_state_seq_get_size(self._context, _SPARE)
            buffer = (ctypes.c_uint8 * size)()
            written = lib.llama_state_seq_get_data(self._context, buffer, size, _SPARE)
            return bytes(buffer)[:written]
        finally:
            lib.llama_memory_seq_rm(memory, _SPARE, -1, -1)

    def append_state(
        self, state: bytes, tokens: Sequence[int], shift: int = 0, *, settled: bool = True
    ) -> bool:
        """Append a kept state to sequence 0. Returns False when llama.cpp rejects it.

        tokens: the tokens of the state. shift: distance from the position where they were read, by which rotary
        positions are shifted; with a shift the passage has not seen the text before it. settled: False for generated
        tokens, as in `read`.
        """
        lib, memory = self.lib, self.memory
        lib.llama_memory_seq_rm(memory, _SPARE, -1, -1)
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        taken = bool(lib.llama_state_seq_set_data(self._context, buffer, len(state), _SPARE))
        if taken:
            self._n_ready = 0
            if shift:
                lib.llama_memory_seq_add(memory, _SPARE, 0, -1, shift)
            lib.llama_memory_seq_cp(memory, _SPARE, 0, -1, -1)
            settled = settled and self.n_settled == len(self.tokens) and not shift
            self.tokens += tokens
            if settled:
                self.n_settled = len(self.tokens)
        lib.llama_memory_seq_rm(memory, _SPARE, -1, -1)
        return taken

    def logits(self, which: int = -1) -> NDArray[np.float32]:
        """Shape (n_vocab,), for the last token (-1), the one before (-2)...; overwritten by the next `read`."""
        pointer = self.lib.llama_get_logits_ith(self._context, which)
        return np.ctypeslib.as_array(pointer, shape=(self.n_vocab,))

    def close(self) -> None:
        """Free all memory; safe to call twice. The caller makes sure that nothing is being computed."""
        self._closing = True
        with self._vocab_in_use:
            if self._context:
                self.lib.llama_batch_free(self._batch)
                self.lib.llama_free(self._context)
                self._context = None
            if self._model:
                self.lib.llama_model_free(self._model)
                self._model = None

    def abort(self) -> None:
        """End the current computation at once and prevent new ones, before `close`."""
        self._closing = True
        self._stop.set_for_good()

    def _load(self, path: Path, abandon: Event | None) -> Any:
        params = self.lib.llama_model_default_params()
        params.n_gpu_layers = 0
        # Its kernels for AMX end the process on some compilers (llama.cpp, pull request 26954): better slower.
        has_amx = b"AMX_INT8 = 1" in self.lib.llama_print_system_info()
        params.use_extra_bufts = self.options.rearranged == "always" and not has_amx
        if abandon is not None:
            progress = self.lib.llama_progress_callback(lambda _done, _data: not abandon.is_set())
            params.progress_callback = progress
        model = self.lib.llama_model_load_from_file(os.fsencode(path), params)
        if not model:
            reason = next((line for line in reversed(_log_lines) if line), "unknown reason")
            raise ModelError(
                f"{path} cannot be loaded by llama.cpp: {reason}",
                remedy=f"run `askive models verify {self.model_id}`",
            )
        return model

    def _open(self, context_tokens: int) -> None:
        lib, options = self.lib, self.options
        params = lib.llama_context_default_params()
        params.n_ctx = context_tokens
        params.n_batch = params.n_ubatch = options.n_batch
        params.n_threads = params.n_threads_batch = options.n_threads or physical_cores()
        params.n_seq_max = _N_SEQUENCES
        params.kv_unified = True
        params.flash_attn_type = 1 if options.flash_attention else 0
        params.type_k = params.type_v = {"f16": lib.GGML_TYPE_F16, "q8_0": lib.GGML_TYPE_Q8_0}[
            options.kv_type
        ]
        params.abort_callback, params.abort_callback_data = self._stop.callback(lib.ggml_abort_callback)
        self._context = lib.llama_init_from_model(self._model, params)
        if not self._context:
            self.close()
            raise ModelError(
                f"not enough memory for a context of {context_tokens} tokens of {self.model_id}",
                remedy="set generation.context_tokens lower or choose a smaller model with --model",
            )

    @property
    def _is_stopped(self) -> bool:
        return self._closing or (self.cancel is not None and self.cancel.is_set())

    def _decode(self, tokens: Sequence[int], n_logits: int) -> bool:
        """Append to sequence 0. Returns False, with nothing appended, when cancelled."""
        if self._is_stopped:
            return False
        n, position = len(tokens), len(self.tokens)
        rows = [(token, position + i, 0, i >= n - n_logits) for i, token in enumerate(tokens)]
        self.tokens += tokens
        done = False
        try:
            done = self._compute(rows)
        finally:
            if not done:
                self.forget_from(position)
        return done

    def _compute(self, rows: Sequence[tuple[int, int, int, bool]]) -> bool:
        """One pass over rows of (token, position, sequence, logits wanted). Returns False when cancelled."""
        if self._is_stopped:
            return False
        self._n_ready = 0
        batch = self._batch
        batch.n_tokens = len(rows)
        for i, (token, position, sequence, wanted) in enumerate(rows):
            batch.token[i] = token
            batch.pos[i] = position
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = sequence
            batch.logits[i] = wanted
        # A pass over one or two tokens is done before a watching thread has started.
        with self._stop.watching(self.cancel if len(rows) >= GROUP else None):
            status = self.lib.llama_decode(self._context, batch)
        if status in (0, 2):
            return bool(status == 0)
        raise ModelError(
            f"llama.cpp failed with code {status} at token {rows[0][1]} of {self.n_context}",
            remedy="ask a shorter question or set generation.context_tokens higher",
        )

    def _bos_token(self) -> int | None:
        return (
            self.lib.llama_vocab_bos(self._vocab) if self.lib.llama_vocab_get_add_bos(self._vocab) else None
        )

    def _special_text(self, token: int) -> str:
        return self.token_bytes(token, special=True).decode("utf-8", "replace") if token >= 0 else ""


def _log(_level: int, line: bytes, _data: object) -> None:
    _log_lines.append(line.decode("utf-8", "replace").strip())
    del _log_lines[:-40]


_log_callback: Any = None


def quiet(lib: Any) -> None:
    """Keep llama.cpp's log off the terminal. Its last lines are used to explain a failure."""
    global _log_callback
    if _log_callback is None:
        _log_callback = lib.llama_log_callback(_log)
        lib.llama_log_set(_log_callback, ctypes.c_void_p(0))
