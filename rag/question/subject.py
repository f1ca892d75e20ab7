"""What a question about the whole archive is about, without the words that ask."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass

from askive.rag.text.names import Name, names_in
from askive.rag.text.words import STOP_WORDS, stem, words

# "merger", "Abaaoud’s", "U.S.", "U.N"
_WORD = re.compile(r"[^\W_]+(?:[.'’-][^\W_]+)*")
_NAME_WEIGHT, _FIRST_NAME_WEIGHT = 2.0, 0.8


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a subject.

    text: as spelled. stems: of the word, and of others that mean the same. is_name: it is capitalised as a name.
    weight: 1, more for a name, less of it for a first name, which texts seldom repeat.
    """

    text: str
    stems: frozenset[str]
    is_name: bool = False
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Subject:
    """What is looked for. text: its words, in order; empty for everything. names: those in it. terms: its words."""

    text: str
    names: tuple[Name, ...]
    terms: tuple[Term, ...]

    @classmethod
    def read(cls, text: str, asking: Set[str] = frozenset(), omitted: Sequence[str] = ()) -> Subject:
        """The subject of a text. asking: stems of words that only ask. omitted: stretches without a subject, as times.

        An asking word that is capitalised within the text is kept: it is a name.
        """
        for stretch in omitted:
            text = re.sub(rf"\b{re.escape(stretch)}\b", " ", text, flags=re.IGNORECASE)
        text = " ".join(text.split())
        first = (words(text) or [""])[0]
        if first in STOP_WORDS or stem(first) in asking:
            # "Timeline of Sinjar" is no name.
            text = f"{text[0].lower()}{text[1:]}"
        names = tuple(names_in(text))
        kept: list[str] = []
        terms: dict[frozenset[str], Term] = {}
        for match in _WORD.finditer(text):
            name = next((one for one in names if one.start <= match.start() < one.end), None)
            bare = (words(match.group()) or [""])[0]
            if not bare or (name is None and (bare in STOP_WORDS or stem(bare) in asking)):
                continue
            if name is not None and bare not in name.words:
                continue
            kept.append(match.group())
            is_first = name is not None and len(name.words) > 1 and bare != name.words[-1]
            term = Term(
                re.sub(r"['’]s?$", "", match.group()),
                frozenset({stem(bare)}),
                name is not None,
                1.0 if name is None else _FIRST_NAME_WEIGHT if is_first else _NAME_WEIGHT,
            )
            terms.setdefault(term.stems, term)
        return cls(" ".join(kept), names, tuple(terms.values()))
