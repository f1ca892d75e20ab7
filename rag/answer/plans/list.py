"""Who, what or where are all of them: every value that the archive gives, each verbatim with its sources."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence, Set
from functools import partial
from itertools import groupby

from askive.rag.answer.plans.numbering import NumberedCitations
from askive.rag.answer.plans.plan import PlanContext, Table
from askive.rag.answer.plans.scope import Scope, source_cell
from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.question.analysis import Question
from askive.rag.question.requests.asked_list import AskedList
from askive.rag.survey.enumerations import enumerated_values
from askive.rag.survey.judging import UNJUDGED, Judged, judge_in_turn, judged
from askive.rag.survey.list_values import ListValue, cell_values, grouped, is_only_of, read_values
from askive.rag.survey.sentences import SentenceSurvey, SubjectSentence
from askive.rag.survey.statements import speakers_in
from askive.rag.types import Event, Progress, Row, Searching, Sources
from askive.rag.verification.support import GIVES_FROM

COLUMNS = ("Value", "Source")
SPEAKER_COLUMN = "Reported by"
MAX_READ = 16
"""Most passages that the generator reads, the best first."""
_MAX_EMPTY = 6
"""After this many passages in a row without a new value that is confirmed, it reads no more."""
MAX_JUDGED = 40
"""Most rows of tables that the generator judges."""
MAX_ENUMERATIONS = 8
"""Most sentences with names in a row that the generator judges, the best first."""
_MAX_TRIED = 2
"""Most sentences with names in a row that the generator judges to find out whether a list is asked for."""
MAX_CELLS = 1000
_MAX_NAMED = 12
_MAX_SOURCES = 5


def list_values(context: PlanContext) -> Iterator[Event]:
    """Lists values with the sentences in which they stand.

    Code takes the cells of tables under a head that the question names, and names in a row from sentences that the
    generator confirms as answers. From other passages the generator copies values; only what stands there verbatim
    counts, and the generator is asked once more whether the sentence gives it as an answer: what it does not confirm is
    marked `unchecked` or left out. Publishers in the question restrict the documents, and times the sentences. Raises
    ModelError when the generator fails.
    """
    scope = Scope.read(context)
    asked = AskedList.read(context.question.query, scope.restrictions)
    yield Searching(asked.subject.text, filtered=scope.filtered, kind=context.trace.kind)
    survey = SentenceSurvey(
        context.archive, scope.sources, asked.subject, is_cancelled=lambda: context.is_cancelled
    )
    done = total = 0
    for done, total in survey.steps():
        yield Progress(done, total, "passages")
    context.trace.mark_retrieved()
    of_the_time = [item for item in survey.sentences if scope.may_be_of(item.sentence)]
    cells = cell_values(of_the_time, asked.subject)[:MAX_CELLS]
    tables = {cell.sentence.hit.passage.passage_id for cell in cells}
    passages = _passages([item for item in of_the_time if survey.is_about(item)], tables)
    if not cells and not passages:
        yield from scope.refusal(context, f"nothing about “{asked.subject.text}”", survey.missing).events(
            context
        )
        return
    best = cells[0].sentence if cells else passages[0][0].sentence
    yield Sources(tuple(items[0].sentence.hit for items in passages), NumberedCitations().cite(best))
    question = context.retriever.read(asked.text)
    found = [judged(cell, UNJUDGED) for cell in cells if is_only_of(asked.subject, cell)]
    doubtful = [cell for cell in cells if not is_only_of(asked.subject, cell)]
    doubtful, unjudged = doubtful[:MAX_JUDGED], doubtful[MAX_JUDGED:]
    answers = partial(context.tools.verifier.answers, question)
    for one in judge_in_turn(doubtful, lambda cell: cell.sentence, answers, lambda: context.is_cancelled):
        found.append(one)
        yield Progress(len(found), len(cells), "rows")
    found += [judged(cell, None) for cell in unjudged]
    enumerations = _enumerations(asked, [item for items in passages for item in items], MAX_ENUMERATIONS)
    for n, values in enumerate(enumerations, start=1):
        log_odds = None if context.is_cancelled else _given(context, question, values)
        found += [judged(value, log_odds) for value in values]
        yield Progress(n, len(enumerations), "names in a row")
    # What code has read needs no second reading.
    read = {one.item.sentence.hit.passage.passage_id for one in found if one.verdict == "supported"}
    passages = [items for items in passages if items[0].sentence.hit.passage.passage_id not in read]
    n_read = n_empty = 0
    n_known = _n_confirmed(found)
    for items in passages[:MAX_READ]:
        if context.is_cancelled or n_empty >= _MAX_EMPTY:
            break
        found += _values(context, question, asked, items)
        n_before, n_known = n_known, _n_confirmed(found)
        n_read, n_empty = n_read + 1, 0 if n_known > n_before else n_empty + 1
        yield Progress(n_read, min(len(passages), MAX_READ), "nearest passages")
    kept = [one for one in found if one.verdict is not None]
    if not kept:
        yield from scope.refusal(context, f"nothing that answers “{asked.text}”").conclusion(context)
        return
    numbered = NumberedCitations()
    rows = _rows(kept, asked, numbered)
    summary = _summary(rows, scope)
    if context.is_cancelled:
        summary.insert(0, f"Stopped after {n_read:,} of {len(passages):,} passages.")
    elif n_read < len(passages):
        summary.append(
            f"Read were {n_read:,} of {len(passages):,} passages about it, the nearest first: some may lack."
        )
    columns = (*COLUMNS, SPEAKER_COLUMN) if asked.with_speaker else COLUMNS
    yield from Table(summary, columns, rows, numbered.hits).conclusion(context)


def holds_list(context: PlanContext) -> bool:
    """Whether the archive holds several values for a question that may ask for one.

    Code must find them in the form of a list: names in a row in one of the best sentences, or cells under a head that
    the question names; and the generator must confirm them. Raises ModelError when the generator fails.
    """
    scope = Scope.read(context)
    asked = AskedList.read(context.question.query, scope.restrictions)
    survey = SentenceSurvey(
        context.archive,
        scope.sources,
        asked.subject,
        is_cancelled=lambda: context.is_cancelled,
        embeds=lambda _text: False,
    )
    for _ in survey.steps():
        pass
    of_the_time = [item for item in survey.sentences if scope.may_be_of(item.sentence)]
    cells = cell_values(of_the_time, asked.subject)
    about = [item for item in of_the_time if survey.is_about(item)]
    found = [*([cells[:1]] if len(cells) > 1 else []), *_enumerations(asked, about, _MAX_TRIED)]
    question = context.retriever.read(asked.text)
    log_odds = (_given(context, question, values) for values in found if not context.is_cancelled)
    # Without a judge they are infinite, and nobody has confirmed it.
    return any(GIVES_FROM <= one < math.inf for one in log_odds)


def _enumerations(asked: AskedList, about: Sequence[SubjectSentence], limit: int) -> list[list[ListValue]]:
    """The values of each of the best `limit` sentences with names in a row; none when something else is asked for."""
    if asked.kind not in ("name", None):
        return []
    values = enumerated_values(sorted(about, key=lambda item: -item.score), limit)
    return [list(of_one) for _, of_one in groupby(values, key=lambda value: value.sentence)]


def _given(context: PlanContext, question: Question, values: Sequence[ListValue]) -> float:
    """Log-odds that the sentence of the values gives all of them as the answer."""
    text = ", ".join(value.text for value in values)
    return context.tools.verifier.gives(question, text, values[0].sentence.citation())


def _passages(about: Sequence[SubjectSentence], tables: Set[int]) -> list[list[SubjectSentence]]:
    """The sentences by passage, the best passages first. tables: ids of passages that code has read."""
    passages: dict[int, list[SubjectSentence]] = {}
    for item in about:
        passage_id = item.sentence.hit.passage.passage_id
        if passage_id not in tables:
            passages.setdefault(passage_id, []).append(item)
    return list(passages.values())


def _n_confirmed(found: Sequence[Judged[ListValue]]) -> int:
    """The number of different values that are confirmed."""
    return len(grouped([one.item for one in found if one.verdict == "supported"]))


def _values(
    context: PlanContext, question: Question, asked: AskedList, items: Sequence[SubjectSentence]
) -> list[Judged[ListValue]]:
    """The values of one passage with their verdicts."""
    hit, tools = items[0].sentence.hit, context.tools
    values = read_values(question, asked.kind, hit, tools.generator, context.cancel)
    result: list[Judged[ListValue]] = []
    for value in values:
        if context.is_cancelled:
            result.append(judged(value, None))
            continue
        result.append(judged(value, _given(context, question, [value])))
    return result


def _rows(
    kept: Sequence[Judged[ListValue]], asked: AskedList, numbered: NumberedCitations
) -> tuple[Row, ...]:
    """A row for each value, the confirmed ones first; its sources newest last, each document once."""
    sure = {id(one.item) for one in kept if one.verdict == "supported"}
    rows: list[tuple[bool, str, list[ListValue]]] = []
    for text, group in grouped([one.item for one in kept]):
        confirmed = [value for value in group if id(value) in sure]
        rows.append((bool(confirmed), text, confirmed or group))
    rows.sort(key=lambda row: not row[0])
    return tuple(_row(text, group, asked, numbered, is_sure=is_sure) for is_sure, text, group in rows)


def _row(
    text: str, group: Sequence[ListValue], asked: AskedList, numbered: NumberedCitations, *, is_sure: bool
) -> Row:
    sentences = list({value.sentence.span: value.sentence for value in group}.values())[:_MAX_SOURCES]
    sources = dict.fromkeys(map(source_cell, sentences))
    values = {"Value": text, "Source": "; ".join(sources)}
    if asked.with_speaker:
        values[SPEAKER_COLUMN] = "; ".join(dict.fromkeys(_reporter(sentence) for sentence in sentences))
    citations = tuple(numbered.cite(sentence) for sentence in sentences)
    return Row(values, sentences[0].published, citations, "supported" if is_sure else "unchecked")


def _reporter(sentence: SourceSentence) -> str:
    """Who says it: the speaker in the sentence, else the publisher, else the document."""
    speakers = speakers_in(" ".join(sentence.text.split()))
    return " and ".join(speakers) or sentence.hit.source.publisher or sentence.title


def _summary(rows: Sequence[Row], scope: Scope) -> list[str]:
    """The values, how many of how many documents, and how many more may be such."""
    sure = [row for row in rows if row.verdict == "supported"]
    documents = {citation.hit.passage.doc_id for row in sure for citation in row.citations}
    named = [row.values["Value"] for row in sure[:_MAX_NAMED]]
    more = "; ..." if len(sure) > len(named) else ""
    listed = f": {'; '.join(named)}{more}" if named else ""
    sentences = [f"{len(sure):,} found in {len(documents):,} of {scope.documents}{listed}."]
    if len(sure) < len(rows):
        sentences.append(f"{len(rows) - len(sure):,} more may be such.")
    return sentences
