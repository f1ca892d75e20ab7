"""The audit log: who, what and when; texts only on request, and gone with their document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from askive.models.fakes import HashEmbedder
from askive.rag.config import Config
from askive.rag.privacy.deletion import remove_from_collection
from askive.rag.privacy.quotes import audit_path
from askive.rag.store.archive import Archive
from askive.ui.server.audit import AuditLog
from askive.ui.server.tokens import Caller
from tests.erasing import holders
from tests.ui.server.conftest import SECRET_NAME, SHIPS, Served, make_home

ADA = Caller("ada", "read")


def entries(config: Config) -> list[dict[str, object]]:
    return [json.loads(line) for line in audit_path(config).read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def config(tmp_path: Path, home: Path) -> Config:
    folder = tmp_path / "documents"
    folder.mkdir()
    return make_home(home, folder)


def test_requests_are_logged_with_their_caller(served: Served) -> None:
    with served.client("reader") as client:
        client.post("/v1/answers", json={"question": SHIPS})
        client.post("/v1/search", json={"query": "Marlow", "collection": SECRET_NAME})
    (last,) = [e for e in entries(served.config) if e["who"] == "reader" and e.get("question") == SHIPS][-1:]
    assert (last["action"], last["collection"], last["outcome"]) == ("ask", "town", "answered")
    assert "412 ships" in str(last["answer"]) and last["sources"]
    refused = {"reader", SECRET_NAME}
    assert not [entry for entry in entries(served.config) if {entry["who"], entry["collection"]} == refused]


@pytest.mark.parametrize("with_texts", [False, True])
def test_texts_are_written_only_on_request_and_removed_with_their_document(
    config: Config, with_texts: bool
) -> None:
    from askive.rag.assistant import Assistant

    log = AuditLog(config, with_texts=with_texts)
    with Assistant.open(config, "town") as assistant:
        for question in (SHIPS, "Who built the old bridge of Aldermoor in 1871?"):
            log.write(ADA, "ask", "town", question=question, answer=assistant.ask(question), ms=3)
    assert bool(holders(config.home / "server", "412 ships")) is with_texts
    with audit_path(config).open("a") as file:
        file.write('{"torn')
    with Archive.open(config.collections_dir / "town", HashEmbedder(), config.passages) as archive:
        (uri,) = [source.uri for source in archive.store.sources() if source.title == "Harbour report"]
        removed = remove_from_collection(config, archive, [uri], with_quotes=True)
    assert removed.deleted.get("entries of the audit log", 0) == int(with_texts)
    assert not holders(config.home / "server", "412 ships")
    lines = audit_path(config).read_text(encoding="utf-8").splitlines()
    kept = [json.loads(line) for line in lines[:2]]
    assert [(entry["who"], entry["ms"]) for entry in kept] == [("ada", 3), ("ada", 3)]
    assert ("1871" in str(kept[1])) is with_texts, "other entries stay as they are"
