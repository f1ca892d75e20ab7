"""A question with all that is read from its text: made once, then passed on in place of the text.

Publishers, times, `latest` and events are preferences, not filters: passages that match them move up, no passage is
excluded, and the user sees how the question was understood.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from askive.rag.question.answer_type import (
    Kind,
    asks_for_several,
    asks_for_the_one,
    asks_who,
    counted_noun,
    counts_people,
    expected_kind,
    gives_number,
    has_kind,
    is_open,
    is_yes_no,
)
from askive.rag.question.clauses import split_parts
from askive.rag.question.decomposition import question_parts
from askive.rag.question.publishers import named_publishers
from askive.rag.question.topic import Topic, topic_of
from askive.rag.text.date_mentions import Day, days
from askive.rag.text.names import Name, lower_words, names, names_in
from askive.rag.text.numbers import numbers
from askive.rag.text.quantities import Quantity, quantities
from askive.rag.text.time_expressions import EventPhrase, Time, event_phrases, named_times, relative_phrase
from askive.rag.text.words import stems, storable

MAX_QUERY_CHARS = 2000
# "latest", "most recent", "newest", "current", "currently", "up to date", "last known".
_LATEST = re.compile(r"\b(?:latest|most recent|newest|current(?:ly)?|up to date|last known)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause that is a query of its own. publishers, times: those that it names."""

    text: str
    publishers: tuple[str, ...] = ()
    times: tuple[Time, ...] = ()

    @classmethod
    def read(cls, text: str, publishers: Sequence[str] = ()) -> Clause:
        """publishers: all that are known."""
        return cls(text, tuple(named_publishers(text, publishers)), tuple(named_times(text)))

    def with_names(self, found: Sequence[str], publishers: Sequence[str]) -> Clause:
        """The clause with names appended that a first search has found; publishers: all that are known."""
        return Clause.read(f"{self.text} {' '.join(found)}", publishers)


