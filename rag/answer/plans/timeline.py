"""What happened when: every dated event about a subject, or of all documents, in order and quoted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from askive.rag.answer.plans.numbering import NumberedCitations
from askive.rag.answer.plans.plan import PlanContext, Table
from askive.rag.answer.plans.scope import Scope, source_cell
from askive.rag.question.subject import Subject
from askive.rag.survey.event_times import may_be_dated
from askive.rag.survey.events import DatedEvent, dated_events, in_order, opening_events, undated_events
from askive.rag.survey.sentences import MAX_PASSAGES, SentenceSurvey
from askive.rag.survey.topic import Topic
from askive.rag.text.time_expressions import Time
from askive.rag.text.words import stem
from askive.rag.types import Event, Progress, Row, Searching, Verdict

COLUMNS = ("Date", "Event", "Date as written", "Source")
MAX_EVENTS = 200
"""Most events that are listed: those that most documents tell of, then those dated most precisely."""
# Words of a question that only ask for a timeline.
_ASKING = frozenset(
    map(
        stem,
        """timeline timelines time line chronology chronological chronologically chronicle event events happen happened
        happening order ordered sequence history date dates dated day days give make show list put set bring tell sort
        arrange course development developments develop developed milestones milestone key important main trace
        reconstruct record log calendar diary annals review oldest newest first last stages stage steps step phases
        phase took take place went going years year months month weeks week hour minute during following follow followed
        come came next past recent lately since beginning start finish everything every each way begin between early
        late story document documents archive collection file files please need want know succession successive
        progress run-up prelude story happenings done did doing change changes changed changing evolve evolved evolution
        unfold unfolded""".split(),
    )
)


def timeline(context: PlanContext) -> Iterator[Event]:
    """Lists the sentences that date an event, by the time of the event, with the words that give the time.

    A weekday, "last month" and the like are resolved from the date of the document. In documents that are dated to the
    day, sentences about the subject without a date count as of that day. Times in the question restrict the events;
    what only may be of them is marked `unchecked`.
    """
    scope = Scope.read(context)
    subject = Subject.read(context.question.query, _ASKING, scope.restrictions)
    yield Searching(subject.text, filtered=scope.filtered, kind=context.trace.kind)
    survey = SentenceSurvey(
        context.archive,
        scope.sources,
        subject,
        accepts=(lambda _text: True) if subject.terms else may_be_dated,
        is_cancelled=lambda: context.is_cancelled,
        embeds=may_be_dated,
    )
    done = total = 0
    for done, total in survey.steps():
        yield Progress(done, total, "passages")
    topic = Topic(subject, survey.stems_of, survey.is_about)
    about = [item for item in survey.sentences if not subject.terms or topic.covers(item)]
    events = dated_events(item for item in about if may_be_dated(item.sentence.text))
    if subject.terms:
        undated = undated_events(about)
        known = {event.sentences[0].sentence.hit.passage.doc_id for event in undated}
        titled = (item for item in about if topic.titles(item))
        undated += opening_events(item for item in titled if item.sentence.hit.passage.doc_id not in known)
        events += undated
    events = [event for event in in_order(events) if _may_be_of(event, scope.times)]
    context.trace.mark_retrieved()
    if not events:
        what = f"no dated event{_about(subject)}{_of(scope.times)}"
        yield from scope.refusal(context, what, survey.missing).events(context)
        return
    listed = _most_told(events)
    numbered = NumberedCitations()
    rows = tuple(_row(event, numbered, scope.times) for event in listed)
    summary = _summary(events, listed, survey, subject, scope)
    if context.is_cancelled:
        summary[0] = f"Stopped after {done:,} of {total:,} passages. So far: {summary[0]}"
    yield from Table(summary, COLUMNS, rows, numbered.hits).events(context)


def _may_be_of(event: DatedEvent, times: Sequence[Time]) -> bool:
    return not times or any(time.overlaps(*event.time.days) for time in times)


def _is_of(event: DatedEvent, times: Sequence[Time]) -> bool:
    """Whether it surely is: an event of 2015 may be of November."""
    return not times or any(time.covers(*event.time.days) for time in times)


def _most_told(events: Sequence[DatedEvent]) -> list[DatedEvent]:
    """At most MAX_EVENTS of them, in order."""
    ranked = sorted(events, key=lambda event: (-len(event.sentences), -len(event.time.first)))
    return sorted(ranked[:MAX_EVENTS], key=lambda event: event.order)


def _row(event: DatedEvent, numbered: NumberedCitations, times: Sequence[Time]) -> Row:
    sentence = event.sentences[0].sentence
    values = {
        "Date": event.time.text,
        "Event": " ".join(sentence.text.split()),
        "Date as written": event.time.describe(),
        "Source": source_cell(sentence),
    }
    citations = tuple(numbered.cite(item.sentence, item.coverage) for item in event.sentences)
    verdict: Verdict = "supported" if _is_of(event, times) else "unchecked"
    return Row(values, event.time.first, citations, verdict)


def _summary(
    events: Sequence[DatedEvent],
    listed: Sequence[DatedEvent],
    survey: SentenceSurvey,
    subject: Subject,
    scope: Scope,
) -> list[str]:
    """How many events of how many documents, and what was not looked at or is not listed."""
    n_sure = sum(_is_of(event, scope.times) for event in events)
    documents = {item.sentence.hit.passage.doc_id for event in events for item in event.sentences}
    sentences = [
        f"{n_sure:,} dated event{'' if n_sure == 1 else 's'}{_about(subject)}{_of(scope.times)}"
        f" in {len(documents):,} of {scope.documents}."
    ]
    if n_sure < len(events):
        sentences.append(f"{len(events) - n_sure:,} more may be of that time: their dates are less precise.")
    if survey.aliases:
        sentences.append(f"Also looked for: {', '.join(survey.aliases)}.")
    if len(listed) < len(events):
        sentences.append(
            f"The {len(listed):,} that most documents tell of are listed; name a time to see others."
        )
    if subject.terms and survey.n_passages > MAX_PASSAGES:
        sentences.append(
            f"Read were the {MAX_PASSAGES:,} of {survey.n_passages:,} passages with most words of it."
        )
    return sentences


def _about(subject: Subject) -> str:
    return f" about “{subject.text}”" if subject.terms else ""


def _of(times: Sequence[Time]) -> str:
    return f" ({' or '.join(dict.fromkeys(time.describe() for time in times))})" if times else ""
