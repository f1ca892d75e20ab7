"""`askive index`"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.errors import UsageError
from ui.options import AsJson, Collection, Embedder, Quiet, output, settings
from ui.render import Output

if TYPE_CHECKING:
    from rag.config import Config


def index(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH...", help="Files and folders.", show_default=False)
    ] = None,
    collection: Collection = None,
    seeds: Annotated[bool, typer.Option("--seeds", help="Index the default corpus.")] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Forget the collection and index it from scratch.")
    ] = False,
    remove: Annotated[
        list[str] | None,
        typer.Option(
            "--remove",
            metavar="URI",
            help="Take this document, or all below this folder, out of the collection; repeat for more.",
        ),
    ] = None,
    follow_links: Annotated[
        bool, typer.Option("--follow-links", help="Also follow links that lead out of a named folder.")
    ] = False,
    embedder: Embedder = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Read documents into a collection: what is new or changed is added, what is gone is removed.

    Example: [bold]askive index ~/documents --collection case[/]
    """
    from models.registry import clear_states
    from rag.collections import DEFAULT_COLLECTION, has_collection, open_collection, rebuilt_collection
    from rag.config import SEEDS_COLLECTION
    from rag.ingest import IngestReport, ingest_paths
    from rag.seeds import seed_paths
    from ui.commands.cache import told_cleared

    if remove:
        if paths or seeds or rebuild:
            raise UsageError("--remove only removes", remedy="index what is new in a call of its own")
        _remove(remove, settings(collection=collection, embedder=embedder), output(as_json, quiet))
        return
    if not paths and not seeds:
        raise UsageError("nothing to index", remedy="name files or folders: askive index PATH...")
    if paths and seeds:
        raise UsageError("--seeds takes no paths", remedy="index them in two calls")
    config = settings(collection=collection, embedder=embedder)
    name = SEEDS_COLLECTION if seeds else config.collection or DEFAULT_COLLECTION
    shown = output(as_json, quiet)
    is_there = has_collection(config, name)
    # Before a collection is made for it; a file that an old one holds may be gone, and is removed then.
    if rebuild or not is_there:
        _must_exist(path for path in paths or () if not path.exists())
    opened = rebuilt_collection(config, name) if rebuild else open_collection(config, name, create=True)
    with opened as archive:
        uris = archive.store.known_sha256()
        _must_exist(p for p in paths or () if not p.exists() and os.path.abspath(p) not in uris)  # noqa: PTH100
        report = IngestReport()
        with shown.progress() as bar:
            task = bar.add_task(f"Indexing into {name}", total=None)

            def tell(done: int, total: int | None, _uri: str) -> None:
                speed = f", {report.passages_per_second:.0f} passages/s" if report.n_passages else ""
                bar.update(task, completed=done, total=total, description=f"Indexing into {name}{speed}")

            def show_file(uri: str) -> None:
                bar.update(task, description=f"Indexing into {name}, reading {shown_name(uri)}")

            ingest_paths(
                archive,
                seed_paths() if seeds else paths or [],
                progress=tell,
                report=report,
                reading=show_file,
                follow_links=follow_links,
            )
    # Of changed documents the states may stay: see `remove_from_collection`.
    is_less = report.n_deleted > 0 or (rebuild and is_there)
    cleared = clear_states(config.models_dir) if is_less else None
    if as_json:
        shown.json(
            {
                "collection": name,
                "added": report.n_added,
                "changed": report.n_changed,
                "unchanged": report.n_unchanged,
                "deleted": report.n_deleted,
                "states_cleared": cleared,
                "skipped": report.n_skipped,
                "links_not_followed": report.links,
                "passages": report.n_passages,
                "passages_per_second": round(report.passages_per_second, 1),
                "elapsed_ms": round(report.elapsed_ms, 1),
                "failures": [
                    {"uri": f.uri, "message": f.message, "remedy": f.remedy} for f in report.failures
                ],
            }
        )
    else:
        for failure in report.failures:
            typer.echo(f"askive: {failure.message}. {failure.remedy}", err=True)
        for link in report.links:
            shown.hint(f"{link} leads out of the folder and is not followed; --follow-links reads it too")
        shown.hint(
            f"{name}: {report.n_added} added, {report.n_changed} changed, {report.n_unchanged} unchanged,"
            f" {report.n_deleted} removed, {report.n_skipped} skipped,"
            f" {len(report.failures)} failed; {report.n_passages} passages in {report.elapsed_ms / 1000:.1f} s"
            f"{f' ({report.passages_per_second:.0f}/s)' if report.n_passages else ''}"
            f"{'' if cleared is None else f'; {told_cleared(cleared)}'}"
        )
    if report.failures:
        raise typer.Exit(1)


def shown_name(uri: str, n_chars: int = 40) -> str:
    """A file's name for one line of a terminal: short, and without control characters or markup that have effects."""
    from rich.markup import escape

    name = "".join(char if char.isprintable() else "\ufffd" for char in os.path.basename(uri))  # noqa: PTH119
    return escape(name if len(name) <= n_chars else f"{name[: n_chars - 9]}…{name[-8:]}")


def _must_exist(missing: Iterable[Path]) -> None:
    for path in missing:
        raise UsageError(f"{path} does not exist", remedy="name a file or a folder that does")


def _remove(uris: list[str], config: Config, shown: Output) -> None:
    from rag.collections import DEFAULT_COLLECTION, open_collection, remove_from_collection
    from ui.commands.cache import told_cleared

    name = config.collection or DEFAULT_COLLECTION
    with open_collection(config, name) as archive:
        removed, cleared = remove_from_collection(config, archive, uris)
    if shown.as_json:
        shown.json({"collection": name, "removed": removed, "states_cleared": cleared})
    else:
        shown.hint(
            f"{name}: {len(removed)} removed, {told_cleared(cleared)}; the files themselves stay where they are"
        )
