"""llama.cpp engine on llama-cpp-python's low-level calls: one raw context, what was read is kept.

`llama_cpp.Llama` is not used: it hides the sequence operations that keeping attention states needs.
"""

from __future__ import annotations

import codecs
import ctypes
import math
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.chat_template import CHATML, render_parts
from models.errors import ContextOverflow, ModelError
from models.machine import physical_cores
from models.protocols import FinishReason, Message, Piece, Sampling

_BATCH_TOKENS = 512
# llama.cpp uses every core: two generations at once are far slower than one after the other.
_COMPUTE = threading.Lock()
_log_lines: list[str] = []


class LlamaGenerator:
    """A GGUF model as a Generator. Raises ModelError when the file cannot be loaded."""

    def __init__(
        self,
        path: Path,
        model_id: str,
        digest: str,
        context_tokens: int = 4096,
        n_threads: int | None = None,
    ) -> None:
        import llama_cpp

        self._lib: Any = llama_cpp
        self._model_id = model_id
        self.digest = digest
        self._tokens: list[int] = []
        self._cancel: Event | None = None
        self._context: Any = None
        _quiet(llama_cpp)
        model_params = llama_cpp.llama_model_default_params()
        model_params.n_gpu_layers = 0
        self._model: Any = llama_cpp.llama_model_load_from_file(os.fsencode(path), model_params)
        if not self._model:
            reason = next((line for line in reversed(_log_lines) if line), "unknown reason")
            raise ModelError(
                f"{path} cannot be loaded by llama.cpp: {reason}",
                remedy=f"run `askive models verify {model_id}`",
            )
        self._vocab: Any = llama_cpp.llama_model_get_vocab(self._model)
        self._n_vocab: int = llama_cpp.llama_vocab_n_tokens(self._vocab)
        trained: int = llama_cpp.llama_model_n_ctx_train(self._model)
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = min(context_tokens, trained) if trained > 0 else context_tokens
        params.n_batch = params.n_ubatch = _BATCH_TOKENS
        params.n_threads = params.n_threads_batch = n_threads or physical_cores()
        params.n_seq_max = 8
        params.kv_unified = True
        # The callback object must outlive the context, or llama.cpp calls freed memory.
        self._abort_callback = llama_cpp.ggml_abort_callback(self._should_abort)
        params.abort_callback = self._abort_callback
        self._context = llama_cpp.llama_init_from_model(self._model, params)
        if not self._context:
            self.close()
            raise ModelError(
                f"no memory for a context of {params.n_ctx} tokens of {model_id}",
                remedy="set generation.context_tokens lower or choose a smaller model with --model",
            )
        self._memory: Any = llama_cpp.llama_get_memory(self._context)
        self._n_context: int = llama_cpp.llama_n_ctx(self._context)
        self._batch: Any = llama_cpp.llama_batch_init(_BATCH_TOKENS, 0, 1)
        template = llama_cpp.llama_model_chat_template(self._model, None)
        self._template: str = template.decode("utf-8") if template else CHATML
        self._bos_token = self._special_text(llama_cpp.llama_vocab_bos(self._vocab))
        self._eos_token = self._special_text(llama_cpp.llama_vocab_eos(self._vocab))

    @property
    def model_id(self) -> str:
        """The catalog id."""
        return self._model_id

    @property
    def context_tokens(self) -> int:
        """Prompt and answer together must fit in this many tokens."""
        return self._n_context

    def count_tokens(self, text: str) -> int:
        """Tokens of plain text, without template."""
        return len(self._tokenize(text, special=False))

    def prompt_tokens(self, messages: Sequence[Message]) -> list[int]:
        """The token ids of the whole prompt. Only the template's own text may become control tokens."""
        parts = render_parts(self._template, messages, bos_token=self._bos_token, eos_token=self._eos_token)
        tokens: list[int] = []
        opens_with_bos = parts and self._bos_token and parts[0].text.startswith(self._bos_token)
        if self._lib.llama_vocab_get_add_bos(self._vocab) and not opens_with_bos:
            tokens.append(self._lib.llama_vocab_bos(self._vocab))
        for part in parts:
            tokens += self._tokenize(part.text, special=part.is_template)
        return tokens

    def generate(
        self, messages: Sequence[Message], sampling: Sampling, cancel: Event | None = None
    ) -> Iterator[Piece]:
        """Stream the assistant's next turn. See `Generator.generate`."""
        prompt = self.prompt_tokens(messages)
        room = self._require_room(prompt)
        with _COMPUTE:
            self._require_open()
            self._cancel = cancel
            try:
                yield from self._generate(prompt, sampling, min(sampling.max_tokens, room), cancel)
            finally:
                self._cancel = None

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        """Normalised log-probabilities of each choice's first token. See `Generator.choose`."""
        if not choices or not all(choices):
            raise ValueError(f"choices {list(choices)!r} must not be empty")
        firsts = [self._tokenize(choice, special=False)[0] for choice in choices]
        if len(set(firsts)) < len(firsts):
            raise ValueError(f"choices {list(choices)!r} open with the same token")
        prompt = self.prompt_tokens(messages)
        self._require_room(prompt)
        with _COMPUTE:
            self._require_open()
            self._read(prompt)
            wanted = self._logits()[firsts].astype(np.float64)
        wanted -= wanted.max()
        logprobs = wanted - math.log(float(np.exp(wanted).sum()))
        return [float(value) for value in logprobs]

    def close(self) -> None:
        """Free model and context; safe to call twice."""
        if self._context:
            self._lib.llama_batch_free(self._batch)
            self._lib.llama_free(self._context)
            self._context = None
        if self._model:
            self._lib.llama_model_free(self._model)
            self._model = None

    def __del__(self) -> None:
        if getattr(self, "_model", None):
            self.close()

    def _generate(
        self, prompt: list[int], sampling: Sampling, max_tokens: int, cancel: Event | None
    ) -> Iterator[Piece]:
        n_reused = self._read(prompt)
        if n_reused < 0:
            yield Piece("", finish="cancelled", n_prompt_tokens=len(prompt))
            return
        rng = np.random.default_rng(sampling.seed)
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        held, logprob, n_tokens = "", 0.0, 0
        counts = (len(prompt), n_reused)
        finish: FinishReason = "length"
        for step in range(max_tokens):
            if cancel is not None and cancel.is_set():
                finish = "cancelled"
                break
            token, token_logprob = _pick(self._logits(), sampling.temperature, rng)
            if self._lib.llama_vocab_is_eog(self._vocab, token):
                finish = "stop"
                break
            held += decoder.decode(self._token_bytes(token))
            logprob, n_tokens = logprob + token_logprob, n_tokens + 1
            shown, held, stopped = _release(held, sampling.stop)
            if shown:
                yield Piece(shown, logprob, n_tokens, None, *counts)
                counts, logprob, n_tokens = (0, 0), 0.0, 0
            if stopped:
                finish, held = "stop", ""
                break
            if step + 1 < max_tokens and not self._decode([token], len(self._tokens)):
                finish = "cancelled"
                break
        # Bytes of a character that was cut off stay in the decoder: half a character is never shown.
        yield Piece(held, logprob if n_tokens else None, n_tokens, finish, *counts)

    def _read(self, prompt: list[int]) -> int:
        """Bring the context to `prompt`, reading only what differs; tokens reused, or -1 when cancelled."""
        # The last token is always read again: its logits are what comes next.
        longest = min(len(self._tokens), len(prompt) - 1)
        differs = (at for at in range(longest) if self._tokens[at] != prompt[at])
        self._forget_from(next(differs, longest))
        kept = len(self._tokens)
        for start in range(kept, len(prompt), _BATCH_TOKENS):
            if not self._decode(prompt[start : start + _BATCH_TOKENS], start):
                return -1
        return kept

    def _forget_from(self, position: int) -> None:
        if not self._lib.llama_memory_seq_rm(self._memory, 0, position, -1):
            # Some architectures cannot drop a tail: start over.
            self._lib.llama_memory_clear(self._memory, True)
            position = 0
        del self._tokens[position:]

    def _decode(self, tokens: list[int], position: int) -> bool:
        """Append tokens to sequence 0; False when cancelled, and then nothing was appended."""
        batch, n = self._batch, len(tokens)
        batch.n_tokens = n
        for i, token in enumerate(tokens):
            batch.token[i] = token
            batch.pos[i] = position + i
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = 0
            batch.logits[i] = i == n - 1
        status = self._lib.llama_decode(self._context, batch)
        if status == 0:
            self._tokens += tokens
            return True
        self._forget_from(position)
        if status == 2:
            return False
        raise ModelError(
            f"llama.cpp failed with code {status} at token {position} of {self._n_context}",
            remedy="ask a shorter question or set generation.context_tokens higher",
        )

    def _logits(self) -> NDArray[np.float32]:
        pointer = self._lib.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(pointer, shape=(self._n_vocab,))

    def _should_abort(self, _data: object) -> bool:
        cancel = self._cancel
        return cancel is not None and cancel.is_set()

    def _require_open(self) -> None:
        if not self._context:
            raise ModelError(f"the generator {self._model_id} is closed", remedy="open the assistant again")

    def _require_room(self, prompt: list[int]) -> int:
        room = self._n_context - len(prompt)
        if room < 1:
            raise ContextOverflow(
                f"the prompt has {len(prompt)} tokens, the context of {self._model_id} holds {self._n_context}",
                remedy="ask a shorter question, or set generation.context_tokens higher",
            )
        return room

    def _tokenize(self, text: str, *, special: bool) -> list[int]:
        self._require_open()
        raw = text.encode("utf-8", errors="replace")
        size = len(raw) + 8
        buffer = (self._lib.llama_token * size)()
        n = self._lib.llama_tokenize(self._vocab, raw, len(raw), buffer, size, False, special)
        if n < 0:
            buffer = (self._lib.llama_token * -n)()
            n = self._lib.llama_tokenize(self._vocab, raw, len(raw), buffer, -n, False, special)
        return list(buffer[:n])

    def _token_bytes(self, token: int, *, special: bool = False) -> bytes:
        buffer = ctypes.create_string_buffer(64)
        n = self._lib.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, special)
        if n < 0:
            buffer = ctypes.create_string_buffer(-n)
            n = self._lib.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, special)
        return buffer.raw[:n]

    def _special_text(self, token: int) -> str:
        return self._token_bytes(token, special=True).decode("utf-8", "replace") if token >= 0 else ""


