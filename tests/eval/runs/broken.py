"""Pipelines with a fault planted in them: what `compare` and `gate` must catch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from askive.eval.runs.pipelines import DefaultPipeline
from askive.models.protocols import Generator
from askive.rag.config import Config
from askive.rag.factory import open_retriever
from askive.rag.question.analysis import Question
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter
from askive.rag.types import Event, Final, Hit, Refusal, Sentence, Token, Turn


class _WorstFirst:
    """A retriever that returns the other end of its list."""

    def __init__(self, retriever: Retriever) -> None:
        self._retriever = retriever

    def read(self, text: str) -> Question:
        return self._retriever.read(text)

    def understand(self, question: Question) -> Question:
        return self._retriever.understand(question)

    def retrieve(
        self,
        question: Question | str,
        history: Sequence[Turn] = (),
        top_k: int | None = None,
        admitted: Filter | None = None,
    ) -> tuple[Hit, ...]:
        hits = self._retriever.retrieve(question, history, 200)[::-1][: top_k or 10]
        return tuple(replace(hit, rank=rank, score=1 / rank) for rank, hit in enumerate(hits, start=1))


class BrokenRetriever(DefaultPipeline):
    """Finds the least relevant passages."""

    def __init__(self, archive: Archive, generator: Generator | None, config: Config) -> None:
        super().__init__(archive, generator, config)
        worst: Any = _WorstFirst(open_retriever(config, archive))
        self._retriever = worst
        if self._assistant is not None:
            self._assistant._answerer.preparer.retriever = worst


class NeverRefuses(DefaultPipeline):
    """Says something whatever was found."""

    def stream(self, question: str, history: Sequence[Turn]) -> Iterator[Event]:
        for event in super().stream(question, history):
            if isinstance(event, Final) and event.answer.refused:
                text = "It was the mayor."
                sentence = Sentence(text, 0, len(text))
                yield Final(replace(event.answer, text=text, sentences=(sentence,), refusal=None))
            else:
                yield event


class AlwaysRefuses(DefaultPipeline):
    """Says nothing whatever was found."""

    def stream(self, question: str, history: Sequence[Turn]) -> Iterator[Event]:
        for event in super().stream(question, history):
            if isinstance(event, Final):
                refusal = Refusal("not_in_sources", "The documents do not say.")
                yield Final(replace(event.answer, text=refusal.message, sentences=(), refusal=refusal))
            elif not isinstance(event, Token):
                yield event


class MisquotingCiter(DefaultPipeline):
    """Shifts every citation by one character without telling its quote."""

    def stream(self, question: str, history: Sequence[Turn]) -> Iterator[Event]:
        for event in super().stream(question, history):
            if isinstance(event, Final):
                sentences = tuple(
                    replace(
                        s, citations=tuple(replace(c, start=c.start + 1, end=c.end + 1) for c in s.citations)
                    )
                    for s in event.answer.sentences
                )
                yield Final(replace(event.answer, sentences=sentences))
            else:
                yield event


class Raises(DefaultPipeline):
    """Fails on every question."""

    def stream(self, question: str, history: Sequence[Turn]) -> Iterator[Event]:
        raise RuntimeError("the engine is on fire")


class RaisesOnMill(DefaultPipeline):
    """Fails on questions about a mill."""

    def stream(self, question: str, history: Sequence[Turn]) -> Iterator[Event]:
        if "mill" in question:
            raise RuntimeError("no mills, please")
        return super().stream(question, history)
