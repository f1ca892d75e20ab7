"""Latency: first token, first quote; and the effect of a plain prompt's length."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from statistics import median

from askive.eval.benchmarks.rows import Bench, Row, first_piece_ms, row
from askive.eval.benchmarks.setup import GREETING, BenchSetup, Waits, open_setup, plain_messages, waits
from askive.eval.datasets.suite import Sample
from askive.rag.factory import open_retriever
from askive.rag.retrieval.retriever import Retriever
from askive.rag.types import Hit, Turn

PLAIN_TOP_K = 6
QUOTE_LIMIT_MS = 500.0
_AGAINST = f"plain top-{PLAIN_TOP_K} prompt, full prefill"
_GROWTH = (1, 2, 5, 10, 20)


def bench_answers(bench: Bench) -> list[Row]:
    """First token without cached states, with the system prompt cached, typed ahead, as a follow-up; the first quote.

    The baseline is a plain prompt for the same question. A question that is refused without generation is skipped and
    replaced by the next one.
    """
    with open_setup(bench) as setup:
        return [*_first_questions(bench, setup), *_follow_ups(bench, setup)]


def _first_questions(bench: Bench, setup: BenchSetup) -> list[Row]:
    plain: list[float] = []
    plain_of_quote: list[float] = []
    results: list[Waits] = []
    quotes: list[float] = []
    kept_system: list[float] = []
    ahead: list[float] = []
    n_plain: list[int] = []
    for question in (sample.question for sample in setup.questions):
        if len(quotes) >= bench.repeats:
            break
        bench.log(f"answers: {question}")
        setup.generator.forget()
        if (one := waits(setup.assistant(), question)) is None:
            continue
        results.append(one)
        plain_ms, n_tokens = _plain(setup, question)
        plain.append(plain_ms)
        n_plain.append(n_tokens)
        if one.quote_ms is not None:
            quotes.append(one.quote_ms)
            plain_of_quote.append(plain_ms)
        setup.generator.forget()
        setup.generator.prefill(GREETING)
        if one := waits(setup.assistant(), question):
            kept_system.append(one.first_ms)
        setup.generator.forget()
        assistant = setup.assistant()
        # The last key is a pause after the last letter: the question mark is still missing.
        assistant.anticipate(question.rstrip("?! "))
        if one := waits(assistant, question):
            ahead.append(one.first_ms)
    quote_ms = median(quotes or [0.0])
    return [
        row("ttft", "first token, nothing kept", _AGAINST, "ms", plain, [one.first_ms for one in results], 5,
            tokens_plain=median(n_plain), tokens_ours=median(one.n_prompt for one in results),
            first_word_shown_ms=round(median(one.shown_ms for one in results))),
        row("system kept", "first token, every ask but the first", f"{_AGAINST}; the system text kept", "ms", plain,
            kept_system, 5),
        row("ahead", "first token, typed ahead", _AGAINST, "ms", plain, ahead, 15),
        row("quote", "first cited quote shown", _AGAINST, "ms", plain_of_quote, quotes, 15,
            must={f"under {QUOTE_LIMIT_MS:.0f} ms": 0 < quote_ms < QUOTE_LIMIT_MS},
            slowest_ms=round(max(quotes, default=0))),
    ]  # fmt: skip


def _follow_ups(bench: Bench, setup: BenchSetup) -> list[Row]:
    plain: list[float] = []
    follow: list[float] = []
    ahead: list[float] = []
    for sample in setup.follow_ups:
        if len(follow) >= bench.repeats:
            break
        bench.log(f"follow-ups: {sample.question}")
        setup.generator.forget()
        assistant = setup.assistant()
        history: tuple[Turn, ...] = ()
        for turn in sample.turns:
            history += (Turn(turn.question, assistant.ask(turn.question, history).text),)
        # As the chat does after an answer.
        assistant.read_opening(history)
        if (one := waits(assistant, sample.question, history)) is None:
            continue
        follow.append(one.first_ms)
        setup.generator.forget()
        assistant = setup.assistant()
        assistant.anticipate(sample.question.rstrip("?! "), history)
        if one := waits(assistant, sample.question, history):
            ahead.append(one.first_ms)
        # Without the conversation, which would only lengthen the plain prompt.
        plain.append(_plain(setup, sample.question, history)[0])
    return [
        row("follow-up", "first token of a follow-up", _AGAINST, "ms", plain, follow, 15,
            read_while_idle="the conversation so far"),
        row("follow-up ahead", "first token of a follow-up, typed ahead", _AGAINST, "ms", plain, ahead, 15),
    ]  # fmt: skip


def _plain(setup: BenchSetup, question: str, history: Sequence[Turn] = ()) -> tuple[float, int]:
    """Milliseconds to the first piece after a plain prompt, including retrieval, and the prompt's tokens."""
    retriever = open_retriever(setup.config.with_retrieval(mode="dense", rerank="off"), setup.archive)
    setup.generator.forget()
    setup.forget_vectors()
    started = time.perf_counter()
    messages = plain_messages(question, retriever.retrieve(question, history, PLAIN_TOP_K))
    retrieved_ms = (time.perf_counter() - started) * 1000
    first_ms = retrieved_ms + first_piece_ms(setup.generator, messages)
    return first_ms, len(setup.generator.prompt_tokens(messages))


def growth_with_passages(bench: Bench) -> list[dict[str, float]]:
    """First token, in ms, of plain prompts with 1 to 20 different whole passages, without cached states; each once."""
    results: list[dict[str, float]] = []
    with open_setup(bench) as setup:
        hits = _different(
            open_retriever(setup.config, setup.archive, setup.generator), setup.questions, max(_GROWTH)
        )
        for n in _GROWTH[: sum(size <= len(hits) for size in _GROWTH)]:
            bench.log(f"growth: {n} passages in the prompt")
            messages = plain_messages(setup.questions[0].question, hits[:n])
            n_tokens = len(setup.generator.prompt_tokens(messages))
            if n_tokens + 8 > setup.generator.context_tokens:
                break
            setup.generator.forget()
            first_ms = round(first_piece_ms(setup.generator, messages), 1)
            results.append({"n_passages": n, "n_tokens": n_tokens, "first_token_ms": first_ms})
    return results


def _different(retriever: Retriever, samples: Sequence[Sample], n: int) -> list[Hit]:
    """The first n distinct passages retrieved for one question after another."""

    def in_turn() -> Iterator[Hit]:
        for sample in samples:
            yield from retriever.retrieve(sample.question, (), n)

    results: dict[int | None, Hit] = {}
    for hit in in_turn():
        if len(results) == n:
            break
        results.setdefault(hit.passage.passage_id, hit)
    return list(results.values())
