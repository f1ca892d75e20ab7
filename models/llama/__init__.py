"""llama.cpp engine on llama-cpp-python's low-level calls: a raw context that reads, and one that writes.

`llama_cpp.Llama` is not used: it hides the sequence operations that keeping attention states needs.

    context.py           model and context: tokens in, logits out
    sampling.py          logits -> tokens -> text
    prefix_states.py     states of what prompts share, kept
    prompt_lookup.py     drafts from the prompt
    decode_context.py    the second context, that writes
    decoding.py          who computes the next words
    turns.py             one generation at a time
    splicing.py          passages joined, not exact
    batched_suffixes.py  several questions about one prompt at once

The first context reads prompts, checks, and long drafts; it alone keeps states. The second holds the same weights
rearranged for the kernels that write word by word; the words of an answer stand in it, the prompt in both.
"""
