"""Pipelines to measure: the product, a plain baseline, and a control without sources, with one interface."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from askive.models.protocols import Generator, Message, Sampling, Segment
from askive.models.registry import load_reader
from askive.rag.answer.checks import ALL, Checks
from askive.rag.assistant import Assistant
from askive.rag.config import Config, GenerationConfig
from askive.rag.errors import UsageError
from askive.rag.factory import open_retriever
from askive.rag.store.archive import Archive
from askive.rag.text.sentences import Span, split_sentences
from askive.rag.types import (
    Answer,
    Citation,
    Event,
    Evidence,
    Final,
    Hit,
    Refusal,
    Searching,
    Sentence,
    Sources,
    Timings,
    Token,
    Turn,
    Usage,
)

PLAIN_TOP_K = 4
PLAIN_INSTRUCTION = (
    'Answer the question using the sources. If the sources do not hold the answer, say "I don\'t know".'
)
CLOSED_BOOK_INSTRUCTION = (
    'Answer the question in one or two sentences. If you do not know, say "I don\'t know".'
)
# "I do not know", "we cannot answer", "I can't find", "I don't determine"; "the sources do not", "the text doesn't";
# "not mentioned", "not provided", "not specified", "not stated"; "no information".
_DECLINED = re.compile(
    r"\b(?:i|we) (?:do not|don[’']t|cannot|can[’']t) (?:know|answer|find|determine)\b"
    r"|\b(?:sources?|text|context|passages?) (?:do|does)(?: not|n[’']t)\b"
    r"|\bnot (?:mentioned|provided|specified|stated)\b|\bno information\b",
    re.IGNORECASE,
)
# "[1]", "[12]".
_MARKER = re.compile(r"\[(\d{1,2})\]")


class Pipeline(Protocol):
    """A method to answer questions about an archive."""

    def rank(self, question: str, history: Sequence[Turn], top_k: int) -> tuple[Hit, ...] | None:
        """The top `top_k` of its retrieval; None when it does not retrieve."""
        ...

    def stream(self, question: str, history: Sequence[Turn]) -> Iterator[Event]:
        """The events of `askive.rag.assistant.Assistant.stream`; the last one is Final."""
        ...


Builder = Callable[[Archive, Generator | None, Config], Pipeline]


class DefaultPipeline:
    """The product, with the same stream as all interfaces.

    generator: None when only `rank` is used. checks: those that affect the answer; default: all.
    """

    def __init__(
        self, archive: Archive, generator: Generator | None, config: Config, checks: Checks = ALL
    ) -> None:
        reader = load_reader(config.reader)
        self._retriever = open_retriever(config, archive, generator, reader)
        self._assistant = (
            Assistant(archive, generator, config, reader, checks=checks) if generator is not None else None
        )

    def rank(self, question: str, history: Sequence[Turn], top_k: int) -> tuple[Hit, ...] | None:
        """The hits of the assistant's retrieval."""
        return self._retriever.retrieve(question, history, top_k)

    def stream(self, question: str, history: Sequence[Turn]) -> Iterator[Event]:
        """The assistant's events."""
        if self._assistant is None:
            raise ValueError("this pipeline was built without a generator")
        return self._assistant.stream(question, history)


class PlainPipeline:
    """The baseline: the 4 nearest passages by embedding, one prompt, no checks.

    It refuses when the generated text declines, and cites the whole passages whose numbers the text has.
    """

    def __init__(self, archive: Archive, generator: Generator | None, config: Config) -> None:
        self._retriever = open_retriever(config.with_retrieval(mode="dense", rerank="off"), archive)
        self._generator, self._config = generator, config
        self._embedder_id = archive.embedder.model_id

    def rank(self, question: str, history: Sequence[Turn], top_k: int) -> tuple[Hit, ...] | None:
        """Dense retrieval with the question alone: a plain pipeline searches with the last turn only."""
        return self._retriever.retrieve(question, (), top_k)

    def stream(self, question: str, history: Sequence[Turn]) -> Iterator[Event]:
        """Searching, Sources, Token..., Final."""
        yield Searching(question)
        writing = _Writing(self._generator, self._config.generation)
        hits = self._retriever.retrieve(question, (), PLAIN_TOP_K)
        writing.retrieved()
        yield Sources(hits, None)
        sources = "\n\n".join(
            f"[{number}] {hit.source.title}\n{hit.passage.text}" for number, hit in enumerate(hits, start=1)
        )
        yield from writing.tokens(_messages(PLAIN_INSTRUCTION, f"Sources:\n{sources}\n\n", question, history))
        yield writing.final(question, hits, self._embedder_id)


class ClosedBookPipeline:
    """The control: the model without sources, to separate its own knowledge from the effect of retrieval."""

    def __init__(self, archive: Archive, generator: Generator | None, config: Config) -> None:
        self._generator, self._config = generator, config

    def rank(self, question: str, history: Sequence[Turn], top_k: int) -> tuple[Hit, ...] | None:
        """None, since it does not retrieve."""
        return None

    def stream(self, question: str, history: Sequence[Turn]) -> Iterator[Event]:
        """Token..., Final."""
        writing = _Writing(self._generator, self._config.generation)
        yield from writing.tokens(_messages(CLOSED_BOOK_INSTRUCTION, "", question, history))
        yield writing.final(question, (), "")


