"""What people do to a collection: how the home looks before, the command, and how it must look after."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from askive.models.llama.state_cache import StateCache
from askive.models.registry import states_dir
from askive.rag.store.archive import STORE_NAME
from tests.torture.chat import Request, serve, upload
from tests.torture.corpus import content, names, secret, write
from tests.torture.place import Place, Ran
from tests.torture.syscalls import command, has_kill, injection, trace

FAKES = ("--embedder", "hash")
QUIET = ("--json",)
KEPT, CHANGED, DROPPED, ADDED = names(0, 10), names(10, 4), names(14, 2), names(16, 6)
_FIRST = [*KEPT, *CHANGED, *DROPPED]
_BUILDING = ".default.rebuilding"
UPLOADED, REPLACED = "letters/may.txt", "letters/june.md"


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that is done.

    prepare: makes documents and home as they are before. arguments: the command; none for the chat.
    request: what the chat is asked. after: names of collections afterwards, with the names of their documents in
    the folder. removed: secrets that must be gone. whole: the change is seen as a whole or not at all.
    """

    name: str
    prepare: Callable[[Place], None]
    after: dict[str, list[str]]
    removed: list[str]
    arguments: Callable[[Place], list[str]] | None = None
    request: Request | None = None
    whole: bool = False

    def documents(self, place: Place, collection: str) -> list[Path]:
        """The files that the collection is made of afterwards."""
        paths = [place.documents / name for name in self.after[collection]]
        files = (place.home / "uploads").rglob("[!.]*")
        uploads = sorted(path for path in files if path.is_file())
        return [*paths, *uploads] if self.name == "upload" else paths


def must(ran: Ran) -> Ran:
    """For preparing: raises RuntimeError when it did not end well."""
    if ran.code != 0:
        raise RuntimeError(ran.shown)
    return ran


def _index_first(place: Place, chosen: Sequence[str] = _FIRST) -> None:
    place.clear()
    write(place.documents, chosen, 1)
    must(place.run("index", str(place.documents), *FAKES, *QUIET))
    keep_states(place)


def keep_states(place: Place) -> None:
    """Attention states hold what was read; these two hold secrets in plain letters, so that they can be found."""
    cache = StateCache(states_dir(place.home / "models"), 1 << 20, 1 << 20)
    for name in (DROPPED[0], CHANGED[0]):
        word = secret(name, 1).encode()
        cache.put(sha256(word).hexdigest(), word * 40)


def _prepare_changes(place: Place) -> None:
    _index_first(place)
    write(place.documents, CHANGED, 2)
    for name in DROPPED:
        (place.documents / name).unlink()


def _prepare_more(place: Place) -> None:
    _index_first(place, _FIRST)
    write(place.documents, ADDED, 1)


def _prepare_uploads(place: Place) -> None:
    _index_first(place)
    with serve(place) as chat:
        for name in (REPLACED, "letters/april.txt"):
            said = chat.send(upload("default", name, content(name, 1)))
            if '"done"' not in said:
                raise RuntimeError(f"upload of {name}: {said}")


def _prepare_move(place: Place) -> None:
    _index_first(place)
    (place.documents / "moved").mkdir()
    for name in CHANGED:
        (place.documents / name).rename(place.documents / "moved" / name)


def _prepare_backup(place: Place) -> None:
    _index_first(place)
    _backup_file(place).unlink(missing_ok=True)


def _prepare_restore(place: Place) -> None:
    """The backup has version 1 of what the collection has in version 2; the files are those of the backup again."""
    _prepare_backup(place)
    must(place.run(*_backup(place)))
    write(place.documents, CHANGED, 2)
    must(place.run(*_index(place)))
    write(place.documents, CHANGED, 1)


def _prepare_repair(place: Place) -> None:
    _index_first(place)
    folder = place.home / "collections" / "default"
    with closing(sqlite3.connect(folder / STORE_NAME)) as db:
        db.execute("UPDATE passages_fts SET text = 'nothing' WHERE rowid % 3 = 0")
        db.commit()
    for path in folder.glob("dense-*.faiss"):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)


def _prepare_reembedding(place: Place) -> None:
    """The collection has shorter passages than the settings now say."""
    place.clear()
    settings = place.home / "config.toml"
    settings.write_text("[passages]\nmax_words = 20\n")
    write(place.documents, _FIRST, 1)
    must(place.run(*_index(place)))
    settings.unlink()
    keep_states(place)


