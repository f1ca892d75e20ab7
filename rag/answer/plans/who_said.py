"""Who said what: every statement of somebody or about a matter, grouped by speaker, each quoted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from askive.rag.answer.plans.numbering import NumberedCitations
from askive.rag.answer.plans.plan import PlanContext, Table
from askive.rag.answer.plans.scope import Scope, source_cell
from askive.rag.question.requests.asked_speakers import Part, asked_parts, time_of_matter
from askive.rag.survey.judging import UNJUDGED, Judged, judge_in_turn
from askive.rag.survey.sentences import SentenceSurvey
from askive.rag.survey.statements import Place, Statement, by_speaker, statements
from askive.rag.survey.topic import Topic
from askive.rag.survey.turns import Turns
from askive.rag.types import Event, Progress, Row, Searching, Sources

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
    speakers, and times restrict the dates of the documents. Raises ModelError when the generator fails.
    """
    # "the prices of September 2022" may be spoken of at any time.
    of_matter = time_of_matter(context.question.query, context.question.times)
    scope = Scope.read(context, by_publisher=False, by_time=not of_matter)
    parts = asked_parts(context.question.query, () if of_matter else scope.restrictions)
    what = "; ".join(part.subject.text for part in parts)
    yield Searching(what, filtered=scope.filtered, kind=context.trace.kind)
    turns = Turns(lambda doc_id: context.archive.document(doc_id).text, _authors(context))
    candidates: list[list[Statement]] = []
    missing: list[str] = []
    about: set[Place] = set()
    for part in parts:
        survey = SentenceSurvey(
            context.archive, scope.sources, part.subject, is_cancelled=lambda: context.is_cancelled
        )
        for done, total in survey.steps():
            yield Progress(done, total, "passages")
        every = statements(survey.sentences, turns, part.publishers(scope.sources.values()))
        found = [one for one in every if not part.speakers or one.is_by(part.speakers)]
        candidates.append(found)
        topic = Topic(part.subject, survey.stems_of, survey.is_about)
        about |= {
            one.place for one in found if part.speakers or survey.is_about(one.item) or topic.covers(one.item)
        }
        missing += survey.missing
    context.trace.mark_retrieved()
    best = next((found[0] for found in candidates if found), None)
    if best is None:
        yield from scope.refusal(context, _described(parts), missing).events(context)
        return
    hits = {one.sentence.hit.passage.passage_id: one.sentence.hit for found in candidates for one in found}
    yield Sources(tuple(hits.values()), NumberedCitations().cite(best.sentence))
    checked: list[list[Judged[Statement]]] = []
    for part, found in zip(parts, candidates, strict=True):
        checked.append([])
        if not part.matter.terms:
            checked[-1] = [Judged(one, None, "supported") for one in found[:MAX_LISTED]]
            continue
        answers = partial(context.tools.verifier.answers, context.retriever.read(part.text))
        in_turn = judge_in_turn(
            found[:MAX_JUDGED], lambda one: one.sentence, answers, lambda: context.is_cancelled
        )
        for n, one in enumerate(in_turn, start=1):
            if one.log_odds != UNJUDGED or one.item.place in about:
                checked[-1].append(one)
            yield Progress(n, min(len(found), MAX_JUDGED), "statements")
        if part.speakers:
            checked[-1] += [Judged(one, None, "unchecked") for one in found[MAX_JUDGED:MAX_LISTED]]
    yield from _table(parts, checked, scope, context).conclusion(context)


def _authors(context: PlanContext) -> Mapping[int, str]:
    """The author of each document that has one, without the address."""
    authors: dict[int, str] = {}
    several: set[int] = set()
    for doc_id, author in context.archive.store.field_values("author"):
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
        verdicts = {one.item.place: one for one in kept}
        groups = by_speaker([one.item for one in kept])
        for speaker, group in groups:
            rows += [_row(part, speaker, verdicts[one.place], numbered, len(parts) > 1) for one in group]
        summary += _summary(part, kept, groups, len(parts) > 1)
    if not rows:
        return scope.refusal(context, _described(parts))
    columns = (PART_COLUMN, *COLUMNS) if len(parts) > 1 else COLUMNS
    return Table(summary, columns, tuple(rows), numbered.hits)


def _row(
    part: Part, speaker: str, judged: Judged[Statement], numbered: NumberedCitations, several: bool
) -> Row:
    sentence = judged.item.sentence
    sources = (sentence, *judged.item.also)
    values = {
        "Speaker": speaker,
        "Date": sentence.published or "",
        "Statement": " ".join(sentence.text.split()),
        "Source": "; ".join(dict.fromkeys(map(source_cell, sources))),
    }
    values = {PART_COLUMN: part.text, **values} if several else values
    citations = tuple(numbered.cite(one, judged.item.item.coverage) for one in sources)
    return Row(values, sentence.published, citations, judged.verdict or "unchecked")


def _summary(
    part: Part,
    kept: Sequence[Judged[Statement]],
    groups: Sequence[tuple[str, Sequence[Statement]]],
    several: bool,
) -> list[str]:
    """How many statements of whom; and how many more may be such."""
    opening = f"{part.text} " if several else ""
    n_sure = sum(one.verdict == "supported" for one in kept)
    sure = {one.item.place for one in kept if one.verdict == "supported"}
    named = [
        f"{speaker} ({n:,})" for speaker, group in groups if (n := sum(one.place in sure for one in group))
    ]
    if not kept:
        return [f"{opening}No statement was found."]
    counted = f"{n_sure:,} statement{'' if n_sure == 1 else 's'}: {', '.join(named)}."
    sentences = [f"{opening}{counted}" if n_sure else f"{opening}No statement is sure."]
    if n_sure < len(kept):
        sentences.append(f"{len(kept) - n_sure:,} {'more ' if n_sure else ''}may be such.")
    return sentences


def _described(parts: Sequence[Part]) -> str:
    return f"no statement that answers {' or '.join(f'“{part.text}”' for part in parts)}"
