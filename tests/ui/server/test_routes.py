"""The API over a real socket: answers and their events, search, verification, documents, errors, limits."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import BaseModel

from askive.ui.chat.scheduler import Work
from askive.ui.server import wire
from tests.ui.server.conftest import SHIPS, Served

FREED_S = 0.2


def events_of(response: httpx.Response) -> list[tuple[str, dict[str, Any]]]:
    """The names and data of server-sent events."""
    found = []
    for block in response.text.strip().split("\n\n"):
        name, data = block.split("\n", 1)
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def checked(view: type[BaseModel], response: httpx.Response, status: int = 200) -> dict[str, Any]:
    """The body, which must be exactly of the wire type."""
    assert response.status_code == status, response.text
    body: dict[str, Any] = response.json()
    assert view.model_validate(body, strict=True).model_dump(exclude_unset=True) == body
    return body


def until(condition: Callable[[], bool], within_s: float) -> float:
    """Seconds until the condition holds."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within_s
        time.sleep(0.005)
    return time.monotonic() - began


def test_an_answer_and_its_spans(client: httpx.Client) -> None:
    answer = checked(wire.AnswerView, client.post("/v1/answers", json={"question": SHIPS}))
    assert answer["answer"].startswith("The harbour of Aldermoor received 412 ships in January.")
    (citation,) = answer["sentences"][0]["citations"]
    span = {"uri": citation["uri"], "start": citation["start"], "end": citation["end"]}
    assert checked(wire.SpanView, client.get("/v1/documents/text", params=span))["text"] == citation["quote"]
    refused = checked(wire.AnswerView, client.post("/v1/answers", json={"question": "Who invented the zip?"}))
    assert refused["refused"] and refused["refusal_reason"]


def test_kinds_filters_and_follow_ups(client: httpx.Client) -> None:
    mentions = client.post(
        "/v1/answers", json={"question": "Which documents mention bread?", "kind": "mentions"}
    )
    table = checked(wire.AnswerView, mentions)
    assert (table["kind"], len(table["rows"])) == ("mentions", 1)
    late = {"question": SHIPS, "filter": {"before": "2015", "publishers": ["The Aldermoor Post"]}}
    answer = checked(wire.AnswerView, client.post("/v1/answers", json=late))
    assert {hit["publisher"] for hit in answer["hits"]} <= {"The Aldermoor Post"}
    chosen = {"question": SHIPS, "filter": {"documents": ["Spring fair"]}}
    answer = checked(wire.AnswerView, client.post("/v1/answers", json=chosen))
    assert {hit["title"] for hit in answer["hits"]} <= {"Spring fair"}
    history = [{"question": SHIPS, "answer": "412 ships."}]
    follow_up = client.post("/v1/answers", json={"question": "Who counted them?", "history": history})
    assert "Rosa Lind" in checked(wire.AnswerView, follow_up)["answer"]


def test_the_events_are_those_of_the_assistant(client: httpx.Client) -> None:
    plain = client.post("/v1/answers", json={"question": SHIPS}).json()
    streamed = client.post("/v1/answers", json={"question": SHIPS, "stream": True})
    assert streamed.headers["content-type"].startswith("text/event-stream")
    events = events_of(streamed)
    names = [name for name, _ in events]
    assert names[:2] == ["searching", "sources"] and names[-1] == "final"
    assert set(names) <= {"searching", "sources", "progress", "token", "cited", "final"}
    assert all(data["event"] == name for name, data in events)
    final = events[-1][1]["answer"]
    for part in ("timings_ms", "usage"):
        plain.pop(part), final.pop(part)
    assert final == plain
    mentions = {"question": "Which documents mention ships?", "kind": "mentions", "stream": True}
    assert "progress" in [name for name, _ in events_of(client.post("/v1/answers", json=mentions))]


