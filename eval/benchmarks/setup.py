"""What the rows about answers are measured on: the seeds, the generator, and an assistant that remembers nothing.

A chat remembers the last question's preparation and the vectors of sentences it has seen. No row may live on what an
earlier measurement left there, so every measurement has an assistant, and an embedder's memory, of its own.
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
"""Leaves of the states of a question's prompt only that of the system text, as any question before it does."""


@dataclass(frozen=True, slots=True)
class BenchSetup:
    """Where questions are asked.

    embedder: without a memory. questions: samples with an answer and without a conversation before them; follow_ups:
    with one.
    """

    archive: Archive
    embedder: Embedder
    generator: LlamaGenerator
    reader: Reader | None
    config: Config
    questions: Sequence[Sample]
    follow_ups: Sequence[Sample] = ()

    def assistant(self) -> Assistant:
        """One that has not been asked anything. What earlier ones of this desk remember is of no use to it."""
        self.forget_vectors()
        return Assistant(self.archive, self.generator, self.config, self.reader)

    def forget_vectors(self) -> None:
        """Have the archive embed anew whatever it is asked."""
        self.archive.embedder = CachedEmbedder(self.embedder)


@dataclass(frozen=True, slots=True)
class Waits:
    """Of one question, in milliseconds: to the model's first token, to the first word shown, to the first quote.

    quote_ms: None when no quote is shown at once. n_prompt: tokens of the prompt.
    """

    first_ms: float
    shown_ms: float
    quote_ms: float | None
    n_prompt: int


@contextmanager
def open_setup(bench: Bench) -> Iterator[BenchSetup]:
    """A desk over the seeds, with all loaded that is loaded at its first use."""
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
    """Ask, and stop when the first word is shown; None when the question is refused without a word of the model."""
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
    """Whole passages under a plain instruction."""
    sources = "\n\n".join(
        f"[{number}] {hit.source.title}\n{hit.passage.text}" for number, hit in enumerate(hits, start=1)
    )
    return [
        Message("system", (Segment(PLAIN_INSTRUCTION, reusable=True),)),
        Message("user", (Segment(f"Sources:\n{sources}\n\nQuestion: {question}"),)),
    ]
