"""What every VectorIndex must do, against brute force in numpy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.models.fakes import HashEmbedder
from askive.models.protocols import Vectors
from askive.rag.config import PassageConfig
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.store.archive import Archive
from askive.rag.store.faiss_ivf import IvfIndex
from askive.rag.store.protocols import Ids, VectorIndex
from askive.rag.store.sqlite import SqliteStore
from askive.rag.store.vector_cache import FaissIndex, VectorCache

DIMENSION = 8
Make = Callable[[int], VectorIndex]


class Rows(dict[int, Vectors]):
    """Stands for the store: what an IvfIndex reads the exact vectors from."""

    def of(self, ids: Sequence[int]) -> dict[int, Vectors]:
        return {i: self[i] for i in ids if i in self}


@cache
def empty_ivf(dimension: int) -> IvfIndex:
    ids, vectors = np.arange(400, dtype=np.int64), unit(400, 77, dimension)
    made = IvfIndex.build(lambda: [(ids, vectors)], len(ids), dimension, lambda ids: {})
    made.remove(ids.tolist())
    assert len(made) == 0
    return made


class StoredIvfIndex(IvfIndex):
    """An IvfIndex with cells of random vectors, empty, that tells its store what is added and removed."""

    def __init__(self, dimension: int) -> None:
        import faiss

        self.rows = Rows()
        empty = empty_ivf(dimension)
        super().__init__(faiss.clone_index(empty._index), self.rows.of, empty.n_trained)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        self.rows.update(zip(ids.tolist(), vectors, strict=True))
        super().add(ids, vectors)


KINDS = [FaissIndex, StoredIvfIndex]


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest) -> Make:
    kind: Make = request.param
    return kind


def unit(rows: int, seed: int, dimension: int = DIMENSION) -> Vectors:
    vectors = np.random.default_rng(seed).normal(size=(rows, dimension)).astype(np.float32)
    result: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return result


def brute_force(held: dict[int, Vectors], query: Vectors, top_k: int) -> list[tuple[int, float]]:
    scores = [(i, float(vector @ query)) for i, vector in held.items()]
    return sorted(scores, key=lambda hit: (-hit[1], hit[0]))[:top_k]


def assert_same(found: list[tuple[int, float]], expected: list[tuple[int, float]]) -> None:
    assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=1e-5)
    assert [i for i, _ in found] == [i for i, _ in expected]


def test_is_a_vector_index(make: Make) -> None:
    index = make(DIMENSION)
    assert isinstance(index, VectorIndex)
    assert len(index) == 0
    assert index.search(unit(1, 0)[0], 5) == []


@pytest.mark.parametrize("kind", KINDS)
@given(
    st.lists(st.tuples(st.sampled_from(["add", "remove"]), st.integers(0, 12)), max_size=20),
    st.integers(0, 99),
)
def test_finds_what_brute_force_finds(kind: Make, steps: list[tuple[str, int]], seed: int) -> None:
    index, held = kind(DIMENSION), dict[int, Vectors]()
    next_id = 1
    for n, (step, amount) in enumerate(steps):
        if step == "add":
            vectors = unit(amount, seed + n)
            ids = np.arange(next_id, next_id + amount, dtype=np.int64)
            next_id += amount
            index.add(ids, vectors)
            held.update(zip(ids.tolist(), vectors, strict=True))
        else:
            gone = [*list(held)[::2][:amount], 10_000 + amount]
            index.remove(gone)
            for i in gone:
                held.pop(i, None)
        assert len(index) == len(held)
    query = unit(1, seed + 1000)[0]
    if isinstance(index, IvfIndex):
        # Which lists are read is chosen by recall on what it was trained on; the contract is for all of them.
        index._index.nprobe = index.n_lists
    for top_k in (1, 3, len(held), len(held) + 10):
        assert_same(index.search(query, top_k), brute_force(held, query, top_k))


def test_what_was_removed_is_gone(make: Make) -> None:
    index, vectors = make(DIMENSION), unit(5, 1)
    index.add(np.array([3, 5, 7, 9, 11], dtype=np.int64), vectors)
    index.remove([7, 404])
    assert len(index) == 4
    assert 7 not in [i for i, _ in index.search(vectors[2], 10)]
    index.add(np.array([7], dtype=np.int64), vectors[:1])
    assert index.search(vectors[0], 2)[1][0] == 7
    index.remove([])
    assert len(index) == 5


def test_equal_scores_come_in_the_order_of_their_ids(make: Make) -> None:
    index, vector = make(DIMENSION), unit(1, 1)
    index.add(np.array([9, 2, 5], dtype=np.int64), np.repeat(vector, 3, axis=0))
    assert [i for i, _ in index.search(vector[0], 3)] == [2, 5, 9]


def test_nothing_asked_gives_nothing(make: Make) -> None:
    index = make(DIMENSION)
    index.add(np.array([1], dtype=np.int64), unit(1, 1))
    assert index.search(unit(1, 2)[0], 0) == []


def test_saved_and_loaded(tmp_path: Path) -> None:
    index, vectors = FaissIndex(DIMENSION), unit(20, 1)
    index.add(np.arange(20, dtype=np.int64), vectors)
    index.remove([4])
    index.save(tmp_path / "x.faiss")
    loaded = FaissIndex.load(tmp_path / "x.faiss", DIMENSION)
    assert loaded is not None
    assert_same(loaded.search(vectors[3], 19), index.search(vectors[3], 19))
    loaded.add(np.array([4], dtype=np.int64), vectors[4:5])
    loaded.remove([3])
    assert len(loaded) == 19
    assert [path.name for path in tmp_path.iterdir()] == ["x.faiss"]


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "garbage", "flipped", "folder"])
def test_a_damaged_file_is_none(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "x.faiss"
    index = FaissIndex(DIMENSION)
    index.add(np.arange(50, dtype=np.int64), unit(50, 1))
    index.save(path)
    data = path.read_bytes()
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage != "missing":
        path.write_bytes(
            {
                "empty": b"",
                "cut": data[: len(data) // 2],
                "garbage": b"not an index" * 40,
                "flipped": bytes(b ^ 0xFF for b in data[:40]) + data[40:],
            }[damage]
        )
    assert FaissIndex.load(path, DIMENSION) is None


def test_another_dimension_is_none(tmp_path: Path) -> None:
    FaissIndex(DIMENSION).save(tmp_path / "x.faiss")
    assert FaissIndex.load(tmp_path / "x.faiss", DIMENSION + 1) is None


def test_the_file_follows_the_store_and_is_built_again_without_embedding(
    tmp_path: Path, documents: Path, hash_embedder: HashEmbedder
) -> None:
    folder = tmp_path / "collection"
    with Archive.open(folder, hash_embedder, PassageConfig()) as archive:
        ingest_paths(archive, [documents])
        query = archive.embed_query("timber ships")
        expected = archive.dense.search(query, 10)
    (file,) = folder.glob("dense-*.faiss")
    for damage in (b"", b"garbage", None):
        if damage is None:
            file.unlink()
        else:
            file.write_bytes(damage)
        store = SqliteStore(folder / "store.sqlite3")
        assert_same(VectorCache(store, folder, hash_embedder.dimension).current().search(query, 10), expected)
        store.close()
        assert file.stat().st_size > 100
    with Archive.open(folder, hash_embedder, PassageConfig()) as archive:
        (documents / "bridge.txt").unlink()
        ingest_paths(archive, [documents])
        assert len(archive.dense) == archive.counts().n_passages
    (newer,) = folder.glob("dense-*.faiss")
    assert newer != file
