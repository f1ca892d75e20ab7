"""The second look at hits, and names that bridge two passages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from askive.models.fakes import ScriptedGenerator
from askive.models.protocols import Reranker
from askive.rag.config import RetrievalConfig
from askive.rag.errors import ConfigError
from askive.rag.retrieval.expansion import bridging_names
from askive.rag.retrieval.rerank import LikelihoodReranker, rerank
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive
from askive.rag.types import Passage, Source
from tests.rag.retrieval.numbered_hits import hits


class LoafReranker:
    """Prefers bread."""

    model_id = "loaf"

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([float("loaves" in text) for text in texts], dtype=np.float32)


def test_the_stage_is_switched_by_the_settings(archive: Archive) -> None:
    question = "Who built the old bridge of Aldermoor?"
    plain = Retriever(archive, RetrievalConfig()).retrieve(question, top_k=10)
    settings = RetrievalConfig(rerank="reader", rerank_weight=1.0)
    again = Retriever(archive, settings, LoafReranker()).retrieve(question, top_k=10)
    assert {h.passage.passage_id for h in again} == {h.passage.passage_id for h in plain}
    assert "loaves" in again[0].passage.text and "loaves" not in plain[0].passage.text
    assert {h.stage for h in again} == {"reranked"}
    assert all({"retrieved", "reranker"} <= h.parts.keys() for h in again)
    assert [h.rank for h in again] == list(range(1, len(again) + 1))


def test_only_the_first_are_looked_at_again(archive: Archive) -> None:
    settings = RetrievalConfig(rerank="reader", rerank_depth=1, rerank_weight=1.0)
    found = Retriever(archive, settings, LoafReranker()).retrieve("old bridge", top_k=10)
    assert [h.stage for h in found] == ["reranked", *["fused"] * (len(found) - 1)]


def test_a_reranker_that_was_not_loaded_is_an_error_not_silence(archive: Archive) -> None:
    with pytest.raises(ConfigError, match="likelihood"):
        Retriever(archive, RetrievalConfig(rerank="likelihood"))


def test_query_likelihood_prefers_the_passage_that_makes_the_question_likely() -> None:
    reranker = LikelihoodReranker(ScriptedGenerator())
    assert isinstance(reranker, Reranker)
    given = reranker.score(
        "who built the bridge", ["The fair sold bread.", "Ida Falk built the bridge in 1871."]
    )
    assert given.dtype == np.float32 and given.shape == (2,)
    assert given[1] > given[0]


@pytest.mark.parametrize(("weight", "expected"), [(0.0, [0, 1, 2]), (1.0, [2, 1, 0])])
def test_the_weight_blends_the_two_orders(weight: float, expected: list[int]) -> None:
    class Backwards(LoafReranker):
        def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
            return np.arange(len(texts), dtype=np.float32)

    order = rerank("q", hits(0.9, 0.8, 0.7), Backwards(), weight)
    assert [h.passage.passage_id for h in order] == expected
    assert rerank("q", [], Backwards(), weight) == []


def test_bridging_names() -> None:
    def found(text: str) -> tuple[Passage, Source]:
        return Passage(text, 0, len(text)), Source(1, "u", "t", "", None, "The Velm Post")

    texts = [
        "The captain, Rosa Lind, spoke.",
        "Then Rosa Lind left Monday.",
        "On Monday The Velm Post asked.",
    ]
    assert bridging_names("Who counted the ships?", [found(t) for t in texts]) == ["Rosa Lind"]
    assert bridging_names("Did Rosa Lind leave?", [found(t) for t in texts]) == []
