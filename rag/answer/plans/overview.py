"""What is in the collection, as an answer: the same as `askive overview`."""

from __future__ import annotations

from collections.abc import Iterator

from askive.rag.answer.plans.plan import PlanContext, Table
from askive.rag.answer.refusal import ADD_BY_COMMAND
from askive.rag.overview.overview import Count, Group, OverviewBuilder
from askive.rag.text.sentences import split_sentences
from askive.rag.types import Citation, Event, Hit, Progress, Refusal, Row, Searching

COLUMNS = ("Part", "What", "Documents")
_EMPTY = f"There are no documents to describe yet. {ADD_BY_COMMAND}"


def overview(context: PlanContext) -> Iterator[Event]:
    """Counts kinds of files, dates, publishers, authors, names and topics, and groups the documents by content.

    It concerns the whole collection, or the documents of the user's filter; whatever else the question names is not
    looked at. A group cites the beginning of its most typical document.
    """
    yield Searching(context.question.query, filtered=context.trace.filtered, kind=context.trace.kind)
    builder = OverviewBuilder(context.archive, context.admitted, lambda: context.is_cancelled)
    done = total = 0
    for done, total in builder.steps():
        yield Progress(done, total, "passages")
    made = builder.build()
    context.trace.mark_retrieved()
    if not made.n_documents:
        yield from Table(refusal=Refusal("empty_archive", _EMPTY)).events(context)
        return
    summary = list(made.describe())
    if context.is_cancelled:
        summary.insert(
            0, f"Stopped after {done:,} of {total:,} passages; names, topics and groups are of these."
        )
    rows = [_row(part, count) for part, counts in made.parts for count in counts]
    hits: list[Hit] = []
    for group in made.groups:
        citation = _beginning(context, group, len(hits) + 1)
        hits += [citation.hit] if citation else []
        example = "" if group.title == group.typical.title else f"; such as: {group.typical.title}"
        rows.append(_row("Group by content", Count(f"{group.title}{example}", group.n_documents), citation))
    yield from Table(summary, COLUMNS, tuple(rows), tuple(hits)).events(context)


def _row(part: str, count: Count, citation: Citation | None = None) -> Row:
    values = {"Part": part, "What": count.label, "Documents": f"{count.n_documents:,}"}
    return Row(values, citations=(citation,) if citation else ())


def _beginning(context: PlanContext, group: Group, marker: int) -> Citation | None:
    """The first sentence of the most typical document."""
    passages = context.archive.store.passages_of(group.typical.doc_id)
    if not passages:
        return None
    start, end = split_sentences(passages[0].text)[0]
    quote = passages[0].text[start:end]
    hit = Hit(passages[0], group.typical, 1.0, marker, "dense")
    return Citation(marker, hit, passages[0].start + start, passages[0].start + end, quote, 1.0)
