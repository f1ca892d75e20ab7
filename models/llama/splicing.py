"""Join passages that were read separately, and read only the question. Not exact: passages do not see each other.

Each reusable segment after the shared prefix is read right after that prefix, kept, and inserted at its position in the
prompt with its rotary positions shifted (as in Gim et al., "Prompt Cache", MLSys 2024). Off by default; the gate is
`python -m askive.eval.benchmarks.speed.splicing_gate`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from askive.models.llama.context import LlamaContext
from askive.models.llama.prefix_states import PrefixStates


def splice(context: LlamaContext, states: PrefixStates, prompt: Sequence[int], ends: Sequence[int]) -> int:
    """Read `prompt` with kept states of its segments.

    Returns the number of tokens that were not computed, or 0 if the prompt must be read as usual.
    ends: the ends of the shared prefix and of each reusable segment after it. The logits of the last token are
    available afterwards.
    """
    if len(ends) < 3:
        return 0
    prefix = list(prompt[: ends[0]])
    pieces: list[tuple[bytes, list[int], int]] = []
    computed = 0
    for start, end in pairwise(ends):
        segment = list(prompt[start:end])
        state, was_kept = states.segment(prefix, segment)
        if state is None:
            return 0
        computed += 0 if was_kept else len(segment)
        pieces.append((state, segment, start - len(prefix)))
    if context.read(prefix) < 0:
        return 0
    for state, segment, shift in pieces:
        if not context.append_state(state, segment, shift):
            states.forget_segment(prefix, segment)
            context.forget_from(0)
            return 0
    if context.read(prompt, settled=False) < 0:
        return 0
    return max(ends[-1] - computed, 1)
