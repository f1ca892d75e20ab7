"""`askive status`"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from askive.rag.errors import AskiveError
from askive.ui.commands.folder.index_report import kinds_text, some
from askive.ui.terminal.options import AsJson, Collection, Quiet, output, settings
from askive.ui.terminal.render import Output, one_line, write_failure

if TYPE_CHECKING:
    from askive.rag.ingest.account import Account

_MAX_LISTED = 20


def status(
    collection: Collection = None,
    list_all: Annotated[
        bool, typer.Option("--all", help="Name every file that was not read, not only the first ones.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Account for every file: what is indexed, and what was not read, with the reason.

    Without --collection for all collections. Example: [bold]askive status --collection case[/]
    """
    from askive.rag.collections.by_name import list_collections, open_store, require_collection
    from askive.rag.ingest.account import account_of

    config = settings()
    shown = output(as_json, quiet)
    if collection is not None:
        require_collection(config, collection)
    names = [collection] if collection is not None else list_collections(config)
    found: list[dict[str, object]] = []
    is_broken = False
    for name in names:
        try:
            with closing(open_store(config, name)) as store:
                account = account_of(store)
        except AskiveError as error:
            is_broken = True
            found.append({"collection": name, "error": error.as_dict()})
            write_failure(error.message, error.remedy, who=name)
            continue
        found.append({"collection": name, **account.as_dict()})
        if not as_json:
            _show(name, account, shown, None if list_all else _MAX_LISTED)
    if as_json:
        shown.json(found)
    elif not names:
        shown.hint("no collections yet; create one with `askive index PATH`")
    if is_broken:
        raise typer.Exit(1)


def _show(name: str, account: Account, shown: Output, n_listed: int | None) -> None:
    shown.text(f"{name}: {account.n_documents:,} documents, {account.n_passages:,} passages")
    if run := account.last_run:
        shown.text(
            f"  last indexed {run.at}: {some(run.paths)}; {run.n_added} added, {run.n_changed} changed,"
            f" {run.n_moved} moved, {run.n_unchanged} unchanged, {run.n_deleted} removed"
        )
    for each in account.of("failed", "unlistable")[:n_listed]:
        shown.text(f"  failed: {one_line(each.message)}")
        shown.text(f"          -> {one_line(each.remedy)}")
    for partial in account.partial[:n_listed]:
        shown.text(f"  read only in part: {one_line(partial.uri)}: {one_line('; '.join(partial.parts))}")
    if account.of("unsupported"):
        shown.text(f"  not read, type not supported: {kinds_text(account.unsupported_kinds)}")
    if empty := [each.uri for each in account.of("empty")]:
        shown.text(f"  nothing to read in: {some(empty, len(empty) if n_listed is None else 3)}")
    missing, links = account.of("missing"), account.of("link")
    for what, unread in (
        ("missing from the folder, but kept", missing),
        ("links not followed", links),
        ("hidden", account.of("hidden")),
        ("ignored by rules", account.of("ignored")),
    ):
        if unread:
            uris = [each.uri for each in unread]
            shown.text(f"  {what}: {len(uris):,} ({some(uris, len(uris) if n_listed is None else 3)})")
    for group in account.duplicates[:n_listed]:
        shown.text(f"  same content: {', '.join(map(one_line, group))}")
    if (
        n_listed is not None
        and max(len(account.unread), len(account.partial), len(account.duplicates)) > n_listed
    ):
        shown.hint("--all lists every file")
