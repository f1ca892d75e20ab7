"""Who, what or where are all of them: every value that the archive gives, each verbatim with its sources."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from functools import partial
from itertools import groupby, zip_longest

from askive.rag.answer.plans.numbering import NumberedCitations
from askive.rag.answer.plans.plan import PlanContext, Table
from askive.rag.answer.plans.scope import Scope, source_cell
from askive.rag.evidence.source_sentences import SourceSentence, source_sentences
from askive.rag.question.analysis import Question
from askive.rag.question.requests.asked_list import AskedList
from askive.rag.survey.judging import UNJUDGED, Judged, judge_in_turn, judged
from askive.rag.survey.list_values import ListValue, cell_values, grouped, is_only_of, read_values
from askive.rag.survey.sentences import SentenceSurvey, SubjectSentence
from askive.rag.survey.statements import speakers_in
from askive.rag.types import Event, Hit, Progress, Row, Searching, Sources
from askive.rag.verification.support import GIVES_FROM

COLUMNS = ("Value", "Source")
SPEAKER_COLUMN = "Reported by"
MAX_READ = 16
"""Most passages that the generator reads, the best first."""
_BATCH_CHARS = 1_600
"""Of the passages that it reads at once."""
_MAX_EMPTY = 2
"""After reading so many times without a value that is confirmed it reads no more; once it has some, after one time that
adds none."""
MAX_JUDGED = 40
"""Most rows of tables that the generator judges."""
_SEVERAL = 2
"""Values from which on an answer is a list."""
MAX_CELLS = 1000
_MAX_NAMED = 12
_MAX_SOURCES = 5
_ENOUGH_DOCUMENTS = 2
"""A value that so many documents confirm is not judged in another one."""


def list_values(context: PlanContext) -> Iterator[Event]:
    """Lists values with the sentences in which they stand.

    Code takes the cells of tables under a head that the question names. From other passages the generator copies
    values; only what stands there verbatim counts, and the generator is asked once more whether the sentence gives its
    values as the answer: what it does not confirm is marked `unchecked` or left out. Publishers in the question
    restrict the documents, and times the sentences. Raises ModelError when the generator fails.
    """
    yield from _listed(context)


def list_several_values(context: PlanContext) -> Iterator[Event]:
    """Lists values where the archive gives several; else finds nothing: that a list is asked for is only a guess.

    It gives up after the first passages that are read. Raises ModelError as `list_values` does.
    """
    yield from _listed(context, _SEVERAL)


def _listed(context: PlanContext, n_least: int = 0) -> Iterator[Event]:
    """n_least: fewer confirmed values than these are no answer."""
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
    cells = cell_values(of_the_time, asked)[:MAX_CELLS]
    about = [item for item in of_the_time if survey.is_about(item)]
    if not cells and not about:
        yield from scope.refusal(context, f"nothing about “{asked.subject.text}”", survey.missing).events(
            context
        )
        return
    best = cells[0].sentence if cells else about[0].sentence
    yield Sources(tuple(_passages(about, ())), NumberedCitations().cite(best))
    question = context.retriever.read(asked.text)
    found = yield from _judged_cells(context, question, asked, cells, is_guess=n_least > 0)
    # What code has read needs no second reading.
    tables = {one.item.sentence.hit.passage.passage_id for one in found if one.verdict == "supported"}
    about = [item for item in about if item.sentence.hit.passage.passage_id not in tables]
    hits = _passages(about, () if tables else _searched(context, question, scope))
    n_read = n_empty = 0
    n_known = len(_confirmed(found))
    for batch in _batches(hits[:MAX_READ]):
        if (
            context.is_cancelled
            or n_empty == (1 if n_known else _MAX_EMPTY)
            or (n_read and n_known < n_least)
        ):
            break
        values = read_values(question, asked.kind, batch, context.tools.generator, context.cancel)
        found += _judged_values(context, question, values, found)
        n_before, n_known = n_known, len(_confirmed(found))
        n_read, n_empty = n_read + len(batch), 0 if n_known > n_before else n_empty + 1
        yield Progress(n_read, min(len(hits), MAX_READ), "nearest passages")
    kept = [one for one in found if one.verdict is not None]
    if not kept or n_known < n_least:
        yield from scope.refusal(context, f"nothing that answers “{asked.text}”").conclusion(context)
        return
    numbered = NumberedCitations()
    rows = _rows(kept, asked, numbered)
    summary = _summary(rows, scope)
    if context.is_cancelled:
        summary.insert(0, f"Stopped after {n_read:,} of {len(hits):,} passages.")
    elif n_read < len(hits):
        summary.append(
            f"Read were {n_read:,} of {len(hits):,} passages about it, the nearest first: some may lack."
        )
    columns = (*COLUMNS, SPEAKER_COLUMN) if asked.with_speaker else COLUMNS
    yield from Table(summary, columns, rows, numbered.hits).conclusion(context)


def _judged_cells(
    context: PlanContext, question: Question, asked: AskedList, cells: Sequence[ListValue], *, is_guess: bool
) -> Generator[Event, None, list[Judged[ListValue]]]:
    """The cells with their verdicts; those of rows that leave something to judge are judged by row.

    is_guess: of a question that only may ask for a list, the first cell is judged as its answer, and none are taken
    when it is not.
    """
    if is_guess and cells and _given(context, question, cells[:1]) < GIVES_FROM:
        return []
    found = [judged(cell, UNJUDGED) for cell in cells if is_only_of(asked.subject, cell)]
    doubtful = [cell for cell in cells if not is_only_of(asked.subject, cell)]
    doubtful, unjudged = doubtful[:MAX_JUDGED], doubtful[MAX_JUDGED:]
    answers = partial(context.tools.verifier.answers, question, under_file=True)
    for one in judge_in_turn(doubtful, lambda cell: cell.sentence, answers, lambda: context.is_cancelled):
        found.append(one)
        yield Progress(len(found), len(cells), "rows")
    return found + [judged(cell, None) for cell in unjudged]


def _given(context: PlanContext, question: Question, values: Sequence[ListValue]) -> float:
    """Log-odds that the sentence of the values gives all of them as the answer."""
    text = ", ".join(text for text, _ in grouped(values))
    return context.tools.verifier.gives(question, text, values[0].sentence.citation())


def _searched(context: PlanContext, question: Question, scope: Scope) -> list[Hit]:
    """The passages that a search for the question finds, in the scope."""
    return [
        hit
        for hit in context.retriever.retrieve(question, admitted=context.admitted)
        if hit.passage.doc_id in scope.sources
        and (not scope.times or any(map(scope.may_be_of, source_sentences(hit))))
    ]


def _passages(about: Sequence[SubjectSentence], searched: Sequence[Hit]) -> list[Hit]:
    """What the generator reads, the best first: in turn passages with sentences about the subject, and what a search
    found."""
    of_subject = {item.sentence.hit.passage.passage_id: item.sentence.hit for item in about}
    in_turn = [hit for pair in zip_longest(of_subject.values(), searched) for hit in pair if hit is not None]
    by_passage: dict[int, Hit] = {}
    for hit in in_turn:
        by_passage.setdefault(hit.passage.passage_id, hit)
    return list(by_passage.values())


def _confirmed(found: Sequence[Judged[ListValue]]) -> list[list[ListValue]]:
    """The values that are confirmed, those that mean the same together."""
    return [group for _, group in grouped([one.item for one in found if one.verdict == "supported"])]


def _batches(hits: Sequence[Hit]) -> Iterator[list[Hit]]:
    """The passages in their order, as many at a time as the generator reads at once."""
    batch: list[Hit] = []
    for hit in hits:
        if batch and sum(len(one.passage.text) for one in [*batch, hit]) > _BATCH_CHARS:
            yield batch
            batch = []
        batch.append(hit)
    if batch:
        yield batch


def _judged_values(
    context: PlanContext,
    question: Question,
    values: Sequence[ListValue],
    known: Sequence[Judged[ListValue]],
) -> list[Judged[ListValue]]:
    """The values with their verdicts: those of a sentence together, else one by one; the fullest sentences first.

    known: what was judged before. A value that enough documents have confirmed, or this one, is not judged again.
    """
    result: list[Judged[ListValue]] = []
    sentences = [list(group) for _, group in groupby(sorted(values, key=_place), key=_place)]
    for group in sorted(sentences, key=len, reverse=True):
        confirmed = _confirmed([*known, *result])
        of_one = [value for value in group if not _is_enough(value, confirmed)]
        if not of_one or context.is_cancelled:
            result += [judged(value, None) for value in of_one]
            continue
        log_odds = _given(context, question, of_one)
        for value in of_one:
            is_given = len(of_one) == 1 or log_odds >= GIVES_FROM
            result.append(judged(value, log_odds if is_given else _given(context, question, [value])))
    return result


def _is_enough(value: ListValue, confirmed: Sequence[Sequence[ListValue]]) -> bool:
    """Whether the value is confirmed in its document, or in so many that another one adds nothing."""
    same = next((group for group in confirmed if len(grouped([value, *group])) == 1), ())
    documents = {one.sentence.hit.passage.doc_id for one in same}
    return value.sentence.hit.passage.doc_id in documents or len(documents) >= _ENOUGH_DOCUMENTS


def _place(value: ListValue) -> tuple[int, int]:
    """Document and offset of the sentence of a value."""
    return value.sentence.hit.passage.doc_id, value.sentence.span.start


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