def test_search_verification_and_overview(client: httpx.Client) -> None:
    found = checked(wire.SearchView, client.post("/v1/search", json={"query": "rye bread", "top_k": 1}))
    assert "rye bread" in found["hits"][0]["text"]
    text = "The old bridge was built in 1871. The fair drew 9,000 visitors."
    verdicts = checked(wire.VerifyView, client.post("/v1/verify", json={"text": text, "generator": False}))
    assert [sentence["verdict"] for sentence in verdicts["sentences"]] == ["supported", "contradicted"]
    overview = checked(wire.OverviewView, client.get("/v1/overview", params={"after": "2016"}))
    assert overview["n_documents"] == 1
    rows = checked(wire.CollectionsView, client.get("/v1/collections"))["collections"]
    assert {"dossier", "town"} <= {row["name"] for row in rows}


def test_a_document_from_adding_to_removing(served: Served) -> None:
    name = "letters/may.txt"
    with served.client("writer") as client:

        def put(text: str) -> dict[str, Any]:
            response = client.put("/v1/documents", params={"name": name}, content=text.encode())
            ingestion = checked(wire.IngestionView, response, 202)
            path = f"/v1/documents/ingestions/{ingestion['ingestion_id']}"
            until(lambda: client.get(path).json()["state"] in ("done", "failed"), 20)
            return checked(wire.IngestionView, client.get(path))

        def found(text: str) -> bool:
            hits = client.post("/v1/search", json={"query": text}).json()["hits"]
            return any(text in hit["text"] for hit in hits)

        done = put("Agnes wrote to Karl about 31 barrels of herring.")
        assert (done["state"], done["n_passages"], done["error"]) == ("done", 1, None)
        assert found("31 barrels")
        put("Agnes wrote to Karl about 44 barrels of herring.")
        assert found("44 barrels") and not found("31 barrels")
        listed = checked(wire.DocumentsView, client.get("/v1/documents", params={"search": "may.txt"}))
        assert [document["uri"] for document in listed["documents"]] == [done["uri"]]
        unnamed = checked(wire.DocumentsView, client.get("/v1/documents", params={"search": "may.txt none"}))
        assert unnamed["documents"] == [], "a document without a publisher has no publisher called None"
        assert checked(wire.RemovedView, client.delete("/v1/documents", params={"uri": done["uri"]}))
        assert not found("44 barrels")
        gone = client.delete("/v1/documents", params={"uri": done["uri"]})
        assert (gone.status_code, gone.json()["error"]["kind"]) == (404, "not-found")
        assert put("  ")["error"]["remedy"], "an empty document fails"
        assert client.put("/v1/documents", params={"name": "../x"}, content=b"x").status_code == 400
    with served.client("other") as client:
        assert client.get(f"/v1/documents/ingestions/{done['ingestion_id']}").status_code == 404
        assert client.get("/v1/documents/ingestions/none").status_code == 404


def test_a_collection_from_making_to_deleting(served: Served) -> None:
    with served.client("admin") as client:
        made = checked(wire.CollectionView, client.post("/v1/collections", json={"name": "letters"}), 201)
        assert made["documents"] == 0
        assert client.post("/v1/collections", json={"name": "letters"}).status_code == 400
        assert client.delete("/v1/collections/letters").json() == {"removed": "letters"}
        assert client.delete("/v1/collections/letters").status_code == 404


