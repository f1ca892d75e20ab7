"""Wire types: what requests and responses look like. The bodies of responses are those of `--json`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from askive.rag.answer.answerer import LONGEST_QUESTION_CHARS
from askive.rag.store.filters import Filter, parse_filter
from askive.rag.types import QuestionKind, RefusalReason, Stage, Turn, Verdict

MAX_TURNS = 100
MAX_TEXT_CHARS = 200_000
MAX_HITS = 200

Name = Annotated[str, Field(min_length=1, max_length=64, examples=["seeds"])]
Uri = Annotated[str, Field(min_length=1, max_length=4096)]
Text = Annotated[str, Field(min_length=1, max_length=LONGEST_QUESTION_CHARS)]
_QUESTION = "How many jets and helicopters does Russia have in Latakia?"


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Response(BaseModel):
    model_config = ConfigDict(extra="forbid")


Date = Annotated[str, Field(max_length=64, examples=["2015-10"], description="a day, month or year")]
Glob = Annotated[str, Field(max_length=4096, description="a glob over the address")]


class Conditions(_Request):
    """Conditions that a document must all meet. after, before: a day, month or year, inclusive."""

    after: Date | None = None
    before: Date | None = None
    publishers: list[str] = Field([], max_length=100, description="any of these")
    path: Glob | None = None
    documents: list[str] = Field([], max_length=1000, description="any of these, by title, path or id")
    where: dict[str, str] = Field({}, max_length=20, description="metadata fields and parts of their values")

    def parsed(self) -> Filter:
        """The filter. Raises UsageError for an invalid value."""
        return parse_filter(
            after=self.after,
            before=self.before,
            publishers=self.publishers,
            path=self.path,
            documents=self.documents,
            where=[f"{field}={value}" for field, value in self.where.items()],
        )


class PastTurn(_Request):
    """An earlier question and its answer."""

    question: Text
    answer: str = Field(max_length=MAX_TEXT_CHARS)
    kind: QuestionKind | None = None

    def turn(self) -> Turn:
        """As the assistant takes it."""
        return Turn(self.question, self.answer, self.kind)


class AnswerRequest(_Request):
    """A question."""

    question: Text = Field(examples=[_QUESTION])
    collection: Name | None = Field(None, description="without it: the one that `askive ask` would use")
    kind: QuestionKind | None = Field(
        None, description="as what to answer it; without it the question decides"
    )
    filter: Conditions = Conditions()
    history: list[PastTurn] = Field([], max_length=MAX_TURNS, description="earlier turns, for a follow-up")
    stream: bool = Field(False, description="events as server-sent events, the last one with the answer")


class SearchRequest(_Request):
    """A search."""

    query: Text = Field(examples=["peace talks"])
    collection: Name | None = None
    top_k: int | None = Field(None, ge=1, le=MAX_HITS)
    filter: Conditions = Conditions()


class VerifyRequest(_Request):
    """A text to check against a collection."""

    text: str = Field(min_length=1, max_length=MAX_TEXT_CHARS, examples=["Russia has fifty jets in Latakia."])
    collection: Name | None = None
    generator: bool = Field(
        True, description="let the generator judge; without it the less accurate reader does"
    )


class NewCollection(_Request):
    """A collection to create."""

    name: Name = Field(examples=["letters"])


class SourceView(_Response):
    """A document."""

    uri: str
    title: str
    published: str | None
    publisher: str | None


class CitationView(SourceView):
    """A span: the characters `start` to `end` of the document's text are `quote`."""

    marker: int
    page: int | None
    locator: str
    start: int
    end: int
    quote: str
    score: float


class HitView(SourceView):
    """A passage that was found."""

    rank: int
    passage_id: int
    heading: str
    page: int | None
    locator: str
    start: int
    end: int
    text: str
    score: float
    stage: Stage
    parts: dict[str, float]
    also: list[SourceView]


class SentenceView(_Response):
    """A sentence with the result of the checks."""

    text: str
    start: int
    end: int
    verdict: Verdict
    reasons: list[str]
    citations: list[CitationView]


