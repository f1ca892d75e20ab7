"""Loading ahead: nothing is lost when it fails, nothing goes on when it is stopped."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from askive.models.embedders.cached import CachedEmbedder
from askive.models.errors import EndpointError, ModelNotFound, WeightsError
from askive.models.fakes import HashEmbedder, ScriptedGenerator
from askive.models.reader import cross_encoder as reader_module
from askive.models.remote.endpoints import RemotePolicy
from askive.models.remote.openai import OpenAIGenerator
from askive.rag import factory
from askive.rag.assistant import Assistant
from askive.rag.collections.by_name import index_seeds
from askive.rag.config import Config
from askive.rag.errors import ConfigError
from askive.rag.factory import Preloading, open_retriever, start_preloading
from askive.rag.store.archive import Archive
from tests.models.remote.test_endpoints import running
from tests.models.remote.test_openai import send


class Loaded(HashEmbedder):
    """Counts what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.n_warmed = 0

    def warm(self) -> None:
        self.n_warmed += 1


def is_preloading() -> bool:
    return any(thread.name == "preloading" for thread in threading.enumerate())


def test_a_step_that_fails_is_passed_over() -> None:
    taken = threading.Event()

    def fail() -> None:
        raise ModelNotFound("it is not there", remedy="pull it")

    preloading = Preloading([fail, taken.set])
    assert taken.wait(10)
    preloading.stop()
    preloading.stop()
    assert not is_preloading()


def test_no_step_begins_after_it_was_stopped() -> None:
    begun, go_on, second = threading.Event(), threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        go_on.wait(10)

    preloading = Preloading([wait, second.set])
    assert begun.wait(10)
    stopping = threading.Thread(target=preloading.stop)
    stopping.start()
    assert preloading._stopped.wait(10)
    go_on.set()
    stopping.join(10)
    assert not stopping.is_alive()
    assert not second.is_set()


def test_the_embedder_behind_another_is_loaded() -> None:
    inner = Loaded()
    preloading = start_preloading(CachedEmbedder(CachedEmbedder(inner)), None)
    preloading._thread.join(30)
    assert inner.n_warmed == 1


def test_an_embedder_that_cannot_be_loaded_ahead_is_asked_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(HashEmbedder, "embed", lambda _self, texts: asked.append(texts))
    preloading = start_preloading(CachedEmbedder(HashEmbedder()), None)
    preloading._thread.join(30)
    assert not asked


def test_a_generator_that_is_missing_is_the_same_error_and_leaves_nothing_open(home: Path) -> None:
    index_seeds(Config(home=home, embedder="hash", generator="scripted"))
    config = Config(home=home, embedder="hash", generator="/nowhere/model.gguf")
    with pytest.raises(ModelNotFound):
        Assistant.open(config, "seeds")
    assert not is_preloading()


def test_a_reader_that_is_missing_is_told_when_it_is_needed(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config(home=home, embedder="hash", generator="scripted")
    index_seeds(config)

    def load_reader(_spec: str, _models_dir: Path) -> reader_module.Reader:
        reader = reader_module.Reader(tmp_path / "empty")
        reader.__dict__["digest"] = "0"
        return reader

    monkeypatch.setattr("askive.models.registry.load_reader", load_reader)
    with (
        Assistant.open(config, "seeds") as opened,
        pytest.raises(WeightsError, match="is not in"),
    ):
        opened.ask("How many jets and helicopters does Russia have in Latakia?")
    assert not is_preloading()


def test_a_reader_without_its_weights_is_told_when_it_is_opened_and_leaves_nothing_open(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config(home=home, embedder="hash", generator="scripted")
    index_seeds(config)
    reader = reader_module.Reader(tmp_path / "empty")
    monkeypatch.setattr("askive.models.registry.load_reader", lambda _spec, _models_dir: reader)
    with pytest.raises(WeightsError, match="is not in"):
        Assistant.open(config, "seeds")
    assert not is_preloading()


SHIPS = "How many ships did the harbour receive?"


def test_no_model_is_loaded_when_nothing_reranks(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr(factory, "open_reader", fail)
    monkeypatch.setattr(factory, "open_generator", fail)
    with open_retriever(Config(home=tmp_path), archive) as retriever:
        assert "412 ships" in retriever.retrieve(SHIPS)[0].passage.text


def test_the_reader_is_loaded_for_a_retriever_that_reranks(archive: Archive, tmp_path: Path) -> None:
    config = Config(home=tmp_path).with_retrieval(rerank="reader")
    hits = open_retriever(config, archive).retrieve(SHIPS)
    assert "reranker" in hits[0].parts and "412 ships" in hits[0].passage.text


def test_a_reader_that_is_off_cannot_rerank(archive: Archive, tmp_path: Path) -> None:
    config = Config(home=tmp_path, reader="off").with_retrieval(rerank="reader")
    with pytest.raises(ConfigError, match=r"retrieval\.rerank = 'reader'"):
        open_retriever(config, archive)


def test_only_a_generator_that_was_loaded_for_it_is_closed(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config(home=tmp_path, generator="scripted").with_retrieval(rerank="likelihood")
    mine, loaded = ScriptedGenerator(), ScriptedGenerator()
    monkeypatch.setattr(factory, "open_generator", lambda _config: loaded)
    with open_retriever(config, archive, mine) as retriever:
        assert "reranker" in retriever.retrieve(SHIPS)[0].parts
    assert not mine.closed
    with open_retriever(config, archive) as retriever:
        assert "reranker" in retriever.retrieve(SHIPS)[0].parts
        assert not loaded.closed
    assert loaded.closed


def test_a_server_that_computes_no_likelihoods_does_not_rerank(archive: Archive, tmp_path: Path) -> None:
    config = Config(home=tmp_path).with_retrieval(rerank="likelihood")
    generator = OpenAIGenerator("http://127.0.0.1:9/v1", "m", policy=RemotePolicy(retries=0))
    with pytest.raises(EndpointError, match="cannot be reached"):
        open_retriever(config, archive, generator)
    odds = {"choices": [{"logprobs": {"content": [{"top_logprobs": [{"token": "Yes", "logprob": -1.0}]}]}}]}
    with running(lambda request, _: send(request, odds)) as server:
        retriever = open_retriever(config, archive, OpenAIGenerator(server.url, "m"))
        assert not retriever.reranks
        assert "412 ships" in retriever.retrieve(SHIPS)[0].passage.text
