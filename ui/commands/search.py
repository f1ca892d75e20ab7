"""`askive search`"""

from __future__ import annotations

from typing import Annotated

import typer

from askive.rag.errors import UsageError
from askive.ui.terminal.opening import open_archive
from askive.ui.terminal.options import (
    After,
    AsJson,
    Before,
    Collection,
    Embedder,
    In,
    Literal,
    PathGlob,
    Publisher,
    Quiet,
    Where,
    output,
    settings,
)


def search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="The search query; - reads standard input.")],
    top_k: Annotated[
        int | None, typer.Option("--top-k", "-k", min=1, max=200, help="Number of hits.")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Explain each score.")] = False,
    after: After = None,
    before: Before = None,
    publisher: Publisher = None,
    path: PathGlob = None,
    where: Where = None,
    documents: In = None,
    literal: Literal = False,
    collection: Collection = None,
    embedder: Embedder = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """List the passages nearest to a query, best first.

    Example: [bold]askive search "peace talks" --top-k 5[/]
    """
    import sys

    from askive.rag.factory import open_retriever
    from askive.rag.retrieval.named_documents import checked_filter, undated_notes
    from askive.rag.serialize import hit_to_dict
    from askive.rag.store.filters import parse_filter
    from askive.rag.text.words import storable
    from askive.ui.terminal.hits import print_hits

    text = storable(sys.stdin.read() if query == "-" else query)
    if not text.strip():
        raise UsageError("the query is empty", remedy='give a query: askive search "peace talks"')
    config = settings(collection=collection, embedder=embedder, literal=literal)
    shown = output(as_json, quiet)
    admitted = parse_filter(
        after=after,
        before=before,
        publishers=publisher or (),
        path=path,
        where=where or (),
        documents=documents or (),
    )
    with open_archive(config, shown) as archive, open_retriever(config, archive) as retriever:
        question = retriever.read(text)
        hits = retriever.retrieve(question, top_k=top_k, admitted=admitted)
        understood = retriever.understand(question).describe()
        notes = undated_notes(checked_filter(admitted, archive.store), archive.store)
    for note in notes:
        shown.hint(note)
    if as_json:
        shown.json([hit_to_dict(hit) for hit in hits])
        return
    if admitted:
        shown.hint(f"only documents: {admitted.describe()}")
    if understood:
        shown.hint(f"ranked higher: {understood} (--literal turns this off)")
    if hits:
        print_hits(text, hits, shown, explain=explain)
    else:
        shown.hint("nothing found")
