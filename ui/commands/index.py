"""`askive index`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag.errors import UsageError
from ui.options import AsJson, Collection, Embedder, Quiet, output, settings


def index(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH...", help="Files and folders.", show_default=False)
    ] = None,
    collection: Collection = None,
    seeds: Annotated[bool, typer.Option("--seeds", help="Index the default corpus.")] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Forget the collection and index it from scratch.")
    ] = False,
    embedder: Embedder = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Read documents into a collection: what is new or changed is added, what is gone is removed.

    Example: [bold]askive index ~/documents --collection case[/]
    """
    from rag.collections import DEFAULT_COLLECTION, open_collection, rebuilt_collection
    from rag.config import SEEDS_COLLECTION
    from rag.ingest import ingest_paths
    from rag.seeds import seed_paths

    if not paths and not seeds:
        raise UsageError("nothing to index", remedy="name files or folders: askive index PATH...")
    if paths and seeds:
        raise UsageError("--seeds takes no paths", remedy="index them in two calls")
    config = settings(collection=collection, embedder=embedder)
    name = SEEDS_COLLECTION if seeds else config.collection or DEFAULT_COLLECTION
    for path in paths or ():
        if not path.exists():
            raise UsageError(f"{path} does not exist", remedy="name a file or a folder that does")
    shown = output(as_json, quiet)
    opened = rebuilt_collection(config, name) if rebuild else open_collection(config, name, create=True)
    with shown.progress() as bar, opened as archive:
        task = bar.add_task(f"Indexing into {name}", total=None)
        report = ingest_paths(
            archive,
            seed_paths() if seeds else paths or [],
            progress=lambda done, total, _uri: bar.update(task, completed=done, total=total),
        )
    if as_json:
        shown.json(
            {
                "collection": name,
                "added": report.n_added,
                "changed": report.n_changed,
                "unchanged": report.n_unchanged,
                "deleted": report.n_deleted,
                "skipped": report.n_skipped,
                "passages": report.n_passages,
                "elapsed_ms": round(report.elapsed_ms, 1),
                "failures": [
                    {"uri": f.uri, "message": f.message, "remedy": f.remedy} for f in report.failures
                ],
            }
        )
    else:
        for failure in report.failures:
            typer.echo(f"askive: {failure.message}. {failure.remedy}", err=True)
        shown.hint(
            f"{name}: {report.n_added} added, {report.n_changed} changed, {report.n_unchanged} unchanged,"
            f" {report.n_deleted} removed, {report.n_skipped} skipped,"
            f" {len(report.failures)} failed; {report.n_passages} passages in {report.elapsed_ms / 1000:.1f} s"
        )
    if report.failures:
        raise typer.Exit(1)
