"""The path of a collection, from its name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from askive.rag.errors import UsageError

if TYPE_CHECKING:
    from askive.rag.config import Config

# "case", "reports-2024.v1".
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def collection_path(config: Config, name: str) -> Path:
    """The folder of a collection. Raises UsageError for an invalid name."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot name a collection",
            remedy="use letters, digits, dots, dashes and underscores, at most 64",
        )
    return config.collections_dir / name
