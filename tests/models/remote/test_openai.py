"""OpenAI-compatible endpoints: against a small server that misbehaves, and against a real llama.cpp one."""

from __future__ import annotations

import json
import math
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from askive.models.errors import ContextOverflow, EndpointError, ModelNotFound, UsageError
from askive.models.fakes import ScriptedGenerator
from askive.models.protocols import (
    Abilities,
    Embedder,
    Generator,
    Message,
    Piece,
    Sampling,
    Segment,
    abilities_of,
    fitted_id,
)
from askive.models.registry import load_embedder, load_generator
from askive.models.remote.openai import OpenAIGenerator
from askive.models.remote.openai_embedder import OpenAIEmbedder
from askive.rag.config import DEFAULT_GENERATOR
from askive.rag.evidence.judge import yes_log_odds
from tests.conftest import SMALL_GENERATOR

Reply = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]
HELLO = [Message("user", (Segment("Say hello"),))]


class Endpoint:
    """Answers with `reply`; remembers what it was asked."""

    def __init__(self) -> None:
        self.reply: Reply = lambda request, _: send(request, {}, 500)
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.hung_up = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                send(self, {"data": [{"id": "first-model"}, {"id": "second"}]})

            def do_POST(self) -> None:
                payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append(payload)
                outer.keys.append(self.headers.get("Authorization", ""))
                outer.reply(self, payload)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    running = Endpoint()
    thread = threading.Thread(target=running.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield running
    running.server.shutdown()
    running.server.server_close()
    thread.join()


@pytest.fixture
def generator(endpoint: Endpoint) -> Iterator[OpenAIGenerator]:
    made = OpenAIGenerator(endpoint.url, "some-model", logprobs=True)
    yield made
    made.close()
    made.close()


def send(request: BaseHTTPRequestHandler, body: Any, status: int = 200) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    request.send_response(status)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)


