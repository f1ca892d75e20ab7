"""What is removed, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from askive.rag.store.archive import Archive


@dataclass(frozen=True, slots=True)
class Removal:
    """Documents that are removed from a collection, or all of it.

    store_id: of the collection's store. others: names of the other collections. archive: the collection, opened for
    writing; None when all of it is removed.
    """

    collection: str
    store_id: str
    uris: frozenset[str]
    others: frozenset[str]
    archive: Archive | None = None

    def concerns(self, collection: str, uris: Iterable[str]) -> bool:
        """Whether something made from the documents `uris` of a collection was made from what is removed.

        A name that no collection has any more may be an earlier name of this one.
        """
        if collection == self.collection and self.archive is None:
            return True
        return collection not in self.others and not self.uris.isdisjoint(uris)


@dataclass(frozen=True, slots=True)
class Removed:
    """uris: of the documents, sorted. states_cleared: no kept state is left. erased: no byte is left in the collection.

    deleted, kept: how many things quoted the documents, by place (`askive.rag.privacy.register`); only those above 0.
    """

    uris: list[str]
    states_cleared: bool
    erased: bool
    deleted: Mapping[str, int]
    kept: Mapping[str, int]
