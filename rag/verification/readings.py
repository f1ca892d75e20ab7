"""A source and a claim, parsed for comparison: their numbers, dates, names and words."""

from __future__ import annotations

import re
from dataclasses import replace

from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.question.analysis import Question
from askive.rag.text.date_mentions import day_of, days
from askive.rag.text.names import Name, has_name, lower_words, names_in
from askive.rag.text.numbers import number_mentions, numbers
from askive.rag.text.quantities import quantities
from askive.rag.text.sentences import split_sentences
from askive.rag.text.words import stem, stems

_MAX_REPEATED = 0.5
"""The largest share of a claim's words that only the question or the title may have: a premise can be false, and under
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
    # "he", "theirs", "those", "who"
    r"\b(?:he|she|it|they|him|her|them|his|hers|its|their|theirs|this|these|those|both|who|which)\b"
    # "The group", "the two": something named before
    r"|^\W*the\s+[a-z]+",
    re.IGNORECASE,
)


def lower_case_words(text: str) -> set[str]:
    """The words that the text writes in lower case."""
    return set(re.findall(r"\b[a-z]{3,}\b", text))


def _without_opening_word(name: Name, lower_case: set[str]) -> Name | None:
    """The name without a common word, capitalised because it opens a sentence: Finsk, of "Residents of Finsk"."""
    if not (name.opens and name.words[0] in lower_case):
        return name
    return replace(name, words=name.words[1:]) if len(name.words) > 1 else None


class SourceReading:
    """A source sentence, parsed once and compared with several claims.

    name_words: words in lower case that may be part of a name. near_*: including the neighbours and the heading.
    units: the word sets of the sentence and its neighbours. about_stems: of the heading.
    """

    def __init__(self, source: SourceSentence) -> None:
        self.source = source
        self.has_pronoun = bool(_PRONOUN.search(source.text))
        neighbours = f"{source.previous} {source.next}"
        self.days = days(source.text, source.published)
        # Dates and numbers nearby count: "on Monday" at the start of a report applies to all of it.
        self.near_days = [*self.days, *days(f"{neighbours} {source.about}", source.published)]
        if published := day_of(source.published):
            self.near_days.append(published)
        dates = [(d.start, d.end) for d in self.days if d.month or d.weekday is not None]
        self.quantities = quantities(source.text, dates)
        self.near_quantities = [*self.quantities, *quantities(neighbours), *quantities(source.about)]
        self.near_numbers = numbers(f"{source.text} {neighbours} {source.about} {source.published or ''}")
        own, about = lower_words(source.text), lower_words(source.about)
        before = lower_words(source.previous)
        self.name_words = own | about | (before if self.has_pronoun else set())
        self.own = own
        self.heading_names = names_in(source.about)
        self.units = [own, lower_words(source.next)]
        self.units += [lower_words(source.previous[a:b]) for a, b in split_sentences(source.previous)]
        self.stems = set(stems(source.text))
        self.about_stems = set(stems(source.about))
        self.near_stems = self.stems | set(stems(neighbours))
        self.near_text = f"{source.previous} {source.text} {source.next} {source.about}"
        self.lower_case = lower_case_words(f"{source.text} {neighbours}")


class ClaimReading:
    """A claim, parsed once: the parts that the rules check.

    lower_case: words that the sources write in lower case. known: as in `check`.
    """

    def __init__(self, text: str, question: Question | None, lower_case: set[str], known: str) -> None:
        self.text = text
        self.question = question
        self.known = known
        self.days = [day for day in days(text) if not day.resolved]
        self.quantities = quantities(text, [(d.start, d.end) for d in self.days])
        self.names = [
            name for found in names_in(text) if (name := _without_opening_word(found, lower_case)) is not None
        ]
        name_stems = {stem(word) for name in self.names for word in name.words}
        name_stems |= {
            stem(part) for name in self.names for part in re.split(r"\W+", name.text.lower()) if part
        }
        number_stems = {
            stem(w) for _, a, b in number_mentions(text) for w in re.findall(r"[\w.,]+", text[a:b].lower())
        }
        date_stems = {stem(w) for d in self.days for w in re.findall(r"\w+", d.text.lower())}
        self.words = set(stems(text)) - FRAMING - name_stems - number_stems - date_stems
        self.question_stems = set(question.stems if question else ())

    def unsupported_stems(self, supported: set[str], heading: set[str], slack: float) -> list[str]:
        """The stems that are not in `supported`, sorted; empty when there are few enough of them.

        Limits: `slack` for stems that neither the question nor the heading has, _MAX_REPEATED for the others.
        """
        new = self.words - supported
        own = new - self.question_stems - heading
        allowed = max(1, int(len(self.words) * slack)) if slack else 0
        repeated = max(1, int(len(self.words) * _MAX_REPEATED))
        return sorted(new) if len(own) > allowed or len(new - own) > repeated else []

    def coverage(self, source: SourceReading) -> float:
        """The share of the claim's words and names in the source; a word only in its heading counts half."""
        n_names = sum(has_name(name, source.name_words, source.near_text) for name in self.names)
        n_words = sum(
            1.0 if word in source.stems else 0.5 if word in source.about_stems else 0.0 for word in self.words
        )
        total = len(self.words) + len(self.names)
        return (n_words + n_names) / total if total else 1.0
