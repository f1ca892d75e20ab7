"""The protocol of a plan, and what it works with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from threading import Event as Flag
from typing import Protocol

from askive.rag.answer.conclusion import Tools
from askive.rag.answer.streaming import AnswerTrace
from askive.rag.question.analysis import Question
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter
from askive.rag.types import (
    Answer,
    Cited,
    Event,
    Final,
    Hit,
    Refusal,
    Row,
    Sentence,
    Sources,
    Token,
    Turn,
)


@dataclass(frozen=True, slots=True)
class PlanContext:
    """What a plan works with.

    admitted: the user's filter, checked. cancel: once it is set, the plan ends with what it has. trace: takes the times
    of the answer, and knows its kind. n_words: the length of a summary; None: as the question or the plan says.
    """

    question: Question
    history: Sequence[Turn]
    admitted: Filter
    cancel: Flag | None
    trace: AnswerTrace
    archive: Archive
    retriever: Retriever
    tools: Tools
    n_words: int | None = None

    @property
    def is_cancelled(self) -> bool:
        """Whether the user has stopped the answer."""
        return self.cancel is not None and self.cancel.is_set()


class AnswerPlan(Protocol):
    """Answers the questions of one kind."""

    def __call__(self, context: PlanContext) -> Iterator[Event]:
        """Yields the one stream of events: `Searching` first, `Progress` where it takes long, and `Final` at the end.

        A cancelled plan ends too, with an answer that says how far it came. Raises ModelError when the generator fails.
        """
        ...


@dataclass(slots=True)
class Text:
    """The text of an answer while it grows, with its sentences."""

    text: str = ""
    sentences: list[Sentence] = field(default_factory=list)

    def add(self, sentence: Sentence, separator: str = " ") -> Iterator[Event]:
        """Append a sentence: `Token` and `Cited`. Its offsets are set. separator: between it and the one before."""
        lead = separator if self.text else ""
        yield Token(f"{lead}{sentence.text}")
        start = len(self.text) + len(lead)
        self.text += f"{lead}{sentence.text}"
        self.sentences.append(replace(sentence, start=start, end=len(self.text)))
        yield Cited(self.sentences[-1])


@dataclass(frozen=True, slots=True)
class Table:
    """An answer that code has written: sentences that sum up the rows below them.

    hits: the passages that the rows cite. refusal: why there is no answer; then there are no sentences and no rows.
    """

    sentences: Sequence[str] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    hits: tuple[Hit, ...] = ()
    refusal: Refusal | None = None

    def events(self, context: PlanContext) -> Iterator[Event]:
        """`Sources`, the sentences, and `Final`."""
        yield Sources(self.hits, None)
        yield from self.conclusion(context)

    def conclusion(self, context: PlanContext) -> Iterator[Event]:
        """The sentences and `Final`, for a plan that has told its `Sources` before."""
        written = Text()
        for words in self.sentences:
            yield from written.add(Sentence(words, 0, 0, verdict="supported"))
        yield self.final(context, written)

    def final(self, context: PlanContext, written: Text) -> Final:
        """The end of the answer; written: its text."""
        return Final(
            Answer(
                question=context.trace.question,
                text=self.refusal.message if self.refusal else written.text,
                sentences=tuple(written.sentences),
                refusal=self.refusal,
                hits=self.hits,
                evidence=(),
                model_id=context.tools.generator.model_id,
                embedder_id=context.archive.embedder.model_id,
                usage=context.trace.usage(),
                timings=context.trace.timings(),
                kind=context.trace.kind,
                notes=context.trace.notes,
                columns=self.columns,
                rows=self.rows,
            )
        )
