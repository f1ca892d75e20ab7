"""Update a collection from files, and delete copies of documents that it no longer has from other places."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from askive.models.embedders.cached import CachedEmbedder, WrappedEmbedder
from askive.models.protocols import Embedder, Vectors
from askive.rag.collections.by_name import (
    KnownDocuments,
    has_collection,
    known_documents,
    open_store,
    rebuild_collection,
    rebuild_losses,
    require_collection,
    write_collection,
)
from askive.rag.collections.lock import Notify
from askive.rag.collections.renewal import Renewed, renew_collection
from askive.rag.config import DEFAULT_EMBEDDER, Config
from askive.rag.errors import UsageError
from askive.rag.factory import open_workers
from askive.rag.ingest.examination import Reading
from askive.rag.ingest.pipeline import Confirm, Progress, ingest_paths
from askive.rag.ingest.plan import Withheld, is_indexed, missing_path_error
from askive.rag.ingest.preview import Preview, preview_paths
from askive.rag.ingest.report import IngestReport
from askive.rag.privacy.deletion import removal_in
from askive.rag.privacy.erasure import erase_removed
from askive.rag.privacy.leftovers import sweep
from askive.rag.privacy.register import delete_elsewhere, quotes_of
from askive.rag.privacy.removal import Removal
from askive.rag.store.archive import Archive

_SLICE = 32
"""Texts embedded between two pauses, about half a second's work."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """The result of an indexing.

    states_cleared: whether all cached states were deleted; None when that was not necessary. erased: whether all bytes
    of removed text in the collection were overwritten. quotes_deleted, quotes_kept: numbers of items that quote removed
    documents, by place (`askive.rag.privacy.register`); only those above 0. renewed: what was embedded again because
    another embedder or splitter was set.
    """

    report: IngestReport
    states_cleared: bool | None
    erased: bool
    quotes_deleted: Mapping[str, int]
    quotes_kept: Mapping[str, int]
    renewed: Renewed | None = None


def index_paths(
    config: Config,
    name: str,
    paths: Sequence[Path],
    *,
    rebuild: bool = False,
    retry: bool = False,
    prune: bool | Confirm = False,
    with_quotes: bool | Callable[[Removal], bool] = False,
    follow_links: bool = False,
    split: str | None = None,
    report: IngestReport | None = None,
    progress: Progress | None = None,
    reading: Reading | None = None,
    notify: Notify | None = None,
    wrap: Callable[[Embedder], Embedder] | None = None,
    create: bool = True,
) -> Indexed:
    """Update the collection `name` from files and folders; create it if necessary.

    Where another embedder or splitter was set since, all is embedded again first; until then the former one answers.
    rebuild: build a new collection that then replaces the existing one. retry: instead of `paths`, index what failed
    the last time. wrap: for indexing in the background: makes the embedder that is used of the configured one, such as
    a `PausingEmbedder`. create: False raises CollectionNotFound for a collection that is not there. with_quotes:
    whether to delete items that quote removed documents, or a function to ask; only True also deletes those that quote
    changed documents.
    prune, follow_links, split, report, progress, reading: as in `ingest_paths`. notify: as in `write_collection`.
    Raises UsageError for a path that does not exist, and for a rebuild that would lose documents without `prune`;
    CollectionNotFound for a retry; CollectionBusy, StoreError.
    """
    from askive.models.registry import clear_states

    sweep(config)
    if retry:
        require_collection(config, name)
    exists = has_collection(config, name)
    if rebuild or not exists:
        # A missing path is an error for a new collection; an existing one may have documents from it, which are
        # removed.
        _must_exist(paths)
    replaced = known_documents(config, name) if rebuild and exists else KnownDocuments()
    cleared: list[bool] = []
    renewed: Renewed | None = None
    if exists and not rebuild:
        if missing := [path for path in paths if not path.exists()]:
            _must_exist(missing, known_documents(config, name).digests)
        renewed = renew_collection(
            config, name, progress=progress, notify=notify, states_cleared=cleared.append,
            wrap=wrap or (lambda embedder: embedder),
        )  # fmt: skip
    opened = (
        rebuild_collection(config, name, notify=notify, states_cleared=cleared.append)
        if rebuild
        else write_collection(config, name, create=create, notify=notify)
    )
    with ExitStack() as stack:
        # Indexing in the background is for this machine's idle time.
        workers = open_workers(config) if wrap is None else None
        if workers is not None:
            stack.enter_context(workers)
        archive = stack.enter_context(opened)
        known = archive.store.known_sha256()
        if retry:
            paths = _failed_paths(archive)
        _must_exist(paths, known)
        if rebuild and prune is not True:
            _refuse_losses(config, name, paths)
        if wrap is not None:
            archive.embedder = CachedEmbedder(wrap(archive.embedder))
        before = KnownDocuments(
            {**replaced.digests, **known}, {**replaced.former, **archive.store.former_uris()}
        )
        report = report or IngestReport()
        copies = _Copies(config, name, archive, before, report, with_quotes)
        ingest_paths(
            archive,
            paths,
            progress=progress,
            report=report,
            # In a collection made anew, everything is missing at first.
            removed=(lambda: None) if rebuild else copies.delete,
            prune=prune,
            reading=reading,
            follow_links=follow_links,
            split=split,
            ocr=config.ocr == "auto",
            workers=workers,
        )
        if rebuild:
            archive.store.keep_former_uris(replaced.former)
        copies.delete()
        if archive.store.unerased:
            cleared.append(clear_states(config.models_dir))
        erased = erase_removed(config, archive, states_cleared=cleared[-1] if cleared else None)
    if rebuild and exists:
        # Uploads that only the replaced collection had.
        sweep(config)
    return Indexed(
        report, all(cleared) if cleared else None, erased, dict(copies.deleted), dict(copies.kept), renewed
    )


def preview_index(
    config: Config,
    name: str,
    paths: Sequence[Path],
    *,
    follow_links: bool = False,
    split: str | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Preview:
    """What `index_paths` would do; nothing is written. The collection need not exist.

    Raises UsageError for a path that neither exists nor was indexed, StoreError.
    """
    known: dict[str, str] = {}
    stamps: dict[str, str] = {}
    if has_collection(config, name):
        with closing(open_store(config, name)) as store:
            known, stamps = store.known_sha256(), store.stamps()
    return preview_paths(
        known,
        stamps,
        paths,
        follow_links=follow_links,
        split=split,
        ocr=config.ocr == "auto",
        progress=progress,
    )


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


def _must_exist(paths: Iterable[Path], known: Collection[str] = ()) -> None:
    """known: uris; a missing path that is one of them, or a folder of some, is no error."""
    for path in paths:
        if not path.exists() and not is_indexed(path, known):
            raise missing_path_error(path)


def _refuse_losses(config: Config, name: str, paths: Sequence[Path]) -> None:
    for withheld in rebuild_losses(config, name, paths):
        command = prune_command(config, name, withheld.folder, rebuild=True)
        raise UsageError(
            f"a rebuild would lose documents: {losses_text(withheld)}",
            remedy=f"mount the disk, or run `{command}`",
        )


class _Copies:
    """Copies of removed and changed documents outside the collection. deleted, kept: quotes, by place."""

    def __init__(
        self,
        config: Config,
        name: str,
        archive: Archive,
        before: KnownDocuments,
        report: IngestReport,
        with_quotes: bool | Callable[[Removal], bool],
    ) -> None:
        """before: the documents before the indexing."""
        self._config = config
        self._name = name
        self._archive = archive
        self._before = before
        self._report = report
        self._with_quotes = with_quotes
        self._done: set[str] = set()
        self.deleted: Counter[str] = Counter()
        self.kept: Counter[str] = Counter()

    def delete(self) -> None:
        """Delete those of the documents that are gone or changed by now, and were not at the last call."""
        before, with_quotes = self._before, self._with_quotes
        now = self._archive.store.known_sha256()
        gone = before.digests.keys() - now.keys() - self._report.moved.keys() - self._done
        self._done |= gone
        removed = before.with_former(gone)
        changed = before.with_former(
            uri for uri, digest in before.digests.items() if now.get(uri, digest) != digest
        )
        # Quotes of changed documents are deleted only on request: a prompt at every change would be a nuisance.
        quoted = self._removal(removed | changed if with_quotes is True else removed)
        quotes = quotes_of(self._config, quoted) if quoted.uris else {}
        confirmed = bool(quotes) and (with_quotes if isinstance(with_quotes, bool) else with_quotes(quoted))
        if confirmed:
            delete_elsewhere(self._config, quoted, with_quotes=True)
        delete_elsewhere(self._config, self._removal(removed | changed), with_quotes=False)
        (self.deleted if confirmed else self.kept).update(quotes)

    def _removal(self, uris: Iterable[str]) -> Removal:
        return removal_in(self._config, self._archive, uris, self._name)


def _failed_paths(archive: Archive) -> list[Path]:
    """What could not be read or listed the last time and still exists; records of the others are deleted."""
    failed = [Path(each.uri) for each in archive.store.unread(("failed", "unlistable"))]
    archive.store.forget_unread([str(path) for path in failed if not path.exists()])
    return [path for path in failed if path.exists()]


class PausingEmbedder(WrappedEmbedder):
    """An embedder for indexing in the background. pause: called before each few texts."""

    def __init__(self, inner: Embedder, pause: Callable[[], None]) -> None:
        super().__init__(inner)
        self._pause = pause

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), unit rows."""
        import numpy as np

        made = []
        for at in range(0, len(texts), _SLICE):
            self._pause()
            made.append(self._inner.embed(texts[at : at + _SLICE]))
        return np.concatenate(made) if made else self._inner.embed([])
