"""The documents in a file, by a rule.

`auto` follows from the file: the members of an archive, the messages of a mailbox, records with a text each, articles
and letters one after the other; any other file is one document. `none` makes one document of every file. Any other rule
is a regular expression, which matches the first line of each document.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath

from askive.rag.errors import AskiveError, EmptyFile, LoadError
from askive.rag.load import LOADERS, Loader, complete_document, load_attachment, load_bytes
from askive.rag.load.digest import sha256
from askive.rag.load.html import load_html
from askive.rag.load.limits import MAX_TEXT_CHARS, unreadable
from askive.rag.load.mail.messages import load_messages
from askive.rag.load.not_read import with_not_read
from askive.rag.load.recognition.tesseract import PICTURE_ENDINGS, can_recognise
from askive.rag.load.several.archive import members, unsupported
from askive.rag.load.several.articles import Start, find_documents
from askive.rag.load.several.parts import AUTO, NONE, SPLIT, part_uri
from askive.rag.load.several.pieces import PAGES, Place, numbered
from askive.rag.load.several.records import RECORDS, load_records, table_in
from askive.rag.load.tables.lines import Above
from askive.rag.load.tables.row_marks import RowsInOrder, marking_rows
from askive.rag.types import NOT_READ, PAGE_BREAK, Document

MEMBERS = "members"
MESSAGES = "messages"
_MAX_DEPTH = 3
"""Archives in archives that are read."""
_TEXTS = (".txt", ".text")
"""Extensions of files in which articles and letters are looked for; others have headings of their own."""
_TABLES = (".csv", ".tsv")
_BY_ENDING: dict[str, tuple[str, Callable[[bytes, str, Place | None], list[Document]]]] = {
    ".mbox": (MESSAGES, lambda data, uri, _place: load_messages(data, uri, load_attachment)),
    ".json": (RECORDS, load_records),
    ".jsonl": (RECORDS, load_records),
    ".ndjson": (RECORDS, load_records),
    ".csv": (RECORDS, load_records),
    ".tsv": (RECORDS, load_records),
}


def load_documents(
    data: bytes, uri: str, ending: str, rule: str = AUTO, place: Place | None = None
) -> list[Document]:
    """The documents in the bytes of a file, at least one; or in a piece of a large one, which stands at this place.

    ending: extension of the file, a key of LOADERS. The uri of a single document is that of the file; several have
    `uri#1` or, in an archive, `uri#path`, and in their metadata SPLIT, the rule. Raises LoadError as `load_bytes` does.
    """
    documents = _documents(data, uri, ending, rule, 0, place)
    if sum(len(document.text) for document in documents) > MAX_TEXT_CHARS:
        raise LoadError(
            f"{uri} holds more than {MAX_TEXT_CHARS:,} characters", remedy="split it into smaller files"
        )
    return documents if place is None else numbered(documents, uri, place)


def _documents(
    data: bytes, uri: str, ending: str, rule: str, depth: int, place: Place | None = None
) -> list[Document]:
    if rule == NONE or not data:
        return [load_bytes(data, uri, LOADERS[ending])]
    if ending == ".zip":
        return _members(data, uri, rule, depth)
    if rule == AUTO and ending in _BY_ENDING:
        name, load = _BY_ENDING[ending]
        try:
            with marking_rows():
                found = load(data, uri, place)
        except AskiveError:
            raise
        except Exception as error:
            raise unreadable(uri, error) from error
        if [document.uri for document in found] == [uri]:
            return [complete_document(found[0], uri)]
        return _completed(found, uri, name) if found else [load_bytes(data, uri, LOADERS[ending])]
    document = load_bytes(data, uri, LOADERS[ending] if place is None else _loader_of_piece(ending, place))
    if rule == AUTO:
        name, starts = find_documents(document.text) if ending in _TEXTS else ("", [])
    else:
        name, starts = rule, _matches(rule, document.text)
    return _completed(_pieces(document, starts), uri, name) if len(starts) > 1 else [document]


def _loader_of_piece(ending: str, place: Place) -> Loader:
    if ending in _TABLES:
        return lambda data, uri: table_in(data, uri, place).document()
    if ending in PAGES:
        return lambda data, uri: load_html(data, uri, Above(place.n_given, place.n_above))
    return LOADERS[ending]


def _members(data: bytes, uri: str, rule: str, depth: int) -> list[Document]:
    found: list[Document] = []
    unread: list[str] = []
    n_chars = n_failed = 0
    for name, content in members(data, uri, unread):
        ending = PurePosixPath(name).suffix.lower()
        if ending not in LOADERS or (ending in PICTURE_ENDINGS and not can_recognise()):
            unread.append(unsupported(name))
        elif ending == ".zip" and depth >= _MAX_DEPTH:
            n_failed += 1
            unread.append(f"{name} is an archive in more than {_MAX_DEPTH} others")
        else:
            try:
                of_member = _documents(content, name, ending, rule, depth + 1)
            except LoadError as error:
                n_failed += not isinstance(error, EmptyFile)
                unread.append(error.message)
                continue
            n_chars += sum(len(document.text) for document in of_member)
            if n_chars > MAX_TEXT_CHARS:
                raise LoadError(
                    f"{uri} holds more than {MAX_TEXT_CHARS:,} characters", remedy="unpack it and split it"
                )
            found += of_member
    if not found:
        shown = f": {'; '.join(unread[:3])}" if unread else ""
        kind = LoadError if n_failed else EmptyFile
        raise kind(f"{uri} has no file that can be read{shown}", remedy="unpack it, or leave it out")
    found[0] = with_not_read(found[0], unread, of_archive=True)
    return [_marked(replace(document, uri=part_uri(uri, document.uri)), MEMBERS) for document in found]


def _completed(documents: list[Document], uri: str, rule: str) -> list[Document]:
    """Those of the documents that have a text, with their bylines. Raises EmptyFile when none has."""
    found = [
        _marked(complete_document(document, document.uri), rule)
        for document in documents
        if document.text.strip()
    ]
    if not found:
        raise EmptyFile(f"{uri} holds no text", remedy="add text to it, or leave it out")
    return found


def _marked(document: Document, rule: str) -> Document:
    return replace(document, metadata={**document.metadata, SPLIT: document.metadata.get(SPLIT, rule)})


def _matches(rule: str, text: str) -> list[Start]:
    """The lines that the expression matches; text above the first is a document too."""
    starts: list[Start] = []
    for match in re.finditer(rule, text, re.MULTILINE):
        at = text.rfind("\n", 0, match.start()) + 1
        end = text.find("\n", at)
        line = text[at : end if end >= 0 else None].strip(" \t\r#*")
        if line and (not starts or starts[-1].at < at):
            starts.append(Start(at, line))
    return starts


def _pieces(document: Document, starts: list[Start]) -> list[Document]:
    """The parts of the text from each start to the next; text above the first keeps the document's title."""
    text = document.text
    if text[: starts[0].at].strip():
        starts = [Start(0, document.title), *starts]
    ends = [*(start.at for start in starts[1:]), len(text)]
    metadata = {name: value for name, value in document.metadata.items() if name != NOT_READ}
    rows = RowsInOrder(text, document.rows)
    pieces: list[Document] = []
    for n, (start, end) in enumerate(zip(starts, ends, strict=True), start=1):
        body = text[start.at : end].strip()
        # With the earlier page breaks, so that page numbers stay true.
        pages = PAGE_BREAK * text.count(PAGE_BREAK, 0, start.at)
        at = text.index(body, start.at)
        pieces.append(
            replace(
                document,
                uri=part_uri(document.uri, n),
                title=start.title,
                text=pages + body,
                sha256=sha256(body.encode("utf-8", "surrogatepass")),
                published=start.published,
                publisher=None,
                metadata=metadata,
                rows=tuple(
                    each._replace(start=each.start - at + len(pages), end=each.end - at + len(pages))
                    for each in rows.between(at, at + len(body))
                ),
            )
        )
    pieces[0] = replace(pieces[0], metadata=document.metadata)
    return pieces
