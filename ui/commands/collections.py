"""`askive collections`"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from askive.rag.errors import UsageError
from askive.ui.commands.removal import WithQuotes, choose_quotes, removed_json, removed_text
from askive.ui.terminal.options import AsJson, Collection, Quiet, output, settings
from askive.ui.terminal.render import one_line, write_error, write_failure

app = typer.Typer(help="List or remove collections. Example: [bold]askive collections[/]")


@app.callback(invoke_without_command=True)
def _list(
    context: typer.Context, collection: Collection = None, as_json: AsJson = False, quiet: Quiet = False
) -> None:
    """List the collections, or with --collection the documents of one.

    Example: [bold]askive collections --collection seeds[/]
    """
    if context.invoked_subcommand is not None:
        return
    from askive.rag.collections.by_name import (
        collection_row,
        list_collections,
        open_store,
        require_collection,
    )
    from askive.rag.privacy.leftovers import sweep

    config = settings()
    sweep(config)
    shown = output(as_json, quiet)
    if collection is not None:
        require_collection(config, collection)
        store = open_store(config, collection)
        sources = store.sources()
        not_read = store.not_read()
        documents = [
            {
                "uri": s.uri,
                "title": s.title,
                "published": s.published,
                "publisher": s.publisher,
                "not_read": not_read.get(s.uri, []),
            }
            for s in sources
        ]
        store.close()
        if as_json:
            shown.json(documents)
        for source in sources if not as_json else ():
            title, uri = one_line(source.title), one_line(source.uri)
            shown.text(f"{source.published or '-':<10}  {title}  ({uri})")
            for part in not_read.get(source.uri, ()):
                shown.text(f"{'':<10}  not read: {one_line(part)}")
        return
    rows = [collection_row(config, name) for name in list_collections(config)]
    if as_json:
        shown.json(rows)
    for row in rows if not as_json else ():
        if "error" in row:
            write_failure(row["error"]["message"], row["error"]["remedy"], who=row["name"])
        else:
            size = f"{row['documents']:>7} documents {row['passages']:>9} passages"
            shown.text(f"{row['name']:<20} {size}  {row['embedder']}")
    if not rows and not as_json:
        shown.hint("no collections yet; create one with `askive index PATH`")
    if any("error" in row for row in rows):
        raise typer.Exit(1)


@app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="The collection.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    with_quotes: WithQuotes = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Delete a collection with its uploads and kept states; your own files are untouched.

    Example: [bold]askive collections remove old-case --yes[/]
    """
    from askive.rag.privacy.deletion import removal_of_collection, remove_collection
    from askive.rag.privacy.leftovers import sweep

    config = settings()
    sweep(config)
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(
                f"removing {name!r} needs confirmation",
                remedy=f"run `askive collections remove {name} --yes`",
            )
        n = len(removal_of_collection(config, name).uris)
        write_error(
            f"{name!r} has {n} document{'' if n == 1 else 's'}. They are deleted, with the files"
            " that were uploaded in the chat; your own files are untouched.\n"
        )
        typer.confirm(f"Delete the collection {name!r} for good?", abort=True, err=True)
    with_quotes = choose_quotes(config, removal_of_collection(config, name), with_quotes, yes=yes)
    shown = output(as_json, quiet)
    removed = remove_collection(config, name, with_quotes=with_quotes, notify=shown.hint)
    if as_json:
        shown.json({"removed": name, **removed_json(removed)})
    else:
        shown.hint(f"{name}: removed; {removed_text(removed)}")
    if not removed.erased:
        raise typer.Exit(1)
