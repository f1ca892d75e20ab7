"""`askive migrate`"""

from __future__ import annotations

from typing import Annotated

import typer

from askive.ui.terminal.options import AsJson, Quiet, output, settings
from askive.ui.terminal.render import one_line


def migrate(
    to: Annotated[
        str,
        typer.Option("--to", metavar="STORE", help="Where to copy to: sqlite, or milvus:URL of a server."),
    ],
    collection: Annotated[
        list[str] | None,
        typer.Option(
            "--collection", "-c", metavar="NAME", help="Only this collection; repeat for more. Default: all."
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Copy collections between the data folder and Milvus, compare both in full, and keep the first.

    Run it again to continue after an interruption, or to copy what has changed.
    Example: [bold]askive migrate --to milvus:http://127.0.0.1:19530[/]
    """
    from askive.rag.upkeep.migrate import migrate as migrate_collections

    shown = output(as_json, quiet)
    with shown.progress() as bar:
        task = bar.add_task("Copying", total=None)
        done = list(
            migrate_collections(
                settings(), to, collection or (), notify=shown.hint,
                progress=lambda name, step, n, total: bar.update(
                    task, completed=n, total=total, description=f"{step.capitalize()} {name}"
                ),
            )
        )  # fmt: skip
    if as_json:
        shown.json(
            [
                {
                    "name": each.name,
                    "copied": each.n_copied,
                    "unchanged": each.n_unchanged,
                    "removed": each.n_removed,
                    "passages": each.n_passages,
                }
                for each in done
            ]
        )
        return
    for each in done:
        shown.hint(
            one_line(
                f"{each.name}: {each.n_copied:,} documents copied, {each.n_unchanged:,} were there,"
                f" {each.n_removed:,} removed; compared: texts, offsets and vectors of {each.n_passages:,} passages"
            )
        )
    if done:
        shown.hint(
            one_line(f"to use them, set store = {_setting(to)} in config.toml (`askive config` says where)")
        )
    else:
        shown.hint("no collections yet; create one with `askive index PATH`")


def _setting(to: str) -> str:
    """The value in TOML, without credentials."""
    head, at, tail = to.rpartition("@")
    return f'"{head.partition("://")[0]}://...@{tail}"' if at else f'"{to}"'
