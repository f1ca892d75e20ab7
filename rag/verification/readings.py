"""A source and a claim as they are held against each other: their numbers, dates, names and words."""

from __future__ import annotations

import re

from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.question.analysis import Question
from askive.rag.text.date_mentions import day_of, days
from askive.rag.text.names import has_name, lower_words, names_in
from askive.rag.text.numbers import number_mentions, numbers
from askive.rag.text.quantities import quantities
from askive.rag.text.sentences import split_sentences
from askive.rag.text.words import stem, stems

_REPEATED = 0.5
"""Share of a claim's words that only the question or the title have: a premise may be false, and under
"French and Russian jets hit Raqqa" a bomb was not hidden in a French jet."""
FRAMING = frozenset(
    map(
        stem,
        """say said state stated report reported according source sources excerpt excerpts document documents
        mention mentioned indicate indicated claim claimed tell told describe described note noted announce
        announced confirm confirmed total also respectively different accounts article give gave given""".split(),
    )
)
_PRONOUN = re.compile(
    r"\b(?:he|she|it|they|him|her|them|his|hers|its|their|theirs|this|these|those|both|who|which)\b"
    # "The group", "the two": something that was named before.
    r"|^\W*the\s+[a-z]+",
    re.IGNORECASE,
)


class SourceReading:
    """A source as it is held against claims."""

    def __init__(self, source: SourceSentence) -> None:
        self.source = source
        self.has_pronoun = bool(_PRONOUN.search(source.text))
        neighbours = f"{source.previous} {source.next}"
        self.days = days(source.text, source.published)
        # What stands near counts for times and numbers: "on Monday" opens a report and holds for all of it.
        self.near_days = [*self.days, *days(f"{neighbours} {source.about}", source.published)]
        if published := day_of(source.published):
            self.near_days.append(published)
        taken = [(d.start, d.end) for d in self.days if d.month or d.weekday is not None]
        self.quantities = quantities(source.text, taken)
        self.near_quantities = [*self.quantities, *quantities(neighbours), *quantities(source.about)]
        self.near_numbers = numbers(f"{source.text} {neighbours} {source.about} {source.published or ''}")
        own, about = lower_words(source.text), lower_words(source.about)
        before = lower_words(source.previous)
        self.named = own | about | (before if self.has_pronoun else set())
        self.own = own
        self.titled = names_in(source.about)
        self.units = [own, lower_words(source.next)]
        self.units += [lower_words(source.previous[a:b]) for a, b in split_sentences(source.previous)]
        self.stems = set(stems(source.text))
        self.about_stems = set(stems(source.about))
        self.near_stems = self.stems | set(stems(neighbours))
        self.near_text = f"{source.previous} {source.text} {source.next} {source.about}"
        self.lower_case = set(re.findall(r"\b[a-z]{3,}\b", f"{source.text} {neighbours}"))


class ClaimReading:
    """A claim with what in it can be checked."""

    def __init__(self, text: str, question: Question | None, plain: set[str], known: str) -> None:
        self.text = text
        self.question = question
        self.known = known
        self.days = [day for day in days(text) if not day.resolved]
        self.quantities = quantities(text, [(d.start, d.end) for d in self.days])
        self.names = [
            name
            for name in names_in(text)
            # A common word is capitalised at the head of a sentence only.
            if not (name.opens and len(name.words) == 1 and name.words[0] in plain)
        ]
        held = {stem(word) for name in self.names for word in name.words}
        held |= {stem(part) for name in self.names for part in re.split(r"\W+", name.text.lower()) if part}
        counted = {
            stem(w) for _, a, b in number_mentions(text) for w in re.findall(r"[\w.,]+", text[a:b].lower())
        }
        dated = {stem(w) for d in self.days for w in re.findall(r"\w+", d.text.lower())}
        self.words = set(stems(text)) - FRAMING - held - counted - dated
        self.asked = set(question.stems if question else ())

    def unheard(self, heard: set[str], headed: set[str], slack: float) -> list[str]:
        """The stems that nobody said, when they are more than may be the writer's own, or the question's."""
        new = self.words - heard
        own = new - self.asked - headed
        allowed = max(1, int(len(self.words) * slack)) if slack else 0
        repeated = max(1, int(len(self.words) * _REPEATED))
        return sorted(new) if len(own) > allowed or len(new - own) > repeated else []

    def coverage(self, source: SourceReading) -> float:
        """Share of the claim's words and names that the source has itself or in its heading."""
        n_named = sum(has_name(name, source.named, source.near_text) for name in self.names)
        n_said = sum(
            1.0 if word in source.stems else 0.5 if word in source.about_stems else 0.0 for word in self.words
        )
        of = len(self.words) + len(self.names)
        return (n_said + n_named) / of if of else 1.0
