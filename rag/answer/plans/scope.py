"""The documents that a plan goes through, and the times that a question names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from askive.rag.answer.plans.plan import PlanContext, Table
from askive.rag.answer.refusal import ADD_BY_COMMAND
from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.question.analysis import Question
from askive.rag.question.requests.asked_months import asked_months
from askive.rag.survey.event_times import event_times
from askive.rag.text.dates import date_range
from askive.rag.text.time_expressions import Time
from askive.rag.types import Refusal, Source


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at.

    sources: the documents under the user's filter, of the publishers that count, by id. times: those that the question
    names. filtered: the filter and the publishers in words. restrictions: the stretches of the question that name them.
    """

    sources: Mapping[int, Source]
    times: tuple[Time, ...]
    filtered: str
    restrictions: tuple[str, ...]
    is_empty_archive: bool

    @classmethod
    def read(cls, context: PlanContext, *, by_publisher: bool = True, by_time: bool = False) -> Scope:
        """by_publisher, by_time: whether publishers and times that the question names restrict the documents."""
        store, admitted, question = context.archive.store, context.admitted, context.question
        publishers = question.publishers if by_publisher else ()
        times = context.retriever.understand(question).times or question.times
        times = times or _months(question, [source.published or "" for source in store.sources(admitted)])
        sources = {
            source.doc_id: source
            for source in store.sources(admitted)
            if (not publishers or source.publisher in publishers)
            and (not (by_time and times) or _may_be_of(source, times))
        }
        named = f"published by {' or '.join(publishers)}" if publishers else ""
        dated = " or ".join(dict.fromkeys(time.describe() for time in times)) if by_time else ""
        filtered = ", ".join(part for part in (context.trace.filtered, named, dated) if part)
        restrictions = (*(time.wording for time in times), question.relative, *publishers)
        return cls(
            sources,
            times,
            filtered,
            tuple(filter(None, restrictions)),
            not context.archive.counts().n_documents,
        )

    @property
    def documents(self) -> str:
        """How many documents are looked at, and what restricts them: `7 documents (published by Reuters)`."""
        n = len(self.sources)
        return f"{n:,} document{'' if n == 1 else 's'}{f' ({self.filtered})' if self.filtered else ''}"

    def may_be_of(self, sentence: SourceSentence) -> bool:
        """Whether a sentence may be of the times: by a time that it gives, or by the date of its document."""
        if not self.times:
            return True
        spans = [time.days for time in event_times(sentence.text, sentence.published)]
        spans += [date_range(sentence.published)] if sentence.published else []
        return any(time.overlaps(*span) for time in self.times for span in spans)

    def refusal(self, context: PlanContext, what: str, missing: Sequence[str] = ()) -> Table:
        """That nothing was found, and where it was looked for. what: such as `no dated event about “ferry”`."""
        if self.is_empty_archive:
            text = f"There are no documents yet. {ADD_BY_COMMAND}"
            return Table(refusal=Refusal("empty_archive", text, filtered=self.filtered))
        text = f"{what[0].upper()}{what[1:]} was found in {self.documents}."
        if missing:
            text += f" None of them mentions {' or '.join(dict.fromkeys(missing))}."
        if context.is_cancelled:
            text = f"Stopped early. So far: {text}"
        return Table(refusal=Refusal("nothing_relevant", text, filtered=self.filtered))


def source_cell(sentence: SourceSentence) -> str:
    """Title and publisher of the document of a sentence, for a column of sources."""
    return ", ".join(filter(None, (sentence.title, sentence.hit.source.publisher)))


def _months(question: Question, dates: Sequence[str]) -> tuple[Time, ...]:
    """The months that a question names without a year, in each year of the documents."""
    years = sorted({date[:4] for date in dates if date})
    return tuple(
        Time(wording, date_range(f"{year}-{first:02d}")[0], date_range(f"{year}-{last:02d}")[1])
        for wording, first, last in asked_months(question)
        for year in years
    )


def _may_be_of(source: Source, times: Sequence[Time]) -> bool:
    return source.published is not None and any(time.includes(source.published) for time in times)