def _prepare_interrupted_reembedding(place: Place) -> None:
    """The same, killed when it had made some of the documents."""
    _prepare_reembedding(place)
    ran, calls = trace(place, *_reembed(place))
    must(ran)
    writes = [call for call in calls if "write" in call.name and f"{_BUILDING}/{STORE_NAME}" in call.path]
    _prepare_reembedding(place)
    log = place.root / "strace.log"
    call = writes[len(writes) // 2]
    place.run(*_reembed(place), prefix=command(log, *injection(call, None)))
    with closing(sqlite3.connect(place.home / "collections" / _BUILDING / STORE_NAME)) as db:
        (n_made,) = db.execute("SELECT count(*) FROM documents").fetchone()
    if not has_kill(log) or not 0 < n_made < len(_FIRST):
        raise RuntimeError(f"killed at {call}, it had made {n_made} documents of {len(_FIRST)}")


def _prepare_migration(place: Place) -> None:
    _prepare_changes(place)
    with closing(sqlite3.connect(place.home / "collections" / "default" / STORE_NAME)) as db:
        db.executescript(
            "ALTER TABLE files RENAME TO new; CREATE TABLE files (uri TEXT PRIMARY KEY REFERENCES documents (uri)"
            " ON DELETE CASCADE, stamp TEXT NOT NULL) WITHOUT ROWID; INSERT INTO files SELECT * FROM new;"
            " DROP TABLE new; DROP TABLE former_uris; DROP TABLE unread; ALTER TABLE passages DROP COLUMN rows;"
            " UPDATE meta SET value = '2' WHERE key = 'format';"
        )


def _backup_file(place: Place) -> Path:
    return place.root / "backup.zip"


def _backup(place: Place) -> list[str]:
    return ["backup", str(_backup_file(place)), "--force", *QUIET]


def _restore(place: Place) -> list[str]:
    return ["restore", str(_backup_file(place)), "--replace", *QUIET]


def _repair(_place: Place) -> list[str]:
    return ["check", "--repair", *QUIET]


def _index(place: Place) -> list[str]:
    return ["index", str(place.documents), *FAKES, *QUIET]


def _remove(place: Place) -> list[str]:
    removals = [part for name in (*DROPPED, *CHANGED) for part in ("--remove", str(place.documents / name))]
    return ["index", *removals, *FAKES, *QUIET]


def _rebuild(place: Place) -> list[str]:
    return ["index", str(place.documents), "--rebuild", *FAKES, *QUIET]


def _reembed(_place: Place) -> list[str]:
    return ["index", "--reembed", *FAKES, *QUIET]


def _delete(_place: Place) -> list[str]:
    return ["collections", "remove", "default", "--yes", *QUIET]


_OLD = [secret(name, 1) for name in (*CHANGED, *DROPPED)]
OPERATIONS = (
    Operation("index-new", _prepare_more, {"default": [*_FIRST, *ADDED]}, [], _index),
    Operation("index-changed", _prepare_changes, {"default": [*KEPT, *CHANGED]}, _OLD, _index),
    Operation("remove", _index_first, {"default": KEPT}, _OLD, _remove),
    Operation("rebuild", _prepare_changes, {"default": [*KEPT, *CHANGED]}, _OLD, _rebuild, whole=True),
    Operation(
        "move", _prepare_move, {"default": [*KEPT, *(f"moved/{name}" for name in CHANGED), *DROPPED]}, [], _index
    ),
    Operation("migrate", _prepare_migration, {"default": [*KEPT, *CHANGED]}, _OLD, _index),
    Operation("reembed", _prepare_reembedding, {"default": _FIRST}, [], _reembed, whole=True),
    Operation(
        "reembed-again", _prepare_interrupted_reembedding, {"default": _FIRST}, [], _reembed, whole=True
    ),
    Operation("backup", _prepare_backup, {"default": _FIRST}, [], _backup, whole=True),
    Operation(
        "restore", _prepare_restore, {"default": _FIRST}, [secret(name, 2) for name in CHANGED], _restore, whole=True
    ),
    Operation("repair", _prepare_repair, {"default": _FIRST}, [], _repair),
    Operation("delete", _index_first, {}, [secret(name, 1) for name in _FIRST], _delete, whole=True),
    Operation(
        "rename", _index_first, {"renamed": _FIRST}, [], whole=True,
        request=Request("PATCH", "collections/default", b'{"name": "renamed"}', {"Content-Type": "application/json"}),
    ),
    Operation(
        "upload", _prepare_uploads, {"default": _FIRST}, [secret(REPLACED, 1)],
        request=upload("default", REPLACED, content(REPLACED, 2)),
    ),
)  # fmt: skip
