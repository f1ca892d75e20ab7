"""`askive collections`"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from rag.errors import UsageError
from ui.commands.removal import WithQuotes, choose_quotes, removed_json, removed_text
from ui.options import AsJson, Collection, Quiet, output, settings

app = typer.Typer(help="What is indexed. Example: [bold]askive collections[/]")


@app.callback(invoke_without_command=True)
def _list(
    context: typer.Context, collection: Collection = None, as_json: AsJson = False, quiet: Quiet = False
) -> None:
    """List the collections, or with --collection the documents of one.

    Example: [bold]askive collections --collection seeds[/]
    """
    if context.invoked_subcommand is not None:
        return
    from rag.archive import STORE_NAME
    from rag.collections import collection_path, has_collection, list_collections
    from rag.errors import CollectionNotFound
    from rag.store import SqliteStore

    config = settings()
    shown = output(as_json, quiet)
    if collection is not None:
        if not has_collection(config, collection):
            raise CollectionNotFound(
                f"there is no collection {collection!r}",
                remedy="`askive collections` lists those that are there",
            )
        store = SqliteStore(collection_path(config, collection) / STORE_NAME)
        documents = [
            {"uri": s.uri, "title": s.title, "published": s.published, "publisher": s.publisher}
            for s in store.sources()
        ]
        store.close()
        if as_json:
            shown.json(documents)
        for document in documents if not as_json else ():
            shown.text(f"{document['published'] or '-':<10}  {document['title']}  ({document['uri']})")
        return
    rows: list[dict[str, Any]] = []
    for name in list_collections(config):
        store = SqliteStore(collection_path(config, name) / STORE_NAME)
        counts, made = store.counts(), store.fingerprint()
        store.close()
        rows.append(
            {
                "name": name,
                "documents": counts.n_documents,
                "passages": counts.n_passages,
                "embedder": made.embedder_id if made else None,
            }
        )
    if as_json:
        shown.json(rows)
        return
    for row in rows:
        shown.text(
            f"{row['name']:<20} {row['documents']:>7} documents {row['passages']:>9} passages  {row['embedder']}"
        )
    if not rows:
        shown.hint("no collections yet; make one with `askive index PATH`")


@app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="The collection.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    with_quotes: WithQuotes = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Delete a collection for good, with its uploads and the kept states; documents elsewhere stay where they are.

    Example: [bold]askive collections remove old-case --yes[/]
    """
    from rag.collections import removal_of_collection, remove_collection
    from rag.leftovers import sweep

    config = settings()
    sweep(config)
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("removing needs a yes", remedy=f"askive collections remove {name} --yes")
        n = len(removal_of_collection(config, name).uris)
        typer.echo(
            f"{name!r} has {n} document{'' if n == 1 else 's'}. They go, with the files that were uploaded in the chat;"
            " your own files stay where they are.",
            err=True,
        )
        typer.confirm(f"Delete the collection {name!r} for good?", abort=True, err=True)
    with_quotes = choose_quotes(config, removal_of_collection(config, name), with_quotes, yes=yes)
    removed = remove_collection(config, name, with_quotes=with_quotes)
    shown = output(as_json, quiet)
    if as_json:
        shown.json({"removed": name, **removed_json(removed)})
    else:
        shown.hint(f"{name}: removed; {removed_text(removed)}")
