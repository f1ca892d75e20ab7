"""Update a collection from files, and delete copies of documents that it no longer has from other places."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from askive.rag.collections.by_name import (
    has_collection,
    known_documents,
    rebuild_collection,
    rebuild_losses,
    write_collection,
)
from askive.rag.collections.lock import Notify
from askive.rag.config import DEFAULT_EMBEDDER, Config
from askive.rag.errors import UsageError
from askive.rag.ingest.examination import Reading
from askive.rag.ingest.pipeline import Confirm, Progress, ingest_paths
from askive.rag.ingest.plan import Withheld, is_indexed, missing_path_error
from askive.rag.ingest.report import IngestReport
from askive.rag.privacy.deletion import removal_in
from askive.rag.privacy.erasure import erase_removed
from askive.rag.privacy.leftovers import sweep
from askive.rag.privacy.register import delete_elsewhere, quotes_of
from askive.rag.privacy.removal import Removal
from askive.rag.store.archive import Archive


@dataclass(frozen=True, slots=True)
class Indexed:
    """The result of an indexing.

    states_cleared: whether all cached states were deleted; None when that was not necessary. erased: whether all bytes
    of removed text in the collection were overwritten. quotes_deleted, quotes_kept: numbers of items that quote removed
    documents, by place (`askive.rag.privacy.register`); only those above 0.
    """

    report: IngestReport
    states_cleared: bool | None
    erased: bool
    quotes_deleted: Mapping[str, int]
    quotes_kept: Mapping[str, int]


def index_paths(
    config: Config,
    name: str,
    paths: Sequence[Path],
    *,
    rebuild: bool = False,
    prune: bool | Confirm = False,
    with_quotes: bool | Callable[[Removal], bool] = False,
    follow_links: bool = False,
    split: str | None = None,
    report: IngestReport | None = None,
    progress: Progress | None = None,
    reading: Reading | None = None,
    notify: Notify | None = None,
) -> Indexed:
    """Update the collection `name` from files and folders; create it if necessary.

    rebuild: build a new collection that then replaces the existing one. with_quotes: whether to delete items that quote
    removed documents, or a function to ask; only True also deletes those that quote changed documents. prune,
    follow_links, split, report, progress, reading: as in `ingest_paths`. notify: as in `write_collection`.
    Raises UsageError for a path that does not exist, and for a rebuild that would lose documents without `prune`;
    CollectionBusy, StoreError.
    """
    from askive.models.registry import clear_states

    sweep(config)
    exists = has_collection(config, name)
    if rebuild or not exists:
        # A missing path is an error for a new collection; an existing one may have documents from it, which are
        # removed.
        _must_exist(paths)
    former = known_documents(config, name) if rebuild and exists else {}
    cleared: list[bool] = []
    opened = (
        rebuild_collection(config, name, notify=notify, states_cleared=cleared.append)
        if rebuild
        else write_collection(config, name, create=True, notify=notify)
    )
    with opened as archive:
        known = archive.store.known_sha256()
        _must_exist(path for path in paths if not is_indexed(path, known))
        if rebuild and prune is not True:
            _refuse_losses(config, name, paths)
        before = {**former, **known}
        report = ingest_paths(
            archive,
            paths,
            progress=progress,
            report=report,
            prune=prune,
            reading=reading,
            follow_links=follow_links,
            split=split,
            ocr=config.ocr == "auto",
        )
        deleted, kept = _delete_copies(config, name, archive, before, with_quotes)
        if archive.store.unerased:
            cleared.append(clear_states(config.models_dir))
        erased = erase_removed(config, archive, states_cleared=cleared[-1] if cleared else None)
    if rebuild and exists:
        # Uploads that only the replaced collection had.
        sweep(config)
    return Indexed(report, all(cleared) if cleared else None, erased, deleted, kept)


def losses_text(withheld: Withheld) -> str:
    """A sentence about the documents missing from a folder."""
    return (
        f"{len(withheld.uris)} of the {withheld.n_known} documents in {withheld.folder} are missing;"
        " the folder may be on a disk that is not mounted."
    )


def prune_command(config: Config, name: str, folder: str, *, rebuild: bool = False) -> str:
    """The command that removes the documents missing from a folder."""
    embedder = "" if config.embedder == DEFAULT_EMBEDDER else f" --embedder {shlex.quote(config.embedder)}"
    return f"askive index {shlex.quote(folder)} --collection {name}{embedder}{' --rebuild' * rebuild} --prune"


def _must_exist(paths: Iterable[Path]) -> None:
    for path in paths:
        if not path.exists():
            raise missing_path_error(path)


def _refuse_losses(config: Config, name: str, paths: Sequence[Path]) -> None:
    for withheld in rebuild_losses(config, name, paths):
        command = prune_command(config, name, withheld.folder, rebuild=True)
        raise UsageError(
            f"a rebuild would lose documents: {losses_text(withheld)}",
            remedy=f"mount the disk, or run `{command}`",
        )


def _delete_copies(
    config: Config,
    name: str,
    archive: Archive,
    before: Mapping[str, str],
    with_quotes: bool | Callable[[Removal], bool],
) -> tuple[dict[str, int], dict[str, int]]:
    """Delete copies of removed and changed documents outside the collection; returns quotes deleted and kept.

    before: digests by uri before the indexing.
    """
    now = archive.store.known_sha256()
    removed = before.keys() - now.keys()
    changed = {uri for uri, digest in before.items() if now.get(uri, digest) != digest}
    # Quotes of changed documents are deleted only on request: a prompt at every change would be a nuisance.
    quoted = removal_in(config, archive, removed | changed if with_quotes is True else removed, name)
    quotes = quotes_of(config, quoted) if quoted.uris else {}
    confirmed = bool(quotes) and (with_quotes if isinstance(with_quotes, bool) else with_quotes(quoted))
    if confirmed:
        delete_elsewhere(config, quoted, with_quotes=True)
    delete_elsewhere(config, removal_in(config, archive, removed | changed, name), with_quotes=False)
    return (quotes, {}) if confirmed else ({}, quotes)
