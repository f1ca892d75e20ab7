"""Keep the attention states of shared parts of prompts: the system text, and a passage right after it.

A kept state covers the tokens of one part. It depends on all tokens before its end, and its key covers them: a state
is only restored at the position where it was read, so it is exact.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence

from askive.models.llama.context import GROUP, LlamaContext
from askive.models.llama.state_cache import StateCache

_WORTH_TOKENS = 16
FORMAT = 1


class PrefixStates:
    """Reads prompts into a context, restores their parts from a cache, and stores parts that later prompts may share.

    digest: of the weights. The key of a state is made of it, the build of llama.cpp, the type of the states and the
    token ids.
    """

    def __init__(self, context: LlamaContext, cache: StateCache, digest: str) -> None:
        self._context = context
        self._cache = cache
        lib, options = context.lib, context.options
        build = f"{lib.__version__} {lib.llama_version().decode()}"
        rearranged = options.rearranged == "always"
        made_by = (FORMAT, digest, build, options.kv_type, options.flash_attention, rearranged)
        self._made_by = repr(made_by).encode()

    def read(self, tokens: Sequence[int], ends: Sequence[int] = (), n_logits: int = 1) -> int:
        """As `LlamaContext.read`. ends: the ends of parts of the prompt that later prompts may share."""
        context = self._context
        spans = _spans(len(tokens), ends)
        reused = self._restore(tokens, spans)
        for start, end in spans:
            if end <= context.shared(tokens) and self._key(tokens, start, end) in self._cache:
                continue
            if end > context.shared(tokens) and context.read(tokens[:end]) < 0:
                return -1
            if end == len(context.tokens):
                self._cache.put(self._key(tokens, start, end), context.state(start))
        kept = context.read(tokens, n_logits)
        return kept if kept == len(tokens) else min(reused, kept)

    def segment(self, prefix: Sequence[int], segment: Sequence[int]) -> tuple[bytes | None, bool]:
        """The state of a segment read right after a prefix, and whether it was cached; None when cancelled."""
        whole = [*prefix, *segment]
        key = self._key(whole, len(prefix), len(whole))
        if (state := self._cache.get(key)) is not None:
            return state, True
        if self.read(whole, [len(prefix)]) < 0:
            return None, False
        state = self._context.state(len(prefix))
        self._cache.put(key, state)
        return state, False

    def forget_segment(self, prefix: Sequence[int], segment: Sequence[int]) -> None:
        """Drop the state of a segment that llama.cpp rejects, so that it is read again."""
        whole = [*prefix, *segment]
        self._cache.drop(self._key(whole, len(prefix), len(whole)))

    def _restore(self, tokens: Sequence[int], spans: Sequence[tuple[int, int]]) -> int:
        """Restore the cached parts of the prompt. Returns how many of its tokens are then in the context."""
        context = self._context
        there = context.shared(tokens)
        for start, end in spans:
            if end <= there:
                continue
            if start > there:
                break
            key = self._key(tokens, start, end)
            state = self._cache.get(key)
            if state is None:
                break
            context.keep(tokens, start)
            if len(context.tokens) != start:
                break
            if not context.append_state(state, tokens[start:end]):
                self._cache.drop(key)
                break
            there = end
        return there

    def _key(self, tokens: Sequence[int], start: int, end: int) -> str:
        key = self._made_by + struct.pack(f"<q{end}i", start, *tokens[:end])
        return hashlib.sha256(key).hexdigest()


def _spans(n_tokens: int, ends: Sequence[int]) -> list[tuple[int, int]]:
    """The parts of a prompt to keep, split between groups.

    The spans do not depend on where the last pass begins: a short and a long prompt with the same shared part must use
    the same states. `LlamaContext.read` recomputes the end of a state as far as its last pass needs.
    """
    spans, start = [], 0
    for end in ends:
        end = end // GROUP * GROUP
        if end - start >= _WORTH_TOKENS and end < n_tokens:
            spans.append((start, end))
            start = end
    return spans
