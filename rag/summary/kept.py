"""Paragraphs that were worded once, kept with the collection: the second time costs nothing.

A paragraph is found again by the sentences that it was made of. Ids of passages are never used again, so another
version of a document has other paragraphs. All are deleted when a document is removed or replaced, since a file does
not name its documents.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from askive.models.files import write_atomically
from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.store.archive import Archive
from askive.rag.types import Citation, Sentence

FOLDER = "summaries"
"""In the folder of the collection."""
_FORMAT = 1
"""Incremented when paragraphs are worded or checked in another way."""


class KeptParagraphs:
    """The paragraphs of one collection. generator_id: of the model that words them."""

    def __init__(self, archive: Archive, generator_id: str) -> None:
        self._archive = archive
        self._generator_id = generator_id
        self._generation = archive.store.generation

    def find(self, paragraph: Sequence[SourceSentence], n_words: int) -> list[Sentence] | None:
        """The sentences for a paragraph; None when they are not kept, or cannot be read."""
        hits = {sentence.hit.passage.passage_id: sentence.hit for sentence in paragraph}
        try:
            rows = json.loads(self._path(paragraph, n_words).read_text(encoding="utf-8"))
            return [
                Sentence(
                    row["text"],
                    0,
                    len(row["text"]),
                    tuple(
                        Citation(0, hits[at], start, end, hits[at].passage.between(start, end), score)
                        for at, start, end, score in row["citations"]
                    ),
                    "supported",
                )
                for row in rows
            ]
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, paragraph: Sequence[SourceSentence], n_words: int, sentences: Sequence[Sentence]) -> None:
        """Keep the sentences for a paragraph, unless the collection has changed since."""
        rows = [
            {
                "text": sentence.text,
                "citations": [
                    (citation.hit.passage.passage_id, citation.start, citation.end, citation.score)
                    for citation in sentence.citations
                ],
            }
            for sentence in sentences
        ]
        path = self._path(paragraph, n_words)
        # When the disk is full or read-only, the next summary only takes longer.
        with suppress(OSError):
            path.parent.mkdir(exist_ok=True)
            write_atomically(path, json.dumps(rows, ensure_ascii=False))
            if self._archive.store.generation != self._generation or not self._archive.store.is_in_place():
                # A document of it may have been removed and erased in the meantime.
                path.unlink()

    def _path(self, paragraph: Sequence[SourceSentence], n_words: int) -> Path:
        spans = [(one.hit.passage.passage_id, *one.span) for one in paragraph]
        store_id = self._archive.store.store_id
        key = json.dumps([_FORMAT, store_id, self._generator_id, n_words, spans])
        return self._archive.folder / FOLDER / f"{sha256(key.encode()).hexdigest()}.json"


def count_kept(folder: Path) -> int:
    """The number of kept paragraphs of the collection in a folder."""
    return sum(1 for _ in (folder / FOLDER).glob("*.json"))


def delete_kept(folder: Path) -> bool:
    """Delete the kept paragraphs of the collection in a folder; returns whether none is left."""
    for path in (folder / FOLDER).glob("*"):
        with suppress(OSError):
            path.unlink()
    return not any((folder / FOLDER).glob("*"))
