"""How a second `askive chat` finds the one that is running. Imported before the libraries of the server."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from askive.rag.config import Config

HELLO_PATH = "/chat/hello"


def identity(config: Config) -> str:
    """A digest of the path of the data folder: two chats with the same one are the same to a user."""
    return sha256(str(config.home.absolute()).encode()).hexdigest()[:32]
