"""What flows: Document -> Passage -> Hit -> Prompt -> events -> Answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from askive.models.protocols import Message

Polarity = Literal["Yes", "No"]

Stage = Literal["dense", "lexical", "fused", "reranked"]
Verdict = Literal["supported", "unsupported", "contradicted", "unchecked", "cut_off"]
"""cut_off: the sentence did not end, so what it would have said is not known and it is never supported."""
RefusalReason = Literal["empty_archive", "nothing_relevant", "not_in_sources", "unsupported"]


PAGE_BREAK = "\f"
"""Separates the pages in a document's text, so that offsets give the page."""


@dataclass(frozen=True, slots=True)
class Document:
    """A source as it was read.

    doc_id: integer given by the store; 0 before it is stored.
    uri: where it came from; unique in a collection.
    title: for people.
    text: the characters that offsets point into, for good; pages are set apart by PAGE_BREAK.
    media_type: such as `text/markdown`.
    published: ISO date, only as precise as known: `2016`, `2016-01` or `2016-01-25`.
    publisher: who published it, if known.
    sha256: of the source's bytes.
    metadata: other fields of the source, such as `place`; values are strings or lists of strings.
    """

    uri: str
    title: str
    text: str
    media_type: str
    sha256: str
    published: str | None = None
    publisher: str | None = None
    metadata: dict[str, str | list[str]] = field(default_factory=dict)
    doc_id: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """A document without its text, as a hit carries it. Fields as in `Document`."""

    doc_id: int
    uri: str
    title: str
    media_type: str
    published: str | None = None
    publisher: str | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a document: `document.text[start:end] == text`, always.

    passage_id: integer given by the store; 0 before it is stored.
    start, end: character offsets into the document's text.
    heading: the headings above it, joined with ` > `.
    page: 1-based page of a paged document.
    """

    text: str
    start: int
    end: int
    heading: str = ""
    page: int | None = None
    passage_id: int = 0
    doc_id: int = 0

    def between(self, start: int, end: int) -> str:
        """The document's characters from `start` to `end`, which lie in the passage."""
        return self.text[start - self.start : end - self.start]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found.

    source: the passage's document.
    score: of the stage, higher is better; only comparable within one result.
    rank: 1-based.
    stage: which step gave the score.
    parts: what the score is made of, by name; for those who ask why.
    also: sources of near-copies of the passage, which are not listed by themselves.
    """

    passage: Passage
    source: Source
    score: float
    rank: int
    stage: Stage
    parts: dict[str, float] = field(default_factory=dict)
    also: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Neighbouring sentences of one passage that are worth reading for a question.

    hit: the passage that contains them.
    start, end: offsets into the document's text.
    text: `document.text[start:end]`.
    score: of the best sentence within.
    best_start, best_end: offsets of that sentence, to be quoted first.
    """

    hit: Hit
    start: int
    end: int
    text: str
    score: float
    best_start: int
    best_end: int

    @property
    def best_text(self) -> str:
        """The best sentence, with the exact characters of the document."""
        return self.text[self.best_start - self.start : self.best_end - self.start]


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the generator reads.

    messages: system and user turns, in segments; the very last one says how the question is to be answered.
    hits: marker n in the prompt is hits[n-1].
    evidence: what was put in, in the order of the prompt.
    """

    messages: tuple[Message, ...]
    hits: tuple[Hit, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Citation:
    """A span of a source: `document.text[start:end] == quote`, always.

    marker: the number shown to the reader; 0 when none is shown.
    score: how well the span supports the sentence, 0 to 1.
    """

    marker: int
    hit: Hit
    start: int
    end: int
    quote: str
    score: float


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the answer: `answer.text[start:end] == text`.

    citations: the spans that support it, best first; empty if there are none.
    verdict: what the checks say of it.
    reasons: why it is not supported, for people; empty when it is.
    is_wording_only: the rules object to its wording alone: its numbers, dates and names are those of its citations.
    """

    text: str
    start: int
    end: int
    citations: tuple[Citation, ...] = ()
    verdict: Verdict = "unchecked"
    reasons: tuple[str, ...] = ()
    is_wording_only: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """One of several values that the sources give for the same thing.

    value: as the sources spell it.
    citations: who gives it, newest first; before all, who gives the value in full.
    published: the newest of their dates; None when none is known.
    """

    value: str
    citations: tuple[Citation, ...]
    published: str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no answer is given.

    reason: for programs.
    message: for people.
    nearby: what was found near the question.
    filtered: the filter that kept other documents out, in words; empty when there was none.
    """

    reason: RefusalReason
    message: str
    nearby: tuple[Citation, ...] = ()
    filtered: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens. n_reused_tokens: part of the prompt whose attention state was kept from before."""

    n_prompt_tokens: int = 0
    n_completion_tokens: int = 0
    n_reused_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds from the question's arrival (first_token) or of a step (the others).

    check_ms: of every check that was made: `weigh` (evidence, reader, whether to answer), `cite` (citations and
        verdicts), `doubt`, `quote`, `accounts`. What was done before the question was asked is counted too.
    """

    retrieve_ms: float = 0.0
    first_token_ms: float = 0.0
    generate_ms: float = 0.0
    verify_ms: float = 0.0
    total_ms: float = 0.0
    check_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """The final word on a question. A refusal is an Answer too.

    text: what is shown.
    hits: what was retrieved, best first.
    evidence: what was read.
    confidence: probability that the archive holds the answer, 0 to 1; None when nothing was scored.
    left_out: sentences that the sources do not support, as the model wrote them.
    disagreement: the values that the sources give when they differ, newest first; None when they do not.
    unanswered: parts of the question, in the user's words, on which the documents say nothing; the rest is answered.
    set_aside: sentences of the hits that were not used as evidence, because they hold control tokens of a chat
    template; their marker is 0.
    """

    question: str
    text: str
    sentences: tuple[Sentence, ...]
    refusal: Refusal | None
    hits: tuple[Hit, ...]
    evidence: tuple[Evidence, ...]
    model_id: str
    embedder_id: str
    usage: Usage
    timings: Timings
    confidence: float | None = None
    left_out: tuple[Sentence, ...] = ()
    disagreement: tuple[Account, ...] | None = None
    unanswered: tuple[str, ...] = ()
    set_aside: tuple[Citation, ...] = ()

    @property
    def refused(self) -> bool:
        """True when the question was not answered."""
        return self.refusal is not None

    @property
    def n_left_out(self) -> int:
        """How many sentences were left out."""
        return len(self.left_out)


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation and the answer that was shown."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Searching:
    """Event: retrieval begins.

    query: what reaches the indexes.
    understood: what the question said about where to look, in words; empty if nothing.
    filtered: the filter in words; empty if none.
    """

    query: str
    understood: str = ""
    filtered: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """Event: retrieval is done. first: the best evidence as a citation, shown before the model speaks."""

    hits: tuple[Hit, ...]
    first: Citation | None


@dataclass(frozen=True, slots=True)
class Token:
    """Event: more text of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Cited:
    """Event: a sentence of the answer is complete and has its citations. Comes before later tokens."""

    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Final:
    """Event: the answer is complete; always the last one."""

    answer: Answer


Event = Searching | Sources | Token | Cited | Final
