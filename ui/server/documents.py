"""Documents and collections: list, read, add, remove. Changes go through the library of the chat."""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from threading import Thread
from typing import Any, Literal

from askive.rag.errors import UsageError
from askive.rag.types import Document
from askive.ui.chat.documents.listing import Listing, Listings
from askive.ui.chat.library import Library
from askive.ui.failures import reported
from askive.ui.server.failures import NotFound
from askive.ui.server.operations import Operations
from askive.ui.server.tokens import Caller

_MAX_KEPT = 1000
_LISTED = ("uri", "file", "title", "published", "publisher", "media_type", "not_read")
State = Literal["reading", "indexing", "done", "failed"]


@dataclass(slots=True)
class Ingestion:
    """A document that is being added. done, total: passages embedded so far, and of all (0 until the end)."""

    ingestion_id: str
    collection: str
    name: str
    uri: str
    state: State = "reading"
    done: int = 0
    total: int = 0
    n_passages: int | None = None
    error: dict[str, str] | None = None

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {name: getattr(self, name) for name in self.__slots__}


class Documents:
    """The documents of all collections. Each method checks the caller's role and scope."""

    def __init__(self, operations: Operations, library: Library) -> None:
        self._operations = operations
        self._library = library
        self._ingestions: OrderedDict[str, Ingestion] = OrderedDict()
        self._lock = threading.Lock()
        self._listings = Listings()

    async def listed(
        self, caller: Caller, collection: str | None, search: str, offset: int, limit: int
    ) -> dict[str, Any]:
        """A page of the documents by title. search: words of the title, publisher or address."""
        name = await self._operations.collection(caller, collection)

        def page() -> dict[str, Any]:
            archive = self._operations.workspace.archive(name)
            found = self._listings.of(archive, Listing(search, first=offset, n=limit))
            n = found["n_documents"]
            return {
                "documents": [{key: row[key] for key in _LISTED} for row in found["documents"]],
                "n_documents": n,
                "next": offset + limit if offset + limit < n else None,
            }

        return await self._operations.in_thread(page)

    async def span(
        self, caller: Caller, collection: str | None, uri: str, start: int, end: int | None, limit: int
    ) -> dict[str, Any]:
        """The characters from `start` to `end` of a document's text, at most `limit` of them.

        Raises NotFound, and UsageError for offsets outside the text.
        """
        name = await self._operations.collection(caller, collection)
        document = await self._operations.in_thread(self._document, name, uri)
        last = min(len(document.text), start + limit) if end is None else end
        if not start <= last <= len(document.text) or last - start > limit:
            raise UsageError(
                f"characters {start} to {last} cannot be read of a text of {len(document.text)}",
                remedy=f"keep 0 <= start <= end <= {len(document.text)}, and read at most {limit} at once",
            )
        self._operations.audit.write(caller, "read", name)
        return {
            "uri": document.uri,
            "title": document.title,
            "published": document.published,
            "publisher": document.publisher,
            "media_type": document.media_type,
            "metadata": document.metadata,
            "n_characters": len(document.text),
            "start": start,
            "end": last,
            "text": document.text[start:last],
        }

    def _document(self, name: str, uri: str) -> Document:
        document = self._operations.workspace.archive(name).document_by_uri(uri)
        if document is None:
            raise NotFound(f"there is no document {uri!r}", remedy="list them with GET /v1/documents")
        return document

    async def put(
        self, caller: Caller, collection: str | None, name: str, body: AsyncIterator[bytes]
    ) -> Ingestion:
        """Receive a file and index it in the background.

        name: may hold folders; a document of this name is replaced. Raises Forbidden, UsageError for a name that no
        file can have, BodyTooLarge, TooManyRequests.
        """
        self._operations.require(caller, "write")
        chosen = await self._operations.collection(caller, collection)
        upload = await self._operations.in_thread(self._library.receive, chosen, name)
        try:
            async for block in body:
                upload.write(block)
        except BaseException:
            upload.discard()
            raise
        ingestion = Ingestion(uuid.uuid4().hex, chosen, name, str(upload.target))
        with self._lock:
            self._ingestions[ingestion.ingestion_id] = ingestion
            while len(self._ingestions) > _MAX_KEPT:
                self._ingestions.popitem(last=False)
        self._operations.audit.write(caller, "put", chosen)
        Thread(
            target=_follow, args=(ingestion, self._library.add(chosen, upload, replace=True)), daemon=True
        ).start()
        return ingestion

    def ingestion(self, caller: Caller, ingestion_id: str) -> Ingestion:
        """The state of an upload. Raises NotFound, also for one outside the caller's scope."""
        with self._lock:
            found = self._ingestions.get(ingestion_id)
        if found is None or not caller.admits(found.collection):
            raise NotFound(f"there is no ingestion {ingestion_id!r}", remedy="only the last 1,000 are kept")
        return found

    async def remove(
        self, caller: Caller, collection: str | None, uri: str, *, with_quotes: bool = False
    ) -> None:
        """Remove a document; its file stays unless it was uploaded. with_quotes: as in the library.

        Raises Forbidden, NotFound, CollectionBusy.
        """
        self._operations.require(caller, "write")
        name = await self._operations.collection(caller, collection)
        await self._operations.in_thread(self._document, name, uri)
        await self._operations.in_background(lambda: self._library.remove(name, uri, with_quotes=with_quotes))
        self._operations.audit.write(caller, "remove", name)

    async def create_collection(self, caller: Caller, name: str) -> None:
        """Create an empty collection. Raises Forbidden, UsageError when the name is taken or cannot be one."""
        self._operations.require(caller, "admin")
        name = self._operations.scope(caller, name)
        await self._operations.in_background(lambda: self._library.create(name))
        self._operations.audit.write(caller, "create", name)

    async def delete_collection(self, caller: Caller, name: str, *, with_quotes: bool = False) -> None:
        """Delete a collection. Raises Forbidden, CollectionNotFound, CollectionBusy."""
        self._operations.require(caller, "admin")
        name = await self._operations.collection(caller, name)
        await self._operations.in_background(lambda: self._library.delete(name, with_quotes=with_quotes))
        self._operations.audit.write(caller, "delete", name)


def _follow(ingestion: Ingestion, views: Iterator[dict[str, Any]]) -> None:
    """Keep the state of an upload up to date until it has ended."""
    try:
        for view in views:
            if view["step"] == "indexing":
                ingestion.done = view["done"]
            elif view["step"] == "done":
                ingestion.n_passages = ingestion.done = ingestion.total = view["n_passages"]
            elif view["step"] == "failed":
                message, remedy = view["message"], view["remedy"]
                ingestion.error = {"kind": view.get("kind", "load"), "message": message, "remedy": remedy}
            # Last, so that whoever sees the end also sees its outcome.
            ingestion.state = view["step"]
    except Exception as error:  # Nobody would see it in this thread.
        ingestion.error = reported(error, f"adding {ingestion.name}", "askive serve").as_dict()
        ingestion.state = "failed"
