"""What an indexing would do, without reading more than is needed to compare the files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from askive.rag.errors import AskiveError
from askive.rag.ingest.examination import Stored, digest_planned
from askive.rag.ingest.plan import Withheld, parts_by_file, plan_paths, stamp_of
from askive.rag.ingest.report import IngestReport
from askive.rag.load import printable
from askive.rag.load.recognition.tesseract import PICTURE_ENDINGS, find_tesseract


@dataclass(slots=True)
class Preview:
    """Uris by what would happen to them; moved: new uris by old ones. withheld: removals that need confirmation.

    report: the files that are not read, and those that cannot be; its numbers stay 0.
    """

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    report: IngestReport = field(default_factory=IngestReport)


def preview_paths(
    known: Mapping[str, str],
    stamps: Mapping[str, str],
    paths: Sequence[Path],
    *,
    follow_links: bool = False,
    split: str | None = None,
    ocr: bool = True,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Preview:
    """The changes that indexing these paths would make; nothing is written or parsed.

    known: digests by uri. stamps: as stored. A file that cannot be parsed is among the new or changed ones. split, ocr:
    as in `askive.rag.ingest.pipeline.ingest_paths`. progress: called with the number of compared files and of all.
    Raises UsageError for a path that neither exists nor was indexed.
    """
    recognises = bool(ocr and find_tesseract())
    unread = () if recognises else PICTURE_ENDINGS
    plan = plan_paths(paths, known, stamps=stamps, follow_links=follow_links, unread=unread)
    stored = Stored(known, stamps, parts_by_file(known))
    preview = Preview(
        moved={old: new for new, old in plan.moved.items()}, deleted=plan.to_delete, withheld=plan.withheld
    )
    preview.report.fill_in(plan)
    for done, uri in enumerate(plan.files, start=1):
        if uri in plan.moved:
            continue
        former = stored.of_file(uri)
        rule = split or stored.rule_of(former)
        stamp = stamp_of(uri, rule, recognises=recognises)
        try:
            if not former:
                preview.new.append(uri)
            elif stored.shows_unchanged(former, stamp) or stored.has_read(
                uri, former, digest_planned(uri, plan), rule, recognises=recognises
            ):
                preview.unchanged.append(uri)
            else:
                preview.changed.append(uri)
        except AskiveError as error:
            preview.report.add_failure(printable(Path(uri)), error)
        progress(done, len(plan.files))
    return preview
