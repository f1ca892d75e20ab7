"""`askive backup` and `askive restore`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from askive.ui.terminal.options import AsJson, Quiet, output, settings
from askive.ui.terminal.render import one_line

Collections = Annotated[
    list[str] | None,
    typer.Option(
        "--collection",
        "-c",
        metavar="NAME",
        help="Only this collection; repeat for more. Default: all, and conversations, notes, gold questions, settings.",
    ),
]


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    collection: Collections = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write collections, uploads, conversations, notes, gold questions and settings to one file.

    Weights and caches are not in it. Example: [bold]askive backup /mnt/usb/askive.zip[/]
    """
    from askive.rag.privacy.leftovers import sweep
    from askive.rag.upkeep.backup import back_up

    config = settings()
    sweep(config)
    shown = output(as_json, quiet)
    with shown.progress(bytes_=True) as bar:
        task = bar.add_task("Writing", total=None)
        made = back_up(
            config, file, collection or (), replace=force, notify=shown.hint,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )  # fmt: skip
    if as_json:
        shown.json(
            {
                "file": str(made.path),
                "bytes": made.n_bytes,
                "collections": dict(made.collections),
                "other_files": made.n_files,
            }
        )
    else:
        shown.hint(
            f"{one_line(str(made.path))}: {_counts(dict(made.collections))} and {made.n_files} other files,"
            f" {made.n_bytes / 2**20:.1f} MB. It holds your documents' text: what you remove later stays in it"
        )


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `askive backup` wrote.")],
    collection: Collections = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace collections and files that exist already.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Put what a backup holds back; close the chat before. The file is checked before anything changes.

    Example: [bold]askive restore /mnt/usb/askive.zip[/]
    """
    from askive.rag.upkeep.restore import restore as restore_backup

    shown = output(as_json, quiet)
    with shown.progress(bytes_=True) as bar:
        task = bar.add_task("Checking", total=None)
        done = restore_backup(
            settings(), file, collection or (), replace=replace, notify=shown.hint,
            progress=lambda read, total: bar.update(task, completed=read, total=total),
        )  # fmt: skip
    if as_json:
        shown.json({"collections": done.collections, "other_files": done.n_files, "kept": done.kept})
        return
    shown.hint(f"restored: {_counts(done.collections)} and {done.n_files} other files")
    if done.kept:
        shown.hint(
            f"kept, because they are there already: {', '.join(map(one_line, done.kept[:5]))}"
            f"{f' and {len(done.kept) - 5} more' if len(done.kept) > 5 else ''}; --replace replaces them"
        )


def _counts(collections: dict[str, int]) -> str:
    return ", ".join(f"{name} ({n:,} documents)" for name, n in collections.items()) or "no collections"
