"""The set-up for measurements of answers: seeds, generator, and an assistant without a history.

A chat reuses the preparation of the last question and the vectors of sentences it has embedded. No row may profit
from an earlier measurement, so every measurement has its own assistant and embedder cache.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event as Flag

from askive.eval.benchmarks.rows import Bench, load_llama
from askive.eval.datasets.discover import open_suite
from askive.eval.datasets.suite import Sample
from askive.eval.runs.pipelines import PLAIN_INSTRUCTION
from askive.eval.runs.suite_index import open_index
from askive.models.embedders.cached import CachedEmbedder
from askive.models.llama.generator import LlamaGenerator
from askive.models.protocols import Embedder, Message, Segment
from askive.models.reader.cross_encoder import Reader
from askive.models.registry import load_reader
from askive.rag.answer.prompt import SYSTEM
from askive.rag.assistant import Assistant
from askive.rag.config import Config
from askive.rag.factory import open_embedder
from askive.rag.store.archive import Archive
from askive.rag.types import Final, Hit, Sources, Token, Turn

GREETING = (Message("system", (Segment(SYSTEM, reusable=True),)), Message("user", (Segment("Hello"),)))
"""Keeps only the system prompt's state of a question's states, as after any earlier question."""


@dataclass(frozen=True, slots=True)
class BenchSetup:
    """The environment of the measurements.

    embedder: without a cache. questions: samples with an answer and without a conversation; follow_ups: those with
    one.
    """

    archive: Archive
    embedder: Embedder
    generator: LlamaGenerator
    reader: Reader | None
    config: Config
    questions: Sequence[Sample]
    follow_ups: Sequence[Sample] = ()

    def assistant(self) -> Assistant:
        """A new assistant. It cannot use what earlier ones cached."""
        self.forget_vectors()
        return Assistant(self.archive, self.generator, self.config, self.reader)

    def forget_vectors(self) -> None:
        """Empty the cache of the archive's embedder."""
        self.archive.embedder = CachedEmbedder(self.embedder)


@dataclass(frozen=True, slots=True)
class Waits:
    """Times of a question in milliseconds: to the model's first token, to the first word shown, to the first quote.

    quote_ms: None when no quote is shown at once. n_prompt: tokens in the prompt.
    """

    first_ms: float
    shown_ms: float
    quote_ms: float | None
    n_prompt: int


@contextmanager
def open_setup(bench: Bench) -> Iterator[BenchSetup]:
    """The environment with the seeds, and with everything loaded that is loaded on first use."""
    suite = open_suite("seeds")
    embedder = open_embedder(bench.config)
    archive, _ = open_index(suite, embedder, bench.config.passages, bench.home)
    with archive:
        generator = load_llama(bench)
        try:
            answered = [sample for sample in suite.samples if sample.unanswerable is False]
            *questions, last = [sample for sample in answered if not sample.turns]
            follow_ups = [sample for sample in answered if sample.turns]
            reader = load_reader(bench.config.reader)
            setup = BenchSetup(archive, embedder, generator, reader, bench.config, questions, follow_ups)
            setup.assistant().ask(last.question)
            yield setup
        finally:
            generator.close()


def waits(assistant: Assistant, question: str, history: Sequence[Turn] = ()) -> Waits | None:
    """Ask, and stop when the first word is shown; None when the question is refused without generation."""
    started = time.perf_counter()
    shown_ms: float | None = None
    quote_ms: float | None = None
    cancel = Flag()
    for event in assistant.stream(question, history, cancel):
        at_ms = (time.perf_counter() - started) * 1000
        if isinstance(event, Sources) and event.first is not None:
            quote_ms = quote_ms or at_ms
        elif isinstance(event, Token):
            shown_ms = shown_ms or at_ms
            cancel.set()
        elif isinstance(event, Final):
            first_ms, n_prompt = event.answer.timings.first_token_ms, event.answer.usage.n_prompt_tokens
            return Waits(first_ms, shown_ms or at_ms, quote_ms, n_prompt) if first_ms else None
    raise AssertionError("a stream always ends with Final")


def plain_messages(question: str, hits: Sequence[Hit]) -> list[Message]:
    """A prompt with whole passages and a plain instruction."""
    sources = "\n\n".join(
        f"[{number}] {hit.source.title}\n{hit.passage.text}" for number, hit in enumerate(hits, start=1)
    )
    return [
        Message("system", (Segment(PLAIN_INSTRUCTION, reusable=True),)),
        Message("user", (Segment(f"Sources:\n{sources}\n\nQuestion: {question}"),)),
    ]
