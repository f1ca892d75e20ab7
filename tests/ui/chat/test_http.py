"""The chat's server over HTTP: odd uploads, odd numbers, too much of anything, and streams that end."""

from __future__ import annotations

import json
import shutil
import socket
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from askive.models.fakes import HashEmbedder
from askive.rag.config import load_config
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.store.archive import Archive
from askive.ui.chat.uploads import Incoming
from tests.conftest import DOCUMENTS
from tests.ui.chat.browser_chat import serving


@pytest.fixture(scope="module")
def server_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the collection `town`, and what a killed upload left."""
    home = tmp_path_factory.mktemp("http-home")
    folder = tmp_path_factory.mktemp("http-documents")
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    made = load_config({"home": home, "embedder": "hash", "generator": "scripted"})
    with Archive.open(made.collections_dir / "town", HashEmbedder(), made.passages, create=True) as archive:
        ingest_paths(archive, [folder])
    left = home / "uploads" / ".incoming" / "left.part"
    left.parent.mkdir(parents=True)
    left.write_text("secret of a killed upload")
    return home


@pytest.fixture(scope="module")
def server(server_home: Path) -> Iterator[str]:
    with serving(server_home, "--embedder", "hash", "--model", "scripted", "--collection", "town") as url:
        yield url


def sent(
    server: str, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Status and text of one request."""
    connection = HTTPConnection(urlsplit(server).netloc, timeout=60)
    try:
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def upload(server: str, name: str, text: str) -> tuple[int, dict[str, Any]]:
    """The status, and the last line of the stream."""
    status, lines = sent(
        server, "PUT", "/chat/collections/town/files", text.encode(), {"X-File-Name": quote(name)}
    )
    return status, json.loads(lines.splitlines()[-1])


def called(server: str, name: str, data: Any) -> list[Any]:
    """All that one of Gradio's endpoints yields."""
    headers = {"Content-Type": "application/json"}
    status, text = sent(server, "POST", f"/gradio_api/call/{name}", json.dumps({"data": [data]}), headers)
    assert status == 200, text
    status, text = sent(server, "GET", f"/gradio_api/call/{name}/{json.loads(text)['event_id']}")
    assert "event: error" not in text
    return [json.loads(line[6:])[0] for line in text.splitlines() if line.startswith("data: [")]


def is_error(text: str) -> bool:
    told = json.loads(text)
    return bool(told["message"]) and "remedy" in told and "Traceback" not in text


def test_what_a_killed_upload_left_is_gone(server: str, server_home: Path) -> None:
    assert list((server_home / "uploads").rglob("*.part")) == []


def test_a_file_and_a_folder_of_one_name_do_not_hang(server: str, server_home: Path) -> None:
    assert upload(server, "f.txt/b.txt", "Agnes counted 31 herrings.")[1]["step"] == "done"
    status, last = upload(server, "f.txt", "Karl counted 32 herrings.")
    assert (status, last["step"]) == (200, "failed")
    assert "a folder has this name" in last["message"]
    status, last = upload(server, "f.txt/b.txt/c.txt", "Karl counted 33 herrings.")
    assert "a file has the name of one of its folders" in last["message"]
    assert upload(server, "f.txt/b.txt", "Agnes counted 34 herrings.")[1]["step"] == "done"
    assert list((server_home / "uploads").rglob("*.part")) == []


def test_the_longest_name_that_a_disk_holds_is_taken(server: str) -> None:
    assert upload(server, "n" * 251 + ".txt", "Agnes counted 35 herrings.")[1]["step"] == "done"


@pytest.mark.parametrize("name", ["n" * 252 + ".txt", "a\nb.txt", ".env", "\u202efdp.txt", "../x.txt", ""])
def test_a_name_that_no_file_may_have_is_an_error(server: str, name: str) -> None:
    status, told = upload(server, name, "text")
    assert status == 400
    assert "cannot name a file" in told["message"]


@pytest.mark.parametrize("number", [str(2**63), str(2**64 + 1), "0", "-1", "one", "9" * 5000])
def test_a_number_of_no_question_is_an_error(server: str, number: str) -> None:
    for method, path, body in (
        ("POST", "stop", None),
        ("GET", "copy", None),
        ("PUT", "feedback", '{"feedback": "right"}'),
        ("POST", "gold", '{"answers": []}'),
    ):
        headers = {"Content-Type": "application/json"}
        status, text = sent(server, method, f"/chat/turns/{number}/{path}", body, headers)
        assert (status, is_error(text)) == (400, True), text
    assert called(server, "follow", {"turn_id": number})[-1]["events"][-1]["kind"] == "final"
    if number.lstrip("-").isdigit() and len(number) < 100:
        assert called(server, "follow", {"turn_id": int(number)})[-1]["events"][-1]["answer"] is None
        asked = {"question": "Who?", "collection": "town", "model": "scripted", "replace": int(number)}
        assert called(server, "ask", asked)[-1]["events"][-1]["kind"] == "refused"


