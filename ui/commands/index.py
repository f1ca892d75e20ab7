"""`askive index`"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated

import typer

from askive.rag.errors import UsageError
from askive.ui.commands.folder.index_report import indexed_json, renewed_text, show_indexed, show_preview
from askive.ui.commands.removal import WithQuotes, choose_quotes, removed_json, removed_text
from askive.ui.disclosure import disclose
from askive.ui.terminal.options import AsJson, Collection, Embedder, Quiet, Workers, output, settings
from askive.ui.terminal.render import Output, one_line, write_error

if TYPE_CHECKING:
    from askive.rag.config import Config
    from askive.rag.ingest.plan import Withheld
    from askive.rag.privacy.removal import Removal


def index(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH...", help="Files and folders.", show_default=False)
    ] = None,
    collection: Collection = None,
    seeds: Annotated[bool, typer.Option("--seeds", help="Index the default corpus.")] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Build the collection again from scratch.")
    ] = False,
    remove: Annotated[
        list[str] | None,
        typer.Option(
            "--remove",
            metavar="URI",
            help="Remove this document, or all in this folder, from the collection; repeat for more.",
        ),
    ] = None,
    follow_links: Annotated[
        bool, typer.Option("--follow-links", help="Also follow links that point outside the folder.")
    ] = False,
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            metavar="RULE",
            help="How to split a file into documents: auto, none, or a regular expression for the first line of each."
            " Without it, as at the last time.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")
    ] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Read the files again that could not be read the last time.")
    ] = False,
    reembed: Annotated[
        bool,
        typer.Option(
            "--reembed",
            help="Embed all documents again, after another embedder or other passages were set. No file is read.",
        ),
    ] = False,
    with_quotes: WithQuotes = None,
    prune: Annotated[
        bool,
        typer.Option(
            "--prune",
            help="Remove missing files without asking, even if they are most of a folder.",
        ),
    ] = False,
    embedder: Embedder = None,
    workers: Workers = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Index documents: add new and changed files, remove missing ones.

    Example: [bold]askive index ~/documents --collection case[/]
    """
    from askive.rag.collections.by_name import DEFAULT_COLLECTION
    from askive.rag.config import SEEDS_COLLECTION
    from askive.rag.indexing import index_paths, losses_text
    from askive.rag.ingest.report import IngestReport
    from askive.rag.load.several.parts import check_rule
    from askive.rag.seeds import seed_paths

    if reembed:
        if paths or seeds or rebuild or prune or dry_run or retry or remove or split:
            raise UsageError(
                "--reembed is combined with no PATH and no other option",
                remedy="leave it out: naming a folder also embeds again what other settings made",
            )
        _reembed(settings(collection=collection, embedder=embedder), output(as_json, quiet))
        return
    if remove:
        if paths or seeds or rebuild or prune or dry_run or retry:
            raise UsageError(
                "--remove cannot be combined with PATH, --seeds, --rebuild, --prune, --dry-run or --retry",
                remedy="index in a second command",
            )
        _remove(
            remove, settings(collection=collection, embedder=embedder), output(as_json, quiet), with_quotes
        )
        return
    if retry and (paths or seeds or rebuild or dry_run):
        raise UsageError(
            "--retry cannot be combined with PATH, --seeds, --rebuild or --dry-run",
            remedy="leave it out: naming a folder also reads its failed files again",
        )
    if dry_run and rebuild:
        raise UsageError("--dry-run cannot be combined with --rebuild", remedy="leave --rebuild out")
    if not paths and not seeds and not retry:
        raise UsageError("nothing to index", remedy="name files or folders: askive index PATH...")
    if paths and seeds:
        raise UsageError("--seeds cannot be combined with PATH", remedy="index them in two commands")
    split = split if split is None else check_rule(split)
    config = settings(collection=collection, embedder=embedder, workers=workers)
    name = SEEDS_COLLECTION if seeds else config.collection or DEFAULT_COLLECTION
    shown = output(as_json, quiet)
    if dry_run:
        named = seed_paths() if seeds else paths or []
        show_preview(config, name, named, shown, follow_links=follow_links, split=split)
        return
    if disclosure := disclose(None, config.embedder, store=config.store, workers=config.workers):
        shown.hint(disclosure)
    report = IngestReport()
    with shown.progress() as bar:
        task = bar.add_task(f"Indexing into {name}", total=None)

        def show_progress(done: int, total: int | None, _uri: str) -> None:
            speed = f", {report.passages_per_second:.0f} passages/s" if report.n_passages else ""
            bar.update(task, completed=done, total=total, description=f"Indexing into {name}{speed}")

        def show_file(uri: str) -> None:
            bar.update(task, description=f"Indexing into {name}, reading {shown_name(uri)}")

        def confirm(withheld: Sequence[Withheld]) -> bool:
            if as_json or not sys.stdin.isatty() or not sys.stderr.isatty():
                return False
            bar.stop()
            for folder in withheld:
                write_error(f"{losses_text(folder)}\n")
            is_confirmed = typer.confirm("Remove them from the collection?", err=True)
            bar.start()
            return is_confirmed

        def quotes_too(removal: Removal) -> bool:
            bar.stop()
            return choose_quotes(config, removal, with_quotes)

        indexed = index_paths(
            config,
            name,
            seed_paths() if seeds else paths or [],
            rebuild=rebuild,
            retry=retry,
            prune=prune or confirm,
            with_quotes=quotes_too if with_quotes is None else with_quotes,
            follow_links=follow_links,
            split=split,
            report=report,
            progress=show_progress,
            reading=show_file,
            notify=shown.hint,
        )
    if as_json:
        shown.json({"collection": name, **indexed_json(indexed)})
    else:
        show_indexed(config, name, indexed, shown)
    # Withheld removals and text that is not erased are failures: a disk may be missing or failing.
    if report.failures or report.withheld or not indexed.erased:
        raise typer.Exit(1)


