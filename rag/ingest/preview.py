"""What an indexing would do, without reading more than is needed to compare the files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from askive.rag.errors import AskiveError
from askive.rag.ingest.examine import Known, read_planned
from askive.rag.ingest.plan import Withheld, plan_paths, shows_unchanged, stamp_of, was_read_alike
from askive.rag.ingest.report import IngestReport
from askive.rag.load import printable
from askive.rag.load.digest import sha256


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
    known: Known,
    paths: Sequence[Path],
    *,
    follow_links: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Preview:
    """The changes that indexing these paths would make; nothing is written or parsed.

    A file that cannot be parsed is among the new or changed ones. progress: called with the number of compared files
    and of all. Raises UsageError for a path that neither exists nor was indexed.
    """
    plan = plan_paths(paths, known.digests, stamps=known.stamps, follow_links=follow_links)
    preview = Preview(
        moved={old: new for new, old in plan.moved.items()}, deleted=plan.to_delete, withheld=plan.withheld
    )
    preview.report.fill_in(plan)
    for done, uri in enumerate(plan.files, start=1):
        if uri in plan.moved:
            continue
        stored = known.stamps.get(uri)
        try:
            if shows_unchanged(stamp_of(uri), stored):
                preview.unchanged.append(uri)
            elif uri not in known.digests:
                preview.new.append(uri)
            elif known.digests[uri] == sha256(read_planned(uri, plan)) and was_read_alike(stored):
                preview.unchanged.append(uri)
            else:
                preview.changed.append(uri)
        except AskiveError as error:
            preview.report.add_failure(printable(Path(uri)), error)
        progress(done, len(plan.files))
    return preview
