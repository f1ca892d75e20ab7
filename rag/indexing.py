"""Bring a collection in step with files, and delete elsewhere what was made of documents that it no longer holds."""

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
from askive.rag.ingest.pipeline import Confirm, IngestReport, Progress, Reading, ingest_paths
from askive.rag.ingest.plan import Withheld, is_held, missing
from askive.rag.privacy.deletion import removal_in
from askive.rag.privacy.erasure import erase_removed
from askive.rag.privacy.leftovers import sweep
from askive.rag.privacy.register import delete_elsewhere, quotes_of
from askive.rag.privacy.removal import Removal
from askive.rag.store.archive import Archive


@dataclass(frozen=True, slots=True)
class Indexed:
    """What an indexing did.

    states_cleared: whether no kept state is left; None when none had to go. erased: whether no byte of removed text
    is left in the collection. quotes_deleted, quotes_kept: how many things quoted removed documents, by place
    (`askive.rag.privacy.register`); only those above 0.
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
    report: IngestReport | None = None,
    progress: Progress | None = None,
    reading: Reading | None = None,
    notify: Notify | None = None,
) -> Indexed:
    """Bring the collection `name` in step with files and folders; it is created when there is none.

    rebuild: index into a new collection, which then replaces the former one. with_quotes: whether to delete what quotes
    removed documents, or whom to ask; only True also deletes what quotes changed ones. prune, follow_links, report,
    progress, reading: as in `ingest_paths`. notify: as in `write_collection`.
    Raises UsageError for a path that does not exist, and for a rebuild that would lose documents without `prune`;
    CollectionBusy, StoreError.
    """
    from askive.models.registry import clear_states

    sweep(config)
    is_there = has_collection(config, name)
    if rebuild or not is_there:
        # What a collection holds may be gone, and is removed from it then; a new one holds nothing.
        _must_exist(paths)
    former = known_documents(config, name) if rebuild and is_there else {}
    cleared: list[bool] = []
    opened = (
        rebuild_collection(config, name, notify=notify, states_cleared=cleared.append)
        if rebuild
        else write_collection(config, name, create=True, notify=notify)
    )
    with opened as archive:
        known = archive.store.known_sha256()
        _must_exist(path for path in paths if not is_held(path, known))
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
        )
        deleted, kept = _delete_copies(config, name, archive, before, with_quotes)
        if archive.store.unerased:
            cleared.append(clear_states(config.models_dir))
        erased = erase_removed(config, archive, states_cleared=cleared[-1] if cleared else None)
    if rebuild and is_there:
        # Uploads that only the former collection had.
        sweep(config)
    return Indexed(report, all(cleared) if cleared else None, erased, deleted, kept)


def losses_text(withheld: Withheld) -> str:
    """What is missing from a folder, as a sentence."""
    return (
        f"{len(withheld.uris)} of the {withheld.n_known} documents in {withheld.folder} are missing;"
        " the folder may be on a disk that is not mounted."
    )


def prune_command(config: Config, name: str, folder: str, *, rebuild: bool = False) -> str:
    """The command that removes what is missing from a folder."""
    embedder = "" if config.embedder == DEFAULT_EMBEDDER else f" --embedder {shlex.quote(config.embedder)}"
    return f"askive index {shlex.quote(folder)} --collection {name}{embedder}{' --rebuild' * rebuild} --prune"


def _must_exist(paths: Iterable[Path]) -> None:
    for path in paths:
        if not path.exists():
            raise missing(path)


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
    """Delete what was made elsewhere of documents that are gone or changed; quotes of them that were deleted and kept.

    before: digests by uri before the indexing.
    """
    now = archive.store.known_sha256()
    gone = before.keys() - now.keys()
    changed = {uri for uri, digest in before.items() if now.get(uri, digest) != digest}
    # Of a changed document quotes go only when that was said: nobody wants to be asked at each change.
    quoted = removal_in(config, archive, gone | changed if with_quotes is True else gone, name)
    quotes = quotes_of(config, quoted) if quoted.uris else {}
    is_wanted = bool(quotes) and (with_quotes if isinstance(with_quotes, bool) else with_quotes(quoted))
    if is_wanted:
        delete_elsewhere(config, quoted, with_quotes=True)
    delete_elsewhere(config, removal_in(config, archive, gone | changed, name), with_quotes=False)
    return (quotes, {}) if is_wanted else ({}, quotes)
