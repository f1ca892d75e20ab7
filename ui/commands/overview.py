"""`askive overview`"""

from __future__ import annotations

from askive.ui.terminal.opening import open_archive
from askive.ui.terminal.options import (
    After,
    AsJson,
    Before,
    Collection,
    Embedder,
    In,
    PathGlob,
    Publisher,
    Quiet,
    Where,
    output,
    settings,
)
from askive.ui.terminal.render import one_line


def overview(
    after: After = None,
    before: Before = None,
    publisher: Publisher = None,
    path: PathGlob = None,
    where: Where = None,
    documents: In = None,
    collection: Collection = None,
    embedder: Embedder = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Describe a collection: kinds of files, dates, publishers, names, topics, groups of documents by content.

    Example: [bold]askive overview --collection seeds[/]
    """
    from askive.rag.overview.overview import OverviewBuilder
    from askive.rag.retrieval.named_documents import checked_filter
    from askive.rag.store.filters import parse_filter

    config = settings(collection=collection, embedder=embedder)
    shown = output(as_json, quiet)
    admitted = parse_filter(
        after=after,
        before=before,
        publishers=publisher or (),
        path=path,
        where=where or (),
        documents=documents or (),
    )
    with open_archive(config, shown) as archive, shown.progress() as bar:
        admitted = checked_filter(admitted, archive.store)
        builder = OverviewBuilder(archive, admitted)
        task = bar.add_task("Reading", total=None)
        for done, total in builder.steps():
            bar.update(task, completed=done, total=total)
        made = builder.build()
    if as_json:
        shown.json(made.as_dict())
        return
    if admitted:
        shown.hint(f"only documents: {admitted.describe()}")
    shown.text(one_line(next(made.describe())))
    for part, counts in made.parts:
        if counts:
            shown.text(f"\n{part}")
        for count in counts:
            shown.text(f"{count.n_documents:>7,}  {one_line(count.label)}")
    if made.groups:
        shown.text("\nGroup by content")
    for group in made.groups:
        shown.text(f"{group.n_documents:>7,}  {one_line(group.title)}")
        shown.text(f"         such as: {one_line(group.typical.title)} ({one_line(group.typical.uri)})")