def test_documents_come_in_pages(client: httpx.Client) -> None:
    offset: int | None = 0
    uris = []
    while offset is not None:
        page = checked(wire.DocumentsView, client.get("/v1/documents", params={"offset": offset, "limit": 2}))
        uris += [document["uri"] for document in page["documents"]]
        offset = page["next"]
    assert len(uris) == len(set(uris)) == page["n_documents"] >= 3


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "said"),
    [
        ("POST", "/v1/answers", {"json": {"question": ""}}, 400, "body.question"),
        ("POST", "/v1/answers", {"json": {"question": " \n"}}, 400, "the question is empty"),
        ("POST", "/v1/answers", {"json": {"question": "x" * 12_001}}, 400, "at most 12000"),
        ("POST", "/v1/answers", {"json": {"question": "x", "kind": "poem"}}, 400, "body.kind"),
        ("POST", "/v1/answers", {"json": {"question": "x", "colour": 1}}, 400, "body.colour"),
        ("POST", "/v1/answers", {"content": b"{", "headers": {"Content-Type": "application/json"}}, 400, "JSON"),
        ("POST", "/v1/answers", {"json": {"question": "x", "filter": {"after": "soon"}}}, 400, "'soon' is no date"),
        ("POST", "/v1/search", {"json": {"query": "x", "filter": {"publishers": ["Nobody"]}}}, 400, "'Nobody'"),
        ("POST", "/v1/search", {"json": {"query": "x", "collection": "a/../b"}}, 404, "no collection"),
        ("POST", "/v1/search", {"json": {"query": "x", "top_k": 0}}, 400, "body.top_k"),
        ("POST", "/v1/verify", {"content": b"x" * (2**20 + 1)}, 413, "larger than 1 MB"),
        ("GET", "/v1/documents/text", {"params": {"uri": "/none"}}, 404, "no document"),
        ("GET", "/v1/overview", {"params": {"after": "soon"}}, 400, "'soon' is no date"),
        ("GET", "/v1/overview", {"params": {"before": "2" * 65}}, 400, "query.before"),
        ("GET", "/v1/overview", {"params": {"path": "*" * 4097}}, 400, "query.path"),
        ("GET", "/v1/nothing", {}, 404, "no path"),
        ("PATCH", "/v1/answers", {}, 405, "does not take PATCH"),
        ("POST", "/v1/chat/completions", {"json": {"model": "askive/town", "messages": []}}, 400, "messages"),
    ],
)  # fmt: skip
def test_errors_have_one_shape(
    client: httpx.Client, method: str, path: str, more: dict[str, Any], status: int, said: str
) -> None:
    response = client.request(method, path, **more)
    assert response.status_code == status
    error = checked(wire.FailureView, response, status)["error"]
    assert said in error["message"] and error["remedy"] and "Traceback" not in response.text


def test_offsets_outside_a_text_are_an_error(client: httpx.Client) -> None:
    uri = client.get("/v1/documents").json()["documents"][0]["uri"]
    for start, end in ((5, 2), (0, 10**6), (10**6, None)):
        span = {"uri": uri, "start": start} | ({"end": end} if end is not None else {})
        assert client.get("/v1/documents/text", params=span).status_code == 400


def opened(served: Served, stream: bool) -> socket.socket:
    """A connection that has sent a question."""
    body = json.dumps({"question": SHIPS, "stream": stream}).encode()
    address = urlsplit(served.url)
    connection = socket.create_connection((address.hostname or "", address.port or 0))
    head = f"POST /v1/answers HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)
    return connection


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_goes_away_frees_its_place(served: Served, client: httpx.Client, stream: bool) -> None:
    operations = served.doors.operations
    with operations.workspace.scheduler.turn(Work.QUESTION):
        running = opened(served, stream)
        until(lambda: operations.jobs.is_busy, 5)
        waiting = [opened(served, stream) for _ in range(2)]
        until(lambda: operations.jobs.n_waiting == 2, 5)
        waiting[0].close()
        assert until(lambda: operations.jobs.n_waiting == 1, 5) < FREED_S
        running.close()
        assert until(lambda: operations.jobs.n_waiting == 0, 5) < FREED_S, "the next one has its turn"
        waiting[1].close()
        assert until(lambda: not operations.jobs.is_busy, 5) < FREED_S
    assert client.post("/v1/answers", json={"question": SHIPS}).status_code == 200


def test_health_and_metrics(served: Served, client: httpx.Client) -> None:
    checked(wire.HealthView, client.get("/healthz"))
    until(lambda: client.get("/readyz").status_code == 200, 20)
    text = client.get("/metrics").text
    assert 'askive_requests_total{method="GET",route="/healthz",status="200"}' in text
    assert "askive_waiting 0.0" in text
    assert "town" not in text and "reader" not in text


def test_the_openapi_document(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"][0].isupper() and operation["responses"], path
            assert "422" not in operation["responses"]
    example = document["components"]["schemas"]["AnswerRequest"]["properties"]["question"]["examples"][0]
    assert client.post("/v1/answers", json={"question": example}).status_code == 200
    assert client.get("/docs").status_code == 404, "its page would load scripts from elsewhere"
