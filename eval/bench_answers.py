"""How long one waits: for the first word, for the first quote, for a check."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median

from eval.bench_rows import Bench, Row, first_piece_ms, load_llama, row
from eval.datasets.discover import open_suite
from eval.datasets.suite import Sample
from eval.index import open_index
from eval.pipelines import PLAIN_INSTRUCTION
from models.llama import LlamaGenerator
from models.protocols import Message, Segment
from models.registry import load_embedder, load_reader
from rag.archive import Archive
from rag.assistant import Assistant
from rag.prompt import SYSTEM
from rag.retrieve import Retriever
from rag.types import Final, Hit, Sources, Token, Turn
from rag.vouch import Excerpt, stated

PLAIN_TOP_K = 6
_MOST_QUESTIONS = 12
_GREETING = (Message("system", (Segment(SYSTEM, reusable=True),)), Message("user", (Segment("Hello"),)))
"""Leaves of the states of a question's prompt only that of the system text, as any question before it does."""


@contextmanager
def opened(bench: Bench) -> Iterator[tuple[Archive, LlamaGenerator, Assistant, list[Sample]]]:
    """The seeds, the generator, the assistant over both, and questions that have an answer."""
    suite = open_suite("seeds")
    embedder = load_embedder(bench.config.embedder, bench.config.models_dir)
    archive, _ = open_index(suite, embedder, bench.config.passages, bench.home)
    generator = load_llama(bench)
    assistant = Assistant(archive, generator, bench.config, load_reader(bench.config.reader))
    samples = [s for s in suite.samples if s.unanswerable is False and not s.turns]
    # The first call of all loads what is loaded at its first use.
    assistant.ask(samples[-1].question)
    try:
        yield archive, generator, assistant, samples[: max(bench.repeats, 5)][:_MOST_QUESTIONS]
    finally:
        assistant.close()


def bench_answers(bench: Bench) -> list[Row]:
    """First token with nothing kept, with the system text kept, typed ahead, as a follow-up; the first quote.

    All against a plain prompt.
    """
    plain: list[float] = []
    kept_nothing: list[float] = []
    kept_system: list[float] = []
    ahead: list[float] = []
    follow: list[float] = []
    follow_ahead: list[float] = []
    quote: list[float] = []
    shown: list[float] = []
    n_plain: list[int] = []
    n_ours: list[int] = []
    with opened(bench) as (archive, generator, assistant, samples):
        retriever = Retriever(archive, bench.config.retrieval.model_copy(update={"mode": "dense"}))
        for sample in samples:
            bench.tell(f"answers: {sample.question}")
            generator.forget()
            started = time.perf_counter()
            messages = plain_messages(sample.question, retriever.retrieve(sample.question, (), PLAIN_TOP_K))
            retrieved_ms = (time.perf_counter() - started) * 1000
            n_plain.append(len(generator.prompt_tokens(messages)))
            plain.append(retrieved_ms + first_piece_ms(generator, messages))
            generator.forget()
            waits = _waits(assistant, sample.question)
            if waits is None:
                continue
            kept_nothing.append(waits[0])
            shown.append(waits[1])
            quote.append(waits[2])
            n_ours.append(waits[3])
            generator.forget()
            generator.prefill(_GREETING)
            if (waits := _waits(assistant, sample.question)) is not None:
                kept_system.append(waits[0])
            generator.forget()
            # The last key is a pause after the last letter: the question mark is still to come.
            assistant.anticipate(sample.question.rstrip("?! "))
            if (waits := _waits(assistant, sample.question)) is not None:
                ahead.append(waits[0])
            turn = Turn(sample.question, assistant.ask(sample.question).text)
            next_question = f"And what else is known about it? {sample.question}"
            if (waits := _waits(assistant, next_question, (turn,))) is not None:
                follow.append(waits[0])
            generator.forget()
            assistant.anticipate(next_question.rstrip("?! "), (turn,))
            if (waits := _waits(assistant, next_question, (turn,))) is not None:
                follow_ahead.append(waits[0])
    against = f"plain top-{PLAIN_TOP_K} prompt, full prefill"
    return [
        row("ttft", "first token, nothing kept", against, "ms", plain, kept_nothing, 5,
            tokens_plain=median(n_plain), tokens_ours=median(n_ours), first_word_shown_ms=round(median(shown))),
        row("system kept", "first token, every ask but the first", f"{against}; the system text kept", "ms", plain,
            kept_system, 5),
        row("ahead", "first token, typed ahead", against, "ms", plain, ahead, 15),
        row("follow-up", "first token of a follow-up, typed ahead", against, "ms", plain, follow_ahead, 15,
            not_typed_ahead_ms=round(median(follow))),
        row("quote", "first cited quote shown", against, "ms", plain, quote, 15,
            under_500_ms=str(median(quote) < 500)),
    ]  # fmt: skip


