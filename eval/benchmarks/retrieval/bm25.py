"""BM25 in three engines: SQLite FTS5 as in the product, bm25s and tantivy. Quality on suites, latency by size."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askive.eval.benchmarks.retrieval.synthetic import SyntheticWords
from askive.eval.benchmarks.retrieval.vector_search import N_CANDIDATES, Latency, latency
from askive.eval.datasets.discover import open_suite
from askive.eval.metrics.retrieval import retrieval_scores
from askive.rag.store.fts5 import Fts5Index
from askive.rag.store.sqlite import SqliteStore
from askive.rag.text.words import content_words, stems
from askive.rag.types import Document, Passage

ENGINES = ("fts5", "bm25s", "tantivy")
_QUALITY_TOP_K = 20
_BATCH = 1000
_HEAP_BYTES = 256 * 2**20

Search = Callable[[str, int], Sequence[int]]
"""(query, top_k) -> indexes of texts, best first."""


@dataclass(frozen=True, slots=True)
class LexicalLatency:
    """An engine with n synthetic passages and 100 hits per query. build_s: None where it is part of the store's."""

    engine: str
    n: int
    build_s: float | None
    latency: Latency


@dataclass(frozen=True, slots=True)
class LexicalQuality:
    """nDCG@10 on a suite, with whole documents as texts; engine -> figure."""

    suite: str
    n_questions: int
    ndcg: Mapping[str, float]


def bench_lexical_latency(store: SqliteStore, n: int, n_queries: int = 200) -> list[LexicalLatency]:
    """Latency of all engines on the words of `fill` (askive.eval.benchmarks.retrieval.scale); `store` has the same
    passages."""
    vocabulary = SyntheticWords()
    passages = vocabulary.passages(n)
    queries = vocabulary.queries(passages, n_queries)
    latencies = [LexicalLatency("fts5", n, None, _timed(_fts5(store), queries))]
    for engine, build in (("bm25s", _bm25s_synthetic), ("tantivy", _tantivy_synthetic)):
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            search = build(vocabulary, passages, Path(folder))
            build_s = round(time.perf_counter() - started, 1)
            latencies.append(LexicalLatency(engine, n, build_s, _timed(search, queries)))
    return latencies


def bench_lexical_quality(path: Path) -> LexicalQuality:
    """nDCG@10 of all engines on the judged questions of a suite. Raises errors of `open_suite`."""
    suite = open_suite(str(path))
    documents = list(suite.documents())
    texts = [f"{document.title}\n{document.text}" for document in documents]
    samples = [sample for sample in suite.samples if sample.relevant]
    ndcg: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = SqliteStore(folder / "store.sqlite3")
        for number, document in enumerate(documents):
            # A passage's number is its rowid, which is one more than the document's index.
            passage = Passage(document.text, 0, len(document.text))
            renamed = Document(str(number), document.title, document.text, "text/plain", str(number))
            store.put(renamed, [passage], np.zeros((1, 1), dtype=np.float32))
        numbers = {
            passage.passage_id: int(source.uri) for passage, source in _all_passages(store, len(documents))
        }
        fts5 = _fts5(store)
        engines: dict[str, Search] = {
            "fts5": lambda query, top_k: [numbers[i] for i in fts5(query, top_k)],
            "bm25s": _bm25s([stems(text) for text in texts]),
            "tantivy": _tantivy(texts, folder),
        }
        for engine, search in engines.items():
            scores = [
                retrieval_scores([documents[i].uri for i in search(s.question, _QUALITY_TOP_K)], s.relevant)
                for s in samples
            ]
            ndcg[engine] = round(float(np.mean([score["nDCG@10"] for score in scores if score])), 4)
        store.close()
    return LexicalQuality(suite.name, len(samples), ndcg)


def _all_passages(store: SqliteStore, n: int) -> Iterable[Any]:
    return store.passages(range(1, n + 1)).values()


def _timed(search: Search, queries: Sequence[str]) -> Latency:
    times = []
    for query in [*queries[:10], *queries]:
        started = time.perf_counter()
        search(query, N_CANDIDATES)
        times.append((time.perf_counter() - started) * 1000)
    return latency(times[10:])


def _fts5(store: SqliteStore) -> Search:
    index = Fts5Index(store)
    return lambda query, top_k: [i for i, _ in index.search(query, top_k)]


def _bm25s(tokens: Sequence[Sequence[str]]) -> Search:
    import bm25s

    index = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    index.index(tokens, show_progress=False)
    return lambda query, top_k: _bm25s_hits(index, stems(query), top_k, len(tokens))


def _bm25s_synthetic(vocabulary: SyntheticWords, passages: NDArray[np.int32], _: Path) -> Search:
    import bm25s
    from bm25s.tokenization import Tokenized

    # Share the number objects: 30 million separate ones would take a gigabyte.
    numbers = np.array(list(range(len(vocabulary.spelled))), dtype=object)
    content = [row[row >= vocabulary.n_stop] for row in passages]
    tokens = Tokenized(
        ids=[numbers[row].tolist() for row in content],
        vocab={word: number for number, word in enumerate(vocabulary.spelled)},
    )
    index = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    index.index(tokens, show_progress=False)
    return lambda query, top_k: _bm25s_hits(index, query.split(), top_k, len(passages))


def _bm25s_hits(index: Any, words: Sequence[str], top_k: int, n: int) -> list[int]:
    numbers, _ = index.retrieve([list(words)], k=min(top_k, n), show_progress=False)
    return [int(i) for i in numbers[0]]


def _tantivy_synthetic(vocabulary: SyntheticWords, passages: NDArray[np.int32], folder: Path) -> Search:
    return _tantivy((" ".join(vocabulary.spelled[row]) for row in passages), folder)


def _tantivy(texts: Iterable[str], folder: Path) -> Search:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("text", stored=False, tokenizer_name="en_stem")
    builder.add_integer_field("number", stored=True)
    path = folder / "tantivy"
    path.mkdir()
    index = tantivy.Index(builder.build(), path=str(path))
    writer = index.writer(_HEAP_BYTES, 1)
    for number, text in enumerate(texts):
        writer.add_document(tantivy.Document(text=text, number=number))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def search(query: str, top_k: int) -> list[int]:
        # Quoted, as for FTS5: tokens that the tokenizer splits stay together, and nothing is an operator.
        words = " ".join(
            '"{}"'.format(word.replace('"', " ")) for word in dict.fromkeys(content_words(query))
        )
        hits = searcher.search(index.parse_query(words, ["text"]), top_k).hits
        return [int(searcher.doc(address)["number"][0]) for _, address in hits]

    return search
