"""Erase what was removed or replaced: bytes in the store, old vector files, kept attention states."""

from __future__ import annotations

import contextlib
from pathlib import Path

from askive.rag.config import Config
from askive.rag.store.archive import Archive
from askive.rag.store.sqlite import SqliteStore


def erase_removed(config: Config, archive: Archive, *, states_cleared: bool | None = None) -> bool:
    """Erase what an archive has removed or replaced since the last time; whether nothing is left of it.

    Call it after each change. Kept states are all cleared, since their keys do not name documents; states_cleared: what
    came of it if they were cleared just before. What cannot be erased now, because another process reads the archive
    or the disk is full, stays marked for `askive.rag.privacy.leftovers.sweep`.
    """
    if not archive.store.unerased:
        return True
    return erase_store(config, archive.folder, archive.store, states_cleared=states_cleared)


def erase_store(
    config: Config, folder: Path, store: SqliteStore, *, states_cleared: bool | None = None
) -> bool:
    """As `erase_removed`, for the store in `folder`, whether or not it is marked."""
    from askive.models.registry import clear_states

    # The mark goes last: after a kill all of this is done again.
    cleared = clear_states(config.models_dir) if states_cleared is None else states_cleared
    # The file of the present generation has no row of what was removed before it.
    current = f"dense-{store.store_id[:12]}-{store.generation}.faiss"
    for path in folder.glob("dense-*"):
        if path.name != current:
            with contextlib.suppress(OSError):
                path.unlink()
    return store.erase() and cleared
