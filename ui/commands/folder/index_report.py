"""What an indexing did or would do, as text and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from askive.ui.commands.cache import cleared_text
from askive.ui.commands.removal import NOT_ERASED, counts_text
from askive.ui.terminal.render import Output, one_line, write_failure

if TYPE_CHECKING:
    from pathlib import Path

    from askive.rag.collections.renewal import Renewed
    from askive.rag.config import Config
    from askive.rag.indexing import Indexed
    from askive.rag.ingest.report import IngestReport

_MAX_PARTIAL = 20
"""Further files that were read only in part, or split, are counted."""
_MAX_LISTED = 20


def indexed_json(indexed: Indexed) -> dict[str, Any]:
    """The result of an indexing for --json, without the collection's name."""
    report = indexed.report
    return {
        "added": report.n_added,
        "changed": report.n_changed,
        "moved": [{"from": old, "to": new} for old, new in report.moved.items()],
        "unchanged": report.n_unchanged,
        "deleted": report.n_deleted,
        "not_removed": report.n_not_removed,
        "states_cleared": indexed.states_cleared,
        "erased": indexed.erased,
        "quotes_deleted": dict(indexed.quotes_deleted),
        "quotes_kept": dict(indexed.quotes_kept),
        **_unread_json(report),
        "read_in_part": [{"uri": p.uri, "not_read": p.parts} for p in report.partial],
        "files_split": [{"uri": s.uri, "rule": s.rule, "documents": s.n_documents} for s in report.splits],
        "files_empty": [empty.uri for empty in report.empty],
        "passages": report.n_passages,
        "passages_reused": report.n_reused,
        "passages_reembedded": indexed.renewed.n_passages if indexed.renewed else 0,
        "passages_per_second": round(report.passages_per_second, 1),
        "elapsed_ms": round(report.elapsed_ms, 1),
    }


def show_indexed(
    config: Config, name: str, indexed: Indexed, shown: Output, *, with_unread: bool = True
) -> None:
    """Write the result of an indexing to standard error. with_unread: also the files that were not read."""
    from askive.rag.indexing import losses_text, prune_command

    report = indexed.report
    if with_unread:
        _show_unread(report, shown)
    for folder in report.withheld if with_unread else ():
        command = prune_command(config, name, folder.folder)
        write_failure(f"{losses_text(folder)} They were not removed.", f"To remove them, run `{command}`.")
    for partial in report.partial[:_MAX_PARTIAL]:
        shown.hint(f"{one_line(partial.uri)} is read only in part: {one_line('; '.join(partial.parts))}")
    if (more := len(report.partial) - _MAX_PARTIAL) > 0:
        shown.hint(f"{more} more files are read only in part; `askive status -c {name}` names them")
    for parts in report.splits[:_MAX_PARTIAL]:
        shown.hint(
            f"{one_line(parts.uri)} is split into {parts.n_documents:,} document{'s' * (parts.n_documents != 1)}"
            f" ({one_line(parts.rule)});"
            " --split none keeps it as one"
        )
    if (more := len(report.splits) - _MAX_PARTIAL) > 0:
        shown.hint(f"{more} more files are split into documents; --json names them")
    if indexed.renewed is not None:
        shown.hint(renewed_text(name, indexed.renewed))
    reused = f", {report.n_reused} of them not embedded again" if report.n_reused else ""
    shown.hint(
        f"{name}: {report.n_added} added, {report.n_changed} changed, {moved_text(report.n_moved)}"
        f"{report.n_unchanged} unchanged,"
        f" {report.n_deleted} removed, {report.n_skipped} skipped,"
        f" {len(report.failures)} failed; {report.n_passages} passages{reused} in {report.elapsed_ms / 1000:.1f} s"
        f"{f' ({report.passages_per_second:.0f}/s)' if report.n_passages else ''}"
        f"{'' if indexed.states_cleared is None else f'; {cleared_text(indexed.states_cleared)}'}"
    )
    if not indexed.erased:
        shown.hint(f"{name}: {NOT_ERASED}")
    if deleted := indexed.quotes_deleted:
        shown.hint(f"{name}: deleted because they quote removed documents: {counts_text(deleted)}")
    if kept := indexed.quotes_kept:
        shown.hint(f"{name}: kept, although they quote removed documents: {counts_text(kept)}")


