"""Several servers of one model: the least busy is asked, others step in, and all must have the same model."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from askive.models.errors import EndpointError
from askive.models.protocols import Sampling
from askive.models.remote.endpoints import Endpoints, RemotePolicy
from askive.models.remote.openai import OpenAIGenerator
from askive.models.remote.openai_embedder import OpenAIEmbedder
from askive.models.remote.transport import Refused, address_of, servers_of
from tests.models.remote.test_openai import HELLO, Endpoint, Reply, send, stream, token

FAST = RemotePolicy(retries=2)


@contextmanager
def running(reply: Reply) -> Iterator[Endpoint]:
    server = Endpoint()
    server.reply = reply
    thread = threading.Thread(target=server.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.server.shutdown()
        server.server.server_close()
        thread.join()


def nobody() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


def answer(request: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
    send(request, {"ok": True})


def embedding(factor: float = 1.0) -> Reply:
    """Vectors of three numbers that depend on the text; another factor is another model."""

    def reply(request: BaseHTTPRequestHandler, payload: dict[str, Any]) -> None:
        rows = [
            {"index": at, "embedding": [len(text), factor * len(text.split()), 1.0]}
            for at, text in enumerate(payload["input"])
        ]
        send(request, {"data": rows})

    return reply


def failing_first(n: int, status: int, then: Reply, headers: dict[str, str] | None = None) -> Reply:
    left = [n]

    def reply(request: BaseHTTPRequestHandler, payload: dict[str, Any]) -> None:
        if left[0]:
            left[0] -= 1
            request.send_response(status)
            for name, value in (headers or {}).items():
                request.send_header(name, value)
            request.send_header("Content-Length", "2")
            request.end_headers()
            request.wfile.write(b"no")
        else:
            then(request, payload)

    return reply


def test_addresses() -> None:
    spec = "openai:http://a:1/v1, http://me:secret@b:2/v1#model"
    assert address_of(spec) == (["http://a:1/v1", "http://me:secret@b:2/v1"], "model")
    assert servers_of(spec) == ["a:1", "b:2"]
    assert servers_of("all-minilm-l6-v2") == []


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_failure_that_passes_is_not_seen(status: int) -> None:
    with running(failing_first(2, status, answer)) as server:
        assert Endpoints([server.url], policy=FAST).call("POST", "/x", {}) == {"ok": True}
        assert len(server.asked) == 3


def test_attempts_end() -> None:
    with running(failing_first(9, 503, answer)) as server:
        with pytest.raises(EndpointError, match="503"):
            Endpoints([server.url], policy=FAST).call("POST", "/x", {})
        assert len(server.asked) == FAST.retries + 1


@pytest.mark.parametrize("status", [400, 401, 404, 500])
def test_what_will_not_pass_is_asked_once(status: int) -> None:
    with running(failing_first(9, status, answer)) as server:
        with pytest.raises(Refused) as caught:
            Endpoints([server.url], policy=FAST).call("POST", "/x", {})
        assert caught.value.status == status
        assert len(server.asked) == 1


def test_the_server_says_how_long_to_wait() -> None:
    with running(failing_first(1, 429, answer, {"Retry-After": "1"})) as server:
        began = time.monotonic()
        Endpoints([server.url], policy=FAST).call("POST", "/x", {})
        assert time.monotonic() - began >= 1


def test_a_time_limit_is_no_reason_to_ask_the_same_server_again() -> None:
    release = threading.Event()

    def hang(request: BaseHTTPRequestHandler, payload: dict[str, Any]) -> None:
        release.wait(10)
        answer(request, payload)

    slow = RemotePolicy(timeout_s=0.3, retries=3)
    with running(hang) as first, running(answer) as second:
        try:
            with pytest.raises(EndpointError, match=r"within 0\.3 s") as caught:
                Endpoints([first.url], policy=slow).call("POST", "/x", {})
            assert "remote.timeout_s" in caught.value.remedy
            assert len(first.asked) == 1
            assert Endpoints([first.url, second.url], policy=slow).call("POST", "/x", {}) == {"ok": True}
        finally:
            release.set()


def test_another_server_steps_in_and_the_one_that_failed_rests() -> None:
    with running(answer) as server:
        endpoints = Endpoints([nobody(), server.url], policy=RemotePolicy(retries=0))
        began = time.monotonic()
        for _ in range(5):
            assert endpoints.call("POST", "/x", {}) == {"ok": True}
        assert len(server.asked) == 5
        assert time.monotonic() - began < 1, "no pause while another server works"


def test_a_server_that_rested_is_asked_again() -> None:
    with running(failing_first(1, 503, answer)) as first, running(answer) as second:
        endpoints = Endpoints([first.url, second.url], policy=FAST)
        endpoints.call("POST", "/x", {})
        time.sleep(1.1)
        for _ in range(4):
            endpoints.call("POST", "/x", {})
        assert (len(first.asked), len(second.asked)) == (3, 3)


def test_the_least_busy_server_is_asked() -> None:
    release, waiting = threading.Event(), threading.Event()

    def hang(request: BaseHTTPRequestHandler, payload: dict[str, Any]) -> None:
        waiting.set()
        release.wait(10)
        answer(request, payload)

    with running(hang) as first, running(answer) as second:
        endpoints = Endpoints([first.url, second.url], policy=FAST)
        blocked = threading.Thread(target=endpoints.call, args=("POST", "/x", {}))
        blocked.start()
        try:
            assert waiting.wait(5)
            for _ in range(6):
                endpoints.call("POST", "/x", {})
        finally:
            release.set()
            blocked.join()
        assert (len(first.asked), len(second.asked)) == (1, 6)


def test_a_stream_begins_elsewhere_but_never_again() -> None:
    good = stream(token("ok", finish="stop"))
    with running(failing_first(1, 503, good)) as first, running(good) as second:
        generator = OpenAIGenerator([first.url, second.url], "m", policy=FAST)
        assert [piece.text for piece in generator.generate(HELLO, Sampling())] == ["ok", ""]
        assert (len(first.asked), len(second.asked)) == (1, 1)
        generator.close()

    def break_off(request: BaseHTTPRequestHandler, payload: dict[str, Any]) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "99999")
        request.end_headers()
        stream(token("half"), done=False)(request, payload)
        request.connection.shutdown(socket.SHUT_RDWR)

    with running(break_off) as first, running(good) as second:
        generator = OpenAIGenerator([first.url, second.url], "m", policy=FAST)
        pieces = generator.generate(HELLO, Sampling())
        assert next(pieces).text == "half"
        with pytest.raises(EndpointError):
            list(pieces)
        assert not second.asked
        generator.close()


def test_a_cancelled_stream_does_not_wait_for_the_next_attempt() -> None:
    cancel = threading.Event()
    with running(failing_first(9, 503, answer, {"Retry-After": "20"})) as server:
        generator = OpenAIGenerator(server.url, "m", policy=FAST)
        threading.Timer(0.3, cancel.set).start()
        began = time.monotonic()
        assert [piece.finish for piece in generator.generate(HELLO, Sampling(), cancel)] == ["cancelled"]
        assert time.monotonic() - began < 2
        generator.close()


def test_batches_are_spread_and_stay_in_order() -> None:
    with ExitStack() as stack:
        servers = [stack.enter_context(running(embedding())) for _ in range(2)]
        embedder = OpenAIEmbedder([server.url for server in servers], "m", policy=RemotePolicy(batch=4))
        texts = [f"{'word ' * (n % 7)}{n}" for n in range(50)]
        alone = OpenAIEmbedder(servers[0].url, "m", policy=RemotePolicy(batch=50, parallel=1))
        assert (embedder.embed(texts) == alone.embed(texts)).all()
        assert all(len(server.asked) > 3 for server in servers)
        assert max(len(asked["input"]) for asked in servers[1].asked) == 4
        # Further servers may come and go without a new index.
        assert embedder.digest == alone.digest
        assert embedder.model_id == alone.model_id


def test_servers_with_different_models_are_refused() -> None:
    with running(embedding()) as first, running(embedding(40.0)) as other:
        embedder = OpenAIEmbedder([first.url, other.url], "m", policy=FAST)
        with pytest.raises(EndpointError, match="gives other vectors") as caught:
            embedder.embed(["x"])
        assert other.url in caught.value.message


def test_a_server_that_is_away_gets_no_text_before_it_was_compared() -> None:
    with running(embedding()) as first:
        embedder = OpenAIEmbedder([first.url, nobody()], "m", policy=FAST)
        assert embedder.embed(["a", "b"]).shape == (2, 3)


@pytest.mark.parametrize("status", [413, 422])
def test_a_server_that_takes_fewer_texts_gets_fewer(status: int) -> None:
    """TEI answers 422 for more than `--max-client-batch-size` texts, a proxy 413 for a large body."""

    def reply(request: BaseHTTPRequestHandler, payload: dict[str, Any]) -> None:
        if len(payload["input"]) > 8:
            send(request, {"error": "batch size 32 > maximum allowed batch size 8"}, status)
        else:
            embedding()(request, payload)

    with running(reply) as server:
        embedder = OpenAIEmbedder(server.url, "m", policy=RemotePolicy(batch=32, parallel=1))
        texts = ["x" * n for n in range(1, 65)]
        vectors = embedder.embed(texts)
        assert (vectors[:, 0] / vectors[:, 2]).round().tolist() == [len(text) for text in texts]
        server.asked.clear()
        embedder.embed(texts)
        assert {len(asked["input"]) for asked in server.asked} == {8}, "what it takes is remembered"


def test_too_long_a_text_is_cut_and_the_others_are_not() -> None:
    def reply(request: BaseHTTPRequestHandler, payload: dict[str, Any]) -> None:
        if any(len(text) > 400 for text in payload["input"]):
            send(request, {"error": {"message": "This model's maximum context length is 100 tokens"}}, 400)
        else:
            embedding()(request, payload)

    with running(reply) as server:
        vectors = OpenAIEmbedder(server.url, "m").embed(["short", "x" * 3000, "y" * 300])
        lengths = (vectors[:, 0] / vectors[:, 2]).round().tolist()
        assert (lengths[0], lengths[2]) == (5, 300)
        assert 300 <= lengths[1] <= 400
