"""What every Embedder must do, whichever library is behind it."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.eval.benchmarks.speed.plain_libraries import PlainEncoder
from askive.models.embedders.cached import CachedEmbedder
from askive.models.embedders.openvino import OpenVinoEmbedder
from askive.models.embedders.sentence_transformer import SentenceEmbedder
from askive.models.errors import ModelError
from askive.models.fakes import HashEmbedder
from askive.models.protocols import Embedder, Precision, Vectors
from askive.models.weights.store import WeightStore
from askive.rag.config import DEFAULT_EMBEDDER, Config
from askive.rag.factory import open_embedder
from askive.rag.seeds import seed_paths

TEXTS = [
    "A bomb fell on a school in Aleppo.",
    "The classroom in Aleppo was bombed.",
    "Interest rates rose again this spring",
    "",
    "   \n\t ",
    "!!! ???",
    "Ελληνικά, العربية, 中文 and 😀 in one line",
    "word " * 3000,
]


@pytest.fixture(scope="module")
def loaded() -> dict[str, Embedder]:
    return {"hash": HashEmbedder(256)}


@pytest.fixture(
    params=[
        "hash",
        "kept",
        pytest.param("torch", marks=pytest.mark.weights),
        pytest.param("openvino", marks=pytest.mark.weights),
    ]
)
def embedder(request: pytest.FixtureRequest, loaded: dict[str, Embedder]) -> Embedder:
    if request.param == "kept":
        return CachedEmbedder(HashEmbedder(256))
    if request.param not in loaded:
        home: Path = request.getfixturevalue("weights_home")
        store = WeightStore(home / "models")
        kind = SentenceEmbedder if request.param == "torch" else OpenVinoEmbedder
        loaded[request.param] = kind(
            store.path_of(DEFAULT_EMBEDDER), DEFAULT_EMBEDDER, store.digest_of(DEFAULT_EMBEDDER)
        )
    return loaded[request.param]


def test_is_an_embedder(embedder: Embedder) -> None:
    assert isinstance(embedder, Embedder)
    assert embedder.model_id
    assert embedder.digest == embedder.digest
    assert embedder.dimension > 0
    assert embedder.max_tokens > 0


def test_rows_are_unit_vectors_of_the_right_width(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-4)


def test_nothing_gives_no_rows(embedder: Embedder) -> None:
    vectors = embedder.embed([])
    assert vectors.shape == (0, embedder.dimension)
    assert vectors.dtype == np.float32


def test_a_row_depends_on_its_own_text_only(embedder: Embedder) -> None:
    together = embedder.embed(TEXTS)
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=2e-3)
    backwards = embedder.embed(TEXTS[::-1])
    np.testing.assert_allclose(together, backwards[::-1], atol=2e-3)


def test_a_long_job_gives_the_same_rows(embedder: Embedder) -> None:
    many = embedder.embed(TEXTS * 40)
    np.testing.assert_allclose(many, np.tile(embedder.embed(TEXTS), (40, 1)), atol=2e-3)


def test_the_same_text_gives_the_same_vector(embedder: Embedder) -> None:
    one, other = embedder.embed(["A bridge.", "A bridge."])
    np.testing.assert_allclose(one, other, atol=1e-6)
    np.testing.assert_array_equal(embedder.embed(["A bridge."])[0], embedder.embed(["A bridge."])[0])


def test_texts_about_the_same_thing_are_near(embedder: Embedder) -> None:
    school, classroom, rates = embedder.embed(TEXTS[:3])
    assert float(school @ classroom) > float(school @ rates) + 0.1


@pytest.mark.weights
@pytest.mark.parametrize(("precision", "mean", "least"), [("auto", 0.999, 0.99), ("fp32", 0.99999, 0.9999)])
def test_the_fast_encoder_gives_the_vectors_of_its_reference(
    weights_home: Path, precision: Precision, mean: float, least: float
) -> None:
    ours = open_embedder(Config(home=weights_home, embedder_precision=precision))
    assert isinstance(ours, OpenVinoEmbedder)
    sentences = [s for path in seed_paths() for s in path.read_text(encoding="utf-8").split(". ")]
    # Single sentences, and every fourth with what follows it: as long as passages are.
    texts = [". ".join(sentences[at : at + (6 if at % 4 == 0 else 1)]) for at in range(100)]
    assert all(texts)
    reference = PlainEncoder(WeightStore(weights_home / "models").path_of(DEFAULT_EMBEDDER)).embed(texts)
    cosines = np.sum(ours.embed(texts) * reference, axis=1) / np.linalg.norm(reference, axis=1)
    assert float(cosines.mean()) >= mean
    assert float(cosines.min()) >= least
    questions = np.stack([ours.embed([text])[0] for text in texts[:20]])
    assert float(np.sum(questions * reference[:20], axis=1).min()) >= least, (
        "nor does it matter how many are embedded"
    )


def test_the_digest_tells_models_apart() -> None:
    assert HashEmbedder(8).digest != HashEmbedder(16).digest


def test_what_is_kept_is_what_was_embedded() -> None:
    inner = HashEmbedder(32)
    kept = CachedEmbedder(inner, n_kept=3)
    for texts in (["a b", "c"], ["c", "a b", "c"], ["d", "e", "f", "g"], ["a b", "g"]):
        np.testing.assert_array_equal(kept.embed(texts), inner.embed(texts))
    np.testing.assert_array_equal(kept.embed_once(["a b"]), inner.embed(["a b"]))


def test_callers_cannot_spoil_what_is_kept() -> None:
    kept = CachedEmbedder(HashEmbedder(8))
    first = kept.embed(["a"]).copy()
    kept.embed(["a"])[0][:] = 7
    np.testing.assert_array_equal(kept.embed(["a"]), first)


def test_a_kept_row_does_not_hold_the_memory_of_its_batch() -> None:
    made: list[weakref.ref[Vectors]] = []

    class Watched(HashEmbedder):
        def embed(self, texts: Sequence[str]) -> Vectors:
            vectors = super().embed(texts)
            made.append(weakref.ref(vectors))
            return vectors

    kept = CachedEmbedder(Watched(8), n_kept=2)
    kept.embed(["a", "b", "c", "d"])
    gc.collect()
    (batch,) = made
    assert batch() is None
    np.testing.assert_array_equal(kept.embed(["d"]), HashEmbedder(8).embed(["d"]))
    assert len(made) == 1, "it is remembered nevertheless"


@given(st.lists(st.text(), max_size=8))
def test_any_text_can_be_embedded(texts: list[str]) -> None:
    vectors = HashEmbedder(16).embed(texts)
    assert vectors.shape == (len(texts), 16)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize("kind", [SentenceEmbedder, OpenVinoEmbedder])
def test_a_folder_without_a_model_is_an_error_with_a_remedy(
    kind: type[SentenceEmbedder] | type[OpenVinoEmbedder], tmp_path: Path
) -> None:
    broken = kind(tmp_path, "broken", "0")
    with pytest.raises(ModelError) as caught:
        broken.embed(["text"])
    assert str(tmp_path) in caught.value.message
    assert "askive models verify broken" in caught.value.remedy
