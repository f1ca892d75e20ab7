"""The engine: drafts, the overhead of our loop over llama.cpp's own, and the choice of its defaults.

`python -m askive.eval.benchmarks.speed.engine [--model ID]` measures the options: threads, batch, flash attention,
type of states, drafts.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, field
from statistics import median

from askive.eval.benchmarks.rows import Bench, Row, load_llama, peak_mb, row
from askive.eval.benchmarks.speed.plain_libraries import PlainLlama
from askive.models.llama.context import EngineOptions
from askive.models.llama.generator import LlamaGenerator
from askive.models.machine import physical_cores
from askive.models.protocols import Message, Sampling, Segment
from askive.rag.seeds import seed_paths

_QUOTE = "Copy the text above, word for word."
_FREE = (
    "Write a short story about a lighthouse keeper and a whale.",
    "Explain how bread is made.",
    "Write a letter to a friend about a rainy day.",
    "Describe a market in a small town.",
    "Why do leaves turn red in autumn?",
)
_N_WRITTEN = 80
_N_READ = 400
# Our defaults except the threads; llama.cpp's own default is to rearrange the weights.
_LIBRARY = "llama_cpp.Llama"


def bench_decode(bench: Bench) -> list[Row]:
    """Tokens per second during generation: ours with drafts, and llama.cpp's own loop, alternating.

    Also reported: one of our contexts with rearranged weights and without speculation; and the number of texts that are
    the same without speculation, and without any drafts (then the other context, whose last bits differ, often
    computes a long draft).
    """
    ours = load_llama(bench)
    try:
        _written(ours, [Message("user", (Segment(_FREE[0]),))])
        peak_memory = peak_mb()
        one = load_llama(bench, speculate=False, options=EngineOptions(rearranged="always"))
        plain = _plain(bench, ours)
        try:
            bench.log("decode: quoting")
            texts = _texts(bench.repeats)
            quoting = [[Message("user", (Segment(f"{text}\n\n{_QUOTE}"),))] for text in texts]
            quoted = _decoded(ours, one, plain, quoting)
            bench.log("decode: free text")
            free = [[Message("user", (Segment(_FREE[n % len(_FREE)]),))] for n in range(bench.repeats)]
            decoded = _decoded(ours, one, plain, free)
        finally:
            one.close()
            plain.close()
    finally:
        ours.close()
    return [
        quoted.as_row("quoting", "decode, answer quoting its source", 1.3, peak_memory),
        decoded.as_row("free text", "decode, free text", 0.98, peak_memory),
    ]


def bench_overhead(bench: Bench) -> list[Row]:
    """Prefill and decode of the same tokens by `llama_cpp.Llama` and by ours, alternating."""
    ours = load_llama(bench)
    read: tuple[list[float], list[float]] = ([], [])
    written: tuple[list[float], list[float]] = ([], [])
    try:
        messages = [Message("user", (Segment(_texts(1, words=_N_READ)[0]),))]
        tokens = ours.prompt_tokens(messages)
        _written(ours, messages)
        peak_memory = peak_mb()
        plain = _plain(bench, ours)
        try:
            plain.timed(tokens, _N_WRITTEN)
            for number in range(bench.repeats):
                bench.log(f"overhead: {number + 1} of {bench.repeats}")
                read_s, write_s = plain.timed(tokens, _N_WRITTEN)
                ours.forget()
                started = time.perf_counter()
                n_written, at = 0, [0.0]
                for piece in ours.generate(messages, Sampling(max_tokens=_N_WRITTEN + 1)):
                    at.append(time.perf_counter() - started)
                    n_written += piece.n_tokens
                read[0].append(len(tokens) / read_s)
                read[1].append(len(tokens) / at[1])
                written[0].append(_N_WRITTEN / write_s)
                written[1].append((n_written - 1) / (at[-1] - at[1]))
        finally:
            plain.close()
    finally:
        ours.close()
    return [
        row("prefill", f"reading {len(tokens)} tokens", _LIBRARY, "tokens/s", *read, 0.98, memory_mb=peak_memory),
        row("decode", f"writing {_N_WRITTEN} tokens after it", _LIBRARY, "tokens/s", *written, 0.98,
            memory_mb=peak_memory),
    ]  # fmt: skip


def choices(bench: Bench) -> str:
    """A table of tokens per second, prefill and decode, with one option changed at a time."""
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
        bench.log(name)
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


@dataclass(frozen=True, slots=True)
class _Decoded:
    """By prompt: tokens per second of the library, of ours, and of one of our contexts; whether our text is the same
    without speculation, and without drafts."""

    plain: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)
    one: list[float] = field(default_factory=list)
    same: list[bool] = field(default_factory=list)
    same_without: list[bool] = field(default_factory=list)

    def as_row(self, name: str, what: str, reach: float, peak_memory_mb: float) -> Row:
        n = len(self.ours)
        lowest = min((ours / plain for ours, plain in zip(self.ours, self.plain, strict=True)), default=0.0)
        return row(
            name, what, f"{_LIBRARY}: weights rearranged, its own loop", "tokens/s", self.plain, self.ours, reach,
            must={"same text as without guessing": all(self.same)}, memory_mb=peak_memory_mb,
            same_text=f"{sum(self.same)} of {n}", same_text_as_without_drafts=f"{sum(self.same_without)} of {n}",
            one_context_rearranged=round(median(self.one or [0.0]), 1), lowest_ratio=round(lowest, 2),
        )  # fmt: skip


def _decoded(
    generator: LlamaGenerator, one: LlamaGenerator, plain: PlainLlama, prompts: list[list[Message]]
) -> _Decoded:
    decoded = _Decoded()
    for messages in prompts:
        rate, text, n_tokens = _written(generator, messages)
        decoded.ours.append(rate)
        _, write_s = plain.timed(generator.prompt_tokens(messages), n_tokens)
        decoded.plain.append(n_tokens / max(write_s, 1e-9))
        decoded.one.append(_written(one, messages)[0])
        generator.speculate = False
        decoded.same.append(_written(generator, messages)[1] == text)
        generator.speculate, generator.longest_draft = True, 0
        decoded.same_without.append(_written(generator, messages)[1] == text)
        generator.longest_draft = None
    return decoded


def _plain(bench: Bench, ours: LlamaGenerator) -> PlainLlama:
    from askive.models.weights.store import WeightStore

    path = WeightStore(bench.config.models_dir).path_of(bench.config.generator)
    return PlainLlama(path, ours.context_tokens)


def _written(generator: LlamaGenerator, messages: list[Message]) -> tuple[float, str, int]:
    """Tokens per second after the first piece, the text, and its number of tokens."""
    at: list[float] = []
    texts: list[str] = []
    n_tokens = 0
    for piece in generator.generate(messages, Sampling(max_tokens=_N_WRITTEN)):
        at.append(time.perf_counter())
        texts.append(piece.text)
        n_tokens += piece.n_tokens if len(at) > 1 else 0
    return n_tokens / max(at[-1] - at[0], 1e-9), "".join(texts), n_tokens


def _texts(n: int, words: int = 90) -> list[str]:
    whole = [path.read_text(encoding="utf-8").split("---", 2)[-1].split() for path in seed_paths()]
    joined = [word for text in whole for word in text]
    return [" ".join((whole[i % len(whole)] + joined)[20 : 20 + words]) for i in range(n)]


def main() -> None:
    """The command."""
    from askive.eval.benchmarks.rows import setting

    parser = argparse.ArgumentParser(
        prog="python -m askive.eval.benchmarks.speed.engine", description=__doc__
    )
    parser.add_argument("--model", help="a catalog id; default: the configured generator")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    with setting(options.repeats, options.model) as bench:
        sys.stdout.write(choices(bench))


if __name__ == "__main__":
    main()