def renewed_text(name: str, renewed: Renewed) -> str:
    """That a collection was embedded again, and with what."""
    former = f" instead of {renewed.former}" if renewed.former != renewed.embedder else ""
    return (
        f"{name}: {renewed.n_passages:,} passages of {renewed.n_documents:,} documents embedded again with"
        f" {renewed.embedder}{former}"
    )


def moved_text(n_moved: int) -> str:
    """`3 moved, `; empty for 0."""
    return f"{n_moved} moved, " if n_moved else ""


def show_preview(
    config: Config,
    name: str,
    paths: Sequence[Path],
    shown: Output,
    *,
    follow_links: bool,
    split: str | None,
) -> None:
    """Print what indexing these paths would change. Raises typer.Exit(1) when a file cannot be read."""
    from askive.rag.indexing import losses_text, preview_index

    with shown.progress() as bar:
        task = bar.add_task("Comparing", total=None)
        preview = preview_index(
            config, name, paths, follow_links=follow_links, split=split,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )  # fmt: skip
    report = preview.report
    if shown.as_json:
        shown.json(
            {
                "collection": name,
                "dry_run": True,
                "new": preview.new,
                "changed": preview.changed,
                "moved": [{"from": old, "to": new} for old, new in preview.moved.items()],
                "deleted": preview.deleted,
                "not_removed": [uri for folder in preview.withheld for uri in folder.uris],
                "unchanged": len(preview.unchanged),
                **_unread_json(report),
            }
        )
    else:
        moved = [f"{old} -> {new}" for old, new in preview.moved.items()]
        for what, found in (
            ("new", preview.new),
            ("changed", preview.changed),
            ("moved", moved),
            ("deleted", preview.deleted),
        ):
            for each in found:
                shown.text(f"{what:<8}  {one_line(each)}")
        for folder in preview.withheld:
            shown.hint(f"{losses_text(folder)} They would not be removed without --prune.")
        _show_unread(report, shown)
        shown.hint(
            f"{name}: {len(preview.new)} new, {len(preview.changed)} changed, {len(moved)} moved,"
            f" {len(preview.deleted)} to be removed, {len(preview.unchanged)} unchanged; nothing was changed"
        )
    if report.failures:
        raise typer.Exit(1)


def _unread_json(report: IngestReport) -> dict[str, Any]:
    return {
        "skipped": report.n_skipped,
        "files_skipped": report.skipped,
        "skipped_kinds": report.skipped_kinds,
        "hidden": report.hidden,
        "ignored": report.ignored,
        "links_not_followed": report.links,
        "failures": [{"uri": f.uri, "message": f.message, "remedy": f.remedy} for f in report.failures],
    }


def _show_unread(report: IngestReport, shown: Output) -> None:
    for failure in report.failures:
        write_failure(failure.message, failure.remedy)
    for link in report.links[:_MAX_LISTED]:
        shown.hint(
            f"{one_line(link)} points outside the folder and was not followed; use --follow-links to follow it"
        )
    if (more := len(report.links) - _MAX_LISTED) > 0:
        shown.hint(f"{more} more links were not followed")
    if report.skipped:
        shown.hint(
            f"not read, because their types are not supported: {kinds_text(report.skipped_kinds)}"
            f" ({some(report.skipped)})"
        )
    if report.empty:
        shown.hint(f"nothing to read in {some([empty.uri for empty in report.empty])}")
    if report.hidden:
        shown.hint(f"hidden and not read: {len(report.hidden)} ({some(report.hidden)})")
    if report.ignored:
        shown.hint(
            f"ignored by rules (`.askiveignore` changes them): {len(report.ignored)} ({some(report.ignored)})"
        )


def kinds_text(kinds: dict[str, int]) -> str:
    """`5 .png, 1 .mp4`."""
    return ", ".join(f"{n} {one_line(kind)}" for kind, n in kinds.items())


def some(paths: Sequence[str], n: int = 3) -> str:
    """The first n paths, and the number of the others."""
    more = f" and {len(paths) - n} more" if len(paths) > n else ""
    return f"{', '.join(map(one_line, paths[:n]))}{more}"