def stream(*events: Any, done: bool = True, pieces: int = 0) -> Reply:
    """Server-sent events; with `pieces`, sent that many bytes at a time."""

    def reply(request: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        lines = [
            event if isinstance(event, bytes) else json.dumps(event, ensure_ascii=False).encode()
            for event in events
        ]
        content = b": a comment\n\n" + b"".join(b"data: " + line + b"\r\n\r\n" for line in lines)
        content += b"data: [DONE]\n\n" if done else b""
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        request.end_headers()
        for start in range(0, len(content), pieces or len(content) or 1):
            request.wfile.write(content[start : start + (pieces or len(content))])
            request.wfile.flush()

    return reply


def token(text: str, logprob: float | None = None, finish: str | None = None) -> dict[str, Any]:
    scored = {"content": [{"token": text, "logprob": logprob}]} if logprob is not None else None
    return {
        "choices": [{"delta": {"content": text} if text else {}, "logprobs": scored, "finish_reason": finish}]
    }


def likely(**tokens: float) -> dict[str, Any]:
    top = [{"token": name, "logprob": logprob} for name, logprob in tokens.items()]
    return {
        "choices": [
            {"message": {"content": top[0]["token"]}, "logprobs": {"content": [{"top_logprobs": top}]}}
        ]
    }


def test_they_are_what_the_protocols_ask(endpoint: Endpoint, generator: OpenAIGenerator) -> None:
    embedder = OpenAIEmbedder(endpoint.url, "m")
    assert isinstance(generator, Generator)
    assert hasattr(embedder, "embed")
    assert generator.model_id == f"openai:{endpoint.url}#some-model"
    embedder.close()


def test_a_stream_becomes_pieces(endpoint: Endpoint, generator: OpenAIGenerator) -> None:
    endpoint.reply = stream(
        {"choices": [{"delta": {"role": "assistant"}}]},
        token("Grüße", -0.5),
        token(" 👋\u2028\x85", -0.25),
        token("", finish="stop"),
        {"choices": [], "usage": {}},
        pieces=3,
    )
    sampling = Sampling(max_tokens=9, temperature=0.5, seed=3, stop=("END",))
    pieces = list(generator.generate(HELLO, sampling))
    assert "".join(piece.text for piece in pieces) == "Grüße 👋\u2028\x85"
    assert [piece.logprob for piece in pieces] == [-0.5, -0.25, None]
    assert [piece.n_tokens for piece in pieces] == [1, 1, 0]
    assert [piece.finish for piece in pieces] == [None, None, "stop"]
    assert [piece.n_prompt_tokens for piece in pieces] == [generator.count_tokens("Say hello"), 0, 0]
    (asked,) = endpoint.asked
    assert asked["messages"] == [{"role": "user", "content": "Say hello"}]
    assert (asked["max_tokens"], asked["temperature"], asked["seed"], asked["stop"]) == (9, 0.5, 3, ["END"])
    assert asked["model"] == "some-model"


def test_tokens_of_other_scripts_are_not_underestimated(generator: OpenAIGenerator) -> None:
    assert generator.count_tokens("Who built the old bridge") == 7
    assert generator.count_tokens('"' * 2000) == 1000
    assert generator.count_tokens("桥" * 330) >= 330
    assert generator.count_tokens("😀" * 100) == 200


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_the_reason_it_ended(endpoint: Endpoint, generator: OpenAIGenerator, reason: str) -> None:
    endpoint.reply = stream(token("x", finish=reason), done=False)
    assert list(generator.generate(HELLO, Sampling())) == [
        Piece("x", None, 1, n_prompt_tokens=3),
        Piece("", finish="length"),
    ]


def test_without_a_name_the_first_model_is_used(endpoint: Endpoint) -> None:
    endpoint.reply = stream(token("x", finish="stop"))
    generator = OpenAIGenerator(endpoint.url + "/")
    list(generator.generate(HELLO, Sampling()))
    assert endpoint.asked[0]["model"] == "first-model"
    assert generator.model_id == f"openai:{endpoint.url}"
    generator.close()


def test_a_key_is_sent_from_the_environment(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.reply = stream(token("x", finish="stop"))
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    generator = load_generator(f"openai:{endpoint.url}#m", tmp_path)
    list(generator.generate(HELLO, Sampling()))
    assert endpoint.keys == ["Bearer secret"]
    generator.close()


@pytest.mark.parametrize("before", [0, 2])
def test_cancel_ends_it_within_200_ms(endpoint: Endpoint, generator: OpenAIGenerator, before: int) -> None:
    """Also while the server says nothing at all, as it does while it reads a long prompt."""
    waiting, release = threading.Event(), threading.Event()

    def reply(request: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        if before:
            request.send_response(200)
            request.end_headers()
        for _n in range(before):
            request.wfile.write(b"data: " + json.dumps(token("x")).encode() + b"\n\n")
            request.wfile.flush()
        waiting.set()
        release.wait(10)

    endpoint.reply = reply
    cancel = threading.Event()
    pieces: list[Piece] = []
    ended: list[float] = []

    def consume() -> None:
        pieces.extend(generator.generate(HELLO, Sampling(), cancel))
        ended.append(time.monotonic())

    consumer = threading.Thread(target=consume)
    consumer.start()
    assert waiting.wait(5)
    time.sleep(0.1)
    started = time.monotonic()
    cancel.set()
    consumer.join(5)
    release.set()
    assert ended
    assert ended[0] - started < 0.2
    assert pieces[-1].finish == "cancelled"
    assert len(pieces) == before + 1


def test_a_cancelled_generation_asks_nothing_first(endpoint: Endpoint, generator: OpenAIGenerator) -> None:
    endpoint.reply = stream(token("x", finish="stop"))
    cancel = threading.Event()
    cancel.set()
    assert [piece.finish for piece in generator.generate(HELLO, Sampling(), cancel)] == ["cancelled"]
    # The lock is free again, also after a generation that was dropped half-way.
    next(generator.generate(HELLO, Sampling()))
    assert list(generator.generate(HELLO, Sampling()))[-1].finish == "stop"


def test_a_server_without_logprobs_is_asked_without(endpoint: Endpoint, generator: OpenAIGenerator) -> None:
    def reply(request: BaseHTTPRequestHandler, payload: dict[str, Any]) -> None:
        if "logprobs" in payload:
            send(request, {"error": {"message": "logprobs is not supported"}}, 400)
        else:
            stream(token("ok", finish="stop"))(request, payload)

    endpoint.reply = reply
    for _ in range(2):
        assert [piece.text for piece in generator.generate(HELLO, Sampling())] == ["ok", ""]
    assert ["logprobs" in asked for asked in endpoint.asked] == [True, False, False]


@pytest.mark.parametrize(
    ("reply", "error", "words", "remedy"),
    [
        (
            lambda r, _: send(r, {"error": {"message": "bad key"}}, 401),
            EndpointError,
            "401: bad key",
            "OPENAI_API_KEY",
        ),
        (lambda r, _: send(r, {"detail": "Not Found"}, 404), EndpointError, "404: Not Found", "/v1"),
        (lambda r, _: send(r, b"Bad gateway", 502), EndpointError, "502: Bad gateway", "log"),
        (lambda r, _: send(r, b"moved", 302), EndpointError, "answers 302", "log"),
        (
            lambda r, _: send(r, {"error": {"message": "maximum context length is 4"}}, 400),
            ContextOverflow,
            "maximum context length",
            "prompt.max_tokens",
        ),
        (stream(b"{not json"), EndpointError, "is not JSON", "OpenAI-compatible"),
        (stream(b"[1]"), EndpointError, "is not an object", "OpenAI-compatible"),
        (stream({"choices": [3]}), EndpointError, "not a chat completion", "OpenAI-compatible"),
        (stream({"error": {"message": "out of memory"}}), EndpointError, "out of memory", "log"),
        (stream(token("half"), done=False), EndpointError, "ended early", "log"),
        (
            lambda r, _: r.connection.shutdown(socket.SHUT_RDWR),
            EndpointError,
            "cannot be reached",
            "start the server",
        ),
    ],
)
def test_failures_are_one_line_with_a_remedy(
    endpoint: Endpoint,
    generator: OpenAIGenerator,
    reply: Reply,
    error: type[EndpointError | ContextOverflow],
    words: str,
    remedy: str,
) -> None:
    endpoint.reply = reply
    with pytest.raises(error) as caught:
        list(generator.generate(HELLO, Sampling()))
    assert words in caught.value.message
    assert endpoint.url in caught.value.message
    assert "\n" not in caught.value.message
    assert remedy in caught.value.remedy


def test_an_empty_stream_is_asked_for_its_reason(endpoint: Endpoint, generator: OpenAIGenerator) -> None:
    def reply(request: BaseHTTPRequestHandler, payload: dict[str, Any]) -> None:
        if payload["stream"]:
            stream(done=False)(request, payload)
        else:
            send(request, {"error": {"message": "too long", "code": "context_length_exceeded"}}, 400)

    endpoint.reply = reply
    with pytest.raises(ContextOverflow, match="too long"):
        list(generator.generate(HELLO, Sampling()))


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    generator = OpenAIGenerator(url, "m")
    for call in (
        lambda: list(generator.generate(HELLO, Sampling())),
        lambda: generator.choose(HELLO, ["a", "b"]),
        lambda: OpenAIEmbedder(url).embed(["x"]),
    ):
        with pytest.raises(EndpointError, match="cannot be reached") as caught:
            call()
        assert url in caught.value.message
    generator.close()


@pytest.mark.parametrize("url", ["", "localhost:80", "ftp://x/v1", "http:///v1"])
def test_no_endpoint_at_all(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not an endpoint"):
        load_generator(f"openai:{url}", tmp_path)


def test_choose_normalises_over_the_choices(endpoint: Endpoint, generator: OpenAIGenerator) -> None:
    endpoint.reply = lambda request, _: send(request, likely(Yes=-1.0, Y=-9.0, Maybe=-1.5, No=-2.0))
    scores = generator.choose(HELLO, ["Yes, it does", "No"])
    assert math.isclose(sum(math.exp(score) for score in scores), 1.0)
    assert math.isclose(scores[0] - scores[1], 1.0)
    # Not among the likeliest: as the least likely of them.
    scores = generator.choose(HELLO, ["Yes", "Zebra"])
    assert math.isclose(scores[0] - scores[1], 8.0)
    (asked, _) = endpoint.asked
    assert (asked["max_tokens"], asked["logprobs"], asked["top_logprobs"]) == (1, True, 20)


def test_choose_says_what_it_cannot(endpoint: Endpoint, generator: OpenAIGenerator) -> None:
    endpoint.reply = lambda request, _: send(request, likely(Yes=-1.0))
    for choices in ([], ["a", "a"], ["a", ""], ["Yes, it is", "Yes, it was"]):
        with pytest.raises(ValueError, match=r"choices must be|start with the same token"):
            generator.choose(HELLO, choices)
    with pytest.raises(EndpointError, match="none of"):
        generator.choose(HELLO, ["q", "r"])
    for body in ({"choices": [{"message": {"content": "Yes"}}]}, {"choices": [{"logprobs": None}]}, {}):
        endpoint.reply = lambda request, _, body=body: send(request, body)  # type: ignore[misc]
        with pytest.raises(EndpointError, match="no log-probabilities") as caught:
            generator.choose(HELLO, ["a", "b"])
        assert "local model" in caught.value.remedy


def test_what_a_server_can_do_is_found_out_once(endpoint: Endpoint, generator: OpenAIGenerator) -> None:
    endpoint.reply = lambda request, _: send(request, likely(Yes=-0.5, No=-1.5))
    for _ in range(2):
        assert abilities_of(generator) == Abilities(choices=True, likelihoods=False, keeps_states=False)
    assert len(endpoint.asked) == 1
    assert abilities_of(ScriptedGenerator()) == Abilities()


@pytest.mark.parametrize(
    "reply",
    [
        lambda r, _: send(r, {"choices": [{"message": {"content": "Yes"}}]}),
        lambda r, _: send(r, {"error": {"message": "logprobs is not supported"}}, 400),
        lambda r, _: send(r, {"choices": [{"logprobs": {"content": [{"top_logprobs": []}]}}]}),
    ],
)
def test_a_server_without_log_probabilities_is_not_taken_for_known_weights(
    endpoint: Endpoint, reply: Reply, tmp_path: Path
) -> None:
    spec = f"openai:{endpoint.url}#{DEFAULT_GENERATOR}"
    endpoint.reply = reply
    generator = load_generator(spec, tmp_path)
    assert abilities_of(generator).choices is False
    assert fitted_id(generator) == generator.model_id == spec
    generator.close()
    endpoint.reply = lambda request, _: send(request, likely(Yes=-0.5, No=-1.5))
    generator = load_generator(spec, tmp_path)
    assert fitted_id(generator) == DEFAULT_GENERATOR
    generator.close()
    # Another name says nothing about the weights.
    assert fitted_id(load_generator(f"openai:{endpoint.url}#gpt", tmp_path)) == f"openai:{endpoint.url}#gpt"


def test_likelihoods_of_single_words_cost_one_request(endpoint: Endpoint, generator: OpenAIGenerator) -> None:
    endpoint.reply = lambda request, _: send(request, likely(Yes=-0.5, No=-1.5, Maybe=-7.0))
    cases = [(HELLO, "Yes"), (HELLO, "No"), (HELLO, "Zebra"), (HELLO, "")]
    assert generator.likelihoods(cases) == [-0.5, -1.5, -7.0, 0.0]
    assert len(endpoint.asked) == 1
    with pytest.raises(EndpointError, match="given text: 'Yes it is'"):
        generator.likelihood(HELLO, "Yes it is")


def test_embeddings_are_unit_rows_in_order(endpoint: Endpoint) -> None:
    def reply(request: BaseHTTPRequestHandler, payload: dict[str, Any]) -> None:
        rows = [{"index": i, "embedding": [len(text), 3.0, 0.0]} for i, text in enumerate(payload["input"])]
        send(request, {"data": rows[::-1]})

    endpoint.reply = reply
    embedder = OpenAIEmbedder(endpoint.url, "m")
    assert isinstance(embedder, Embedder)
    texts = ["x" * n for n in range(150)]
    vectors = embedder.embed(texts)
    assert vectors.shape == (150, 3)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert np.allclose(vectors[4], [0.8, 0.6, 0])
    assert embedder.dimension == 3
    assert embedder.embed([]).shape == (0, 3)
    assert embedder.digest == OpenAIEmbedder(endpoint.url, "m").digest
    assert embedder.digest != OpenAIEmbedder(endpoint.url, "other").digest
    embedder.close()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": []},
        {"data": [{"index": 0, "embedding": "AAAA"}]},
        {"data": [{"index": 0, "embedding": [[1.0, 2.0], [3.0, 4.0]]}]},
        {"data": [{"index": 0, "embedding": [float("nan"), 1]}]},
        b"[]",
        b"<html>",
    ],
)
def test_malformed_embeddings(endpoint: Endpoint, body: Any) -> None:
    endpoint.reply = lambda request, _: send(request, body)
    embedder = OpenAIEmbedder(endpoint.url, "m")
    with pytest.raises(EndpointError) as caught:
        embedder.embed(["x"])
    assert f"{endpoint.url}/embeddings" in caught.value.message
    embedder.close()


def test_registry(tmp_path: Path) -> None:
    assert load_generator("scripted", tmp_path).model_id == "scripted"
    assert load_embedder("hash", tmp_path).model_id == "hash"
    embedder = load_embedder("openai:http://127.0.0.1:9/v1#m", tmp_path)
    assert embedder.model_id == "openai:http://127.0.0.1:9/v1#m"
    with pytest.raises(ModelNotFound, match="are not in"):
        load_generator("smollm2-135m-instruct-q4_1", tmp_path)
    with pytest.raises(UsageError, match="of kind embedder, not generator"):
        load_generator("all-minilm-l6-v2", tmp_path)
    with pytest.raises(UsageError, match="of kind generator, not embedder"):
        load_embedder("smollm2-135m-instruct-q4_1", tmp_path)
    with pytest.raises(ModelNotFound, match="does not exist"):
        load_generator(str(tmp_path / "none.gguf"), tmp_path)
    with pytest.raises(ModelNotFound, match="no model 'nonsense'"):
        load_generator("nonsense", tmp_path)


@pytest.fixture(scope="module")
def smollm_path() -> Path:
    """The smallest real generator, from the real models folder; pulled when it is not there."""
    from askive.models.weights.store import WeightStore
    from askive.rag.config import load_config

    return WeightStore(load_config().models_dir).pull("smollm2-135m-instruct-q4_1")


@pytest.fixture(scope="module")
def llama_server(smollm_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real llama.cpp server on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log"
    command = [
        sys.executable,
        "-m",
        "tests.models.remote.llama_server",
        "--model",
        str(smollm_path),
        "--port",
        str(port),
    ]
    command += ["--host", "127.0.0.1", "--n_ctx", "512", "--n_threads", "2"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}/v1"
    try:
        for _ in range(600):
            if process.poll() is not None:
                raise AssertionError(log.read_text(encoding="utf-8", errors="replace")[-2000:])
            try:
                httpx.get(f"{url}/models", trust_env=False)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


@pytest.mark.weights
def test_a_real_server_generates(llama_server: str) -> None:
    generator = OpenAIGenerator(llama_server, logprobs=True)
    messages = [Message("user", (Segment("Write one sentence "), Segment("about the sea.")))]
    pieces = list(generator.generate(messages, Sampling(max_tokens=8)))
    assert len("".join(piece.text for piece in pieces).split()) > 3
    assert pieces[-1].finish in ("stop", "length")
    assert all(piece.logprob is not None and piece.logprob <= 0 for piece in pieces[:-1])
    # The server reads only the end of a prompt that it has cached, so that a near tie may fall the other way later on.
    again = list(generator.generate(messages, Sampling(max_tokens=8)))
    assert again[0].text == pieces[0].text
    short = list(generator.generate(messages, Sampling(max_tokens=2)))
    assert short[-1].finish == "length"
    generator.close()


@pytest.mark.weights
def test_a_real_server_chooses(llama_server: str) -> None:
    generator = OpenAIGenerator(llama_server)
    scores = generator.choose([Message("user", (Segment("Is water wet? Answer Yes or No."),))], ["Yes", "No"])
    assert math.isclose(sum(math.exp(score) for score in scores), 1.0, abs_tol=1e-6)
    generator.close()


@pytest.mark.weights
def test_a_real_server_has_the_odds_of_the_same_weights_here(llama_server: str, smollm_path: Path) -> None:
    """So that what is fitted with a local model holds for the same weights on a server."""
    from askive.models.llama.generator import LlamaGenerator

    remote = OpenAIGenerator(llama_server, weights_id=SMALL_GENERATOR)
    assert abilities_of(remote).choices
    assert fitted_id(remote) == SMALL_GENERATOR
    here = LlamaGenerator(smollm_path, SMALL_GENERATOR, "0" * 64, 512, 2)
    requests = [
        "Statement: The bridge was built in 1871.\n\nDoes the text say that the statement is true?",
        "Question: Who built the bridge?\n\nDoes the text contain the answer to the question?",
    ]
    opening = "Text: The old bridge of Aldermoor was built in 1871 by the engineer Ida Falk.\n\n"
    try:
        there = np.array(yes_log_odds(remote, opening, requests))
        near = np.array(yes_log_odds(here, opening, requests))
        # Here attention states are held in 8 bits, which moves so small a model by some tenths.
        assert np.allclose(there, near, atol=0.6), (there, near)
        assert (np.sign(there) == np.sign(near)).all()
    finally:
        here.close()
        remote.close()


@pytest.mark.weights
def test_a_real_server_is_cancelled(llama_server: str) -> None:
    generator = OpenAIGenerator(llama_server)
    cancel = threading.Event()
    started = 0.0
    for piece in generator.generate([Message("user", (Segment("Count to 500."),))], Sampling(400), cancel):
        if not started:
            started = time.monotonic()
            cancel.set()
        finish = piece.finish
    assert finish == "cancelled"
    assert time.monotonic() - started < 0.2
    # The server has let go of it too: the next one is answered.
    assert list(generator.generate(HELLO, Sampling(max_tokens=2)))[-1].finish
    generator.close()


@pytest.mark.weights
def test_a_real_server_refuses_too_long_a_prompt(llama_server: str) -> None:
    generator = OpenAIGenerator(llama_server)
    with pytest.raises(ContextOverflow, match="maximum context length"):
        list(generator.generate([Message("user", (Segment("word " * 700),))], Sampling(max_tokens=4)))
    generator.close()


@pytest.mark.weights
def test_a_real_server_that_does_not_embed_says_so(llama_server: str) -> None:
    embedder = OpenAIEmbedder(llama_server)
    with pytest.raises(EndpointError, match="embedding"):
        embedder.embed(["A cat sat."])
    embedder.close()
