"""Many clients that search at once, against direct calls in one process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence

from askive.eval.benchmarks.serve.running import Connection, ServeRow, serving
from askive.rag.collections.by_name import open_collection
from askive.rag.config import Config
from askive.rag.factory import open_retriever
from askive.rag.serialize import hit_to_dict

N_CLIENTS = 200
_WORDS = (
    "council",
    "quay",
    "price of timber",
    "clerk",
    "account",
    "masons of Bramley",
    "loads of salt",
    "spring",
)


def queries(n: int) -> list[str]:
    """Different queries, so that no cache of embeddings helps."""
    return [f"{_WORDS[i % len(_WORDS)]} {1800 + i % 200} report {i}" for i in range(n)]


def bench_search(config: Config, collection: str, n: int) -> ServeRow:
    """The row of `n` searches."""
    asked = queries(n)
    direct_s = _direct(config, collection, asked)
    with serving(config, "--collection", collection) as running:
        took, statuses, total_s = asyncio.run(_served(running.port, collection, asked))
    latencies = sorted(took)
    p50, p99 = latencies[len(took) // 2], latencies[int(len(took) * 0.99)]
    ratio = direct_s / total_s
    n_failed = sum(status != 200 for status in statuses)
    return ServeRow(
        f"{N_CLIENTS} concurrent clients searching",
        "no error; throughput at least .8 of direct calls; p99 under 20x p50",
        f"{n_failed} errors; throughput {ratio:.2f} of direct calls; p99 {p99 / p50:.1f}x p50",
        n_failed == 0 and ratio >= 0.8 and p99 < 20 * p50,
        {
            "n": n,
            "direct_per_s": round(n / direct_s, 1),
            "served_per_s": round(n / total_s, 1),
            "p50_ms": round(p50 * 1000),
            "p99_ms": round(p99 * 1000),
        },
    )


def _direct(config: Config, collection: str, asked: Sequence[str]) -> float:
    """Seconds for all searches, one after the other, with the hits as dicts."""
    with open_collection(config, collection) as archive:

        def search(query: str) -> None:
            with open_retriever(config, archive) as retriever:
                question = retriever.read(query)
                [hit_to_dict(hit) for hit in retriever.retrieve(question, top_k=10)]
                retriever.understand(question).describe()

        search("warm")
        started = time.perf_counter()
        for query in asked:
            search(query)
        return time.perf_counter() - started


async def _served(port: int, collection: str, asked: Sequence[str]) -> tuple[list[float], list[int], float]:
    """Seconds of each search, their statuses, and seconds for all."""
    left: Iterator[str] = iter(asked)
    took: list[float] = []
    statuses: list[int] = []

    async def client() -> None:
        async with Connection(port) as connection:
            for query in left:
                started = time.perf_counter()
                body = {"query": query, "collection": collection, "top_k": 10}
                status, _ = await connection.send("POST", "/v1/search", body)
                took.append(time.perf_counter() - started)
                statuses.append(status)

    async with Connection(port) as connection:
        await connection.send("POST", "/v1/search", {"query": "warm", "collection": collection})
    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(N_CLIENTS)))
    return took, statuses, time.perf_counter() - started