@dataclass(frozen=True, slots=True)
class SubQuestion:
    """One of several things that a question asks for.

    wording: in the user's words. answer_type: of the wording. question: the same as a question of its own.
    stands: whether `question` is complete; if not, it is only used as a query.
    """

    wording: str
    answer_type: Kind | None
    question: Question
    stands: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """A question and all that is read from its text. `Question.read` makes it; equal texts give equal questions.

    text: as it was asked. query: for the indexes: in one line, at most MAX_QUERY_CHARS.

    What is asked for. answer_type: a number, a date or a name; None for anything else. wants_explanation: more than a
    name, a number, a date or a choice. wants_several: a list, in which no value contradicts another. wants_the_one:
    one definite thing ("what is the genre of"). asks_who: a person. counts_people: a number of people. counted: the
    word after "how many". clauses: queries of their own; empty when there is only one clause. sub_questions: the
    things it asks for, if there are two to four.

    Its words. names, dates, quantities: with offsets into `text`; every date has a month or a year. stems: of the
    content words, in order. words: in lower case. name_words: capitalised words. numbers: in normal form.

    Where to look. publishers: those of the archive that it names. times: the periods that it names. relative: a time
    that depends on today (`last week`), or empty. latest: it asks for the newest. events: times relative to an event
    (`before the talks`), which only the archive can date.

    Not here. Its vector: `Archive.embedder` keeps the vectors of recent texts, so one ask embeds its question once. Its
    language: apart from month names the rules that read it are English, and nothing depends on the language.
    """

    text: str
    query: str
    answer_type: Kind | None
    is_yes_no: bool
    wants_explanation: bool
    wants_several: bool
    wants_the_one: bool
    asks_who: bool
    counts_people: bool
    counted: str
    clauses: tuple[Clause, ...]
    sub_questions: tuple[SubQuestion, ...]
    names: tuple[Name, ...]
    dates: tuple[Day, ...]
    quantities: tuple[Quantity, ...]
    stems: tuple[str, ...]
    words: frozenset[str]
    name_words: frozenset[str]
    numbers: frozenset[str]
    publishers: tuple[str, ...]
    times: tuple[Time, ...]
    relative: str
    latest: bool
    events: tuple[EventPhrase, ...]

    @classmethod
    def read(cls, text: str, publishers: Sequence[str] = ()) -> Question:
        """Read a question's text. publishers: all of the archive."""
        whole = cls._read(text, publishers)
        # A part asks for one thing and is not split again.
        parts = tuple(
            SubQuestion(
                part.text, expected_kind(part.text), cls._read(part.meant, whole.publishers), part.stands
            )
            for part in question_parts(" ".join(text.split()))
        )
        return replace(whole, sub_questions=parts) if parts else whole

    @classmethod
    def _read(cls, text: str, publishers: Sequence[str]) -> Question:
        """As `read`, without sub-questions."""
        query = storable(" ".join(text.split()))[:MAX_QUERY_CHARS]
        named = tuple(named_publishers(query, publishers))
        dates = tuple(day for day in days(text) if day.year is not None or day.month is not None)
        return cls(
            text=text,
            query=query,
            answer_type=expected_kind(text),
            is_yes_no=is_yes_no(text),
            wants_explanation=is_open(text),
            wants_several=asks_for_several(text),
            wants_the_one=asks_for_the_one(text),
            asks_who=asks_who(text),
            counts_people=counts_people(text),
            counted=counted_noun(text),
            clauses=tuple(Clause.read(part, named) for part in split_parts(query)),
            sub_questions=(),
            names=tuple(names_in(text)),
            dates=dates,
            quantities=tuple(quantities(text, [(day.start, day.end) for day in dates])),
            stems=tuple(stems(text)),
            words=frozenset(lower_words(text)),
            name_words=frozenset(names(text)),
            numbers=frozenset(numbers(text)),
            publishers=named,
            times=tuple(named_times(query)),
            relative=relative_phrase(query),
            latest=bool(_LATEST.search(query)),
            events=tuple(event_phrases(query)),
        )

    @property
    def topic(self) -> Topic:
        """What it looks for, if it asks which documents mention something."""
        return topic_of(self.query, self.publishers)

    @property
    def is_one_thing(self) -> bool:
        """Whether a single sentence may answer it: no explanation, no yes or no, no second clause or question."""
        return not (self.wants_explanation or self.is_yes_no or self.clauses or self.sub_questions)

    @property
    def sure_names(self) -> tuple[Name, ...]:
        """Its names without a first word that may be capitalised only as such: "Trams in Finsk: how many?"."""
        first = next(iter(self.text.split()), "")
        is_plain = first[:1].isupper() and first[1:].islower() and not first.endswith(("'s", "’s"))
        return tuple(name for name in self.names if not (is_plain and name.opens and len(name.words) == 1))

    def after(self, context: str) -> Question:
        """The question with `context` before it, read as one text; itself when `context` is empty."""
        return Question._read(f"{context} {self.text}", self.publishers) if context else self

    def only(self, parts: Sequence[SubQuestion]) -> Question:
        """A question that asks only for the given sub-questions."""
        texts = (part.question.text for part in parts)
        return Question.read(" ".join(f"{text[0].upper()}{text[1:]}" for text in texts), self.publishers)

    def literal(self) -> Question:
        """The question without its preferences about where to look."""
        return replace(self, clauses=(), publishers=(), times=(), relative="", latest=False, events=())

    def matches_type(self, text: str) -> bool:
        """Whether a text has a value of the expected type that the question does not name itself."""
        return has_kind(self.answer_type, text, self.name_words)

    def lacks_number(self, answer: str) -> bool:
        """Whether a number is asked for and the answer has none but those of the question."""
        return self.answer_type == "number" and not gives_number(answer, self.numbers)

    def is_repeated_by(self, answer: str) -> bool:
        """Whether an answer has no word but those of the question, which asks for more than Yes, No or a choice."""
        if self.is_yes_no or "or" in self.words:
            return False
        return set(stems(answer)) <= set(self.stems)

    def describe(self) -> str:
        """Its preferences about where to look, in words; empty when it has none."""
        understood = [f"published by {' or '.join(self.publishers)}"] if self.publishers else []
        understood += dict.fromkeys(time.describe() for time in self.times)
        if self.latest:
            understood.append("newest")
        return ", ".join(understood)
