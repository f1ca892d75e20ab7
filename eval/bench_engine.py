"""The engine: drafts, what our loop costs over llama.cpp's own, and the choices behind its defaults.

`python -m eval.bench_engine [--model ID]` prints the choices: threads, batch, flash attention, type of states, drafts.
"""

from __future__ import annotations

import argparse
import sys
import time
from statistics import median

from eval.bench_rows import Bench, Row, load_llama, row
from models.llama import LlamaGenerator
from models.llama_context import EngineOptions
from models.machine import physical_cores
from models.protocols import Message, Sampling, Segment
from rag.seeds import seed_paths

_QUOTE = "Copy the text above, word for word."
_FREE = (
    "Write a short story about a lighthouse keeper and a whale.",
    "Explain how bread is made.",
    "Write a letter to a friend about a rainy day.",
)
_N_WRITTEN = 80
_N_COMPARED = 2
_N_READ = 400


def bench_decode(bench: Bench) -> list[Row]:
    """Tokens a second while an answer is written, with and without drafts, alternating.

    The baseline is the fastest loop that does not guess: one context, its weights rearranged. That the text is the
    same is asked of the same engine, told not to guess.
    """
    generator = load_llama(bench)
    one = load_llama(bench, speculate=False, options=EngineOptions(rearranged="always"))
    try:
        bench.tell("decode: quoting")
        quoting = [[Message("user", (Segment(f"{text}\n\n{_QUOTE}"),))] for text in _texts(bench.repeats)]
        without, with_drafts, same = _decoded(generator, one, quoting)
        bench.tell("decode: free text")
        free = [[Message("user", (Segment(_FREE[n % len(_FREE)]),))] for n in range(bench.repeats)]
        plainly, with_purse, same_free = _decoded(generator, one, free)
    finally:
        generator.close()
        one.close()
    against = "one context, rearranged weights, no speculation"
    return [
        row("quoting", "decode, answer quoting its source", against, "tokens/s", without, with_drafts, 1.3,
            same_text=f"{same} of {_N_COMPARED}"),
        row("free text", "decode, free text", against, "tokens/s", plainly, with_purse, 0.98,
            same_text=f"{same_free} of {_N_COMPARED}"),
    ]  # fmt: skip


def bench_overhead(bench: Bench) -> list[Row]:
    """Prefill and decode of the same tokens, by `llama_cpp.Llama` and by ours, alternating."""
    from models.plain import PlainLlama
    from models.weights import WeightStore

    ours = load_llama(bench)
    plain = PlainLlama(
        WeightStore(bench.config.models_dir).path_of(bench.config.generator), ours.context_tokens
    )
    read: tuple[list[float], list[float]] = ([], [])
    written: tuple[list[float], list[float]] = ([], [])
    try:
        messages = [Message("user", (Segment(_texts(1, words=_N_READ)[0]),))]
        tokens = ours.prompt_tokens(messages)
        for number in range(bench.repeats + 1):
            bench.tell(f"overhead: {number} of {bench.repeats}")
            read_s, write_s = plain.timed(tokens, _N_WRITTEN)
            ours.forget()
            started = time.perf_counter()
            n_written, at = 0, [0.0]
            for piece in ours.generate(messages, Sampling(max_tokens=_N_WRITTEN + 1)):
                at.append(time.perf_counter() - started)
                n_written += piece.n_tokens
            if number:
                read[0].append(len(tokens) / read_s)
                read[1].append(len(tokens) / at[1])
                written[0].append(_N_WRITTEN / write_s)
                written[1].append((n_written - 1) / (at[-1] - at[1]))
    finally:
        plain.close()
        ours.close()
    return [
        row("prefill", f"reading {len(tokens)} tokens", "llama_cpp.Llama", "tokens/s", *read, 0.98),
        row("decode", f"writing {_N_WRITTEN} tokens after it", "llama_cpp.Llama", "tokens/s", *written, 0.98),
    ]


