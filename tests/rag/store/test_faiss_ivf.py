"""Inverted lists: what they find, what is gone from them, their file, and when they are used."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from askive.models.protocols import Vectors
from askive.rag.store.faiss_ivf import IvfIndex
from askive.rag.store.protocols import Ids
from askive.rag.store.sqlite import SqliteStore
from askive.rag.store.vector_cache import FaissIndex, VectorCache
from askive.rag.types import Document, Passage

DIMENSION = 32
N = 3000
Made = tuple[IvfIndex, Vectors]


def clustered(n: int, seed: int) -> Vectors:
    """Unit vectors about 60 centres that are the same for every seed; shape (n, DIMENSION)."""
    centres = np.random.default_rng(0).normal(size=(60, DIMENSION))
    chance = np.random.default_rng(seed)
    vectors = centres[chance.integers(0, 60, n)] + 0.6 * chance.normal(size=(n, DIMENSION))
    result: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return result


def exact_of(vectors: Vectors) -> Callable[[Sequence[int]], dict[int, Vectors]]:
    return lambda ids: {i: vectors[i] for i in ids}


def build(vectors: Vectors, **settings: int) -> IvfIndex:
    def batches() -> Iterator[tuple[Ids, Vectors]]:
        for at in range(0, len(vectors), 700):
            rows = vectors[at : at + 700]
            yield np.arange(at, at + len(rows), dtype=np.int64), rows

    return IvfIndex.build(batches, len(vectors), DIMENSION, exact_of(vectors), **settings)


def recall(
    index: IvfIndex, held: Vectors, queries: Vectors, within: Ids | None = None, top_k: int = 10
) -> float:
    found = 0
    ids = np.arange(len(held)) if within is None else within
    for query in queries:
        best = ids[np.argsort(-(held[ids] @ query), kind="stable")[:top_k]]
        found += len({i for i, _ in index.search(query, top_k, within)} & set(best.tolist()))
    return found / (top_k * len(queries))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Vectors]:
    vectors = clustered(N, 1)
    path = tmp_path_factory.mktemp("ivf") / "x.faiss"
    build(vectors).save(path)
    return path, vectors


@pytest.fixture
def made(saved: tuple[Path, Vectors]) -> Made:
    """As read from the file."""
    path, vectors = saved
    index = IvfIndex.load(path, DIMENSION, exact_of(vectors))
    assert index is not None
    assert index.mapped
    return index, vectors


@pytest.mark.parametrize(("budget_bytes", "n_bits"), [(2**30, 8), (1, 4)])
def test_the_nearest_are_found_with_their_exact_scores(budget_bytes: int, n_bits: int) -> None:
    vectors = clustered(N, 1)
    index = build(vectors, budget_bytes=budget_bytes)
    assert index.n_bits == n_bits
    assert index.n_probe < index.n_lists, "not by reading everything"
    queries = clustered(100, 2)
    assert recall(index, vectors, queries) >= 0.95
    for i, score in index.search(queries[0], 10):
        assert score == pytest.approx(float(vectors[i] @ queries[0]), abs=1e-6)


@pytest.mark.parametrize("share", [2, 5, 100])
def test_a_filter_is_kept_and_costs_no_recall(made: Made, share: int) -> None:
    index, vectors = made
    within = np.arange(1, N, share, dtype=np.int64)
    queries = clustered(50, 3)
    assert recall(index, vectors, queries, within) >= 0.95
    assert {i for i, _ in index.search(queries[0], N, within)} <= set(within.tolist())
    assert index.search(queries[0], 5, np.empty(0, dtype=np.int64)) == []


def test_all_are_found_when_all_are_asked_for(made: Made) -> None:
    index, vectors = made
    assert sorted(i for i, _ in index.search(vectors[0], N + 5)) == list(range(N))
    within = np.arange(0, N, 3, dtype=np.int64)
    assert [i for i, _ in index.search(vectors[0], N, within)] == [
        i for i, _ in index.search(vectors[0], N) if i % 3 == 0
    ]


def test_what_is_removed_or_added_after_loading_is_gone_or_there(saved: tuple[Path, Vectors]) -> None:
    path, vectors = saved
    before = path.read_bytes()
    more = clustered(50, 9)
    index = IvfIndex.load(path, DIMENSION, exact_of(np.concatenate([vectors, more])))
    assert index is not None
    index.remove([7, 7, 99_999])
    index.remove([8])
    index.add(np.arange(N, N + 50, dtype=np.int64), more)
    assert len(index) == N - 2 + 50
    assert not index.mapped
    assert index.search(more[3], 1)[0][0] == N + 3
    everything = {i for i, _ in index.search(vectors[7], N + 50)}
    assert everything == set(range(N + 50)) - {7, 8}
    index.save(path.with_name("changed.faiss"))
    loaded = IvfIndex.load(path.with_name("changed.faiss"), DIMENSION, index._exact)
    assert loaded is not None
    assert len(loaded) == N + 48
    assert (loaded.n_probe, loaded.n_trained) == (index.n_probe, N)
    assert loaded.search(vectors[7], 20) == index.search(vectors[7], 20)
    assert path.read_bytes() == before, "the mapped file is never written to"


def test_what_the_store_no_longer_has_is_not_found(saved: tuple[Path, Vectors]) -> None:
    path, vectors = saved
    held = {i: row for i, row in enumerate(vectors) if i != 11}
    index = IvfIndex.load(path, DIMENSION, lambda ids: {i: held[i] for i in ids if i in held})
    assert index is not None
    assert 11 not in [i for i, _ in index.search(vectors[11], 10)]


def test_a_mapped_index_outlives_its_file_and_is_saved_whole(tmp_path: Path) -> None:
    vectors = clustered(500, 1)
    build(vectors).save(tmp_path / "one.faiss")
    index = IvfIndex.load(tmp_path / "one.faiss", DIMENSION, exact_of(vectors))
    assert index is not None
    (tmp_path / "one.faiss").unlink()
    index.save(tmp_path / "two.faiss")
    loaded = IvfIndex.load(tmp_path / "two.faiss", DIMENSION, exact_of(vectors))
    assert loaded is not None
    assert loaded.search(vectors[3], 400) == index.search(vectors[3], 400)
    assert [path.name for path in tmp_path.iterdir()] == ["two.faiss"]


@pytest.mark.parametrize(
    "damage", ["missing", "empty", "cut", "longer", "garbage", "header", "centroids", "folder"]
)
def test_a_damaged_file_is_none(saved: tuple[Path, Vectors], tmp_path: Path, damage: str) -> None:
    data = saved[0].read_bytes()
    path = tmp_path / "x.faiss"
    broken = {
        "empty": b"",
        "cut": data[:-1000],
        "longer": data + b"\0",
        "garbage": b"not an index" * 40,
        "header": data[:20] + bytes([data[20] ^ 1]) + data[21:],
        "centroids": data[:2000] + bytes([data[2000] ^ 1]) + data[2001:],
    }
    if damage == "folder":
        path.mkdir()
    elif damage != "missing":
        path.write_bytes(broken[damage])
    assert IvfIndex.load(path, DIMENSION) is None


def test_another_kind_or_dimension_is_none(saved: tuple[Path, Vectors], tmp_path: Path) -> None:
    assert IvfIndex.load(saved[0], DIMENSION + 1) is None
    assert FaissIndex.load(saved[0], DIMENSION) is None
    FaissIndex(DIMENSION).save(tmp_path / "flat.faiss")
    assert IvfIndex.load(tmp_path / "flat.faiss", DIMENSION) is None


@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_few_and_equal_vectors(n: int) -> None:
    index = build(np.repeat(clustered(1, 4), n, axis=0))
    assert [i for i, _ in index.search(clustered(1, 4)[0], n)] == list(range(n))


def test_searched_and_changed_from_several_threads(made: Made) -> None:
    index, vectors = made
    failures: list[BaseException] = []

    def search() -> None:
        try:
            for query in clustered(100, 5):
                assert len(index.search(query, 10)) == 10
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for i in range(200):
        index.remove([i])
        index.add(np.array([i], dtype=np.int64), vectors[i : i + 1])
    for thread in threads:
        thread.join()
    assert not failures
    assert len(index) == N


# -- which kind, and when it is made again -------------------------------------------------------------------


def put(store: SqliteStore, uri: str, vectors: Vectors) -> list[int]:
    document = Document(uri, uri, "x" * len(vectors), "text/plain", uri)
    passages = [Passage("x", i, i + 1) for i in range(len(vectors))]
    return store.put(document, passages, vectors)[1]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "store.sqlite3")
    yield opened
    opened.close()


def cache_of(store: SqliteStore, folder: Path) -> VectorCache:
    return VectorCache(store, folder, DIMENSION, exact_up_to=200)


def test_the_kind_follows_the_size_of_the_archive(store: SqliteStore, tmp_path: Path) -> None:
    put(store, "small", clustered(200, 1))
    cache = cache_of(store, tmp_path)
    assert type(cache.current()) is FaissIndex
    # A writer goes over the threshold.
    rows = clustered(60, 2)
    put(store, "more", rows)
    cache.save()
    index = cache.current()
    assert isinstance(index, IvfIndex)
    assert index.mapped
    assert index.n_trained == len(index) == 260
    assert index.search(rows[5], 1)[0][1] == pytest.approx(1.0, abs=1e-6)
    # A little below it is no reason to make everything again; far below it is.
    for uri, n, kind in (("more", 200, IvfIndex), ("small", 60, FaissIndex)):
        if uri == "small":
            put(store, "third", rows)
        store.delete([uri])
        cache.save()
        index = cache.current()
        assert (type(index), len(index)) == (kind, n)
        assert type(cache_of(store, tmp_path).current()) is kind, "as read from the file"
    assert len(list(tmp_path.glob("dense-*.faiss"))) == 1


def test_cells_are_made_anew_when_the_archive_has_doubled(store: SqliteStore, tmp_path: Path) -> None:
    put(store, "first", clustered(300, 1))
    cache = cache_of(store, tmp_path)
    cache.save()
    for uri, n, n_trained in (("second", 200, 300), ("third", 150, 650)):
        cache.preload()
        rows = clustered(n, n)
        put(store, uri, rows)
        cache.save()
        index = cache.current()
        assert isinstance(index, IvfIndex)
        assert index.n_trained == n_trained
        assert index.search(rows[3], 1)[0][1] == pytest.approx(1.0, abs=1e-6)


def ids_of(store: SqliteStore) -> list[int]:
    return sorted(i for ids, _ in store.embeddings() for i in ids.tolist())


@pytest.mark.parametrize("n_first", [100, 300], ids=["flat", "inverted"])
def test_one_that_is_held_keeps_in_step_without_a_new_one(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_first: int
) -> None:
    put(store, "first", clustered(n_first, 1))
    reader = cache_of(store, tmp_path)
    reader.save()
    held = reader.current()
    (file,) = tmp_path.glob("dense-*.faiss")
    monkeypatch.setattr(VectorCache, "_build", None)
    rows = clustered(20, 2)
    for change in ("add", "replace", "add and remove"):
        if change != "replace":
            put(store, change, rows)
        if change == "replace":
            put(store, "add", rows)
        if change == "add and remove":
            store.delete(["add"])
        assert reader.current() is held
        assert sorted(held.ids.tolist()) == ids_of(store)
        best, score = held.search(rows[7], 1)[0]
        assert best in ids_of(store)
        assert score == pytest.approx(1.0, abs=1e-6)
    assert list(tmp_path.glob("dense-*.faiss")) == [file], "a reader leaves the file to who writes"
    reader.save()
    (newer,) = tmp_path.glob("dense-*.faiss")
    assert newer != file
    assert sorted(cache_of(store, tmp_path).current().ids.tolist()) == ids_of(store)


def test_held_by_several_threads_while_another_writes(store: SqliteStore, tmp_path: Path) -> None:
    put(store, "first", clustered(150, 1))
    cache = cache_of(store, tmp_path)
    failures: list[BaseException] = []
    done = threading.Event()

    def search() -> None:
        try:
            while not done.is_set():
                assert len(cache.current().search(clustered(1, 5)[0], 10)) == 10
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    # Over the threshold of 200 on the way, and with a document that is replaced again and again.
    for n in range(30):
        put(store, f"more {n}", clustered(4, n))
        put(store, "replaced", clustered(3, n))
    done.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert isinstance(cache.current(), IvfIndex)
    assert sorted(cache.current().ids.tolist()) == ids_of(store)


def test_one_that_was_built_while_another_wrote_is_not_saved(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, "first", clustered(20, 1))
    cache = cache_of(store, tmp_path)
    build = VectorCache._build

    def slow(self: VectorCache, n: int) -> FaissIndex:
        made = build(self, n)
        put(store, "meanwhile", clustered(5, 2))
        return made

    monkeypatch.setattr(VectorCache, "_build", slow)
    assert len(cache.current()) == 20
    assert not list(tmp_path.glob("dense-*.faiss"))
    assert len(cache.current()) == 25


def test_a_damaged_file_is_built_again(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = clustered(300, 1)
    put(store, "all", vectors)
    expected = cache_of(store, tmp_path).current().search(vectors[0], 10)
    (file,) = tmp_path.glob("dense-*.faiss")
    data = file.read_bytes()
    for damage in (b"", data[: len(data) // 2], b"garbage" * 100, None):
        file.unlink()
        if damage is not None:
            file.write_bytes(damage)
        assert cache_of(store, tmp_path).current().search(vectors[0], 10) == expected
        assert file.read_bytes() == data
    # Sound, it is not built again.
    monkeypatch.setattr(IvfIndex, "build", None)
    assert cache_of(store, tmp_path).current().search(vectors[0], 10) == expected


def test_a_full_disk_costs_the_file_only(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: IvfIndex, path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(IvfIndex, "save", full)
    vectors = clustered(300, 1)
    put(store, "all", vectors)
    assert cache_of(store, tmp_path).current().search(vectors[0], 1)[0][1] == pytest.approx(1.0, abs=1e-6)
