"""How long the documents of a collection are."""

from __future__ import annotations

from dataclasses import dataclass

from askive.rag.store.protocols import CollectionStore


@dataclass(frozen=True, slots=True)
class DocumentSize:
    """n_pages: the last page with text; 0 for a document without pages. n_characters: up to the last passage's end."""

    n_passages: int
    n_pages: int
    n_characters: int


def document_sizes(store: CollectionStore) -> dict[int, DocumentSize]:
    """The sizes by document id. The texts are not read; documents without a passage are missing."""
    return {doc_id: DocumentSize(*numbers) for doc_id, *numbers in store.passage_extents()}
