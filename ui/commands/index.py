"""`askive index`"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated

import typer

from askive.rag.errors import UsageError
from askive.ui.commands.removal import (
    NOT_ERASED,
    WithQuotes,
    choose_quotes,
    counts_text,
    removed_json,
    removed_text,
)
from askive.ui.disclosure import disclose
from askive.ui.terminal.options import AsJson, Collection, Embedder, Quiet, output, settings
from askive.ui.terminal.render import Output, write_error
from askive.ui.wording import as_sentence

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
    with_quotes: WithQuotes = None,
    prune: Annotated[
        bool,
        typer.Option(
            "--prune",
            help="Remove missing files without asking, even if they are most of a folder.",
        ),
    ] = False,
    embedder: Embedder = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Index documents: add new and changed files, remove missing ones.

    Example: [bold]askive index ~/documents --collection case[/]
    """
    from askive.models.registry import clear_states
    from askive.rag.collections.by_name import (
        DEFAULT_COLLECTION,
        has_collection,
        known_documents,
        rebuild_collection,
        write_collection,
    )
    from askive.rag.config import SEEDS_COLLECTION
    from askive.rag.ingest.pipeline import IngestReport, ingest_paths
    from askive.rag.ingest.plan import is_held
    from askive.rag.privacy.deletion import removal_in
    from askive.rag.privacy.erasure import erase_removed
    from askive.rag.privacy.leftovers import sweep
    from askive.rag.privacy.register import delete_elsewhere
    from askive.rag.seeds import seed_paths
    from askive.ui.commands.cache import cleared_text

    if remove:
        if paths or seeds or rebuild or prune:
            raise UsageError(
                "--remove cannot be combined with PATH, --seeds, --rebuild or --prune",
                remedy="index in a second command",
            )
        _remove(
            remove, settings(collection=collection, embedder=embedder), output(as_json, quiet), with_quotes
        )
        return
    if not paths and not seeds:
        raise UsageError("nothing to index", remedy="name files or folders: askive index PATH...")
    if paths and seeds:
        raise UsageError("--seeds cannot be combined with PATH", remedy="index them in two commands")
    config = settings(collection=collection, embedder=embedder)
    name = SEEDS_COLLECTION if seeds else config.collection or DEFAULT_COLLECTION
    shown = output(as_json, quiet)
    sweep(config)
    if disclosure := disclose(None, config.embedder):
        shown.hint(disclosure)
    is_there = has_collection(config, name)
    # Before a collection is made for it; what an old one holds may be gone, and is removed or kept then.
    if rebuild or not is_there:
        _must_exist(path for path in paths or () if not path.exists())
    former = known_documents(config, name) if rebuild and is_there else {}
    opened = (
        rebuild_collection(config, name, notify=shown.hint)
        if rebuild
        else write_collection(config, name, create=True, notify=shown.hint)
    )
    with opened as archive:
        uris = archive.store.known_sha256()
        _must_exist(path for path in paths or () if not path.exists() and not is_held(path, uris))
        if rebuild and not prune:
            _refuse_losses(config, name, paths or [])
        report = IngestReport()
        with shown.progress() as bar:
            task = bar.add_task(f"Indexing into {name}", total=None)

            def tell(done: int, total: int | None, _uri: str) -> None:
                speed = f", {report.passages_per_second:.0f} passages/s" if report.n_passages else ""
                bar.update(task, completed=done, total=total, description=f"Indexing into {name}{speed}")

            def show_file(uri: str) -> None:
                bar.update(task, description=f"Indexing into {name}, reading {shown_name(uri)}")

            def confirm(withheld: Sequence[Withheld]) -> bool:
                if as_json or not sys.stdin.isatty() or not sys.stderr.isatty():
                    return False
                bar.stop()
                for folder in withheld:
                    write_error(f"{_losses_text(folder)}\n")
                is_confirmed = typer.confirm("Remove them from the collection?", err=True)
                bar.start()
                return is_confirmed

            ingest_paths(
                archive,
                seed_paths() if seeds else paths or [],
                progress=tell,
                report=report,
                prune=prune or confirm,
                reading=show_file,
                follow_links=follow_links,
            )
        now = archive.store.known_sha256()
        gone = (former.keys() | uris.keys()) - now.keys()
        replaced = {uri for uri, digest in {**former, **uris}.items() if now.get(uri, digest) != digest}
        # Of a replaced document, quotes go only when that is said: nobody wants to be asked at each change.
        quoted = gone | replaced if with_quotes else gone
        quotes_kept, quotes_deleted = _quotes(config, removal_in(config, archive, quoted, name), with_quotes)
        delete_elsewhere(config, removal_in(config, archive, gone | replaced, name), with_quotes=False)
        is_less = archive.store.unerased or (rebuild and is_there)
        if is_less:
            # Here too: after a kill during the exchange nobody would know that there is something to clear.
            clear_states(config.models_dir)
        erased = erase_removed(config, archive)
    cleared = clear_states(config.models_dir) if is_less else None
    if rebuild and is_there:
        # Uploads that only the former collection had.
        sweep(config)
    if as_json:
        shown.json(
            {
                "collection": name,
                "added": report.n_added,
                "changed": report.n_changed,
                "unchanged": report.n_unchanged,
                "deleted": report.n_deleted,
                "not_removed": report.n_not_removed,
                "states_cleared": cleared,
                "erased": erased,
                "quotes_deleted": quotes_deleted,
                "quotes_kept": quotes_kept,
                "skipped": report.n_skipped,
                "links_not_followed": report.links,
                "passages": report.n_passages,
                "passages_per_second": round(report.passages_per_second, 1),
                "elapsed_ms": round(report.elapsed_ms, 1),
                "failures": [
                    {"uri": f.uri, "message": f.message, "remedy": f.remedy} for f in report.failures
                ],
            }
        )
    else:
        for failure in report.failures:
            write_error(f"askive: {failure.message}. {as_sentence(failure.remedy)}\n")
        for link in report.links:
            shown.hint(
                f"{link} points outside the folder and was not followed; use --follow-links to follow it"
            )
        for folder in report.withheld:
            write_error(
                f"askive: {_losses_text(folder)} They were not removed. To remove them, run"
                f" `askive index {shlex.quote(folder.folder)} --collection {name} --prune`.\n"
            )
        shown.hint(
            f"{name}: {report.n_added} added, {report.n_changed} changed, {report.n_unchanged} unchanged,"
            f" {report.n_deleted} removed, {report.n_skipped} skipped,"
            f" {len(report.failures)} failed; {report.n_passages} passages in {report.elapsed_ms / 1000:.1f} s"
            f"{f' ({report.passages_per_second:.0f}/s)' if report.n_passages else ''}"
            f"{'' if cleared is None else f'; {cleared_text(cleared)}'}"
        )
        if not erased:
            shown.hint(f"{name}: {NOT_ERASED}")
        if quotes_deleted:
            shown.hint(f"{name}: deleted because they quote removed documents: {counts_text(quotes_deleted)}")
        if quotes_kept:
            shown.hint(f"{name}: kept, although they quote removed documents: {counts_text(quotes_kept)}")
    # Documents that were kept and text that is not erased are no success: a disk may be missing or failing.
    if report.failures or report.withheld or not erased:
        raise typer.Exit(1)


