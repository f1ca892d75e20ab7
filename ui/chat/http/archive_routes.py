"""The JSON routes about the documents of a collection: list, overview, search, one document, its pages and its file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Annotated, Any
from urllib.parse import unquote

from pydantic import Field
from starlette.requests import Request as HttpRequest
from starlette.responses import FileResponse, Response, StreamingResponse

from askive.rag.store.filters import parse_filter
from askive.ui.chat.documents.description import Descriptions
from askive.ui.chat.documents.listing import Listing, Listings, SortKey, State
from askive.ui.chat.documents.search import find_mentions
from askive.ui.chat.library import Library
from askive.ui.chat.source_pane import (
    document_view,
    embedded_picture,
    found_boxes,
    marked_boxes,
    original_file,
    page_picture,
    rendered_view,
)
from askive.ui.chat.workspace import Workspace
from askive.ui.failures import reported

PageNumber = Annotated[int, Field(ge=1, le=1_000_000)]
Offset = Annotated[int, Field(ge=0)]
_MAX_LISTED = 500


class ArchiveRoutes:
    """Routes under `/chat/` that read documents, add and remove them."""

    def __init__(self, workspace: Workspace, library: Library) -> None:
        self._workspace = workspace
        self._library = library
        self._descriptions = Descriptions()
        self._listings = Listings()

    def table(self) -> list[tuple[str, str, Callable[..., Any]]]:
        """Method, path and function of each route."""
        collection = "collections/{name}"
        return [
            ("GET", f"{collection}/documents", self.documents),
            ("DELETE", f"{collection}/documents", self.remove_document),
            ("POST", f"{collection}/unread", self.read_again),
            ("DELETE", f"{collection}/unread", self.forget_unread),
            ("GET", f"{collection}/overview", self.overview),
            ("GET", f"{collection}/group", self.group),
            ("GET", f"{collection}/search", self.search),
            ("GET", f"{collection}/filters", self.filters),
            ("PUT", f"{collection}/files", self.add_file),
            ("GET", "source", self.source),
            ("GET", "source/rendered", self.rendered),
            ("GET", "source/embedded", self.embedded),
            ("GET", "source/picture", self.picture),
            ("GET", "source/boxes", self.boxes),
            ("GET", "source/found", self.found),
            ("GET", "source/original", self.original),
        ]

    def documents(
        self,
        name: str,
        search: str = "",
        type: str = "",
        state: State = "",
        publisher: str = "",
        sort: SortKey = "title",
        descending: bool = False,
        first: Annotated[int, Field(ge=0)] = 0,
        n: Annotated[int, Field(ge=1, le=_MAX_LISTED)] = 200,
    ) -> dict[str, Any]:
        """A part of the list of documents, and the number of all that match."""
        wanted = Listing(search, type, state, publisher, sort, descending, first, n)
        return self._listings.of(self._workspace.archive(name), wanted)

    def remove_document(self, name: str, uri: str, *, with_quotes: bool = False) -> dict[str, str]:
        """Remove a document."""
        self._library.remove(name, uri, with_quotes=with_quotes)
        return {"removed": uri}

    def read_again(self, name: str, uri: str) -> dict[str, Any]:
        """Try a file again that could not be read."""
        return self._library.read_again(name, uri)

    def forget_unread(self, name: str, uri: str) -> dict[str, str]:
        """Take a file off the list of those that were not read."""
        self._library.forget_unread(name, uri)
        return {"forgotten": uri}

    def overview(self, name: str) -> dict[str, Any]:
        """What is in the collection, and questions that it can answer."""
        return self._descriptions.of(self._workspace.archive(name))

    def group(self, name: str, title: str) -> list[dict[str, Any]]:
        """The documents of a group of the overview."""
        return self._descriptions.group(self._workspace.archive(name), title)

    def search(
        self, name: str, text: str, after: str = "", before: str = "", publisher: str = ""
    ) -> dict[str, Any]:
        """Every mention of a text."""
        admitted = parse_filter(
            after=after or None, before=before or None, publishers=(publisher,) if publisher else ()
        )
        return find_mentions(self._workspace.archive(name), text, admitted)

    def filters(self, name: str) -> dict[str, Any]:
        """What documents can be filtered by: their publishers, and the first and last day of their dates."""
        return self._library.filters(name)

    async def add_file(self, name: str, request: HttpRequest, replace: bool = False) -> Response:
        """The bytes are the body; the name, with folders, is in the header X-File-Name, percent-encoded.

        The response is one JSON object a line: the progress, and last the outcome.
        """
        upload = self._library.receive(name, unquote(request.headers.get("x-file-name", "")))
        try:
            async for block in request.stream():
                upload.write(block)
        except BaseException:
            upload.discard()
            raise
        lines = _lines(self._library.add(name, upload, replace=replace))
        return StreamingResponse(lines, media_type="application/x-ndjson")

    def source(self, collection: str, uri: str) -> dict[str, Any]:
        """A whole document."""
        return document_view(self._workspace.archive(collection), uri)

    def rendered(self, collection: str, uri: str, start: Offset = 0, end: Offset = 0) -> dict[str, Any]:
        """A Markdown document as HTML, with marks around a span."""
        return rendered_view(self._workspace.archive(collection), uri, start, end, collection)

    def embedded(self, collection: str, uri: str, source: str) -> Response:
        """A picture that a Markdown document shows."""
        picture, media_type = embedded_picture(self._workspace.archive(collection), uri, source)
        return Response(picture, media_type=media_type)

    def picture(
        self, collection: str, uri: str, page: PageNumber, zoom: Annotated[int, Field(ge=1, le=3)] = 1
    ) -> Response:
        """A page of a PDF, sharp when it is shown so many times as large."""
        picture = page_picture(self._workspace.archive(collection), uri, page, zoom)
        return Response(picture, media_type="image/png")

    def boxes(self, collection: str, uri: str, page: PageNumber, quote: str) -> list[dict[str, float]]:
        """Where a quote stands on a page of a PDF."""
        return marked_boxes(self._workspace.archive(collection), uri, page, quote)

    def found(self, collection: str, uri: str, page: PageNumber, text: str) -> list[list[dict[str, float]]]:
        """Every place of a text on a page of a PDF."""
        return found_boxes(self._workspace.archive(collection), uri, page, text)

    def original(self, collection: str, uri: str) -> Response:
        """The file of a document, to be downloaded: it may hold scripts, so it is never opened in the page's origin."""
        path = original_file(self._workspace.archive(collection), uri)
        return FileResponse(path, filename=path.name, content_disposition_type="attachment")


def _lines(views: Iterator[dict[str, Any]]) -> Iterator[str]:
    """One JSON object a line; the last one is always the outcome."""
    try:
        for view in views:
            yield json.dumps(view) + "\n"
    except Exception as error:
        yield (
            json.dumps({"step": "failed", **reported(error, "adding a file").as_dict(), "retry": True}) + "\n"
        )