def plain_messages(question: str, hits: Sequence[Hit]) -> list[Message]:
    """Whole passages under a plain instruction."""
    sources = "\n\n".join(
        f"[{number}] {hit.source.title}\n{hit.passage.text}" for number, hit in enumerate(hits, start=1)
    )
    return [
        Message("system", (Segment(PLAIN_INSTRUCTION, reusable=True),)),
        Message("user", (Segment(f"Sources:\n{sources}\n\nQuestion: {question}"),)),
    ]


def _waits(
    assistant: Assistant, question: str, history: Sequence[Turn] = ()
) -> tuple[float, float, float, int] | None:
    """Milliseconds to the first token, to the first word shown, to the first quote; tokens of the prompt.

    None when the question is refused without asking the model, or there is no quote.
    """
    started = time.perf_counter()
    shown = quoted = 0.0
    answer = None
    for event in assistant.stream(question, history):
        at = (time.perf_counter() - started) * 1000
        if isinstance(event, Sources) and event.first is not None:
            quoted = quoted or at
        elif isinstance(event, Token):
            shown = shown or at
        elif isinstance(event, Final):
            answer = event.answer
    if answer is None or not answer.timings.first_token_ms or not quoted:
        return None
    return (
        answer.timings.first_token_ms,
        shown or answer.timings.total_ms,
        quoted,
        answer.usage.n_prompt_tokens,
    )


def bench_check(bench: Bench) -> list[Row]:
    """One support check (`rag.vouch`) of a sentence against a passage: its state kept, against reading it all again."""
    full, kept, agreed, apart = [], [], [], []
    with opened(bench) as (archive, generator, _, samples):
        retriever = Retriever(archive, bench.config.retrieval)
        for sample in samples:
            bench.tell(f"checks: {sample.question}")
            hits = retriever.retrieve(sample.question, (), 3)
            claims = [sentence for hit in hits for sentence in hit.passage.text.split(". ")[:2]]
            excerpts = [Excerpt(hits[0].source.title, "", hits[0].passage.text, "")]
            stated("It rains.", excerpts, generator)
            told = []
            for claim in claims:
                # Another prompt in between, as the answer is: the passage comes from its kept state.
                generator.choose([Message("user", (Segment("Say yes."),))], ["Yes", "No"])
                started = time.perf_counter()
                told.append(stated(claim, excerpts, generator))
                kept.append((time.perf_counter() - started) * 1000)
            for claim, with_state in zip(claims, told, strict=True):
                generator.forget()
                started = time.perf_counter()
                afresh = stated(claim, excerpts, generator)
                full.append((time.perf_counter() - started) * 1000)
                agreed.append((with_state > 0) == (afresh > 0))
                apart.append(abs(with_state - afresh))
    return [
        row("check", "one support check", "the same check, full prefill", "ms", full, kept, 8,
            same_verdict=round(sum(agreed) / len(agreed), 4), largest_difference=round(max(apart), 6)),
    ]  # fmt: skip


def growth_with_passages(bench: Bench) -> list[dict[str, float]]:
    """First token, in ms, of plain prompts of 1 to 20 whole passages, nothing kept."""
    found: list[dict[str, float]] = []
    with opened(bench) as (archive, generator, _, samples):
        retriever = Retriever(archive, bench.config.retrieval)
        hits = retriever.retrieve(samples[0].question, (), 20)
        for n in (1, 2, 5, 10, 20):
            bench.tell(f"growth: {n} passages in the prompt")
            messages = plain_messages(samples[0].question, (hits * 20)[:n])
            n_tokens = len(generator.prompt_tokens(messages))
            if n_tokens + 8 > generator.context_tokens:
                break
            generator.forget()
            first_ms = round(first_piece_ms(generator, messages), 1)
            found.append({"n_passages": n, "n_tokens": n_tokens, "first_token_ms": first_ms})
    return found
