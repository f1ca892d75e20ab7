"""The digest by which a file is known again."""

from __future__ import annotations

import hashlib


def sha256(data: bytes) -> str:
    """Hex digest of the source's bytes."""
    return hashlib.sha256(data).hexdigest()
