"""Which documents, or how many, mention something: all of them, counted and listed by code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from askive.rag.answer.plans.plan import PlanContext, Table
from askive.rag.question.analysis import Question
from askive.rag.retrieval.mentions import DocumentMentions, MentionSearch
from askive.rag.text.dates import date_range
from askive.rag.text.sentences import Span, is_finished, split_sentences
from askive.rag.text.time_expressions import Time
from askive.rag.types import (
    Citation,
    Event,
    Hit,
    Passage,
    Progress,
    Refusal,
    Row,
    Searching,
    Source,
    Verdict,
)

COLUMNS = ("Date", "Publisher", "Title", "Mentions")
_MAX_PUBLISHERS = 10
_NO_TOPIC = "It is not clear what to look for. Name it, or put it in quotation marks."


def mentions(context: PlanContext) -> Iterator[Event]:
    """Counts the documents that mention what the question asks about, and lists them by date with a quote from each.

    Publishers and times that the question names restrict the documents. Documents that may mention it, or that may be
    of the time, are listed apart.
    """
    topic = context.question.topic
    scope = _Scope.read(context)
    yield Searching(topic.text, filtered=scope.restriction, kind=context.trace.kind)
    if not topic.phrases:
        yield from Table(refusal=Refusal("nothing_relevant", _NO_TOPIC)).events(context)
        return
    sources = {source.doc_id: source for source in scope.sources}
    searches = [
        MentionSearch(context.archive, sources, phrase, lambda: context.is_cancelled)
        for phrase in topic.phrases
    ]
    done = total = 0
    for search in searches:
        n_done = n_total = 0
        for n_done, n_total in search.steps():
            yield Progress(done + n_done, total + n_total, "passages")
        done, total = done + n_done, total + n_total
    context.trace.mark_retrieved()
    documents = [
        document
        for source in scope.sources
        if (document := _Document.read(source, searches, topic.is_any, scope))
    ]
    summary = _summary(documents, searches, topic.text, scope)
    if context.is_cancelled:
        summary[0] = f"Stopped after {done:,} of {total:,} passages. So far: {summary[0]}"
    if scope.unknown:
        yield from Table([scope.unknown_text(), f"Without that: {summary[0]}"]).events(context)
        return
    hits, rows = _rows(documents)
    yield from Table(summary, COLUMNS, rows, hits).events(context)


@dataclass(frozen=True, slots=True)
class _Scope:
    """The documents that are counted.

    sources: of the publishers and times that the question names, under the user's filter. times: those.
    restriction: all of this in words. publishers: of the archive. unknown: names in the place of a publisher that no
    document has.
    """

    sources: tuple[Source, ...]
    times: tuple[Time, ...]
    restriction: str
    publishers: tuple[str, ...]
    unknown: tuple[str, ...]

    @classmethod
    def read(cls, context: PlanContext) -> _Scope:
        store, admitted = context.archive.store, context.admitted
        publishers = store.publishers()
        rest = context.retriever.understand(context.retriever.read(context.question.topic.rest))
        sources = [
            source
            for source in store.sources(admitted)
            if (not rest.publishers or source.publisher in rest.publishers)
            and (not rest.times or any(source.published and t.includes(source.published) for t in rest.times))
        ]
        restriction = ", ".join(part for part in (context.trace.filtered, rest.describe()) if part)
        return cls(tuple(sources), rest.times, restriction, tuple(publishers), _unknown(rest))

    def is_of_the_time(self, source: Source) -> bool:
        """Whether the document surely is of one of the times: `2015` may be of November."""
        if not self.times or source.published is None:
            return not self.times
        return any(time.covers(*date_range(source.published)) for time in self.times)

    def unknown_text(self) -> str:
        """That no document is of what the question names."""
        known = ", ".join(self.publishers[:_MAX_PUBLISHERS]) or "none"
        more = ", ..." if len(self.publishers) > _MAX_PUBLISHERS else ""
        return f"No document here is known to be by {' or '.join(self.unknown)}; publishers: {known}{more}."


def _unknown(rest: Question) -> tuple[str, ...]:
    """Names in the question that are not looked for and are neither a publisher nor a time."""
    understood = " ".join([*rest.publishers, *(time.wording for time in rest.times)]).lower()
    return tuple(name.text for name in rest.sure_names if not all(word in understood for word in name.words))


@dataclass(frozen=True, slots=True)
class _Document:
    """A document of the answer. mentions: one for each phrase that it has. is_sure: whether it counts."""

    source: Source
    mentions: tuple[DocumentMentions, ...]
    is_sure: bool

    @classmethod
    def read(
        cls, source: Source, searches: Sequence[MentionSearch], is_any: bool, scope: _Scope
    ) -> _Document | None:
        """None when it does not mention the phrases."""
        enough = any if is_any else all
        sure = [search.sure.get(source.doc_id) for search in searches]
        if enough(sure):
            return cls(source, tuple(filter(None, sure)), scope.is_of_the_time(source))
        likely = [
            found or search.likely.get(source.doc_id) for found, search in zip(sure, searches, strict=True)
        ]
        return cls(source, tuple(filter(None, likely)), False) if enough(likely) else None

    @property
    def order(self) -> tuple[bool, bool, str, str]:
        """Sure ones first, then by date; without a date last."""
        published = self.source.published or ""
        return not self.is_sure, not published, published, self.source.uri

    def row(self, marker: int) -> tuple[Row, Hit | None]:
        """The row, and the passage that it quotes; None for a document that has the phrase only in its title."""
        source, n = self.source, sum(found.n for found in self.mentions)
        values = {
            "Date": source.published or "",
            "Publisher": source.publisher or "",
            "Title": source.title,
            "Mentions": f"{n:,}" if n else "in the title",
        }
        verdict: Verdict = "supported" if self.is_sure else "unchecked"
        quote = _best_sentence(self.mentions)
        if quote is None:
            return Row(values, source.published, (), verdict), None
        passage, (start, end) = quote
        hit = Hit(passage, source, float(n), marker, "lexical")
        citation = Citation(marker, hit, start, end, passage.between(start, end), 1.0)
        return Row(values, source.published, (citation,), verdict), hit


def _rows(documents: Sequence[_Document]) -> tuple[tuple[Hit, ...], tuple[Row, ...]]:
    hits: list[Hit] = []
    rows: list[Row] = []
    for document in sorted(documents, key=lambda document: document.order):
        row, hit = document.row(len(hits) + 1)
        rows.append(row)
        hits += [hit] if hit else []
    return tuple(hits), tuple(rows)


def _best_sentence(mentions: Sequence[DocumentMentions]) -> tuple[Passage, Span] | None:
    """The sentence with the most phrases; a whole one before a heading; then the one with the most places of them, then
    the first. Offsets into the document."""
    places: dict[tuple[int, int], tuple[Passage, list[tuple[int, Span]]]] = {}
    for phrase, found in enumerate(mentions):
        for key, (passage, spans) in found.spans.items():
            places.setdefault(key, (passage, []))[1].extend((phrase, span) for span in spans)
    if not places:
        return None

    def weight(found: Sequence[tuple[int, Span]]) -> tuple[int, int]:
        return len({phrase for phrase, _ in found}), len(found)

    passage, inside = max(places.values(), key=lambda item: (*weight(item[1]), -item[0].start))
    sentences = [
        Span(passage.start + start, passage.start + end) for start, end in split_sentences(passage.text)
    ]

    def worth(sentence: Span) -> tuple[int, bool, int, int]:
        n_phrases, n_places = weight([f for f in inside if sentence.start <= f[1].start < sentence.end])
        is_whole = is_finished(passage.between(*sentence))
        return n_phrases, is_whole, n_places, -sentence.start

    best = max(sentences, key=worth)
    return passage, best


def _summary(
    documents: Sequence[_Document], searches: Sequence[MentionSearch], topic: str, scope: _Scope
) -> list[str]:
    """The count, those that may mention it, and the other names that were counted."""
    sure = [document for document in documents if document.is_sure]
    n, n_likely, total = len(sure), len(documents) - len(sure), len(scope.sources)
    restriction = f" ({scope.restriction})" if scope.restriction else ""
    # A name stands for itself, other words are quoted.
    named = f"“{topic}”" if topic[:1].islower() else topic
    whole = f"{total:,} document{'' if total == 1 else 's'}{restriction}"
    sentences = [f"{f'{n:,}' if n else 'None'} of {whole} mention{'s' if n < 2 else ''} {named}."]
    if n_likely:
        sentences.append(f"{n_likely:,} {'more ' if n else ''}may.")
    for search in searches:
        n_other = sum(document.source.doc_id not in search.by_name for document in sure)
        if search.aliases:
            sentences.append(
                f"Counted as the same, because the documents say so: {', '.join(search.aliases)}"
                f" (only by such a name: {n_other:,})."
            )
    return sentences
