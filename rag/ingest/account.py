"""The account of a collection: every file that was indexed, and every one that was not, with the reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from askive.rag.ingest.report import Partial, kinds_of, partials
from askive.rag.store.files import LastRun, Reason, Unread
from askive.rag.store.protocols import CollectionStore


@dataclass(frozen=True, slots=True)
class Account:
    """What is in a collection, and what was not read of the paths that were indexed.

    last_run: the last complete indexing of files; None when there was none. partial: documents with the parts that
    were not read. duplicates: groups of documents that were read from the same bytes. unread: by path, from the last
    indexing of each path.
    """

    n_documents: int
    n_passages: int
    last_run: LastRun | None
    partial: tuple[Partial, ...]
    duplicates: tuple[tuple[str, ...], ...]
    unread: tuple[Unread, ...]

    def of(self, *reasons: Reason) -> tuple[Unread, ...]:
        """The files that were not read for one of these reasons."""
        return tuple(each for each in self.unread if each.reason in reasons)

    @property
    def unsupported_kinds(self) -> dict[str, int]:
        """Number of files of unsupported types, as `kinds_of` counts."""
        return kinds_of([each.uri for each in self.of("unsupported")])

    def as_dict(self) -> dict[str, Any]:
        """The JSON form: `unread` by reason, and its numbers."""
        by_reason: dict[str, list[dict[str, str]]] = {}
        for each in self.unread:
            by_reason.setdefault(each.reason, []).append(
                {"uri": each.uri, "message": each.message, "remedy": each.remedy}
            )
        return {
            "documents": self.n_documents,
            "passages": self.n_passages,
            "last_run": asdict(self.last_run) if self.last_run else None,
            "counts": {reason: len(found) for reason, found in by_reason.items()},
            "unsupported_kinds": self.unsupported_kinds,
            "read_in_part": [{"uri": each.uri, "not_read": each.parts} for each in self.partial],
            "duplicates": self.duplicates,
            "unread": by_reason,
        }


def account_of(store: CollectionStore) -> Account:
    """The account of a store, as the last indexing left it; no file is opened."""
    counts = store.counts()
    return Account(
        counts.n_documents,
        counts.n_passages,
        store.last_run(),
        tuple(each for uri, parts in store.not_read().items() for each in partials(uri, parts)),
        tuple(store.duplicates()),
        tuple(store.unread()),
    )
