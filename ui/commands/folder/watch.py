"""`askive watch`"""

from __future__ import annotations

import signal
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from askive.rag.errors import AskiveError, UsageError
from askive.ui.commands.folder.index_report import indexed_json, show_indexed
from askive.ui.disclosure import disclose
from askive.ui.terminal.options import AsJson, Collection, Embedder, Quiet, output, settings
from askive.ui.terminal.render import write_failure

if TYPE_CHECKING:
    from types import FrameType

    from askive.rag.indexing import Indexed


def watch(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH...", help="Files and folders.", show_default=False)
    ] = None,
    collection: Collection = None,
    poll: Annotated[
        bool | None,
        typer.Option(
            "--poll/--no-poll",
            help="Compare the files every two seconds. Default: only on network drives, which send no events.",
            show_default=False,
        ),
    ] = None,
    follow_links: Annotated[
        bool, typer.Option("--follow-links", help="Also follow links that point outside the folder.")
    ] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove missing files even if they are most of a folder.")
    ] = False,
    embedder: Embedder = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Keep a collection in step with files and folders, until Ctrl-C; questions go first.

    With --json one object a line after each change. Example: [bold]askive watch ~/documents[/]
    """
    from askive.rag.collections.by_name import DEFAULT_COLLECTION
    from askive.rag.upkeep.watch import watch_paths

    if not paths:
        raise UsageError("nothing to watch", remedy="name files or folders: askive watch PATH...")
    config = settings(collection=collection, embedder=embedder)
    name = config.collection or DEFAULT_COLLECTION
    shown = output(as_json, quiet)
    if disclosure := disclose(None, config.embedder, store=config.store):
        shown.hint(disclosure)
    said: list[object] = []

    def show(indexed: Indexed) -> None:
        # What stays wrong is said once, not after every change.
        report = indexed.report
        is_changed = bool(report.n_written or report.moved or report.n_deleted)
        facts = [
            report.failures,
            report.withheld,
            report.skipped,
            report.hidden,
            report.ignored,
            report.links,
        ]
        if is_changed or said != facts:
            if as_json:
                shown.json({"collection": name, **indexed_json(indexed)})
            else:
                show_indexed(config, name, indexed, shown, with_unread=said != facts)
            said[:] = facts

    def show_failure(error: AskiveError) -> None:
        if as_json:
            shown.json({"collection": name, "error": error.as_dict()})
        write_failure(error.message, error.remedy)

    stop = Event()

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        stop.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)
    shown.hint(f"{name}: watching {', '.join(map(str, paths))}; Ctrl-C ends it")
    watch_paths(
        config, name, paths, indexed=show, failed=show_failure, stop=stop, poll=poll, prune=prune,
        follow_links=follow_links,
    )  # fmt: skip
