"""The server over a collection in Milvus: the routes that read, and those that change it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from askive.rag.collections.by_name import write_collection
from askive.rag.config import load_config
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.store.milvus.address import disconnect, parse_address
from askive.ui.server.limits import Limits
from tests.conftest import DOCUMENTS
from tests.ui.server.conftest import SHIPS, Served, running


@pytest.fixture
def in_milvus(tmp_path: Path) -> Iterator[Served]:
    config = load_config(
        {
            "home": tmp_path / "home", "store": "milvus:cases.db", "embedder": "hash", "generator": "scripted",
            "reader": "off", "collection": "town",
        },
        {},
    )  # fmt: skip
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    with write_collection(config, "town", create=True) as archive:
        assert not ingest_paths(archive, [folder]).failures
    yield from running(config, Limits(answer_s=20), {"writer": ("write", ["town"])})
    disconnect(parse_address(config.store, config.home))


def test_a_server_reads_and_changes_a_collection_in_milvus(in_milvus: Served) -> None:
    with in_milvus.client() as client:
        assert [row["name"] for row in client.get("/v1/collections").json()["collections"]] == ["town"]
        found = client.post("/v1/search", json={"query": SHIPS}).json()["hits"]
        assert "412 ships" in found[0]["text"]
        answer = client.post("/v1/answers", json={"question": SHIPS})
        assert answer.status_code == 200, answer.text

        def put(text: str) -> dict[str, Any]:
            response = client.put("/v1/documents", params={"name": "pier.txt"}, content=text.encode())
            assert response.status_code == 202, response.text
            path = f"/v1/documents/ingestions/{response.json()['ingestion_id']}"
            state: dict[str, Any] = {}
            for _ in range(600):
                state = client.get(path).json()
                if state["state"] in ("done", "failed"):
                    break
                time.sleep(0.1)
            assert state["state"] == "done", state
            return state

        uri = put("The pier of Aldermoor is green.")["uri"]
        assert "green" in client.post("/v1/search", json={"query": "pier"}).json()["hits"][0]["text"]
        assert put("The pier of Aldermoor is blue.")["uri"] == uri
        hits = client.post("/v1/search", json={"query": "pier"}).json()["hits"]
        assert "blue" in hits[0]["text"] and all("green" not in hit["text"] for hit in hits)
        assert client.delete("/v1/documents", params={"uri": uri}).status_code == 200
        hits = client.post("/v1/search", json={"query": "pier"}).json()["hits"]
        assert all("pier" not in hit["text"] for hit in hits)
        assert client.get("/v1/documents").json()["n_documents"] == 3
