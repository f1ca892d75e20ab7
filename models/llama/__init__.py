"""The llama.cpp engine, on the low-level calls of llama-cpp-python: one context that reads and one that writes.

`llama_cpp.Llama` is not used: it hides the sequence operations that are needed to keep attention states.

    context.py           model and context: tokens in, logits out
    sampling.py          logits -> tokens -> text
    prefix_states.py     keeps the states of shared parts of prompts
    prompt_lookup.py     drafts from the prompt
    decode_context.py    the second context, which writes
    decoding.py          which context computes the next tokens
    turns.py             one generation at a time
    splicing.py          joins states of passages; not exact
    batched_suffixes.py  several continuations of one prompt in one pass

The first context reads prompts, checks and long drafts; only its states are kept. The second one holds the same
weights, rearranged for the kernels that write token by token. Both hold the prompt; the second one also holds the
answer.
"""