def choices(bench: Bench) -> str:
    """A table of tokens a second, reading and writing, for one choice changed at a time."""
    cores = physical_cores()
    tried: list[tuple[str, EngineOptions, int | None]] = [("as by default", EngineOptions(), None)]
    tried += [(f"threads {n}", EngineOptions(n_threads=n), None) for n in {1, cores * 2} - {cores}]
    tried += [(f"batch {n}", EngineOptions(n_batch=n), None) for n in (128, 256, 1024)]
    tried += [
        ("states f16", EngineOptions(kv_type="f16"), None),
        ("states f16, no flash attention", EngineOptions(kv_type="f16", flash_attention=False), None),
        ("weights never rearranged", EngineOptions(rearranged="never"), None),
        ("weights always rearranged", EngineOptions(rearranged="always"), None),
    ]
    tried += [(f"drafts of {n}", EngineOptions(), n) for n in (0, 7, 11, 23)]
    lines = [f"{'':32} {'read/s':>8} {'write/s':>8} {'quote/s':>8} {'load s':>7}"]
    long, short = _texts(1, words=_N_READ)[0], _texts(1)[0]
    for name, options, longest in tried:
        bench.tell(name)
        started = time.perf_counter()
        generator = load_llama(bench, options=options, longest_draft=longest)
        load_s = time.perf_counter() - started
        reads, writes, quotes = [], [], []
        for _ in range(bench.repeats):
            generator.forget()
            messages = [Message("user", (Segment(long),))]
            started = time.perf_counter()
            generator.prefill(messages)
            reads.append(len(generator.prompt_tokens(messages)) / (time.perf_counter() - started))
            generator.speculate = False
            writes.append(_written(generator, [Message("user", (Segment(_FREE[0]),))])[0])
            generator.speculate = True
            quotes.append(_written(generator, [Message("user", (Segment(f"{short}\n\n{_QUOTE}"),))])[0])
        generator.close()
        lines.append(
            f"{name:32} {median(reads):8.1f} {median(writes):8.1f} {median(quotes):8.1f} {load_s:7.2f}"
        )
    return "\n".join(lines) + "\n"


def _decoded(
    generator: LlamaGenerator, one: LlamaGenerator, prompts: list[list[Message]]
) -> tuple[list[float], list[float], int]:
    without, with_drafts, n_same = [], [], 0
    for messages in prompts:
        without.append(_written(one, messages)[0])
        rate, text = _written(generator, messages)
        with_drafts.append(rate)
        if len(without) <= _N_COMPARED:
            generator.speculate = False
            n_same += text == _written(generator, messages)[1]
            generator.speculate = True
    return without, with_drafts, n_same


def _written(generator: LlamaGenerator, messages: list[Message]) -> tuple[float, str]:
    """Tokens a second after the first piece, and the text."""
    at: list[float] = []
    texts: list[str] = []
    n_tokens = 0
    for piece in generator.generate(messages, Sampling(max_tokens=_N_WRITTEN)):
        at.append(time.perf_counter())
        texts.append(piece.text)
        n_tokens += piece.n_tokens if len(at) > 1 else 0
    return n_tokens / max(at[-1] - at[0], 1e-9), "".join(texts)


def _texts(n: int, words: int = 90) -> list[str]:
    whole = [path.read_text(encoding="utf-8").split("---", 2)[-1].split() for path in seed_paths()]
    joined = [word for text in whole for word in text]
    return [" ".join((whole[i % len(whole)] + joined)[20 : 20 + words]) for i in range(n)]


def main() -> None:
    """The command."""
    from eval.bench import setting

    parser = argparse.ArgumentParser(prog="python -m eval.bench_engine", description=__doc__)
    parser.add_argument("--model", help="a catalog id; default: the configured generator")
    parser.add_argument("--repeats", type=int, default=5)
    told = parser.parse_args()
    with setting(told.repeats, told.model) as bench:
        sys.stdout.write(choices(bench))


if __name__ == "__main__":
    main()
