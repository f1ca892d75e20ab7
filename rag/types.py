"""Data types of the pipeline: Document -> Passage -> Hit -> Prompt -> events -> Answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from askive.rag.notebook import HtmlAnswer
from askive.rag.turn import QuestionKind as QuestionKind
from askive.rag.turn import Turn as Turn

if TYPE_CHECKING:
    from askive.models.protocols import Message

Polarity = Literal["Yes", "No"]

Stage = Literal["dense", "lexical", "fused", "reranked"]
Verdict = Literal["supported", "unsupported", "contradicted", "unchecked", "cut_off"]
"""cut_off: the sentence is incomplete, so its meaning is unknown and it is never supported."""
RefusalReason = Literal["empty_archive", "nothing_relevant", "not_in_sources", "unsupported"]


QUESTION_LABEL = "Question: "
"""Stands before the question in a prompt."""

PAGE_BREAK = "\f"
"""Separates the pages in a document's text, so that an offset gives the page."""

NOT_READ = "not_read"
"""Metadata field with the parts of a source that were not read, such as `page 2 of 3 has no text`."""

FILE_DATE = "file_date"
"""Metadata field with the day on which a file was made or changed, which need not be the date of its text."""


class TableRows(NamedTuple):
    """Consecutive rows of one table, each a line of the document's text between the offsets `start` and `end`.

    table: 1-based, on its page or else in the document; 0 for a sheet. first: number of the first row; heads count.
    """

    start: int
    end: int
    table: int
    first: int


