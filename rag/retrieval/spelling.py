"""Words of a question that no document has, and the archive's word that was meant: "Emwasi", "Emwazi"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from askive.rag.store.archive import Archive
from askive.rag.store.fts5 import phrase_expression
from askive.rag.text.names import names_in
from askive.rag.text.words import STOP_WORDS, stem

_MIN_NAME_CHARS, _MIN_WORD_CHARS = 4, 6
_LONG_CHARS = 8
"""From this length on a name may differ by two letters; other words and shorter names by one."""
_WORD = re.compile(r"(?<![\w'’-])[^\W\d_]+(?![\w’-])")


class Spelling:
    """Corrects questions by the words of one archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._vocabulary: tuple[int, Sequence[str]] = (-1, ())

    def corrections(self, question: str) -> dict[str, str]:
        """The archive's word for each word of the question that does not occur in it.

        Only where exactly one word of the archive is nearest, within one letter (two in long names), and begins with the
        same letter. Numbers and codes are never corrected. The distance is Damerau-Levenshtein's over stems.
        """
        in_names = {word for name in names_in(question) for word in name.text.split()}
        found = {}
        for word in dict.fromkeys(_WORD.findall(question)):
            is_name = word in in_names
            if len(word) < (_MIN_NAME_CHARS if is_name else _MIN_WORD_CHARS) or word.lower() in STOP_WORDS:
                continue
            if self._archive.lexical.has(phrase_expression(word)):
                continue
            if meant := self._nearest(word, is_name=is_name):
                found[word] = meant
        return found

    def _nearest(self, word: str, *, is_name: bool) -> str | None:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        own = stem(word.lower())
        most = 2 if is_name and len(word) >= _LONG_CHARS else 1
        near = [
            (distance, term)
            for term, distance, _ in process.extract(
                own, self._terms(own[0]), scorer=OSA.distance, score_cutoff=most, limit=5
            )
            # "launcher", "launched": another form or another word
            if is_name or own[: len(own) - 1] != term[: len(own) - 1]
        ]
        nearest = [term for distance, term in near if distance == min(near)[0]]
        return self._spelling_of(nearest[0]) if len(nearest) == 1 else None

    def _terms(self, letter: str) -> list[str]:
        """The stems of the archive that begin with the letter."""
        generation = self._archive.store.generation
        if self._vocabulary[0] != generation:
            self._vocabulary = (generation, self._archive.lexical.vocabulary())
        return [
            term for term in self._vocabulary[1] if term[0] == letter and term.isalpha() and len(term) > 2
        ]

    def _spelling_of(self, term: str) -> str:
        """The first word of the documents that has the stem."""
        for match in next(self._archive.lexical.matches(phrase_expression(term)), []):
            for start, end in match.spans:
                return match.passage.between(start, end)
            for start, end in match.context_spans:
                return match.context[start:end]
        return term