def shown_name(uri: str, n_chars: int = 40) -> str:
    """A file's name for one line of a terminal: short, and without control characters or markup that have effects."""
    name = one_line(PurePath(uri).name)
    return name if len(name) <= n_chars else f"{name[: n_chars - 9]}…{name[-8:]}"


def _reembed(config: Config, shown: Output) -> None:
    from askive.rag.collections.by_name import DEFAULT_COLLECTION, require_collection
    from askive.rag.collections.in_milvus import uses_milvus
    from askive.rag.collections.renewal import renew_collection
    from askive.rag.privacy.leftovers import sweep

    if uses_milvus(config):
        raise UsageError(
            "--reembed works on collections in the data folder", remedy="run `askive index PATH... --rebuild`"
        )
    sweep(config)
    name = config.collection or DEFAULT_COLLECTION
    require_collection(config, name)
    if disclosure := disclose(None, config.embedder, store=config.store):
        shown.hint(disclosure)
    with shown.progress() as bar:
        task = bar.add_task(f"Embedding {name} again", total=None)
        renewed = renew_collection(
            config, name, notify=shown.hint,
            progress=lambda done, total, _uri: bar.update(task, completed=done, total=total),
        )  # fmt: skip
    if shown.as_json:
        shown.json({"collection": name, "reembedded": renewed.n_passages if renewed else 0})
    elif renewed is None:
        shown.hint(f"{name}: nothing to do, the settings are those it was made with")
    else:
        shown.hint(renewed_text(name, renewed))


def _remove(uris: list[str], config: Config, shown: Output, with_quotes: bool | None) -> None:
    from askive.rag.collections.by_name import DEFAULT_COLLECTION, with_stored_embedder, write_collection
    from askive.rag.privacy.deletion import removal_of_documents, remove_from_collection
    from askive.rag.privacy.leftovers import sweep

    sweep(config)
    name = config.collection or DEFAULT_COLLECTION
    # Nothing is embedded, so the collection's own embedder avoids a mismatch with the configured one.
    config = with_stored_embedder(config, name)
    with write_collection(config, name, notify=shown.hint) as archive:
        with_quotes = choose_quotes(config, removal_of_documents(config, archive, uris), with_quotes)
        removed = remove_from_collection(config, archive, uris, with_quotes=with_quotes)
    if shown.as_json:
        shown.json({"collection": name, "removed": removed.uris, **removed_json(removed)})
    else:
        shown.hint(
            f"{name}: {len(removed.uris)} removed, {removed_text(removed)};"
            " files outside Askive's data folder are untouched"
        )
    if not removed.erased:
        raise typer.Exit(1)
