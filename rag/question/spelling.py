"""Words of a question that no document has, and the archive's word that was meant: "Emwasi", "Emwazi"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from askive.rag.text.words import STOP_WORDS, stem

_MIN_NAME_CHARS, _MIN_WORD_CHARS = 6, 8
"""Of the stem. Shorter words have too many neighbours: "locked", "looked"; "Rome", "role"."""
_LONG_CHARS = 8
"""From this length on a name may differ by two letters; other words and shorter names by one."""
_WORD = re.compile(r"(?<![\w'’-])[^\W\d_]+(?![\w’-])")


class Vocabulary(Protocol):
    """The words of an archive; `askive.rag.retrieval.vocabulary` has them from its full-text index."""

    @property
    def generation(self) -> int:
        """Number that increases with every change of the archive."""
        ...

    def has(self, word: str) -> bool:
        """Whether any passage has the word in any form."""
        ...

    def stems(self) -> Sequence[str]:
        """The stems of all words."""
        ...

    def words_of(self, stem: str) -> list[str]:
        """Words with the stem, as the documents spell them."""
        ...

    def texts(self, limit: int) -> list[str]:
        """Some passages, at most `limit`."""
        ...


class Spelling:
    """Corrects questions by the words of one archive."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def corrections(self, question: str) -> dict[str, str]:
        """The archive's word for each word of the question that does not occur in it.

        Only where exactly one word of the archive is nearest and begins with the same letter: a name within one letter
        (two if long), another long word within one. Numbers and codes are never corrected. The distance is
        Damerau-Levenshtein's (optimal string alignment) over stems.
        """
        found = {}
        for word in dict.fromkeys(_WORD.findall(question)):
            own = stem(word.lower())
            if len(own) < _MIN_NAME_CHARS or word.lower() in STOP_WORDS:
                continue
            if not self._vocabulary.has(word) and (meant := self._nearest(own)):
                found[word] = meant
        return found

    def _nearest(self, own: str) -> str | None:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        most = 2 if len(own) >= _LONG_CHARS else 1
        near = process.extract(own, self._terms(own[0]), scorer=OSA.distance, score_cutoff=most, limit=5)
        nearest = [(term, distance) for term, distance, _ in near if distance == near[0][1]]
        if len(nearest) != 1:
            return None
        term, distance = nearest[0]
        found = self._vocabulary.words_of(term)
        if all(word[:1].isupper() for word in found):
            return found[0] if found else None
        return found[0] if distance == 1 and min(len(own), len(term)) >= _MIN_WORD_CHARS else None

    def _terms(self, letter: str) -> list[str]:
        """The stems of the archive that begin with the letter and are long enough."""
        return [
            term
            for term in self._vocabulary.stems()
            if term[0] == letter and term.isalpha() and len(term) >= _MIN_NAME_CHARS - 1
        ]
