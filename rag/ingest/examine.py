"""Which documents are new, changed or moved; files that must be read are parsed ahead."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from askive.rag.errors import AskiveError, LoadError
from askive.rag.ingest.parser_pool import Job, ParserPool
from askive.rag.ingest.plan import Plan, shows_unchanged, stamp_of, was_read_alike
from askive.rag.ingest.report import Failure
from askive.rag.load import loader_of, printable, read_bytes, storable_document
from askive.rag.load.digest import sha256
from askive.rag.types import Document, Passage

Reading = Callable[[str], None]
"""Called with the uri of a file while its parsing is awaited."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A document after the check for changes; unchanged when neither `document`, `failure` nor `moved_from` is set.

    passages: of the document; None before it is split. is_new: the store has nothing at its uri.
    stamp: of its file, to be stored for the next run; empty if it is no file.
    moved_from: uri of the stored document that had these bytes; without a `document` it only needs another uri.
    related: uri of a stored document that may share passages with this one; None if there is none.
    """

    uri: str
    document: Document | None = None
    passages: list[Passage] | None = None
    failure: Failure | None = None
    is_new: bool = False
    stamp: str = ""
    moved_from: str | None = None
    related: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the store has. digests, stamps: by uri, as stored before the run."""

    digests: Mapping[str, str]
    stamps: Mapping[str, str]
    by_digest: Mapping[str, str] = field(init=False)
    """A uri of each digest."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_digest", {digest: uri for uri, digest in self.digests.items()})


def examine_documents(documents: Iterable[Document], known: dict[str, str]) -> Iterator[Examined]:
    """Documents made by the caller. known: digests by uri, which is updated."""
    for document in documents:
        if known.get(document.uri) == document.sha256:
            yield Examined(document.uri)
            continue
        is_new = document.uri not in known
        related = None if is_new else document.uri
        yield Examined(document.uri, storable_document(document), is_new=is_new, related=related)
        known[document.uri] = document.sha256


def examine_files(plan: Plan, known: Known, pool: ParserPool, reading: Reading | None) -> Iterator[Examined]:
    """The files in the order of the plan, read ahead while the pool has room."""
    ahead: deque[tuple[Examined, Job | None]] = deque()
    for uri in plan.files:
        ahead.append(_examine(uri, plan, known, pool))
        while ahead and (ahead[0][1] is None or ahead[0][1].done.is_set() or not pool.has_room()):
            yield _with_result(*ahead.popleft(), pool, reading)
    while ahead:
        yield _with_result(*ahead.popleft(), pool, reading)


def read_planned(uri: str, plan: Plan) -> bytes:
    """The bytes of a file of the plan. Raises LoadError."""
    loader_of(Path(uri))
    target = plan.links.get(uri, uri)
    if target != uri and not os.path.exists(target):  # noqa: PTH110
        raise LoadError(
            f"{uri} is a link to {target}, which does not exist", remedy="make it point to an existing file"
        )
    return read_bytes(Path(target))


def _examine(uri: str, plan: Plan, known: Known, pool: ParserPool) -> tuple[Examined, Job | None]:
    """Whether a file is new or changed; if so, its parsing has been queued."""
    # Before reading the bytes: a change during reading then gives another stamp.
    stamp = stamp_of(uri)
    if shows_unchanged(stamp, known.stamps.get(uri)):
        return Examined(uri), None
    try:
        data = read_planned(uri, plan)
    except AskiveError as error:
        return _failed(uri, error), None
    digest = sha256(data)
    former = plan.moved.get(uri)
    if former is not None and known.digests[former] != digest:
        # It changed since the plan was made.
        former = None
    stored = uri if uri in known.digests else former
    is_alike = (
        stored is not None and known.digests[stored] == digest and was_read_alike(known.stamps.get(stored))
    )
    if is_alike and former is None:
        return Examined(uri, stamp=stamp), None
    # The title of a document may be the name of its file, so a renamed one is read again.
    if is_alike and former is not None and Path(former).name == Path(uri).name:
        return Examined(uri, stamp=stamp, moved_from=former), None
    related = stored or known.by_digest.get(digest)
    examined = Examined(uri, is_new=uri not in known.digests, stamp=stamp, moved_from=former, related=related)
    return examined, pool.submit(data, uri, os.path.splitext(uri)[1].lower(), digest)  # noqa: PTH122


def _with_result(examined: Examined, job: Job | None, pool: ParserPool, reading: Reading | None) -> Examined:
    if job is None:
        return examined
    if reading is not None and not job.done.is_set():
        reading(examined.uri)
    try:
        loaded = pool.take(job)
    except LoadError as error:
        return _failed(examined.uri, error)
    return replace(examined, document=loaded.document, passages=loaded.passages)


def _failed(uri: str, error: AskiveError) -> Examined:
    return Examined(uri, failure=Failure(printable(Path(uri)), error.message, error.remedy))
