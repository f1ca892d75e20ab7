"""The digest that identifies the content of a file."""

from __future__ import annotations

import hashlib


def sha256(data: bytes) -> str:
    """SHA-256 of the bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