@pytest.mark.parametrize(
    "asked",
    [
        None,
        "text",
        {"question": "Who?", "conversation_id": ["a"], "collection": "town", "model": "scripted"},
        {"question": "Who?", "conversation_id": "\ud800", "collection": "town", "model": "scripted"},
        {"question": "Who?", "publishers": 7, "collection": "\ud800", "model": "scripted"},
        {"question": "Who \ud800 counted the ships?", "collection": "town", "model": "scripted"},
        {"question": '"' * 2000, "collection": "town", "model": "scripted"},
        {"question": "x" * 30_000, "collection": "town", "model": "scripted"},
    ],
)
def test_every_stream_of_an_odd_question_ends_with_a_reason(server: str, asked: Any) -> None:
    last = called(server, "ask", asked)[-1]["events"][-1]
    assert last["kind"] in ("refused", "final")
    assert last.get("message") or last["answer"].get("failure") or last["answer"]["text"]
    assert called(server, "anticipate", asked)


def test_too_much_is_refused_by_its_announced_length(server: str) -> None:
    for method, path, n_bytes in (
        ("PUT", "/chat/collections/town/files", 256 * 2**20 + 1),
        ("POST", "/chat/collections", 2**20 + 1),
        ("POST", "/gradio_api/call/ask", 10**12),
    ):
        host, _, port = urlsplit(server).netloc.partition(":")
        with socket.create_connection((host, int(port)), timeout=30) as raw:
            raw.sendall(
                f"{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\nX-File-Name: big.txt\r\n"
                f"Content-Length: {n_bytes}\r\n\r\n".encode()
            )
            reply = raw.makefile("rb").read().decode()
        head, _, text = reply.partition("\r\n\r\n")
        assert " 413 " in head.splitlines()[0]
        assert is_error(text)


def test_too_much_is_refused_while_it_is_read(server: str, server_home: Path) -> None:
    def blocks() -> Iterator[bytes]:
        for _ in range(20):
            yield b" " * 2**16

    headers = {"Content-Type": "application/json"}
    connection = HTTPConnection(urlsplit(server).netloc, timeout=60)
    try:
        connection.request("POST", "/chat/collections", blocks(), headers, encode_chunked=True)
        response = connection.getresponse()
        assert response.status == 413
        assert is_error(response.read().decode())
    except (BrokenPipeError, ConnectionResetError):
        pass
    finally:
        connection.close()
    assert sent(server, "GET", "/chat/state")[0] == 200


def test_what_no_route_expects_is_an_error_of_ours(server: str, server_home: Path) -> None:
    # No UTF-8 holds half of a surrogate pair, so it cannot be kept.
    body = json.dumps({"name": "\ud800"})
    _, text = sent(server, "GET", "/chat/conversations")
    if not json.loads(text):
        called(server, "ask", {"question": "Who?", "collection": "town", "model": "scripted"})
        _, text = sent(server, "GET", "/chat/conversations")
    conversation = json.loads(text)[0]["conversation_id"]
    headers = {"Content-Type": "application/json"}
    status, text = sent(server, "PATCH", f"/chat/conversations/{conversation}", body, headers)
    assert status in (400, 500)
    assert is_error(text)
    assert "Traceback" not in (server_home / "chat.log").read_text(encoding="utf-8")


def test_a_killed_upload_lies_in_incoming_only_until_the_next_start(
    server_home: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(server_home / "collections", home / "collections")
    uploads = home / "uploads"
    with serving(home, "--embedder", "hash", "--model", "scripted", "--collection", "town") as url:
        host, _, port = urlsplit(url).netloc.partition(":")
        raw = socket.create_connection((host, int(port)), timeout=30)
        raw.sendall(
            f"PUT /chat/collections/town/files HTTP/1.1\r\nHost: {host}:{port}\r\nX-File-Name: a.txt\r\n"
            f"Content-Length: 1000000\r\n\r\n{'secret ' * 100}".encode()
        )
        while not list(uploads.rglob("*.part")):
            time.sleep(0.05)
    raw.close()
    left = [path for path in uploads.rglob("*") if path.is_file() and path.name != ".lock"]
    assert left
    assert {path.parent for path in left} == {uploads / ".incoming"}
    Incoming(uploads / ".incoming").clear()
    assert not [path for path in left if path.exists()]
