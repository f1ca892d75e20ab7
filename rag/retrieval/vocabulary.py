"""The words and the languages of an archive, for reading questions (`askive.rag.question.spelling.Vocabulary`)."""

from __future__ import annotations

from collections.abc import Sequence

from askive.rag.store.archive import Archive
from askive.rag.store.fts5 import phrase_expression


class ArchiveVocabulary:
    """The words of one archive, by its full-text index."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._stems: tuple[int, Sequence[str]] = (-1, ())

    @property
    def generation(self) -> int:
        """Number that increases with every change of the archive."""
        return self._archive.store.generation

    def has(self, word: str) -> bool:
        """Whether any passage has the word in any form."""
        return self._archive.lexical.has(phrase_expression(word))

    def stems(self) -> Sequence[str]:
        """The stems of all words, sorted."""
        generation = self.generation
        if self._stems[0] != generation:
            self._stems = (generation, self._archive.lexical.vocabulary())
        return self._stems[1]

    def words_of(self, stem: str) -> list[str]:
        """The words with the stem in the first passages that have it."""
        matches = next(self._archive.lexical.matches(phrase_expression(stem)), [])
        words = [match.passage.between(*span) for match in matches for span in match.spans]
        return words or [match.context[start:end] for match in matches for start, end in match.context_spans]

    def texts(self, limit: int) -> list[str]:
        """The first passages, at most `limit`."""
        return [text for _, _, text in next(self._archive.lexical.texts(), [])[:limit]]
