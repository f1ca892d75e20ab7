"""Which documents a file holds, and whether they are new or changed.

Files whose stamp shows that they are unchanged are not opened. The others are parsed ahead, in worker processes.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from askive.rag.errors import AskiveError, EmptyFile, LoadError
from askive.rag.ingest.frames import Loaded
from askive.rag.ingest.parser_pool import Job, ParserPool
from askive.rag.ingest.plan import (
    Plan,
    digest_in,
    shows_unchanged,
    split_of,
    stamp_of,
    was_read_alike,
    with_digest,
)
from askive.rag.ingest.report import Failure, IngestReport, Split
from askive.rag.load import loader_of, printable, read_bytes
from askive.rag.load.digest import sha256
from askive.rag.load.files import digest_of, open_file
from askive.rag.load.several.parts import NONE, SPLIT
from askive.rag.load.several.pieces import (
    MIN_BYTES,
    MIN_RECORDS_BYTES,
    OF_RECORDS,
    PIECES,
    STREAMED,
    Place,
    number_in,
    pieces,
)
from askive.rag.load.several.split import MEMBERS
from askive.rag.types import Document, Passage

Reading = Callable[[str], None]
"""Called with the uri of a file while its parsing is awaited."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A document after the check for changes; unchanged when neither `document`, `failure` nor `moved_from` is set.

    passages: of the document; None before it is split. is_new: the store has nothing at its uri.
    stamp: of its file, to be stored for the next run; empty if it is no file. is_empty: the failure is that there is
    nothing to read. is_part: of a file of several documents, whose stamp is stored once all of them are. is_last: of
    its file. moved_from: uri of the stored document that had these bytes; without a `document` it only needs another
    uri. related: uri of a stored document that may share passages with this one; None if there is none.
    """

    uri: str
    document: Document | None = None
    passages: list[Passage] | None = None
    failure: Failure | None = None
    is_new: bool = False
    stamp: str = ""
    is_empty: bool = False
    is_part: bool = False
    is_last: bool = True
    moved_from: str | None = None
    related: str | None = None


class HowRead(NamedTuple):
    """split: as in `ingest_paths`. recognises: whether text in pictures is recognised."""

    split: str | None
    recognises: bool


@dataclass(slots=True)
class Stored:
    """What the store has of the files. digests, stamps: by uri. parts: uris by the file that holds the documents.

    gone: documents that are no longer in their file, collected on the way.
    """

    digests: Mapping[str, str]
    stamps: Mapping[str, str]
    parts: Mapping[str, Sequence[str]]
    gone: list[str] = field(default_factory=list)
    by_digest: dict[str, str] = field(init=False)
    """A uri of each digest."""

    def __post_init__(self) -> None:
        self.by_digest = {digest: uri for uri, digest in self.digests.items()}

    def of_file(self, path: str) -> list[str]:
        """The uris of the documents in the file."""
        return [*([path] if path in self.digests else []), *self.parts.get(path, ())]

    def rule_of(self, documents: Sequence[str]) -> str:
        """The rule by which the file with these documents was split; AUTO for a new file."""
        return split_of(self.stamps.get(documents[0]) if documents else None)

    def shows_unchanged(self, documents: Sequence[str], stamp: str) -> bool:
        """Whether the file with these documents has the bytes that were read. stamp: its present one."""
        return bool(documents) and all(shows_unchanged(stamp, self.stamps.get(uri)) for uri in documents)

    def has_read(
        self, path: str, documents: Sequence[str], digest: str, rule: str, *, recognises: bool
    ) -> bool:
        """Whether these are all documents of a file with this digest, and would be read from it again.

        rule: by which the file would be split. recognises: whether text in pictures would be recognised.
        """
        return bool(documents) and all(
            was_read_alike(path, self.stamps.get(uri), rule, recognises=recognises)
            and digest == (self.digests[uri] if documents == [path] else digest_in(self.stamps.get(uri)))
            for uri in documents
        )


def examine_files(
    plan: Plan,
    stored: Stored,
    how: HowRead,
    pool: ParserPool,
    reading: Reading | None,
    report: IngestReport,
) -> Iterator[Examined]:
    """The documents of the files in the order of the plan, read ahead while the pool has room; large ones last.

    So small changes need not wait for a file that takes hours. report: gets the files that are split.
    """
    ahead: deque[tuple[list[Examined], Job | None]] = deque()
    large: list[str] = []
    for uri in plan.files:
        if is_large(uri, plan) and _rule(uri, stored, how) != NONE:
            large.append(uri)
            continue
        ahead.append(_examine(uri, plan, stored, how, pool))
        while ahead and (ahead[0][1] is None or ahead[0][1].done.is_set() or not pool.has_room()):
            yield from _with_result(*ahead.popleft(), stored, pool, reading, report)
    while ahead:
        yield from _with_result(*ahead.popleft(), stored, pool, reading, report)
    for uri in large:
        yield from _in_pieces(uri, plan, stored, how, pool, reading, report)


def _examine(
    uri: str, plan: Plan, stored: Stored, how: HowRead, pool: ParserPool
) -> tuple[list[Examined], Job | None]:
    """Whether a file is new or changed; if so, its parsing has been queued."""
    former = stored.of_file(uri)
    rule = _rule(uri, stored, how)
    # Before reading the bytes: a change during reading then gives another stamp.
    stamp = stamp_of(uri, rule, recognises=how.recognises)
    if stored.shows_unchanged(former, stamp):
        return _unchanged(uri, former), None
    try:
        data = read_planned(uri, plan)
    except AskiveError as error:
        return [_failed(uri, error)], None
    digest = sha256(data)
    if stored.has_read(uri, former, digest, rule, recognises=how.recognises):
        return _unchanged(uri, former, stamp, digest), None
    examined = Examined(uri, stamp=stamp)
    moved_from = plan.moved.get(uri)
    if moved_from in stored.parts:
        examined = replace(examined, related=moved_from)
    elif moved_from is not None and stored.digests.get(moved_from) == digest:
        examined = replace(examined, moved_from=moved_from)
        # The title of a document may be the name of its file, so a renamed one is read again.
        if Path(moved_from).name == Path(uri).name and was_read_alike(
            uri, stored.stamps.get(moved_from), rule, recognises=how.recognises
        ):
            return [examined], None
    ending = os.path.splitext(uri)[1].lower()  # noqa: PTH122
    return [examined], pool.submit(data, uri, ending, digest, rule)


def _rule(uri: str, stored: Stored, how: HowRead) -> str:
    """By which a file is split into documents."""
    return how.split or stored.rule_of(stored.of_file(uri))


def _unchanged(uri: str, former: Sequence[str], stamp: str = "", digest: str = "") -> list[Examined]:
    """The documents of a file with the bytes that were read. stamp, digest: where they are to be stored."""
    is_whole = former == [uri]
    return [
        Examined(
            document,
            stamp=stamp if is_whole or not stamp else with_digest(stamp, digest),
            is_part=bool(stamp) and not is_whole,
            is_last=document == former[-1],
        )
        for document in former
    ]


def is_large(uri: str, plan: Plan) -> bool:
    """Whether a file is read in pieces."""
    if not uri.lower().endswith(STREAMED):
        return False
    limit = MIN_RECORDS_BYTES if uri.lower().endswith(OF_RECORDS) else MIN_BYTES
    try:
        return os.stat(plan.links.get(uri, uri)).st_size > limit  # noqa: PTH116
    except OSError:
        return False


def _in_pieces(
    uri: str,
    plan: Plan,
    stored: Stored,
    how: HowRead,
    pool: ParserPool,
    reading: Reading | None,
    report: IngestReport,
) -> Iterator[Examined]:
    """The documents of a large file, piece by piece; those of a damaged one up to the damage, and then its failure."""
    former = stored.of_file(uri)
    rule = _rule(uri, stored, how)
    stamp = stamp_of(uri, rule, recognises=how.recognises)
    if stored.shows_unchanged(former, stamp):
        yield from _unchanged(uri, former)
        return
    if reading is not None:
        reading(uri)
    moved_from = plan.moved.get(uri)
    related = moved_from if moved_from in stored.parts else None
    ending = os.path.splitext(uri)[1].lower()  # noqa: PTH122
    present: set[str] = set()
    held: Examined | None = None
    next_number = 1
    try:
        digest = digest_planned(uri, plan)
        if stored.has_read(uri, former, digest, rule, recognises=how.recognises):
            yield from _unchanged(uri, former, stamp, digest)
            return
        file = Examined(uri, stamp=stamp, related=related)
        with open_file(Path(plan.links.get(uri, uri))) as opened:
            for piece in pieces(opened, ending):
                place = Place(next_number, *piece[1:])
                job = pool.submit(piece.data, uri, ending, digest, rule, place)
                del piece
                try:
                    loaded = pool.take(job)
                except EmptyFile:
                    continue
                for item in loaded:
                    if held is not None:
                        yield held
                    held = replace(_examined(item, file, digest, stored), is_last=False)
                    present.add(held.uri)
                next_number = 1 + max(number_in(item.document.uri) for item in loaded)
    except LoadError as error:
        # What was read stays. Without the failure the file would count as read.
        if held is not None:
            yield held
        yield _failed(uri, error)
        return
    stored.gone += [document for document in former if document not in present]
    if held is None:
        empty = EmptyFile(f"{uri} holds no text", remedy="add text to it, or leave it out")
        yield replace(_failed(uri, empty), is_empty=True)
        return
    report.splits.append(Split(printable(Path(uri)), PIECES, len(present)))
    yield replace(held, is_last=True)


def _with_result(
    examined: list[Examined],
    job: Job | None,
    stored: Stored,
    pool: ParserPool,
    reading: Reading | None,
    report: IngestReport,
) -> Iterator[Examined]:
    """The documents of a file. Those that it no longer has are added to `stored.gone`."""
    if job is None:
        yield from examined
        return
    (file,) = examined
    if reading is not None and not job.done.is_set():
        reading(file.uri)
    try:
        loaded = pool.take(job)
    except EmptyFile as error:
        stored.gone += stored.of_file(file.uri)
        yield replace(_failed(file.uri, error), is_empty=True)
        return
    except LoadError as error:
        yield _failed(file.uri, error)
        return
    present = {item.document.uri for item in loaded}
    stored.gone += [uri for uri in stored.of_file(file.uri) if uri not in present]
    rule = str(loaded[0].document.metadata.get(SPLIT, ""))
    if rule:
        # The first member of an archive may be split by a rule of its own.
        rule = MEMBERS if file.uri.lower().endswith(".zip") else rule
        report.splits.append(Split(printable(Path(file.uri)), rule, len(loaded)))
    for item in loaded:
        yield replace(_examined(item, file, job.digest, stored), is_last=item is loaded[-1])


def _examined(item: Loaded, file: Examined, digest: str, stored: Stored) -> Examined:
    """A document of a file. digest: of the file."""
    document = item.document
    return Examined(
        document.uri,
        document,
        item.passages,
        is_new=document.uri not in stored.digests,
        stamp=file.stamp if document.uri == file.uri else with_digest(file.stamp, digest),
        is_part=document.uri != file.uri,
        moved_from=_moved_from(document, file, stored),
        related=_related(document, file, stored),
    )


def _moved_from(document: Document, file: Examined, stored: Stored) -> str | None:
    """The uri that the document had before its file was moved."""
    if document.uri == file.uri or file.related is None:
        return file.moved_from if document.uri == file.uri else None
    former = f"{file.related}{document.uri[len(file.uri) :]}"
    return former if stored.digests.get(former) == document.sha256 else None


def _related(document: Document, file: Examined, stored: Stored) -> str | None:
    if document.uri in stored.digests:
        return document.uri
    return _moved_from(document, file, stored) or stored.by_digest.get(document.sha256)


def read_planned(uri: str, plan: Plan) -> bytes:
    """The bytes of a file of the plan. Raises LoadError."""
    return read_bytes(_target(uri, plan))


def digest_planned(uri: str, plan: Plan) -> str:
    """The digest of a file of the plan, which may be large. Raises LoadError."""
    return digest_of(_target(uri, plan)) if is_large(uri, plan) else sha256(read_planned(uri, plan))


def _target(uri: str, plan: Plan) -> Path:
    loader_of(Path(uri))
    target = plan.links.get(uri, uri)
    if target != uri and not os.path.exists(target):  # noqa: PTH110
        raise LoadError(
            f"{uri} is a link to {target}, which does not exist", remedy="make it point to an existing file"
        )
    return Path(target)


def _failed(uri: str, error: AskiveError) -> Examined:
    return Examined(uri, failure=Failure(printable(Path(uri)), error.message, error.remedy))
