"""The Generator protocol over one llama.cpp engine."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np

from askive.models.cancellation import Stopped, hold_lock
from askive.models.errors import ContextOverflow, ModelError
from askive.models.llama.batched_suffixes import batch_suffixes
from askive.models.llama.chat_template import render_parts
from askive.models.llama.context import EngineOptions, LlamaContext, quiet
from askive.models.llama.decode_context import DecodeContext
from askive.models.llama.decoding import Decoding
from askive.models.llama.prefix_states import PrefixStates
from askive.models.llama.sampling import TextStream, logprob_of
from askive.models.llama.splicing import splice
from askive.models.llama.state_cache import StateCache
from askive.models.llama.turns import EngineTurns
from askive.models.protocols import FinishReason, Message, Piece, Sampling

# llama.cpp uses every core: two computations at once are far slower than one after the other.
_COMPUTE = threading.Lock()
_MAX_SCORED = 128


class LlamaGenerator:
    """A GGUF model as a Generator. Raises ModelError when the file cannot be loaded.

    options: engine settings; n_threads overrides the one in options.
    speculate: at temperature 0, draft tokens from the prompt and check them: the same text, faster.
    longest_draft: maximum number of drafted tokens; None takes the best measured value. If one context reads and
        writes, it is never above 2, so that the text stays the same.
    cache: holds attention states; None keeps some in memory.
    splice: join the kept states of passages in prompts for `generate`. Faster, but not exact: see
        `askive.models.llama.splicing`.
    """

    def __init__(
        self,
        path: Path,
        model_id: str,
        digest: str,
        context_tokens: int = 4096,
        n_threads: int | None = None,
        *,
        options: EngineOptions | None = None,
        speculate: bool = True,
        longest_draft: int | None = None,
        cache: StateCache | None = None,
        splice: bool = False,
    ) -> None:
        options = options or EngineOptions()
        if n_threads is not None:
            options = replace(options, n_threads=n_threads)
        self.digest = digest
        self.speculate = speculate
        self.longest_draft = longest_draft
        self.splice = splice
        self.cache = StateCache() if cache is None else cache
        self._context = LlamaContext(path, model_id, context_tokens, options)
        self._states = PrefixStates(self._context, self.cache, digest)
        self._turns = EngineTurns()
        self._writer = DecodeContext(path, self._context) if options.rearranged == "writing" else None

    @property
    def model_id(self) -> str:
        """The catalog id."""
        return self._context.model_id

    @property
    def context_tokens(self) -> int:
        """Limit in tokens for prompt and answer together."""
        return self._context.n_context

    def count_tokens(self, text: str) -> int:
        """Tokens of plain text, without template."""
        return len(self._context.tokenize(text, special=False))

    def prompt_tokens(self, messages: Sequence[Message]) -> list[int]:
        """The token ids of the whole prompt. Only the template's own text may become control tokens."""
        return self._prompt(messages)[0]

    def generate(
        self, messages: Sequence[Message], sampling: Sampling, cancel: Event | None = None
    ) -> Iterator[Piece]:
        """Stream the assistant's next turn. See `Generator.generate`."""
        prompt, ends = self._prompt(messages)
        room = self._require_room(len(prompt))
        generation = object()
        try:
            yield from self._generate(
                generation, prompt, ends, sampling, min(sampling.max_tokens, room), cancel
            )
        finally:
            self._turns.finish(generation)

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        """Normalised log-probabilities of each choice's first token. See `Generator.choose`.

        The first reusable segment after the system text is kept, so a check of many sentences against one passage
        reads only the sentences.
        """
        if not choices or not all(choices):
            raise ValueError(f"choices {list(choices)!r} must not be empty")
        firsts = [self._context.tokenize(choice, special=False)[0] for choice in choices]
        if len(set(firsts)) < len(firsts):
            raise ValueError(f"choices {list(choices)!r} start with the same token")
        prompt, ends = self._prompt(messages)
        self._require_room(len(prompt))
        with self._computing():
            self._read_all(prompt, ends, 1)
            wanted = self._context.logits()[firsts].astype(np.float64)
        wanted -= wanted.max()
        logprobs = wanted - math.log(float(np.exp(wanted).sum()))
        return [float(value) for value in logprobs]

    def prefill(self, messages: Sequence[Message], cancel: Event | None = None) -> bool:
        """Read a prompt for a later call. See `Generator.prefill`."""
        prompt, ends = self._prompt(messages)
        self._require_room(len(prompt))
        if cancel is not None and cancel.is_set():
            return False
        try:
            with self._computing(cancel):
                if self.splice and splice(self._context, self._states, prompt, ends):
                    return True
                read = self._states.read(prompt, ends[:1]) >= 0
        except Stopped:
            return False
        if not read:
            self._context.require_open()
        return read

    def likelihood(self, messages: Sequence[Message], text: str) -> float:
        """Sum of the log-probabilities of `text`. See `Generator.likelihood`. Keeps the same states as `choose`."""
        prompt, ends = self._prompt(messages)
        wanted = self._context.tokenize(text, special=False)
        self._require_room(len(prompt) + len(wanted))
        total = 0.0
        with self._computing():
            for start in range(0, len(wanted), _MAX_SCORED):
                scored = wanted[start : start + _MAX_SCORED]
                whole = prompt + wanted[: start + len(scored) - 1]
                self._read_all(whole, [end for end in ends if end < len(prompt)], len(scored))
                for back, token in enumerate(reversed(scored), start=1):
                    total += logprob_of(self._context.logits(-back), token)
        return total

    def likelihoods(self, cases: Sequence[tuple[Sequence[Message], str]]) -> list[float]:
        """`likelihood` of each: the common prefix is read once, the suffixes in one pass."""
        read = [
            (*self._prompt(messages), self._context.tokenize(text, special=False)) for messages, text in cases
        ]
        batch = batch_suffixes(
            [(prompt, wanted) for prompt, _, wanted in read], self._context.options.n_batch
        )
        if batch is None:
            return [self.likelihood(messages, text) for messages, text in cases]
        prompt, ends, _ = read[0]
        self._require_room(batch.n_shared + sum(map(len, batch.suffixes)))
        with self._computing():
            if self._context.shared(prompt) >= batch.n_shared:
                self._context.keep(prompt, batch.n_shared)
            else:
                self._read_all(prompt[: batch.n_shared], [end for end in ends if end < batch.n_shared], 1)
            logits = self._context.read_suffixes(batch.suffixes)
            if logits is None:
                raise self._context.closed()
            return [logprob_of(logits[suffix], token) for suffix, token in batch.targets]

    def forget(self) -> None:
        """Delete everything that was read or kept, in memory and on disk: the next prompt is read in full."""
        with self._computing():
            self._context.forget_from(0)
            if self._writer and (writer := self._writer.context):
                writer.forget_from(0)
            self.cache.clear()

    def close(self) -> None:
        """Free model and context; safe to call twice. A running generation ends as cancelled."""
        self._context.abort()
        if self._writer:
            self._writer.abort()
        with _COMPUTE:
            if self._writer:
                self._writer.close()
            self._context.close()

    def __del__(self) -> None:
        # Nobody computes with what nobody holds; and the lock may be held by the thread that is here.
        for part in (getattr(self, "_writer", None), getattr(self, "_context", None)):
            if part:
                part.close()

    def _generate(
        self,
        generation: object,
        prompt: list[int],
        ends: Sequence[int],
        sampling: Sampling,
        max_tokens: int,
        cancel: Event | None,
    ) -> Iterator[Piece]:
        context, rng = self._context, np.random.default_rng(sampling.seed)
        words, tokens = TextStream(sampling.stop), list(prompt)
        passes = Decoding(
            self._context, self._writer, prompt, 0 if sampling.temperature else self.longest_draft
        )
        counts, logprob, n_tokens, n_left = (len(prompt), 0), 0.0, 0, max_tokens
        finish: FinishReason | None = None
        while finish is None and n_left > 0:
            try:
                with self._computing(cancel, generation):
                    begins = len(tokens) == len(prompt)
                    if begins or passes.needs_prompt:
                        n_reused = self._read_prompt(prompt, ends)
                        counts = (len(prompt), max(n_reused, 0)) if begins else counts
                    if not begins and n_reused >= 0:
                        n_reused = passes.read(tokens, n_left, guess=self.speculate)
                    cancelled = n_reused < 0 or (cancel is not None and cancel.is_set())
                    n_least = sampling.min_tokens - (len(tokens) - len(prompt))
                    picked = [] if cancelled else passes.accept(sampling.temperature, rng, n_least)
                    spelled = [b"" if context.ends_turn(t) else context.token_bytes(t) for t, _ in picked]
                    ended = [context.ends_turn(t) for t, _ in picked]
            except Stopped:
                cancelled = True
            except ModelError:
                if context.is_open or len(tokens) == len(prompt):
                    raise
                cancelled = True
            if cancelled:
                finish = "cancelled"
                break
            for (token, token_logprob), raw, ends_turn in zip(picked, spelled, ended, strict=True):
                if ends_turn:
                    finish = "stop"
                    break
                tokens.append(token)
                shown = words.take(raw)
                logprob, n_tokens, n_left = logprob + token_logprob, n_tokens + 1, n_left - 1
                if shown:
                    yield Piece(shown, logprob, n_tokens, None, *counts)
                    counts, logprob, n_tokens = (0, 0), 0.0, 0
                if words.stopped:
                    finish = "stop"
                    break
        yield Piece(words.held, logprob if n_tokens else None, n_tokens, finish or "length", *counts)

    def _read_prompt(self, prompt: list[int], ends: Sequence[int]) -> int:
        if self.splice and (reused := splice(self._context, self._states, prompt, ends)):
            return reused
        return self._states.read(prompt, ends[:1])

    def _read_all(self, tokens: list[int], ends: Sequence[int], n_logits: int) -> None:
        if self._states.read(tokens, ends[:2], n_logits) < 0:
            self._context.require_open()

    @contextmanager
    def _computing(self, cancel: Event | None = None, who: object | None = None) -> Iterator[None]:
        """Wait for the turn and for the cores. who: the generation that keeps its turn, if any.

        Raises Stopped when `cancel` is set while waiting.
        """
        caller = who or object()
        try:
            with self._turns.step(caller, cancel), hold_lock(_COMPUTE, cancel):
                self._context.require_open()
                self._context.cancel = cancel
                try:
                    yield
                finally:
                    self._context.cancel = None
        finally:
            if who is None:
                self._turns.finish(caller)

    def _prompt(self, messages: Sequence[Message]) -> tuple[list[int], list[int]]:
        """Token ids, and the ends of shareable parts: the opening, and each reusable segment right after it.

        The opening is the system text and the part of the template before the first user segment.
        """
        context = self._context
        parts = render_parts(
            context.template, messages, bos_token=context.bos_text, eos_token=context.eos_text
        )
        tokens: list[int] = []
        opens_with_bos = parts and context.bos_text and parts[0].text.startswith(context.bos_text)
        if context.bos is not None and not opens_with_bos:
            tokens.append(context.bos)
        ends: list[int] = []
        shared, n_segments = True, 0
        n_opening = sum(bool(s.text) for s in messages[0].segments) if messages[0].role == "system" else 0
        for part in parts:
            if not part.is_template and n_segments == n_opening and shared:
                ends.append(len(tokens))
            tokens += context.tokenize(part.text, special=part.is_template)
            if not part.is_template:
                n_segments += 1
                shared = shared and part.reusable
                if shared and n_segments > n_opening:
                    ends.append(len(tokens))
        return tokens, ends

    def _require_room(self, n_tokens: int) -> int:
        room = self._context.n_context - n_tokens
        if room < 1:
            raise ContextOverflow(
                f"the prompt has {n_tokens} tokens, the context of {self.model_id} holds {self._context.n_context}",
                remedy="ask a shorter question, or set generation.context_tokens higher",
            )
        return room


def built_with() -> tuple[str, str]:
    """Version of llama-cpp-python, and the features it was compiled with, as llama.cpp prints them."""
    import llama_cpp

    quiet(llama_cpp)
    return llama_cpp.__version__, llama_cpp.llama_print_system_info().decode("utf-8", "replace")
