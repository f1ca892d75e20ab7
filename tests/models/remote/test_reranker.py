"""Rerankers on a server, in Cohere's format and in TEI's; the model behind them is the reader of the package."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from askive.models.errors import EndpointError, UsageError
from askive.models.protocols import Reranker
from askive.models.reader.cross_encoder import Reader
from askive.models.registry import load_reranker
from askive.models.remote.endpoints import RemotePolicy
from askive.models.remote.reranker import RemoteReranker
from askive.rag.config import load_config
from askive.rag.errors import ConfigError
from askive.rag.factory import open_retriever
from askive.rag.store.archive import Archive
from tests.models.remote.test_endpoints import running
from tests.models.remote.test_openai import Reply, send

QUESTION = "Who built the old bridge?"
TEXTS = [
    "Trams have crossed the bridge since 1903.",
    "The old bridge of Aldermoor was built in 1871 by the engineer Ida Falk.",
    "Most ships carried timber.",
    "The spring fair drew 3,000 visitors to the market square.",
    "The council denied the report.",
]


def cohere(reader: Reader) -> Reply:
    """As vLLM, llama-server and Jina answer: best first, with `relevance_score`."""

    def reply(request: BaseHTTPRequestHandler, payload: dict[str, Any]) -> None:
        if "documents" not in payload or "texts" in payload:
            send(request, {"error": {"message": "Field required: documents"}}, 400)
            return
        scores = reader.score(payload["query"], payload["documents"])
        rows = [{"index": int(at), "relevance_score": float(scores[at])} for at in np.argsort(-scores)]
        send(request, {"model": payload.get("model"), "results": rows})

    return reply


def tei(reader: Reader) -> Reply:
    """As text-embeddings-inference answers: a list, and 422 for unknown or missing fields."""

    def reply(request: BaseHTTPRequestHandler, payload: dict[str, Any]) -> None:
        if "texts" not in payload:
            send(request, {"error": "missing field `texts`"}, 422)
            return
        scores = reader.score(payload["query"], payload["texts"])
        send(request, [{"index": int(at), "score": float(scores[at])} for at in np.argsort(-scores)])

    return reply


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.mark.parametrize("form", [cohere, tei])
def test_scores_are_those_of_the_model_in_the_order_of_the_texts(reader: Reader, form: Any) -> None:
    with running(form(reader)) as server:
        reranker = RemoteReranker(server.url, "m", policy=RemotePolicy(batch=2))
        assert isinstance(reranker, Reranker)
        for _ in range(2):
            # Batches of another size are rounded otherwise, in bf16 by the last bit.
            assert np.allclose(reranker.score(QUESTION, TEXTS), reader.score(QUESTION, TEXTS), atol=0.05)
        assert reranker.score(QUESTION, []).shape == (0,)
        assert reranker.model_id == f"openai:{server.url}#m"
        assert {asked["model"] for asked in server.asked} == {"m"}
        reranker.close()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"results": []},
        {"results": [{"index": 7, "score": 1.0}]},
        {"results": [{"index": 0}]},
        {"results": [3]},
    ],
)
def test_an_answer_without_all_scores_is_an_error(body: Any) -> None:
    with (
        running(lambda request, _: send(request, body)) as server,
        pytest.raises(EndpointError, match="/rerank"),
    ):
        RemoteReranker(server.url).score(QUESTION, TEXTS)


def test_a_server_without_the_route_says_so() -> None:
    with (
        running(lambda request, _: send(request, {"detail": "Not Found"}, 404)) as server,
        pytest.raises(EndpointError, match="404"),
    ):
        RemoteReranker(server.url).score(QUESTION, TEXTS)


def test_only_servers_are_named() -> None:
    with pytest.raises(UsageError, match="no reranker"):
        load_reranker("all-minilm-l6-v2")


def test_search_uses_it(archive: Archive, reader: Reader, home: Path) -> None:
    with running(cohere(reader)) as server:
        settings = {"retrieval.rerank": "remote", "retrieval.rerank_weight": 1.0}
        config = load_config({**settings, "remote.reranker": f"openai:{server.url}"})
        with open_retriever(config, archive) as retriever:
            hits = retriever.retrieve(QUESTION)
        assert "The old bridge of Aldermoor was built" in hits[0].passage.text
        assert {hit.stage for hit in hits} == {"reranked"}
        scores = reader.score(QUESTION, [server.asked[0]["documents"][0]])
        assert any(np.isclose(hit.parts["reranker"], scores[0], atol=1e-4) for hit in hits)
    with pytest.raises(ConfigError, match=r"remote\.reranker is not set"):
        open_retriever(load_config(settings), archive)
