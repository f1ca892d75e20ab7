"""`askive search`"""

from __future__ import annotations

from typing import Annotated

import typer

from rag.errors import UsageError
from ui.opening import open_archive
from ui.options import AsJson, Collection, Embedder, Quiet, output, settings


def search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What to look for; - reads standard input.")],
    top_k: Annotated[int | None, typer.Option("--top-k", "-k", min=1, max=200, help="How many hits.")] = None,
    collection: Collection = None,
    embedder: Embedder = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """List the passages nearest to a query, best first.

    Example: [bold]askive search "peace talks" --top-k 5[/]
    """
    import sys

    from rag.retrieve import Retriever
    from rag.wire import hit_to_dict
    from ui.hits_text import print_hits

    text = sys.stdin.read() if query == "-" else query
    if not text.strip():
        raise UsageError("the query is empty", remedy='search for something: askive search "peace talks"')
    config = settings(collection=collection, embedder=embedder)
    shown = output(as_json, quiet)
    with open_archive(config, shown) as archive:
        hits = Retriever(archive, config.retrieval).retrieve(text, top_k=top_k)
    if as_json:
        shown.json([hit_to_dict(hit) for hit in hits])
    elif hits:
        print_hits(text, hits, shown)
    else:
        shown.hint("nothing found")
