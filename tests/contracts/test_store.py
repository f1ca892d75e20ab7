"""What every store of a collection must do: SQLite with FAISS, and Milvus."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from askive.rag.errors import FingerprintMismatch, StoreError, UsageError
from askive.rag.passage_context import locator_of
from askive.rag.retrieval.fusion import reciprocal_rank
from askive.rag.store.files import LastRun, Unread
from askive.rag.store.filters import Filter, parse_filter
from askive.rag.store.milvus.indexes import MilvusFullText
from askive.rag.types import TableRows
from tests.contracts.stores import (
    KINDS,
    MADE,
    InMilvus,
    Kind,
    Opened,
    document,
    passages_of,
    put,
    unit_vectors,
)

SENTENCES = (
    "The old harbour of Aldermoor received 412 ships.", "Captain Rosa Lind counted the ships from the north tower.",
    "A storm closed the harbour for three days.", "The mayor said the damage came to 7,500 crowns.",
    "Islamic State fighters attacked the town.", "The state of the islamic art museum is poor.",
    "Russian jets flew over Latakia.", "Russia denied it.", "Naïve visitors like the café.", "Привет мир снова.",
)  # fmt: skip


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kind]:
    made = KINDS[request.param](tmp_path)
    yield made
    made.close()


@pytest.fixture
def opened(kind: Kind) -> Iterator[Opened]:
    with kind.open() as one:
        yield one


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Opened]]:
    """The same documents in both stores; tests only read them."""
    folder = tmp_path_factory.mktemp("both")
    kinds = [make(folder) for make in KINDS.values()]
    with kinds[0].open() as one, kinds[1].open() as other:
        for opened in (one, other):
            fill(opened)
        yield [one, other]
    for each in kinds:
        each.close()


def fill(opened: Opened) -> None:
    """Ten documents of two sentences, with dates, publishers and fields."""
    for at in range(10):
        text = f"{SENTENCES[at]} {SENTENCES[(at + 3) % 10]}"
        put(
            opened, f"/d/{2010 + at}_{'a' if at % 2 else 'b'}/file[{at}].md", text, seed=at,
            published=[None, "2015", "2015-11", "2015-11-03", "2016-02"][at % 5],
            publisher=[None, "Reuters", "Ärzte heute"][at % 3],
            metadata={"author": [f"Ada {at}", "Bo_b"], "place": "50% of Paris"} if at % 4 else {},
        )  # fmt: skip


def texts(opened: Opened, ids: list[int]) -> list[str]:
    """The texts of passages, with their documents: ids may differ between stores."""
    found = opened.store.passages(ids)
    return [f"{found[i][1].uri}: {found[i][0].text}" for i in ids if i in found]


def test_a_document_comes_back_as_it_was_put(opened: Opened) -> None:
    text = "Grüße 😀. 你好 e\u0301. Ende."
    doc_id, ids = opened.store.put(document("a", text), passages_of(text), unit_vectors(3))
    stored = opened.store.document(doc_id)
    assert replace(stored, doc_id=0) == document("a", text)
    assert opened.store.document_by_uri("a") == stored
    found = opened.store.passages([*ids, 999])
    assert [found[i][0].text for i in ids] == ["Grüße 😀.", "你好 e\u0301.", "Ende."]
    assert all(stored.text[p.start : p.end] == p.text for p, _ in found.values())
    assert opened.store.passages_of(doc_id) == [found[i][0] for i in ids]
    assert found[ids[0]][1].publisher == "Reuters"
    rows = opened.store.vectors(ids)
    assert np.array_equal(np.stack([rows[i] for i in ids]), unit_vectors(3))
    assert [(list(i), v.shape) for i, v in opened.store.embeddings()] == [(ids, (3, 16))]
    assert opened.store.check() == []


def test_long_texts_keep_their_offsets(opened: Opened) -> None:
    # More than a text in Milvus may have, in characters of one to four bytes; one passage is longer too.
    text = "".join(f"Satz {n} über 😀 und 你好{' sehr' * 80}. " for n in range(200)) + "x" * 70_000 + ". "
    passages = passages_of(text)
    doc_id, ids = opened.store.put(document("long", text), passages, unit_vectors(len(passages)))
    assert opened.store.document(doc_id).text == text
    assert [(p.start, p.end, p.text) for p in opened.store.passages_of(doc_id)] == [
        (p.start, p.end, p.text) for p in passages
    ]
    assert opened.store.passages([ids[-1]])[ids[-1]][0].text == passages[-1].text
    assert opened.store.passage_extents() == [(doc_id, len(passages), 0, passages[-1].end)]
    other = document("titled", "One.", title="T" * 70_000, metadata={"note": "é" * 40_000})
    doc_id, _ = opened.store.put(other, passages_of("One."), unit_vectors(1))
    assert replace(opened.store.document(doc_id), doc_id=0) == other


def test_the_rows_of_tables_come_back(opened: Opened) -> None:
    text = "| Ship: Aurora. | Ship: Dawn. No row."
    first, second, last = passages_of(text)
    rows = (TableRows(0, 15, 0, 14),), (TableRows(16, 29, 2, 3), TableRows(29, 30, 3, 1))
    passages = [replace(first, rows=rows[0]), replace(second, rows=rows[1]), last]
    doc_id, ids = opened.store.put(document("ships", text), passages, unit_vectors(3))
    found = opened.store.passages(ids)
    assert [found[i][0].rows for i in ids] == [*rows, ()]
    assert [passage.rows for passage in opened.store.passages_of(doc_id)] == [*rows, ()]
    matches = [match for batch in opened.lexical.matches('"aurora" OR "dawn"') for match in batch]
    assert [match.passage.rows for match in matches] == [*rows]
    source = found[ids[0]][1]
    assert [locator_of(source, found[i][0], found[i][0].start) for i in ids] == [
        "section Part, row 14",
        "section Part, table 2, row 3",
        "section Part",
    ]
    assert opened.store.move("ships", "moved", "1")
    assert [passage.rows for passage in opened.store.passages_of(doc_id)] == [*rows, ()]
    # More rows than a text in Milvus can hold: the passage is kept all the same.
    many = tuple(TableRows(n, n + 1, n + 1, 1) for n in range(9_000))
    long = "x" * 9_000 + "."
    _, ids = opened.store.put(
        document("many", long), [replace(passages_of(long)[0], rows=many)], unit_vectors(1)
    )
    assert opened.store.passages(ids)[ids[0]][0].text == long


def test_a_new_version_replaces_the_old_one_at_once(opened: Opened) -> None:
    old = put(opened, "a", "Old words here. Two.")
    generation = opened.store.generation
    new = put(opened, "a", "New words here.", seed=1)
    assert not set(old) & set(new)
    assert opened.store.generation > generation
    assert opened.store.passages(old) == {}
    assert (opened.store.counts().n_documents, opened.store.counts().n_passages) == (1, 1)
    assert opened.lexical.search("old", 9) == []
    assert [i for i, _ in opened.lexical.search("words", 9)] == new
    assert [i for i, _ in opened.dense.nearest(unit_vectors(2)[0], 9)] == new


def test_a_removed_document_is_gone_at_once(opened: Opened) -> None:
    kept = put(opened, "kept", "Harbour ships.")
    gone = put(opened, "gone", "Harbour storm. Tower.", seed=3)
    vector = unit_vectors(2, 3)[0]
    assert opened.dense.nearest(vector, 1)[0][0] == gone[0]
    assert opened.store.delete(["gone", "unknown"]) == gone
    assert [i for i, _ in opened.dense.nearest(vector, 9)] == kept
    assert [i for i, _ in opened.lexical.search("harbour storm tower", 9)] == kept
    assert opened.lexical.count('"storm"') == 0 and not opened.lexical.has('"tower"')
    assert [m.passage.passage_id for batch in opened.lexical.matches('"harbour"') for m in batch] == kept
    assert opened.store.known_sha256().keys() == {"kept"}
    assert opened.store.passage_ids(Filter(documents=("gone",))).tolist() == []
    assert opened.store.document_by_uri("gone") is None
    assert opened.store.unerased
    assert opened.store.erase()
    assert [opened.store.unerased] == [False]
    assert opened.store.check() == []
    # Ids are never used again, whatever is gone.
    assert min(put(opened, "later", "Later.")) > max(gone)


@pytest.mark.parametrize(
    "admitted",
    [
        parse_filter(after="2015-11"), parse_filter(before="2015-11-02"), parse_filter(after="2015", before="2015"),
        parse_filter(publishers=["reuters"]), parse_filter(publishers=["Reuters", "Ärzte heute"]),
        parse_filter(path="2012_b"), parse_filter(path="/d/201?_a/*"), parse_filter(path="*[[]3].md"),
        parse_filter(where=["author=ada 3"]), parse_filter(where=["author=Bo_b", "place=50%"]),
        parse_filter(where=["folder=2014"]), parse_filter(documents=["/d/2011_a/file[1].md", "/d/2014_b/file[4].md"]),
        parse_filter(after="2015-11", publishers=["Reuters"], path="_a/"), parse_filter(path="none"),
        Filter(publishers=("",)),
    ],
    ids=repr,
)  # fmt: skip
def test_filters_admit_the_same_in_both(both: list[Opened], admitted: Filter) -> None:
    sqlite, milvus = (
        (
            sorted(source.uri for source in opened.store.sources(admitted)),
            sorted(texts(opened, opened.store.passage_ids(admitted).tolist())),
            texts(opened, [i for i, _ in opened.dense.nearest(unit_vectors(1, 5)[0], 50, admitted)]),
            sorted(
                texts(
                    opened, [i for i, _ in opened.lexical.search("harbour ships state russia", 50, admitted)]
                )
            ),
        )
        for opened in both
    )
    assert sqlite == milvus
    assert len(sqlite[1]) == 2 * len(sqlite[0])


def test_the_filters_of_the_test_admit_some_and_not_all(both: list[Opened]) -> None:
    sizes = [
        len(both[1].store.sources(parse_filter(after=day)))
        for day in ("2015", "2015-11-04", "2016-02", "2017")
    ]
    assert sizes == [8, 6, 2, 0]


@pytest.mark.parametrize(
    "expression",
    [
        '"harbour"', '"ships"', '"islamic state"', '"Islamic" OR "storm"', '{text} : ("state" AND "islamic")',
        '"russia" *', '"title of"', '"naive" OR "CAFE"', '"привет"', '"no such words"', '"7 500"', '""',
    ],
)  # fmt: skip
def test_words_match_the_same_in_both(both: list[Opened], expression: str) -> None:
    sqlite, milvus = (
        [
            (*texts(opened, [match.passage.passage_id]), match.spans, match.context, match.context_spans)
            for batch in opened.lexical.matches(expression)
            for match in batch
        ]
        for opened in both
    )
    assert sqlite == milvus
    assert [opened.lexical.count(expression) for opened in both] == [len(sqlite)] * 2
    assert [opened.lexical.has(expression) for opened in both] == [bool(sqlite)] * 2
    assert bool(sqlite) == (expression not in ('"no such words"', '""'))


def test_both_have_the_same_words_texts_and_fields(both: list[Opened]) -> None:
    sqlite, milvus = both
    assert sqlite.lexical.vocabulary() == milvus.lexical.vocabulary()
    assert [[text for *_, text in batch] for batch in sqlite.lexical.texts()] == [
        [text for *_, text in batch] for batch in milvus.lexical.texts()
    ]
    for opened in both:
        assert opened.store.publishers() == ["Reuters", "Ärzte heute"]
        assert opened.store.fields() == ["author", "place"]
    for name in ("author", "people", "place"):
        values = [[value for _, value in opened.store.field_values(name)] for opened in both]
        assert sorted(values[0]) == sorted(values[1]) != []


def test_the_nearest_are_those_of_an_exact_search(opened: Opened) -> None:
    n, top_k = 1_500, 10
    vectors = unit_vectors(n, 1)
    ids: list[int] = []
    for at in range(0, n, 100):
        text = " ".join(f"Sentence {at + i}." for i in range(100))
        ids += opened.store.put(document(f"d{at}", text), passages_of(text), vectors[at : at + 100])[1]
    found, right = 0, 0
    for query in unit_vectors(30, 2):
        exact = {ids[row] for row in np.argsort(-(vectors @ query))[:top_k]}
        hits = opened.dense.nearest(query, top_k)
        assert len(hits) == top_k and [s for _, s in hits] == sorted((s for _, s in hits), reverse=True)
        for item, score in hits:
            assert score == pytest.approx(float(vectors[ids.index(item)] @ query), abs=1e-4)
        found += len(exact & {item for item, _ in hits})
        right += top_k
    assert found / right >= 0.95


def test_bm25_ranks_alike_in_both(both: list[Opened]) -> None:
    for query in (
        "old harbour ships",
        "islamic state",
        "russian jets over latakia",
        "the mayor and the damage",
    ):
        best = [texts(opened, [i for i, _ in opened.lexical.search(query, 4)]) for opened in both]
        assert best[0][0] == best[1][0], query
        assert len(set(best[0]) & set(best[1])) >= len(best[0]) - 1, query
    assert all(opened.lexical.search("'; -- \" *", 5) == [] for opened in both)


def test_milvus_fuses_both_indexes_by_rank(both: list[Opened]) -> None:
    opened = both[1]
    assert isinstance(opened.lexical, MilvusFullText)
    vector, query, admitted = unit_vectors(1, 7)[0], "harbour ships storm", parse_filter(after="2015")
    for chosen in (None, admitted):
        dense, words = opened.dense.nearest(vector, 5, chosen), opened.lexical.search(query, 5, chosen)
        expected = dict(reciprocal_rank([dense, words]))
        fused = opened.lexical.fused(query, vector, 5, chosen)
        assert dict(fused) == pytest.approx(expected, abs=2e-3)
        assert fused[0][1] >= fused[-1][1]
    assert opened.lexical.fused("", vector, 3)[0][0] == opened.dense.nearest(vector, 1)[0][0]


def test_what_is_kept_of_files(opened: Opened) -> None:
    store = opened.store
    for uri in ("/d/a", "/d/b"):
        put(opened, uri, "One. Two.", stamp="0")
    store.restamp({"/d/a": "1", "/d/none": "3"})
    assert store.stamps() == {"/d/a": "1", "/d/b": "0"}
    assert store.duplicates() == [("/d/a", "/d/b")]
    before = store.document_by_uri("/d/a")
    assert before is not None
    assert store.move("/d/a", "/e/a", "9") and not store.move("/d/a", "/f/a", "9")
    assert store.move("/e/a", "/f/a", "10")
    assert store.document_by_uri("/f/a") == replace(before, uri="/f/a")
    assert store.former_uris() == {"/f/a": ["/d/a", "/e/a"]} == store.former_uris("/f/a")
    assert store.move("/f/a", "/d/a", "11")
    assert store.former_uris() == {"/d/a": ["/e/a", "/f/a"]}
    store.keep_former_uris({"/d/b": ["/x/b"], "/unknown": ["/y"]})
    assert store.former_uris("/d/b") == {"/d/b": ["/x/b"]}
    assert (store.last_run(), store.unread()) == (None, [])
    run = LastRun("2026-11-30T00:00:00+00:00", ["/d"], 2, 0, 0, 0, 0)
    failed = Unread("/d/y.txt", "failed", "it is empty", "fill it")
    store.record_run(run, [Unread("/d/x.png", "unsupported"), failed])
    store.record_run(replace(run, paths=["/dd"]), [Unread("/dd/.z", "hidden")])
    assert [each.uri for each in store.unread()] == ["/d/x.png", "/d/y.txt", "/dd/.z"]
    assert store.unread(("failed",)) == [failed]
    store.forget_unread(["/d/x.png"])
    store.record_run(run, [])
    assert ([each.uri for each in store.unread()], store.last_run()) == (["/dd/.z"], run)
    store.delete(["/d/a", "/d/b"])
    assert (store.former_uris(), store.stamps(), store.check()) == ({}, {}, [])


def test_changes_of_a_transaction_that_fails_are_undone(opened: Opened) -> None:
    put(opened, "a", "Old words.")
    with pytest.raises(ZeroDivisionError), opened.store.transaction():
        put(opened, "b", "More words.")
        opened.store.delete(["a"])
        assert opened.store.known_sha256().keys() == {"b"}
        raise ZeroDivisionError
    assert opened.store.known_sha256().keys() == {"a"}
    assert len(opened.lexical.search("words", 9)) == 1
    assert opened.store.check() == []


def test_a_store_refuses_another_embedder_and_use_after_close(kind: Kind) -> None:
    with kind.open() as opened:
        put(opened, "a", "Words.")
        with pytest.raises(FingerprintMismatch):
            opened.store.set_fingerprint(replace(MADE, embedder_digest="other"))
        store = opened.store
    store.close()
    with pytest.raises(UsageError, match="closed"):
        store.counts()


def test_readers_see_whole_documents_while_one_writes(kind: Kind) -> None:
    n_sentences, problems, done = 20, list[str](), threading.Event()

    def read() -> None:
        with kind.open() as reader:
            while not done.is_set():
                found = reader.store.passages([i for i, _ in reader.lexical.search("word", 200)])
                by_document: dict[int, set[str]] = {}
                for passage, _ in found.values():
                    by_document.setdefault(passage.doc_id, set()).add(passage.text.split()[1])
                for versions in by_document.values():
                    if len(versions) != 1:
                        problems.append(f"passages of {versions} in one document")

    with kind.open() as writer:
        put(writer, "a", " ".join(f"Word v0 {i}." for i in range(n_sentences)))
        readers = [threading.Thread(target=read) for _ in range(3)]
        for thread in readers:
            thread.start()
        try:
            for version in range(1, 5):
                put(writer, "a", " ".join(f"Word v{version} {i}." for i in range(n_sentences)), seed=version)
                hits = writer.lexical.search("word", 200)
                assert {text.split()[2] for text in texts(writer, [i for i, _ in hits])} == {f"v{version}"}
        finally:
            done.set()
            for thread in readers:
                thread.join()
        assert (problems, writer.store.check()) == ([], [])


def contents(opened: Opened) -> dict[str, tuple[str, int]]:
    """The text of each document and the number of its passages, by uri; every passage is found by words and vector."""
    sources = opened.store.sources()
    everywhere = {i for i, _ in opened.dense.nearest(unit_vectors(1)[0], 100)}
    assert everywhere == {i for i, _ in opened.lexical.search("word", 100)}
    assert everywhere == set(opened.store.passage_ids(Filter()).tolist())
    return {
        source.uri: (opened.store.document(source.doc_id).text, len(opened.store.passages_of(source.doc_id)))
        for source in sources
    }


@pytest.mark.parametrize("takes_effect", [False, True], ids=["request lost", "answer lost"])
@pytest.mark.parametrize("change", ["add", "replace", "remove", "move"])
def test_a_crash_at_any_request_leaves_whole_documents(
    tmp_path: Path, change: str, takes_effect: bool
) -> None:
    kind = InMilvus(tmp_path)

    def make(opened: Opened) -> None:
        if change == "remove":
            opened.store.delete(["a"])
        elif change == "move":
            opened.store.move("a", "c", "")
        else:
            put(
                opened, "a" if change == "replace" else "c", "New word. New word two. New word three.", seed=9
            )

    with kind.open() as opened:
        put(opened, "a", "Word one. Word two.")
        put(opened, "b", "Word of b.", seed=1)
        before = contents(opened)
        kind.milvus.n_writes = 0
        make(opened)
        after, n_writes = contents(opened), kind.milvus.n_writes
    assert after != before and n_writes >= 3
    outcomes = set()
    for at in range(n_writes):
        with kind.open() as opened:
            # Back to the state before.
            opened.store.delete(["a", "b", "c"])
            put(opened, "a", "Word one. Word two.")
            put(opened, "b", "Word of b.", seed=1)
            kind.milvus.left, kind.milvus.takes_effect = at, takes_effect
            with pytest.raises(StoreError, match="connection was lost"):
                make(opened)
        kind.milvus.left = None
        with kind.open() as opened:
            seen = contents(opened)
            assert seen in (before, after), f"request {at}"
            outcomes.add(seen == after)
            # The next writer cleans up.
            put(opened, "d", "Word of d.", seed=4)
            assert contents(opened) == {**seen, "d": ("Word of d.", 1)}
            assert opened.store.check() == []
            opened.store.delete(["d"])
    kind.close()
    # An addition ends with its commit, and a removal begins with it.
    only = {("add", False): {False}, ("remove", True): {True}}
    assert outcomes == only.get((change, takes_effect), {False, True})


def test_two_writers_of_one_collection_in_milvus_are_told(tmp_path: Path) -> None:
    kind = InMilvus(tmp_path)
    with kind.open() as one, kind.open() as other:
        put(one, "a", "Word.")
        with pytest.raises(StoreError, match="another process is changing"), one.store.transaction():
            put(other, "b", "Word of b.")
            put(one, "c", "Word of c.")
        assert other.store.known_sha256().keys() == {"a", "b"}
        assert other.store.check() == []
    kind.close()