class RowView(_Response):
    """A row of an answer that is a table."""

    values: dict[str, str]
    date: str | None
    verdict: Verdict
    citations: list[CitationView]


class AccountView(_Response):
    """One of several values that the sources state."""

    value: str
    published: str | None
    citations: list[CitationView]


class TimingsView(_Response):
    """Milliseconds."""

    retrieve: float
    first_token: float
    generate: float
    verify: float
    total: float
    checks: dict[str, float]


class UsageView(_Response):
    """Token counts."""

    prompt_tokens: int
    completion_tokens: int
    reused_tokens: int


class AnswerView(_Response):
    """An answer, as `askive ask --json` prints it. A refusal is an answer too."""

    question: str
    kind: QuestionKind | None
    notes: list[str]
    answer: str
    refused: bool
    refusal_reason: RefusalReason | None
    refusal_filter: str
    nearby: list[CitationView]
    sentences: list[SentenceView]
    columns: list[str]
    rows: list[RowView]
    left_out: list[SentenceView]
    disagreement: list[AccountView]
    unanswered: list[str]
    set_aside: list[CitationView]
    hits: list[HitView]
    confidence: float | None
    model: str
    embedder: str
    timings_ms: TimingsView
    usage: UsageView


class SearchView(_Response):
    """The hits, best first. understood: what was ranked higher because of the query, as text."""

    hits: list[HitView]
    understood: str


class VerifyView(_Response):
    """The sentences of a text. checks: `rules`, then `generator` or `reader`."""

    sentences: list[SentenceView]
    checks: list[str]


class CountView(_Response):
    """Something, and the number of documents that have it."""

    label: str
    n_documents: int


class TypicalView(SourceView):
    """A document with its id and kind."""

    doc_id: int
    media_type: str


class GroupView(_Response):
    """Documents of similar content."""

    title: str
    n_documents: int
    typical: TypicalView


class OverviewView(_Response):
    """What is in a collection, as `askive overview --json` prints it."""

    n_documents: int
    n_passages: int
    first: str | None
    last: str | None
    n_undated: int
    media: list[CountView]
    publishers: list[CountView]
    authors: list[CountView]
    people: list[CountView]
    languages: list[CountView]
    tags: list[CountView]
    folders: list[CountView]
    names: list[CountView]
    topics: list[CountView]
    groups: list[GroupView]


class DocumentView(SourceView):
    """A document in a list. file: its name. not_read: the parts that were not read."""

    file: str
    media_type: str
    not_read: list[str]


class DocumentsView(_Response):
    """Documents by title. n_documents: of all that match. next: the `offset` of the next page, or null."""

    documents: list[DocumentView]
    n_documents: int
    next: int | None


class SpanView(SourceView):
    """The characters `start` to `end` of a document's text. n_characters: length of the whole text."""

    media_type: str
    metadata: dict[str, str | list[str]]
    n_characters: int
    start: int
    end: int
    text: str


class IngestionView(_Response):
    """An upload that is being indexed. done, total: passages embedded so far, and of all (0 until the end)."""

    ingestion_id: str
    collection: str
    name: str
    state: Literal["reading", "indexing", "done", "failed"]
    uri: str
    done: int
    total: int
    n_passages: int | None
    error: ErrorView | None


class RemovedView(_Response):
    """A document that was removed."""

    removed: str


class ErrorView(_Response):
    """What failed, why, and how to fix it."""

    kind: str
    message: str
    remedy: str


class FailureView(_Response):
    """The body of every response that is an error."""

    error: ErrorView


class CollectionView(_Response):
    """A collection, as `askive collections --json` prints it; with `error` if it cannot be read."""

    name: str
    documents: int | None
    passages: int | None
    embedder: str | None
    error: ErrorView | None = None


class CollectionsView(_Response):
    """The collections that the caller may use."""

    collections: list[CollectionView]


class HealthView(_Response):
    """status: `ok`, or `starting` while the models are loaded."""

    status: Literal["ok", "starting"]
