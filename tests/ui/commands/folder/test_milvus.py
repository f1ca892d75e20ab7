"""The commands over a collection in Milvus."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from askive.rag.store.milvus.address import connect, disconnect, parse_address
from askive.rag.store.milvus.tables import NO_VECTOR, REGISTRY
from tests.rag.ingest.inline_pool import POOL, InlinePool
from tests.ui.test_cli import Askive

STORE = "milvus:cases.db"
MODELS = ("--embedder", "hash")


@pytest.fixture
def askive(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Askive]:
    monkeypatch.setattr(POOL, InlinePool)
    monkeypatch.setenv("ASKIVE_STORE", STORE)
    for name, value in (("EMBEDDER", "hash"), ("GENERATOR", "scripted"), ("READER", "off")):
        monkeypatch.setenv(f"ASKIVE_{name}", value)
    yield Askive(capsys)
    disconnect(parse_address(STORE, home))


def test_a_collection_in_milvus_from_the_first_file_to_the_last(
    askive: Askive, documents: Path, home: Path
) -> None:
    done = askive("index", documents, "-c", "case", "--json")
    assert (done.code, done.json["added"]) == (0, 3)
    assert not list(home.glob("collections/*/store.sqlite3"))
    assert askive("index", documents, "-c", "case", "--json").json["unchanged"] == 3
    [row] = askive("collections", "--json").json
    assert (row["name"], row["documents"], row["embedder"]) == ("case", 3, "hash")
    hits = askive("search", "412 ships harbour", "-c", "case", "--json").json
    assert "412 ships" in hits[0]["text"]
    narrow = askive(
        "search", "bridge spring", "-c", "case", "--publisher", "The Aldermoor Post", "--json"
    ).json
    assert {hit["title"] for hit in narrow} == {"Spring fair"}
    answer = askive("ask", "How many ships did the harbour receive in January?", "-c", "case", "--json").json
    assert answer["question"].startswith("How many ships")
    assert answer["sentences"] or answer["refused"]
    counted = askive(
        "ask", "Which documents mention Aldermoor?", "-c", "case", "--as", "mentions", "--json"
    ).json
    assert len(counted["rows"]) == 2
    assert "3 documents" in askive("overview", "-c", "case").out
    [account] = askive("status", "-c", "case", "--json").json
    assert (account["documents"], account["last_run"]["n_added"]) == (3, 0)
    checked = askive("verify", str(documents / "bridge.txt"), "--against", "case")
    assert checked.code in (0, 1) and "1871" in checked.out
    assert "case" in askive("doctor").out
    (documents / "fair.html").unlink()
    gone = askive("index", documents, "-c", "case", "--json").json
    assert gone["deleted"] == 1
    assert (
        askive("search", "rye bread loaves", "-c", "case", "--where", "folder=documents", "--json").code == 0
    )
    assert all(
        "bread" not in hit["text"] for hit in askive("search", "rye bread", "-c", "case", "--json").json
    )
    rebuilt = askive("index", documents, "-c", "case", "--rebuild", "--json")
    assert (rebuilt.code, rebuilt.json["added"]) == (0, 2)
    assert askive("collections", "remove", "case", "--yes").code == 0
    assert askive("collections", "--json").json == []
    assert askive("search", "ships", "-c", "case").code == 1


def test_hits_in_a_table_name_the_row(askive: Askive, documents: Path) -> None:
    (documents / "fleet.csv").write_text("Ship,Captain\nAurora,Rosa Lind\nDawn,Ada Holt\n")
    assert askive("index", documents, "-c", "case").code == 0
    hits = askive("search", "captain of the Aurora", "-c", "case", "--json").json
    assert [hit["locator"] for hit in hits if hit["uri"].endswith("fleet.csv")] == ["row 2"]


def test_a_collection_of_another_format_is_made_anew(askive: Askive, documents: Path, home: Path) -> None:
    assert askive("index", documents, "-c", "case").code == 0
    milvus = connect(parse_address(STORE, home)).milvus
    [row] = milvus.query(REGISTRY, 'name != ""', ["name", "state"])
    state = json.loads(row["state"])
    for number, remedy in ((state["format"] - 1, "--rebuild"), (state["format"] + 1, "pip install")):
        older = json.dumps({**state, "format": number})
        milvus.upsert(REGISTRY, [{"name": "case", "state": older, "vector": NO_VECTOR}])
        refused = askive("search", "ships", "-c", "case")
        assert refused.code == 1
        assert remedy in refused.err
    assert askive("index", documents, "-c", "case", "--rebuild").code == 0
    assert askive("search", "ships", "-c", "case").code == 0


@pytest.mark.parametrize(
    "command", [("backup", "b.zip"), ("restore", "b.zip"), ("check",), ("check", "--repair")]
)
def test_commands_for_the_data_folder_say_so(
    askive: Askive, tmp_path: Path, command: tuple[str, ...]
) -> None:
    arguments = [tmp_path / each if each.endswith(".zip") else each for each in command]
    done = askive(*arguments)
    assert done.code == 2
    assert "works on collections in the data folder" in done.err and "askive migrate --to sqlite" in done.err
    assert not (tmp_path / "b.zip").exists()


def test_migrate(askive: Askive, documents: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASKIVE_STORE", "sqlite")
    askive("index", documents, "-c", "case")
    [done] = askive("migrate", "--to", STORE, "--json").json
    assert (done["copied"], done["unchanged"]) == (3, 0)
    said = askive("migrate", "--to", STORE, "-c", "case").err
    assert "0 documents copied, 3 were there" in said and f'set store = "{STORE}"' in said
    assert askive("migrate", "--to", "sqlite").code == 2
    monkeypatch.setenv("ASKIVE_STORE", STORE)
    assert "412 ships" in askive("search", "412 ships harbour", "-c", "case", "--json").json[0]["text"]


def test_a_killed_indexing_leaves_whole_documents(askive: Askive, home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for at in range(30):
        (folder / f"{at:02}.txt").write_text(" ".join(f"Word {i} of document {at}." for i in range(200)))
    code = (
        "import os, sys; from pathlib import Path; from askive.rag.config import load_config\n"
        "from askive.rag.indexing import index_paths\n"
        "def progress(done, total, uri):\n"
        "    if done >= 7: os.kill(os.getpid(), 9)\n"
        "index_paths(load_config(), 'case', [Path(sys.argv[1])], progress=progress)\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, timeout=280
    )
    assert killed.returncode == -9, killed.stderr
    [before] = askive("status", "-c", "case", "--json").json
    assert 0 < before["documents"] < 30
    from askive.rag.collections.by_name import open_store
    from askive.rag.config import load_config

    store = open_store(load_config(), "case")
    for source in store.sources():
        text, passages = store.document(source.doc_id).text, store.passages_of(source.doc_id)
        assert all(text[p.start : p.end] == p.text for p in passages)
        assert passages[-1].end == len(text.rstrip())
    done = askive("index", folder, "-c", "case", "--json").json
    assert (done["unchanged"], done["added"]) == (before["documents"], 30 - before["documents"])
    assert store.check() == []