@dataclass(frozen=True, slots=True)
class Document:
    """A source and its text.

    doc_id: assigned by the store; 0 before.
    uri: identifies the source; unique in a collection.
    title: for display.
    text: the text that offsets refer to, which never changes; PAGE_BREAK separates pages.
    media_type: such as `text/markdown`.
    published: ISO date, with the known precision: `2016`, `2016-01` or `2016-01-25`.
    publisher: None if unknown.
    sha256: of the source's bytes.
    metadata: other fields of the source, such as `place`; values are strings or lists of strings.
    rows: of tables, in order. A store keeps them with the passages.
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
    rows: tuple[TableRows, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Source:
    """A document without its text, in a hit. Fields as in `Document`."""

    doc_id: int
    uri: str
    title: str
    media_type: str
    published: str | None = None
    publisher: str | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a document; always `document.text[start:end] == text`.

    passage_id: assigned by the store; 0 before.
    start, end: character offsets into the document's text.
    heading: the headings above it, joined with ` > `.
    page: 1-based page of a paged document. rows: of tables, in order.
    """

    text: str
    start: int
    end: int
    heading: str = ""
    page: int | None = None
    passage_id: int = 0
    doc_id: int = 0
    rows: tuple[TableRows, ...] = ()

    def between(self, start: int, end: int) -> str:
        """The document's text from offset `start` to `end`, which must be within the passage."""
        return self.text[start - self.start : end - self.start]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was retrieved.

    source: the passage's document.
    score: of the last stage, higher is better; comparable only within one result.
    rank: 1-based.
    stage: the step that computed the score.
    parts: the parts of the score, by name, for an explanation.
    also: sources of near-duplicates of the passage, which are not listed as hits.
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
    """Consecutive sentences of one passage that are relevant to a question.

    hit: the passage with the sentences.
    start, end: offsets into the document's text.
    text: `document.text[start:end]`.
    score: of the best sentence.
    best_start, best_end: offsets of the best sentence, which is quoted first.
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
        """The best sentence, verbatim."""
        return self.text[self.best_start - self.start : self.best_end - self.start]


@dataclass(frozen=True, slots=True)
class Prompt:
    """The input of the generator.

    messages: system and user turns, in segments. The last turn has the excerpts, the question and the request.
    hits: marker n in the prompt refers to hits[n-1].
    evidence: the evidence, in the order of the prompt.
    """

    messages: tuple[Message, ...]
    hits: tuple[Hit, ...]
    evidence: tuple[Evidence, ...]

    @property
    def question(self) -> str:
        """The question as the generator reads it: in one line, a long one shortened."""
        return self.messages[-1].segments[-2].text.removeprefix(QUESTION_LABEL)


@dataclass(frozen=True, slots=True)
class Citation:
    """A span of a source; always `document.text[start:end] == quote`.

    marker: the number shown to the user; 0 if none is shown.
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
    """A sentence of the answer; `answer.text[start:end] == text`.

    citations: the spans that support it, best first; empty if there are none.
    verdict: the result of the checks.
    reasons: why it is not supported, for users; empty when it is.
    is_wording_only: the rules reject only its wording: its numbers, dates and names are those of its citations.
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
    """One of several values that the sources state for the same fact.

    value: as the sources spell it.
    citations: of the sources that state it, newest first; a source that states the value in full precedes all others.
    published: the newest of their dates; None when none is known.
    """

    value: str
    citations: tuple[Citation, ...]
    published: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of an answer that is a table: a document, a value, an event.

    values: texts by the name of their column; a column without a text is missing.
    date: ISO date of the row, as precise as known; None when there is none.
    citations: the spans that it is based on, best first; empty for what is only counted.
    verdict: supported, or unchecked when it may not belong to the answer.
    """

    values: Mapping[str, str]
    date: str | None = None
    citations: tuple[Citation, ...] = ()
    verdict: Verdict = "supported"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no answer.

    reason: a code for programs. message: a text for users.
    nearby: related passages.
    filtered: the filter that excluded other documents, as text; empty when there was none.
    """

    reason: RefusalReason
    message: str
    nearby: tuple[Citation, ...] = ()
    filtered: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts. n_reused_tokens: prompt tokens whose attention state was cached."""

    n_prompt_tokens: int = 0
    n_completion_tokens: int = 0
    n_reused_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds since the question arrived (first_token) or for one step (the others).

    check_ms: by check. Work that was done before the question was asked is included.
    """

    retrieve_ms: float = 0.0
    first_token_ms: float = 0.0
    generate_ms: float = 0.0
    verify_ms: float = 0.0
    total_ms: float = 0.0
    check_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer(HtmlAnswer):
    """The final result for a question, which may be a refusal.

    text: the text shown to the user.
    hits: the retrieved passages, best first. evidence: the evidence in the prompt.
    confidence: probability that the archive has the answer, 0 to 1; None when it was not computed.
    left_out: sentences that the sources do not support, as generated.
    disagreement: the different values that the sources state, newest first; None when they agree.
    unanswered: parts of the question, verbatim, about which the documents have nothing; the rest is answered.
    set_aside: sentences of the hits that are no evidence, because they have control tokens; their marker is 0.
    kind: as what the question was answered; None when the pipeline knows no kinds.
    notes: how the question was read (follow-up completed, word corrected, translation); what a filter by date left out.
    columns, rows: the answer as a table, with its columns in order; empty for an answer in sentences. A sentence that
    sums up the rows has no citations of its own.
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
    kind: QuestionKind | None = None
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The spans that its sentences and rows cite, in their order."""
        parts: list[Sentence | Row] = [*self.sentences, *self.rows]
        return tuple(citation for part in parts for citation in part.citations)

    @property
    def refused(self) -> bool:
        """Whether the answer is a refusal."""
        return self.refusal is not None

    @property
    def n_left_out(self) -> int:
        """Number of sentences left out."""
        return len(self.left_out)


@dataclass(frozen=True, slots=True)
class Searching:
    """Event: retrieval starts.

    query: the query sent to the indexes. kind, notes: as in `Answer`.
    understood: the restrictions stated in the question, as text; empty if there are none. filtered: the filter.
    """

    query: str
    understood: str = ""
    filtered: str = ""
    kind: QuestionKind | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sources:
    """Event: retrieval is done. first: the best evidence as a citation, shown before generation."""

    hits: tuple[Hit, ...]
    first: Citation | None


@dataclass(frozen=True, slots=True)
class Progress:
    """Event: `done` of `total` steps of a long search are done. what: the noun for the steps, in the plural."""

    done: int
    total: int
    what: str


@dataclass(frozen=True, slots=True)
class Token:
    """Event: the next part of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class Cited:
    """Event: a sentence of the answer is complete and cited. Comes before later tokens."""

    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Final:
    """Event: the answer is complete; always the last event."""

    answer: Answer


Event = Searching | Sources | Progress | Token | Cited | Final
