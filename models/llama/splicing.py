"""Join passages that were read by themselves: only the question is read. Not exact: passages do not see each other.

Each reusable segment after the shared prefix is read right behind that prefix, kept, and put at its place in the
prompt with its rotary positions shifted (as in Gim et al., "Prompt Cache", MLSys 2024). Off by default; the gate is
`python -m askive.eval.benchmarks.speed.splicing_gate`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from askive.models.llama.context import LlamaContext
from askive.models.llama.prefix_states import KeptStates


def splice(context: LlamaContext, states: KeptStates, prompt: Sequence[int], ends: Sequence[int]) -> int:
    """Read `prompt`, its segments from kept states; the tokens that were not computed, or 0 for "read it as usual".

    ends: where the shared prefix and each reusable segment behind it end. The logits of the last token are there.
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
