"""Who said what: every statement of somebody or about a matter, grouped by speaker, each quoted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from askive.rag.answer.plans.numbering import NumberedCitations
from askive.rag.answer.plans.plan import PlanContext, Table
from askive.rag.answer.plans.scope import Scope
from askive.rag.survey.asked_speakers import Part, asked_parts
from askive.rag.survey.judging import Judged, judge_in_turn
from askive.rag.survey.sentences import SentenceSurvey
from askive.rag.survey.statements import Statement, by_speaker, statements
from askive.rag.types import Event, Progress, Refusal, Row, Searching, Sources

COLUMNS = ("Speaker", "Date", "Statement", "Source")
PART_COLUMN = "Asked"
MAX_JUDGED = 24
"""Most statements that the generator judges for one part of a question, the best first."""
MAX_LISTED = 200
"""Most statements of one part that are listed."""


def who_said(context: PlanContext) -> Iterator[Event]:
    """Lists statements by speaker, with the sentence that reports each.

    A question about somebody ("What did Carter say about ...") lists what that person says about the matter; one that
    asks who lists everybody who says it. Two questions in one are two parts of the table. The generator judges the
    likeliest statements; what it does not confirm is marked `unchecked` or left out. Publishers in the question are
    speakers, and times restrict the dates of the documents. Raises UsageError as `plans.mentions` does, and ModelError
    when the generator fails.
    """
    scope = Scope.read(context, by_publisher=False, by_time=True)
    parts = asked_parts(context.question.query, scope.restrictions)
    what = "; ".join(part.subject.text for part in parts)
    yield Searching(what, filtered=scope.filtered, kind=context.trace.kind)
    authors = _authors(context)
    candidates: list[list[Statement]] = []
    missing: list[str] = []
    for part in parts:
        survey = SentenceSurvey(
            context.archive, scope.sources, part.subject, is_cancelled=lambda: context.is_cancelled
        )
        for done, total in survey.steps():
            yield Progress(done, total, "passages")
        found = part.select(statements(survey.sentences, authors, part.publishers(scope.sources.values())))
        candidates.append(found if part.speakers else [one for one in found if survey.is_about(one.item)])
        missing += survey.missing
    context.trace.mark_retrieved()
    best = next((found[0] for found in candidates if found), None)
    if best is None:
        message = scope.nothing(f"no statement {' or '.join(map(_described, parts))}", missing)
        yield from Table(refusal=Refusal(scope.reason, message, filtered=scope.filtered)).events(context)
        return
    yield Sources(
        tuple(one.sentence.hit for found in candidates for one in found), numbered.cite(best.sentence)
    )
    checked: list[list[Judged[Statement]]] = []
    for part, found in zip(parts, candidates, strict=True):
        checked.append([])
        if not part.matter.terms:
            checked[-1] = [Judged(one, None, "supported") for one in found[:MAX_LISTED]]
            continue
        answers = partial(context.tools.verifier.answers, context.retriever.read(part.text))
        for one in judge_in_turn(
            found[:MAX_JUDGED], lambda one: one.sentence, answers, lambda: context.is_cancelled
        ):
            checked[-1].append(one)
            yield Progress(len(checked[-1]), min(len(found), MAX_JUDGED), "statements")
        if part.speakers:
            checked[-1] += [Judged(one, None, "unchecked") for one in found[MAX_JUDGED:MAX_LISTED]]
    yield from _table(parts, checked, scope, context).conclusion(context)


def _authors(context: PlanContext) -> Mapping[int, str]:
    """The author of each document that has one, without the address."""
    authors: dict[int, str] = {}
    several: set[int] = set()
    for doc_id, author in context.archive.store.authors():
        several |= {doc_id} & authors.keys()
        authors[doc_id] = str(author).partition("<")[0].strip(' "')
    return {doc_id: author for doc_id, author in authors.items() if author and doc_id not in several}


def _table(
    parts: Sequence[Part], checked: Sequence[Sequence[Judged[Statement]]], scope: Scope, context: PlanContext
) -> Table:
    numbered = NumberedCitations()
    rows: list[Row] = []
    summary = ["Stopped early: not every statement was judged."] if context.is_cancelled else []
    for part, found in zip(parts, checked, strict=True):
        kept = [one for one in found if one.verdict is not None]
        verdicts = {(one.item.speaker, one.item.sentence.span): one for one in kept}
        groups = by_speaker([one.item for one in kept])
        for speaker, group in groups:
            for statement in group:
                judged = verdicts[statement.speaker, statement.sentence.span]
                rows.append(_row(part, speaker, judged, numbered, len(parts) > 1))
        summary += _summary(part, kept, groups, len(parts) > 1)
    if not rows:
        message = scope.nothing(f"no statement {' or '.join(map(_described, parts))}")
        return Table(refusal=Refusal("not_in_sources", message, filtered=scope.filtered))
    columns = (PART_COLUMN, *COLUMNS) if len(parts) > 1 else COLUMNS
    return Table(summary, columns, tuple(rows), numbered.hits)


def _row(
    part: Part, speaker: str, judged: Judged[Statement], numbered: NumberedCitations, several: bool
) -> Row:
    sentence = judged.item.sentence
    values = {
        "Speaker": speaker,
        "Date": sentence.published or "",
        "Statement": " ".join(sentence.text.split()),
        "Source": ", ".join(filter(None, (sentence.title, sentence.hit.source.publisher))),
    }
    values = {PART_COLUMN: part.text, **values} if several else values
    citation = numbered.cite(sentence, judged.item.item.coverage)
    return Row(values, sentence.published, (citation,), judged.verdict or "unchecked")


def _summary(
    part: Part,
    kept: Sequence[Judged[Statement]],
    groups: Sequence[tuple[str, Sequence[Statement]]],
    several: bool,
) -> list[str]:
    """How many statements of whom; and how many more may be such."""
    opening = f"{part.text} " if several else ""
    n_sure = sum(one.verdict == "supported" for one in kept)
    sure = {(one.item.speaker, one.item.sentence.span) for one in kept if one.verdict == "supported"}
    named = [
        f"{speaker} ({n:,})"
        for speaker, group in groups
        if (n := sum((one.speaker, one.sentence.span) in sure for one in group))
    ]
    if not kept:
        return [f"{opening}No statement was found."]
    sentences = [
        f"{opening}{n_sure:,} statement{'' if n_sure == 1 else 's'}{': ' if named else ''}{', '.join(named)}."
    ]
    if n_sure < len(kept):
        sentences.append(f"{len(kept) - n_sure:,} more may be such.")
    return sentences


def _described(part: Part) -> str:
    return f"for “{part.text}”"
