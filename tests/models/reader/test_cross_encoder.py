"""The reader with the weights that are shipped: shapes, offsets, and that it can tell an answer from a near miss."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from askive.models.errors import WeightsError
from askive.models.protocols import Reranker
from askive.models.reader.cross_encoder import WEIGHTS, Reader

HARBOUR = (
    "The harbour of Aldermoor was opened in 1902. In January it received 412 ships, most of them from Norway."
)
BRIDGE = "The old bridge was built by the engineer Ida Falk, who lived near the river until her death."
ASKED = "How many ships did the harbour of Aldermoor receive in January?"


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def test_it_is_a_reranker(reader: Reader) -> None:
    assert isinstance(reader, Reranker)
    scores = reader.score(ASKED, [BRIDGE, HARBOUR])
    assert scores.shape == (2,)
    assert scores.dtype == np.float32
    assert scores[1] > scores[0]


def test_the_answer_is_marked_where_it_stands(reader: Reader) -> None:
    reading, other = reader.read(ASKED, [HARBOUR, BRIDGE])
    best = reading.spans[0]
    assert "412" in HARBOUR[best.start : best.end]
    assert reading.answerable > other.answerable
    for span in (*reading.spans, *other.spans):
        assert 0 <= span.start < span.end


def test_spans_are_apart_and_best_first(reader: Reader) -> None:
    (reading,) = reader.read("Who built the bridge?", [BRIDGE], n_spans=3)
    scores = [span.score for span in reading.spans]
    assert scores == sorted(scores, reverse=True)
    taken = sorted((span.start, span.end) for span in reading.spans)
    assert all(first[1] <= second[0] for first, second in pairwise(taken))


def test_support_is_a_distribution(reader: Reader) -> None:
    shares = reader.support("The harbour received 412 ships in January.", [HARBOUR, BRIDGE])
    assert shares.shape == (2, 3)
    assert np.allclose(shares.sum(axis=1), 1.0, atol=1e-4)
    assert shares[0, 0] > shares[1, 0]


def test_the_order_and_the_length_of_the_texts_change_nothing(reader: Reader) -> None:
    texts = [BRIDGE, HARBOUR, HARBOUR * 20, ""]
    together = reader.score(ASKED, texts)
    alone = np.array([reader.score(ASKED, [text])[0] for text in texts])
    # bf16 rounds differently in batches of another width.
    assert np.allclose(together, alone, atol=0.15)
    assert reader.score(ASKED, []).shape == (0,)
    assert reader.read(ASKED, []) == []


def test_a_long_question_leaves_room_for_the_text(reader: Reader) -> None:
    (reading,) = reader.read("What " * 2000, [HARBOUR])
    assert all(span.end <= len(HARBOUR) for span in reading.spans)


def test_missing_weights_are_said(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"model\.xml"):
        Reader(tmp_path).score("Who?", ["Ida."])
    (tmp_path / "model.xml").write_text("<net/>")
    with pytest.raises(WeightsError, match=r"model\.bin") as caught:
        _ = Reader(tmp_path).digest
    assert caught.value.remedy


def test_kept_compiled_it_reads_the_same(reader: Reader, tmp_path: Path) -> None:
    for _ in range(2):
        kept = Reader(kept=tmp_path)
        kept.warm()
        np.testing.assert_array_equal(kept.score(ASKED, [BRIDGE]), reader.score(ASKED, [BRIDGE]))
    assert list(tmp_path.glob("*/*.blob"))


def test_what_is_shipped_is_small() -> None:
    assert sum(path.stat().st_size for path in WEIGHTS.iterdir()) < 30e6
    assert (WEIGHTS / "README.md").is_file()


def test_what_was_kept_compiled_reads_as_what_is_compiled_afresh(tmp_path: Path) -> None:
    texts = ["Ida Falk built the bridge in 1871.", "The harbour was full of ships."]
    plain = Reader()
    for _ in ("kept now", "read back"):
        kept = Reader(kept=tmp_path / "reader")
        assert kept.read("Who built it?", texts) == plain.read("Who built it?", texts)
        assert (
            kept.support("Ida Falk built it.", texts).tolist()
            == plain.support("Ida Falk built it.", texts).tolist()
        )
