"""Readers while a writer adds and deletes: no error, and nothing stale after a change is reported."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

from askive.eval.benchmarks.serve.running import Connection, ServeRow, marker_of, serving, text_of
from askive.rag.config import Config

N_READERS = 8
_AT_ONCE = 4
_POLL_S = 0.02


class _Truth:
    """What a search that starts now must find."""

    def __init__(self) -> None:
        self.there: set[int] = set()
        self.gone: set[int] = set()
        self.is_over = False


def bench_writing(config: Config, collection: str, n_added: int, n_deleted: int) -> ServeRow:
    """The row of so many documents that are added and deleted."""
    with serving(config) as running:
        counts = asyncio.run(_run(running.port, collection, n_added, n_deleted))
    return ServeRow(
        f"{N_READERS} readers against a writer of {n_added} documents and {n_deleted} deletions",
        "no error, no stale hit after its commit",
        f"{counts['errors']} errors, {counts['stale']} stale hits, {counts['missing']} missing, in"
        f" {counts['searches']:,} searches; {counts['added']} added, {counts['deleted']} deleted",
        not (counts["errors"] or counts["stale"] or counts["missing"])
        and counts["added"] == n_added
        and counts["deleted"] == n_deleted,
        {"searches": counts["searches"]},
    )


async def _run(port: int, collection: str, n_added: int, n_deleted: int) -> Counter[str]:
    truth, counts = _Truth(), Counter[str]()
    readers = [
        asyncio.ensure_future(_read(port, collection, truth, counts, seed)) for seed in range(N_READERS)
    ]
    try:
        await _write(port, collection, truth, counts, n_added, n_deleted)
    finally:
        truth.is_over = True
        await asyncio.gather(*readers)
    return counts


async def _write(
    port: int, collection: str, truth: _Truth, counts: Counter[str], n_added: int, n_deleted: int
) -> None:
    """Add the documents, a few at once; delete the first ones as soon as they are there."""
    left = iter(range(n_added))
    uris: dict[int, str] = {}

    async def add() -> None:
        async with Connection(port) as connection:
            for i in left:
                status, made = await connection.send(
                    "PUT",
                    "/v1/documents",
                    data=text_of(i).encode(),
                    collection=collection,
                    name=f"{i:04d}.txt",
                )
                while status in (200, 202) and made["state"] not in ("done", "failed"):
                    await asyncio.sleep(_POLL_S)
                    status, made = await connection.send(
                        "GET", f"/v1/documents/ingestions/{made['ingestion_id']}"
                    )
                if status != 200 or made["state"] != "done":
                    counts["errors"] += 1
                    continue
                counts["added"] += 1
                truth.there.add(i)
                uris[i] = made["uri"]

    async def delete() -> None:
        async with Connection(port) as connection:
            for i in range(n_deleted):
                while i not in uris:
                    await asyncio.sleep(_POLL_S)
                truth.there.discard(i)
                status, _ = await connection.send(
                    "DELETE", "/v1/documents", collection=collection, uri=uris[i]
                )
                if status != 200:
                    counts["errors"] += 1
                    continue
                counts["deleted"] += 1
                truth.gone.add(i)

    await asyncio.gather(*(add() for _ in range(_AT_ONCE)), delete())


async def _read(port: int, collection: str, truth: _Truth, counts: Counter[str], seed: int) -> None:
    """Search for words of documents that are there or gone."""
    chance = random.Random(seed)
    async with Connection(port) as connection:
        while not truth.is_over:
            known = sorted(truth.there | truth.gone)
            if not known:
                await asyncio.sleep(_POLL_S)
                continue
            i = chance.choice(known)
            must_be_there, must_be_gone = i in truth.there, i in truth.gone
            body = {"query": marker_of(i), "collection": collection, "top_k": 5}
            status, found = await connection.send("POST", "/v1/search", body)
            counts["searches"] += 1
            if status != 200:
                counts["errors"] += 1
                continue
            is_found = any(marker_of(i) in hit["text"].lower() for hit in found["hits"])
            counts["stale"] += must_be_gone and is_found
            # Its deletion may have begun in the meantime.
            counts["missing"] += must_be_there and i in truth.there and not is_found
