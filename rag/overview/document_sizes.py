"""How long the documents of a collection are."""

from __future__ import annotations

from dataclasses import dataclass

from askive.rag.store.sqlite import SqliteStore


@dataclass(frozen=True, slots=True)
class DocumentSize:
    """n_pages: the last page with text; 0 for a document without pages. n_characters: up to the last passage's end."""

    n_passages: int
    n_pages: int
    n_characters: int


def document_sizes(store: SqliteStore) -> dict[int, DocumentSize]:
    """The sizes by document id. The texts are not read; documents without a passage are missing."""
    query = 'SELECT doc_id, count(*), coalesce(max(page), 0), max("end") FROM passages GROUP BY doc_id'
    return {int(doc_id): DocumentSize(*numbers) for doc_id, *numbers in store.select(query)}