def built_with() -> tuple[str, str]:
    """Version of llama-cpp-python, and the features it was compiled with, as llama.cpp prints them."""
    import llama_cpp

    _quiet(llama_cpp)
    return llama_cpp.__version__, llama_cpp.llama_print_system_info().decode("utf-8", "replace")


def _pick(logits: NDArray[np.float32], temperature: float, rng: np.random.Generator) -> tuple[int, float]:
    """The next token and its log-probability under the untempered distribution."""
    top = int(logits.argmax())
    normaliser = float(logits[top]) + math.log(float(np.exp(logits - logits[top]).sum()))
    token = top
    if temperature > 0:
        # Gumbel-max: a sample of softmax(logits / temperature) without building it.
        token = int((logits / temperature + rng.gumbel(size=logits.shape)).argmax())
    return token, float(logits[token]) - normaliser


def _release(text: str, stops: tuple[str, ...]) -> tuple[str, str, bool]:
    """Split text into what may be shown, what may be the start of a stop string, and whether one was met."""
    met = [at for stop in stops if (at := text.find(stop)) >= 0]
    if met:
        return text[: min(met)], "", True
    longest = max((len(stop) for stop in stops), default=0)
    for n in range(min(longest - 1, len(text)), 0, -1):
        if any(stop.startswith(text[-n:]) for stop in stops):
            return text[:-n], text[-n:], False
    return text, "", False


def _log(_level: int, line: bytes, _data: object) -> None:
    _log_lines.append(line.decode("utf-8", "replace").strip())
    del _log_lines[:-40]


_log_callback: Any = None


def _quiet(lib: Any) -> None:
    """Keep llama.cpp's own lines from the terminal; the last ones explain a failure."""
    global _log_callback
    if _log_callback is None:
        _log_callback = lib.llama_log_callback(_log)
        lib.llama_log_set(_log_callback, ctypes.c_void_p(0))
