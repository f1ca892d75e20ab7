"""What is said when a store fails: the reason, and advice that never destroys an archive."""

from __future__ import annotations

import ast
import errno
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from askive.models.fakes import HashEmbedder
from askive.models.system_errors import reason_of, remedy_for, system_failure
from askive.rag.config import PassageConfig
from askive.rag.errors import StoreError
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.store.archive import STORE_NAME, Archive
from askive.rag.store.sqlite import SqliteStore
from askive.rag.store.sqlite_errors import is_damage, store_failure

pytestmark = pytest.mark.usefixtures("parsed_here")

ROOT = Path(__file__).parents[3]
HARMFUL = re.compile(r"\b(remove|delete|rm|unlink)\b")


def sqlite_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("what SQLite says")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (sqlite3.SQLITE_BUSY, "try again"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "try again"),
        (sqlite3.SQLITE_FULL, "free some disk"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "writable"),
        (sqlite3.SQLITE_IOERR_READ, "disk failed"),
        (sqlite3.SQLITE_CANTOPEN, "who may read"),
        (sqlite3.SQLITE_NOMEM, "close other programs"),
        (sqlite3.SQLITE_CORRUPT, "askive doctor"),
        (sqlite3.SQLITE_NOTADB, "copy"),
        (sqlite3.SQLITE_ERROR, "nothing was changed"),
        (sqlite3.SQLITE_SCHEMA, "nothing was changed"),
    ],
)
def test_each_code_has_its_own_advice_and_none_destroys(tmp_path: Path, code: int, word: str) -> None:
    failure = store_failure(tmp_path / STORE_NAME, "read", sqlite_error(code))
    assert word in failure.remedy
    assert str(tmp_path) in failure.message
    assert "what SQLite says" in failure.message
    assert not HARMFUL.search(failure.remedy)
    is_proven = code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    assert is_damage(sqlite_error(code)) == is_proven
    assert ("--rebuild" in failure.remedy) == is_proven


@pytest.mark.parametrize(
    "code",
    [
        errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR,
        errno.EMFILE, errno.ENAMETOOLONG, errno.EIO, errno.EADDRINUSE, errno.ESTALE,
    ],
)  # fmt: skip
def test_a_system_error_names_path_and_reason(code: int) -> None:
    error = OSError(code, os.strerror(code), "/data/askive/x")
    failure = system_failure(error, "the store cannot be opened")
    assert failure.message == f"the store cannot be opened: /data/askive/x: {os.strerror(code)}"
    assert failure.remedy == remedy_for(error)
    assert not HARMFUL.search(failure.remedy)
    assert reason_of(OSError(code, os.strerror(code))) == os.strerror(code)


def test_no_advice_about_a_collection_asks_to_remove_it() -> None:
    """Every remedy in the code, read from its source: only a model, which can be fetched again, may be removed."""
    found = []
    for folder in ("models", "rag", "ui", "eval"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.keyword) and node.arg == "remedy":
                    text = ast.unparse(node.value)
                    if HARMFUL.search(text):
                        found.append(f"{path.relative_to(ROOT)}: {text}")
    allowed = (
        "askive models remove",
        "askive token remove",
        "collections remove {name} --yes",
        "remove its empty rows",
    )
    assert [line for line in found if not any(words in line for words in allowed)] == []


def test_a_read_only_folder_is_not_called_damaged(tmp_path: Path, documents: Path) -> None:
    """A real read-only mount, in a mount namespace of its own."""
    folder = tmp_path / "collection"
    with Archive.open(folder, HashEmbedder(), PassageConfig()) as archive:
        ingest_paths(archive, [documents])
    before = (folder / STORE_NAME).read_bytes()
    code = (
        "import sys; from pathlib import Path; from askive.rag.store.sqlite import SqliteStore\n"
        "try: SqliteStore(Path(sys.argv[1]))\n"
        "except Exception as error: print(type(error).__name__, '|', error.message, '|', error.remedy)"
    )
    script = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && exec "$2" -c "$3" "$1/store.sqlite3"'
    shown = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", str(folder), sys.executable, code],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=60,
    )  # fmt: skip
    if "unshare" in shown.stderr or "mount" in shown.stderr:
        pytest.skip("no mount namespaces here")
    assert shown.stdout.startswith("StoreError"), shown
    assert "readonly" in shown.stdout or "unable to open" in shown.stdout or "read-only" in shown.stdout
    assert not HARMFUL.search(shown.stdout.split("|")[2])
    assert (folder / STORE_NAME).read_bytes() == before


def test_another_program_s_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / STORE_NAME
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE recipes (name TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreError) as caught:
        SqliteStore(path)
    assert not HARMFUL.search(caught.value.remedy)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("value", "word"), [("99", "update"), ("1", "new collection"), ("x", "has no format number")]
)
def test_another_format(tmp_path: Path, value: str, word: str) -> None:
    path = tmp_path / STORE_NAME
    SqliteStore(path).close()
    with sqlite3.connect(path) as other:
        other.execute("UPDATE meta SET value = ? WHERE key = 'format'", (value,))
    other.close()
    with pytest.raises(StoreError) as caught:
        SqliteStore(path)
    assert word in f"{caught.value.message} {caught.value.remedy}"
    assert not HARMFUL.search(caught.value.remedy)


def test_a_damaged_record_of_the_embedder_is_a_store_error(tmp_path: Path) -> None:
    path = tmp_path / STORE_NAME
    store = SqliteStore(path)
    store._set_meta("fingerprint", '{"embedder_id": 1')
    with pytest.raises(StoreError, match="record of its embedder") as caught:
        store.fingerprint()
    assert "copy" in caught.value.remedy
    store.close()