def shown_name(uri: str, n_chars: int = 40) -> str:
    """A file's name for one line of a terminal: short, and without control characters or markup that have effects."""
    name = "".join(char if char.isprintable() else "\ufffd" for char in PurePath(uri).name)
    return name if len(name) <= n_chars else f"{name[: n_chars - 9]}…{name[-8:]}"


def _quotes(
    config: Config, removal: Removal, with_quotes: bool | None
) -> tuple[dict[str, int], dict[str, int]]:
    """What quotes removed documents and was kept, and what was deleted."""
    from askive.rag.privacy.register import delete_elsewhere, quotes_of

    quotes = quotes_of(config, removal) if removal.uris else {}
    if not quotes or not choose_quotes(config, removal, with_quotes):
        return quotes, {}
    delete_elsewhere(config, removal, with_quotes=True)
    return {}, quotes


def _losses_text(withheld: Withheld) -> str:
    return (
        f"{len(withheld.uris)} of the {withheld.n_known} documents in {withheld.folder} are missing;"
        " the folder may be on a disk that is not mounted."
    )


def _refuse_losses(config: Config, name: str, paths: Sequence[Path]) -> None:
    from askive.rag.collections.by_name import rebuild_losses

    for folder in rebuild_losses(config, name, paths):
        raise UsageError(
            f"a rebuild would lose documents: {_losses_text(folder)}",
            remedy=f"mount the disk, or run `askive index {shlex.quote(folder.folder)} --collection {name}"
            " --rebuild --prune`",
        )


def _must_exist(missing: Iterable[Path]) -> None:
    for path in missing:
        raise UsageError(f"{path} does not exist", remedy="name a file or folder that exists")


def _remove(uris: list[str], config: Config, shown: Output, with_quotes: bool | None) -> None:
    from askive.rag.collections.by_name import DEFAULT_COLLECTION, stored_embedder, write_collection
    from askive.rag.privacy.deletion import removal_of_documents, remove_from_collection
    from askive.rag.privacy.leftovers import sweep

    sweep(config)
    name = config.collection or DEFAULT_COLLECTION
    # Nothing is embedded: whatever embedder is in force, the collection's own will do.
    config = config.model_copy(update={"embedder": stored_embedder(config, name) or config.embedder})
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
