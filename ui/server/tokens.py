"""Access tokens: who may do what with which collections. Only digests are stored.

A token has 256 random bits, so a plain SHA-256 protects it: there is nothing to guess. The file is read again when it
has changed, so that a removed token is refused from the next request on.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, get_args

from askive.models.files import write_atomically
from askive.rag.collections.path import collection_path
from askive.rag.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from askive.rag.config import Config

Role = Literal["read", "write", "admin"]
"""read: ask, search, verify and read documents; write: also add and delete documents; admin: also create and delete
collections, and read the metrics."""

ROLES: tuple[Role, ...] = get_args(Role)
ALL_COLLECTIONS = "*"
_PREFIX = "askive_"
# "ada", "news-desk.2".
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request. collections: those that the caller may use; None for all."""

    name: str
    role: Role
    collections: frozenset[str] | None = None

    def may(self, role: Role) -> bool:
        """Whether the caller has this role or a higher one."""
        return ROLES.index(self.role) >= ROLES.index(role)

    def admits(self, collection: str) -> bool:
        """Whether the caller may use the collection, which need not exist."""
        return self.collections is None or collection in self.collections


LOCAL = Caller("local", "admin")
"""A program on this machine, without a token."""


@dataclass(frozen=True, slots=True)
class Token:
    """A stored token. sha256: hex digest of the secret. created: ISO date."""

    caller: Caller
    sha256: str
    created: str

    def as_dict(self) -> dict[str, Any]:
        """The JSON form, without the digest. `collections` is `["*"]` for all."""
        collections = self.caller.collections
        return {
            "name": self.caller.name,
            "role": self.caller.role,
            "collections": [ALL_COLLECTIONS] if collections is None else sorted(collections),
            "created": self.created,
        }


class TokenFile:
    """The tokens of a data folder, in `server/tokens.json`."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._path = config.home / "server" / "tokens.json"
        self._read: tuple[object, dict[str, Token]] = (None, {})

    def add(self, name: str, role: Role, collections: Iterable[str]) -> str:
        """Create a token and return its secret, which is not stored and cannot be shown again.

        collections: names, which need not exist yet; `*` for all.
        Raises UsageError for a name that is taken or invalid, and for no or invalid collections.
        """
        if not _NAME.fullmatch(name) or name == LOCAL.name:
            raise UsageError(
                f"{name!r} cannot name a token",
                remedy=f"use letters, digits, dots, dashes and underscores, at most 64; not {LOCAL.name!r}",
            )
        names = frozenset(collections)
        if not names:
            raise UsageError("the token has no collection", remedy="name some: --collections case,letters")
        scope = None if ALL_COLLECTIONS in names else names
        for collection in scope or ():
            collection_path(self._config, collection)
        secret = _PREFIX + secrets.token_urlsafe(32)
        with self._changing() as tokens:
            if name in {token.caller.name for token in tokens.values()}:
                raise UsageError(
                    f"there is a token {name!r} already",
                    remedy=f"choose another name, or run `askive token remove {name}`",
                )
            token = Token(Caller(name, role, scope), _digest(secret), time.strftime("%Y-%m-%d"))
            tokens[token.sha256] = token
        return secret

    def remove(self, name: str) -> None:
        """Delete a token. Raises UsageError when there is none of this name."""
        with self._changing() as tokens:
            found = [token.sha256 for token in tokens.values() if token.caller.name == name]
            if not found:
                raise UsageError(f"there is no token {name!r}", remedy="list them with `askive token list`")
            for digest in found:
                del tokens[digest]

    def all(self) -> list[Token]:
        """All tokens, by name. Raises ConfigError when the file cannot be read."""
        return sorted(self._tokens().values(), key=lambda token: token.caller.name)

    def find(self, secret: str) -> Caller | None:
        """Whose secret this is; None for a wrong one. Raises ConfigError when the file cannot be read."""
        token = self._tokens().get(_digest(secret))
        return token.caller if token else None

    def _tokens(self) -> dict[str, Token]:
        try:
            state = self._path.stat()
        except FileNotFoundError:
            return {}
        version = (state.st_mtime_ns, state.st_size, state.st_ino)
        if self._read[0] != version:
            self._read = (version, self._load())
        return self._read[1]

    def _load(self) -> dict[str, Token]:
        try:
            rows = json.loads(self._path.read_text(encoding="utf-8"))["tokens"]
            return {row["sha256"]: _token_of(row) for row in rows}
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"{self._path} is damaged: {error}",
                remedy=f"move {self._path} away, and create the tokens again",
            ) from error

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Token]]:
        """All tokens by digest, written when the block ends; other writers wait."""
        from filelock import FileLock

        self._path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self._path.with_name(".tokens.lock")):
            tokens = dict(self._tokens())
            yield tokens
            rows = [{**token.as_dict(), "sha256": token.sha256} for token in tokens.values()]
            write_atomically(self._path, json.dumps({"tokens": rows}, indent=2) + "\n")


def _token_of(row: dict[str, Any]) -> Token:
    role: Role = row["role"]
    if role not in ROLES:
        raise ValueError(f"no role {role!r}")
    collections = frozenset(map(str, row["collections"]))
    scope = None if ALL_COLLECTIONS in collections else collections
    return Token(Caller(str(row["name"]), role, scope), str(row["sha256"]), str(row["created"]))


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()