PIPELINES: Mapping[str, Builder] = {
    "default": DefaultPipeline,
    "plain": PlainPipeline,
    "closed-book": ClosedBookPipeline,
}


def builder_of(name: str) -> Builder:
    """The pipeline of this name. Raises UsageError when there is none."""
    if name not in PIPELINES:
        raise UsageError(f"no pipeline {name!r}", remedy=f"use {', '.join(PIPELINES)}")
    return PIPELINES[name]


def declines(text: str) -> bool:
    """Whether the text states that it gives no answer."""
    return not text.strip() or bool(_DECLINED.search(text))


def _messages(instruction: str, sources: str, question: str, history: Sequence[Turn]) -> list[Message]:
    messages = [Message("system", (Segment(instruction, reusable=True),))]
    for turn in history[-2:]:
        messages.append(Message("user", (Segment(turn.question),)))
        messages.append(Message("assistant", (Segment(turn.answer),)))
    messages.append(Message("user", (Segment(f"{sources}Question: {question}"),)))
    return messages


@dataclass(slots=True)
class _Writing:
    """A generation with its times."""

    generator: Generator | None
    config: GenerationConfig
    started: float = field(default_factory=time.perf_counter)
    parts: list[str] = field(default_factory=list)
    logprob: float | None = 0.0
    n_tokens: int = 0
    n_prompt_tokens: int = 0
    n_reused_tokens: int = 0
    retrieve_ms: float = 0.0
    first_token_ms: float = 0.0

    def retrieved(self) -> None:
        self.retrieve_ms = self._elapsed_ms()

    def tokens(self, messages: Sequence[Message]) -> Iterator[Event]:
        if self.generator is None:
            raise ValueError("this pipeline was built without a generator")
        sampling = Sampling(self.config.max_tokens, self.config.temperature, self.config.seed)
        for piece in self.generator.generate(messages, sampling):
            self.n_tokens += piece.n_tokens
            self.n_prompt_tokens += piece.n_prompt_tokens
            self.n_reused_tokens += piece.n_reused_tokens
            if piece.n_tokens:
                has_logprobs = self.logprob is not None and piece.logprob is not None
                self.logprob = (self.logprob or 0.0) + (piece.logprob or 0.0) if has_logprobs else None
            if piece.text:
                self.first_token_ms = self.first_token_ms or self._elapsed_ms()
                self.parts.append(piece.text)
                yield Token(piece.text)

    def final(self, question: str, hits: tuple[Hit, ...], embedder_id: str) -> Final:
        text = "".join(self.parts).strip()
        total = self._elapsed_ms()
        refusal = Refusal("not_in_sources", text) if declines(text) else None
        has_logprobs = self.logprob is not None and self.n_tokens
        return Final(
            Answer(
                question=question,
                text=text,
                sentences=() if refusal else _cited(text, hits),
                refusal=refusal,
                hits=hits,
                # A plain pipeline puts whole passages into the prompt.
                evidence=tuple(_whole(hit) for hit in hits),
                model_id=self.generator.model_id if self.generator else "",
                embedder_id=embedder_id,
                usage=Usage(self.n_prompt_tokens, self.n_tokens, self.n_reused_tokens),
                timings=Timings(
                    retrieve_ms=self.retrieve_ms,
                    first_token_ms=self.first_token_ms,
                    generate_ms=total - self.retrieve_ms,
                    total_ms=total,
                ),
                # The mean token probability, the usual confidence of a pipeline without checks.
                confidence=math.exp((self.logprob or 0.0) / self.n_tokens) if has_logprobs else None,
            )
        )

    def _elapsed_ms(self) -> float:
        return (time.perf_counter() - self.started) * 1000


def _whole(hit: Hit) -> Evidence:
    passage = hit.passage
    return Evidence(hit, passage.start, passage.end, passage.text, hit.score, passage.start, passage.end)


def _cited(text: str, hits: Sequence[Hit]) -> tuple[Sentence, ...]:
    spans = split_sentences(text)
    cited: list[list[Citation]] = [[] for _ in spans]
    for match in _MARKER.finditer(text):
        number = int(match.group(1))
        at = _sentence_of(match.start(), spans)
        if at is None or not 1 <= number <= len(hits):
            continue
        hit = hits[number - 1]
        passage = hit.passage
        if all(citation.marker != number for citation in cited[at]):
            cited[at].append(Citation(number, hit, passage.start, passage.end, passage.text, 0.0))
    return tuple(
        Sentence(text[span.start : span.end], span.start, span.end, tuple(citations))
        for span, citations in zip(spans, cited, strict=True)
    )


def _sentence_of(at: int, spans: Sequence[Span]) -> int | None:
    for number, span in enumerate(spans):
        if span.start <= at < span.end:
            # A marker at the start of a sentence belongs to the previous one.
            return number - 1 if number and at == span.start else number
    return None
