"""The list of documents: type, size, pages, date, publisher, state; sorted, filtered, in parts."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal

from askive.rag.ingest.account import account_of
from askive.rag.overview.document_sizes import DocumentSize, document_sizes
from askive.rag.store.archive import Archive
from askive.rag.store.protocols import CollectionStore
from askive.rag.store.sqlite import SqliteStore
from askive.rag.types import Source
from askive.ui.chat.http.payloads import View, file_name, source_view, without_folders

SortKey = Literal["title", "type", "size", "pages", "published", "publisher", "state"]
State = Literal["", "read", "in part"]
_MAX_UNREAD = 200
_PROBLEMS = ("failed", "empty")
_STORE_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Listing:
    """What of the list is wanted.

    search: words that title, publisher and file name must all have. type: as in the list; empty for any.
    state: `in part` for documents of which parts were not read. n: at most so many, from `first` on.
    """

    search: str = ""
    type: str = ""
    state: State = ""
    publisher: str = ""
    sort: SortKey = "title"
    descending: bool = False
    first: int = 0
    n: int = 200


class Listings:
    """The lists of the collections, kept until one changes: a page of a list or a letter of a search costs little.

    Thread-safe.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Documents] = {}
        self._lock = threading.Lock()

    def of(self, archive: Archive, wanted: Listing) -> View:
        """A part of the list as `documents`, and the number of all that match as `n_documents`.

        types, publishers: those of the whole collection, with the numbers of documents. unread: files that were not
        read, with the reason, at most _MAX_UNREAD; those that cannot be documents (hidden, ignored, of other types)
        come last.
        """
        known = self._documents(archive)
        words = wanted.search.lower().split()
        found = [
            row
            for row, text in zip(known.rows, known.texts, strict=True)
            if all(word in text for word in words)
            and (not wanted.type or row["type"] == wanted.type)
            and (not wanted.state or row["state"] == wanted.state)
            and (not wanted.publisher or row["publisher"] == wanted.publisher)
        ]
        if (wanted.sort, wanted.descending) != ("title", False):
            # Two stable sorts, as the rows are in the order of their titles: documents without a value come last.
            found.sort(key=lambda row: _order(row[wanted.sort]), reverse=wanted.descending)
            found.sort(key=lambda row: row[wanted.sort] in (None, "", 0))
        return {
            "documents": [
                {**row, "has_original": original_path(row["uri"]) is not None}
                for row in found[wanted.first : wanted.first + wanted.n]
            ],
            "n_documents": len(found),
            "types": known.types,
            "publishers": known.publishers,
            **known.unread,
        }

    def _documents(self, archive: Archive) -> _Documents:
        store = archive.store
        with self._lock:
            # The version of the file changes with every transaction of another connection, as one that indexes.
            of_file = store.select("PRAGMA data_version")[0] if isinstance(store, SqliteStore) else ()
            version = (store.generation, *of_file)
            known = self._known.get(store.store_id)
            if known is None or known.store is not store or known.version != version:
                known = self._known[store.store_id] = _read(archive, version)
            return known


@dataclass(frozen=True, slots=True)
class _Documents:
    """All documents of a collection by title. texts: what a search looks through, in lower case."""

    store: CollectionStore
    version: tuple[int, ...]
    rows: Sequence[View]
    texts: Sequence[str]
    types: Sequence[View]
    publishers: Sequence[View]
    unread: View


def _read(archive: Archive, version: tuple[int, ...]) -> _Documents:
    store = archive.store
    sizes, not_read = document_sizes(store), store.not_read()
    rows = sorted((_row(source, sizes, not_read) for source in store.sources()), key=title_order)
    names = Counter(row["file"] for row in rows)
    for row in rows:
        if names[row["file"]] > 1:
            row["file"] = "/".join(filter(None, (_folder(row["uri"]), row["file"])))
    return _Documents(
        store,
        version,
        rows,
        [f"{row['title']} {row['publisher'] or ''} {row['file']}".lower() for row in rows],
        _counts(row["type"] for row in rows),
        _counts(row["publisher"] for row in rows if row["publisher"]),
        _unread(archive),
    )


def _folder(uri: str) -> str:
    """The name of the folder of a file; empty for one that was added through the page by itself."""
    folder = PurePath(uri).parent.name
    return "" if _STORE_ID.fullmatch(folder) else folder


def list_documents(archive: Archive, wanted: Listing) -> View:
    """As `Listings.of`, for one list."""
    return Listings().of(archive, wanted)


def title_order(document: View) -> tuple[str, str]:
    """The sort key of a list of documents by title."""
    return document["title"].lower(), document["uri"]


def _unread(archive: Archive) -> View:
    files = sorted(
        account_of(archive.store).unread, key=lambda file: (file.reason not in _PROBLEMS, file.uri)
    )
    return {
        "n_unread": len(files),
        "unread": [
            {
                "uri": file.uri,
                "file": file_name(file.uri),
                "reason": file.reason,
                "message": without_folders(file.message, file.uri),
                "remedy": file.remedy,
                "can_retry": file.reason in _PROBLEMS and original_path(file.uri) is not None,
            }
            for file in files[:_MAX_UNREAD]
        ],
    }


def original_path(uri: str) -> Path | None:
    """The file of a document, if it is still there; a part of a file (`box.mbox#3`) has its whole file."""
    for text in (uri, uri.rpartition("#")[0]):
        path = Path(text)
        if text and path.is_absolute() and path.is_file():
            return path
    return None


def type_of(source: Source) -> str:
    """`PDF` for a file `x.pdf`; the media type of a document whose name has no ending."""
    ending = PurePath(source.uri.partition("#")[0]).suffix
    return ending[1:].upper() or source.media_type


def _row(source: Source, sizes: dict[int, DocumentSize], not_read: dict[str, list[str]]) -> View:
    size = sizes.get(source.doc_id, DocumentSize(0, 0, 0))
    path = original_path(source.uri)
    missing = not_read.get(source.uri, [])
    return {
        **source_view(source),
        "type": type_of(source),
        "size": path.stat().st_size if path else size.n_characters,
        "pages": size.n_pages,
        "state": "in part" if missing else "read",
        "not_read": missing,
    }


def _order(value: object) -> tuple[int, str]:
    return (value, "") if isinstance(value, int) else (0, str(value or "").lower())


def _counts(values: Iterable[str]) -> list[View]:
    return [{"name": name, "n": n} for name, n in sorted(Counter(values).items())]
