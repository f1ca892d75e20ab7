"""A removal and its result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from askive.rag.store.archive import Archive


@dataclass(frozen=True, slots=True)
class Removal:
    """Documents that are removed from a collection, or the whole collection.

    store_id: of the collection's store. others: names of the other collections. archive: the collection, open for
    writing; None when the whole collection is removed. former: paths that the documents were moved from.
    """

    collection: str
    store_id: str
    uris: frozenset[str]
    others: frozenset[str]
    archive: Archive | None = None
    former: frozenset[str] = frozenset()

    @property
    def all_uris(self) -> frozenset[str]:
        """The documents' uris, those that they were moved from included."""
        return self.uris | self.former

    def concerns(self, collection: str, uris: Iterable[str]) -> bool:
        """Whether text that was derived from the documents `uris` of a collection is affected by the removal.

        A name that no collection has now may be a former name of this one.
        """
        if collection == self.collection and self.archive is None:
            return True
        return collection not in self.others and not self.all_uris.isdisjoint(uris)


@dataclass(frozen=True, slots=True)
class Removed:
    """uris: of the documents, sorted. states_cleared: no cached state is left. erased: all bytes were overwritten.

    deleted, kept: numbers of items that quoted the documents, by place (`askive.rag.privacy.register`); only above 0.
    """

    uris: list[str]
    states_cleared: bool
    erased: bool
    deleted: Mapping[str, int]
    kept: Mapping[str, int]
