"""Erase removed and replaced text: bytes in the store, old vector files, summaries, cached attention states."""

from __future__ import annotations

import contextlib
from pathlib import Path

from askive.rag.config import Config
from askive.rag.store.archive import Archive
from askive.rag.store.database_file import migration_copies
from askive.rag.store.protocols import CollectionStore
from askive.rag.summary.kept import delete_kept


def erase_removed(config: Config, archive: Archive, *, states_cleared: bool | None = None) -> bool:
    """Erase what an archive has removed or replaced since the last erasure; returns whether nothing is left.

    Call it after each change. All cached states are deleted, since their keys do not name documents; states_cleared:
    the result if that was done just before. If another process reads the archive or the disk is full, the store stays
    marked for `askive.rag.privacy.leftovers.sweep`.
    """
    if not archive.store.unerased:
        return True
    return erase_store(config, archive.folder, archive.store, states_cleared=states_cleared)


def erase_store(
    config: Config, folder: Path, store: CollectionStore, *, states_cleared: bool | None = None
) -> bool:
    """As `erase_removed`, for the store in `folder`, marked or not."""
    from askive.models.registry import clear_states

    # Clear the mark last, so that everything is repeated after a crash.
    cleared = clear_states(config.models_dir) if states_cleared is None else states_cleared
    # The index file of the current generation has no rows of removed text.
    current = f"dense-{store.store_id[:12]}-{store.generation}.faiss"
    for path in (*folder.glob("dense-*"), *migration_copies(folder)):
        if path.name != current:
            with contextlib.suppress(OSError):
                path.unlink()
    return delete_kept(folder) and store.erase() and cleared
