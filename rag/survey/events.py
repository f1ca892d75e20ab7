"""Dated events: what sentences say happened, and when; the same event of several sources once."""

from __future__ import annotations

import datetime
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from askive.rag.retrieval.near_duplicates import near_copies
from askive.rag.survey.event_times import EventTime, event_times
from askive.rag.survey.running_text import is_running_text
from askive.rag.survey.sentences import SubjectSentence
from askive.rag.text.sentences import is_finished
from askive.rag.text.words import stems

_MIN_SHARED = 0.5
"""The minimum Jaccard similarity of the stems of two sentences of one date that tell of one event."""
_MIN_WORDS = 2
"""A sentence with fewer words beside its date is only a date: `Date: 12 March 2021`."""
_MIN_OWN_WORDS, _MIN_WORDS_AROUND = 0.4, 0.75
_MAX_UNDATED = 2
# "Present: Agnes Dell, Rosa Whitlow", "Apologies: Tom Aldous": the head of minutes
_HEAD = re.compile(r"\W*[A-Z][\w ]{1,30}:\s")
_LABELS = frozenset(
    map(str.lower, "Date Sent From To Published Updated Created Modified Page Version".split())
)


@dataclass(frozen=True, slots=True)
class DatedEvent:
    """An event with its time.

    sentences: those that tell of it at this time, each of another document; the one that is quoted first.
    """

    time: EventTime
    sentences: tuple[SubjectSentence, ...]

    @property
    def order(self) -> tuple[datetime.date, int, str, int]:
        """By its first day; the less precise before the more precise; then as in the documents."""
        first, last = self.time.days
        sentence = self.sentences[0].sentence
        return first, -(last - first).days, sentence.hit.source.uri, sentence.span.start


def dated_events(sentences: Iterable[SubjectSentence]) -> list[DatedEvent]:
    """The events of sentences, one for each time that a sentence gives; headings, bylines and the like tell none."""
    events: list[DatedEvent] = []
    for item in sentences:
        sentence = item.sentence
        if not is_running_text(sentence):
            continue
        times = event_times(sentence.text, sentence.published)
        own = {one for one in stems(_without_times(sentence.text, times)) if one.isalpha()}
        if len(own - _LABELS) >= _MIN_WORDS:
            events += [DatedEvent(time, (item,)) for time in times]
    return events


def undated_events(sentences: Iterable[SubjectSentence]) -> list[DatedEvent]:
    """The sentences with most words of the subject and no time, at most _MAX_UNDATED of each document that is dated to
    the day, as events of that day: minutes do not repeat their date. sentences: best first.
    """
    events: list[DatedEvent] = []
    counts: Counter[int] = Counter()
    for item in sentences:
        if item.own_coverage < _MIN_OWN_WORDS or item.coverage < _MIN_WORDS_AROUND:
            continue
        doc_id = item.sentence.hit.passage.doc_id
        if counts[doc_id] < _MAX_UNDATED and (event := _of_its_document(item)):
            counts[doc_id] += 1
            events.append(event)
    return events


def opening_events(sentences: Iterable[SubjectSentence]) -> list[DatedEvent]:
    """The first sentence of each document that is dated to the day, as an event of that day, unless it has a time: an
    offer about the subject is itself an event. sentences: of documents about the subject.
    """
    first: dict[int, SubjectSentence] = {}
    for item in sorted(sentences, key=lambda item: item.sentence.span.start):
        if is_running_text(item.sentence) and not _HEAD.match(item.sentence.text):
            first.setdefault(item.sentence.hit.passage.doc_id, item)
    return [event for item in first.values() if (event := _of_its_document(item))]


def _of_its_document(item: SubjectSentence) -> DatedEvent | None:
    """An undated sentence as an event of the day of its document; None when it is dated, or the document is not."""
    sentence, published = item.sentence, item.sentence.published
    if not published or len(published) < len("2016-01-25"):
        return None
    if (
        event_times(sentence.text, published)
        or not is_finished(sentence.text)
        or not is_running_text(sentence)
    ):
        return None
    return DatedEvent(EventTime(published, published, 0, 0, "", published), (item,))


def in_order(events: Sequence[DatedEvent]) -> list[DatedEvent]:
    """The events by time, without repetitions: near-same sentences of times that may be the same are one event, of the
    most precise time."""
    kept: list[DatedEvent] = []
    by_date: defaultdict[str, list[int]] = defaultdict(list)
    words: list[set[str]] = []
    for event in sorted(events, key=lambda event: (-len(event.time.first), -event.sentences[0].score)):
        item = event.sentences[0]
        own = set(stems(item.sentence.text))
        at = next((n for n in by_date[event.time.first] if _is_same(event, own, kept[n], words[n])), None)
        if at is None:
            for length in (4, 7, 10):
                if length <= len(event.time.first):
                    by_date[event.time.first[:length]].append(len(kept))
            kept.append(event)
            words.append(own)
        elif all(
            item.sentence.hit.passage.doc_id != other.sentence.hit.passage.doc_id
            for other in kept[at].sentences
        ):
            kept[at] = replace(kept[at], sentences=(*kept[at].sentences, item))
    return sorted(kept, key=lambda event: event.order)


def _is_same(event: DatedEvent, own: set[str], other: DatedEvent, other_words: set[str]) -> bool:
    one, another = event.sentences[0].sentence, other.sentences[0].sentence
    if (one.hit.passage.doc_id, one.span) == (another.hit.passage.doc_id, another.span):
        # Another time of one sentence: a year beside a day of it.
        return event.time.first != other.time.first
    if len(own & other_words) >= _MIN_SHARED * len(own | other_words):
        return True
    return near_copies(one.text, another.text)


def _without_times(text: str, times: Sequence[EventTime]) -> str:
    for time in reversed(times):
        text = f"{text[: time.start]} {text[time.end :]}"
    return text
