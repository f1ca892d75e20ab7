"""Where Milvus is: the setting `store` -> an address, and a connection to it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from askive.rag.errors import ConfigError
from askive.rag.store.milvus.client import Milvus
from askive.rag.store.milvus.registry import Registry

SCHEME = "milvus:"


@dataclass(frozen=True, slots=True)
class Address:
    """uri: of a server, or the absolute path of a file of milvus-lite. shown: without credentials, for messages."""

    uri: str
    token: str
    database: str
    shown: str


def parse_address(setting: str, home: Path) -> Address:
    """The address of `milvus:http://USER:PASSWORD@HOST:19530/DATABASE`, or of a file `milvus:PATH.db`.

    The part before `@` may be an API key; it and the database may be missing. home: of relative paths.
    Raises ConfigError.
    """
    text = setting.removeprefix(SCHEME)
    if "://" not in text:
        path = (home / Path(text).expanduser()).absolute()
        if path.suffix != ".db":
            raise ConfigError(
                f"setting store = {setting!r}: a file of milvus-lite is named with .db",
                remedy="set store to milvus:NAME.db, or to milvus:http://HOST:19530 for a server",
            )
        return Address(str(path), "", "", f"{SCHEME}{path}")
    parts = urlsplit(text)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme not in ("http", "https") or not parts.hostname or port is None:
        masked = text.rpartition("@")[2] if "@" in text else text
        raise ConfigError(
            f"setting store = '{SCHEME}{masked}': not the address of a Milvus server",
            remedy="set store to milvus:http://HOST:19530, or to milvus:NAME.db for a file",
        )
    host = parts.netloc.rpartition("@")[2]
    token = unquote(parts.netloc.rpartition("@")[0])
    database = parts.path.strip("/")
    plain = urlunsplit((parts.scheme, host, "", "", ""))
    return Address(plain, token, database, f"{SCHEME}{plain}{'/' * bool(database)}{database}")


_registries: dict[Address, Registry] = {}
_guard = threading.Lock()


def connect(address: Address) -> Registry:
    """The registry at an address: one in the process, since milvus-lite locks its file.

    Raises UsageError when pymilvus is not installed, StoreError when the server cannot be reached.
    """
    with _guard:
        if address not in _registries:
            milvus = Milvus(address.uri, address.token, address.database, address.shown)
            _registries[address] = Registry(milvus)
        return _registries[address]


def disconnect(address: Address) -> None:
    """Close the connection, and release the file of milvus-lite. Open stores of it fail from now on."""
    with _guard:
        if registry := _registries.pop(address, None):
            registry.milvus.close()
