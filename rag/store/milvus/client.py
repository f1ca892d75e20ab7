"""The requests to Milvus, always strongly consistent, and their errors.

Conditions hold numbers, digests, dates and words of ASCII letters only: no text of a document or of a user has to be
quoted in them.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from askive.models.protocols import Vectors
from askive.rag.errors import StoreError, UsageError
from askive.rag.store.protocols import Scored

Row = dict[str, Any]
T = TypeVar("T")

MAX_BYTES = 65_535
"""Of a text in Milvus."""
_MAX_TOP_K = 16_384
_BATCH_ROWS = 500
_BATCH_BYTES = 16_000_000
"""Of rows in a request: a server takes 64 MB by default."""
_RRF_K = 60
_EF = 128
TIMEOUT_S = 60.0
CONNECT_S = 10.0
_NOT_LOADED = 101
"""Code of the error for a table that is not in memory: after a start of milvus-lite, or released by an operator."""


class Milvus:
    """A connection. Thread-safe. All methods raise StoreError.

    uri: of a server, or the path of a file for milvus-lite, whose folder is made. shown: the address in messages.
    """

    def __init__(self, uri: str, token: str = "", database: str = "", shown: str = "") -> None:
        self.shown = shown or uri
        self._uri = uri
        self._is_file = "://" not in uri
        # pymilvus reads a file `.env` near its own folder.
        os.environ.setdefault("PYTHON_DOTENV_DISABLED", "1")
        try:
            from pymilvus import MilvusClient
        except ImportError as error:
            raise UsageError(
                f"store = {self.shown!r} needs pymilvus, which is not installed",
                remedy="pip install -c constraints.txt '.[milvus]'",
            ) from error
        # They log each failed request with a traceback; the errors are raised anyway.
        for name in ("pymilvus", "milvus_lite"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        if self._is_file:
            self._require_lite()
            Path(uri).parent.mkdir(parents=True, exist_ok=True)
        self._client: Any = self._call(
            "reached",
            lambda: MilvusClient(uri, token=token, db_name=database, timeout=CONNECT_S, dedicated=True),
        )

    def _require_lite(self) -> None:
        from importlib.util import find_spec

        if find_spec("milvus_lite") is None:
            raise UsageError(
                f"store = {self.shown!r} is a file, and milvus-lite is not installed",
                remedy="pip install -c constraints.txt '.[milvus]', or name a server: milvus:http://HOST:19530",
            )

    def close(self) -> None:
        """Close the connection, and release the file of milvus-lite; safe to call twice."""
        self._client.close()
        if self._is_file:
            from milvus_lite import server_manager_instance

            server_manager_instance.release_server(self._uri)

    def tables(self) -> list[str]:
        """The names of all tables in the database."""
        return [str(name) for name in self._call("read", self._client.list_collections)]

    def create(self, table: str, schema: Any, indexes: Any) -> None:
        """Create a table and make it searchable; one that exists stays as it is."""
        if table not in self.tables():
            self._call(
                "written",
                lambda: self._client.create_collection(
                    table, schema=schema, index_params=indexes, consistency_level="Strong"
                ),
            )

    def drop(self, table: str) -> None:
        """Delete a table; a missing one is no error."""
        if table in self.tables():
            self._call("written", lambda: self._client.drop_collection(table))

    def query(self, table: str, condition: str, fields: Sequence[str]) -> list[Row]:
        """The rows that meet a condition, in no order. The caller bounds their number."""
        found = self._loaded(
            table,
            "read",
            lambda: self._client.query(
                table,
                filter=condition,
                output_fields=list(fields),
                consistency_level="Strong",
                timeout=TIMEOUT_S,
            ),
        )
        return [dict(row) for row in found]

    def count(self, table: str, condition: str) -> int:
        """The number of rows that meet a condition."""
        return int(self.query(table, condition, ["count(*)"])[0]["count(*)"])

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        """Add rows with new keys."""
        for batch in _batches(rows):
            self._call("written", partial(self._client.insert, table, batch, timeout=TIMEOUT_S))

    def upsert(self, table: str, rows: Sequence[Row]) -> None:
        """Add rows, or replace those with their keys; each row as a whole."""
        for batch in _batches(rows):
            self._call("written", partial(self._client.upsert, table, batch, timeout=TIMEOUT_S))

    def delete(self, table: str, condition: str) -> None:
        """Delete the rows that meet a condition."""
        self._loaded(
            table, "written", lambda: self._client.delete(table, filter=condition, timeout=TIMEOUT_S)
        )

    def nearest(self, table: str, vector: Vectors, top_k: int, condition: str) -> Scored:
        """(key, inner product) of the nearest rows, best first."""
        return self._search(
            table,
            [vector.tolist()],
            "vector",
            top_k,
            condition,
            {"metric_type": "IP", "params": {"ef": _ef(top_k)}},
        )

    def best(self, table: str, terms: str, top_k: int, condition: str) -> Scored:
        """(key, BM25) of the rows with any of the terms, best first."""
        hits = self._search(table, [terms], "bm25", top_k, condition, {"metric_type": "BM25", "params": {}})
        # milvus-lite returns BM25 with a negative sign.
        return sorted(((item, abs(score)) for item, score in hits), key=lambda hit: (-hit[1], hit[0]))

    def fused(self, table: str, terms: str, vector: Vectors, top_k: int, condition: str) -> Scored:
        """(key, sum of 1 / (60 + rank)) of the best `top_k` by vector and by words, fused by the server."""
        from pymilvus import AnnSearchRequest, RRFRanker

        limit = min(top_k, _MAX_TOP_K)
        dense = {"metric_type": "IP", "params": {"ef": _ef(top_k)}}
        requests = [
            AnnSearchRequest([vector.tolist()], "vector", dense, limit, expr=condition or None),
            AnnSearchRequest([terms], "bm25", {"metric_type": "BM25"}, limit, expr=condition or None),
        ]
        found = self._loaded(
            table,
            "searched",
            lambda: self._client.hybrid_search(
                table, requests, RRFRanker(_RRF_K), limit=min(2 * top_k, _MAX_TOP_K), output_fields=["doc_id"],
                consistency_level="Strong", timeout=TIMEOUT_S,
            ),
        )  # fmt: skip
        return _scored(found)

    def compact(self, tables: Sequence[str]) -> None:
        """Write what is in memory, and ask for a compaction, which drops deleted rows; it may still be running."""
        for table in tables:
            self._call("written", partial(self._client.flush, table))
            self._call("written", partial(self._client.compact, table))

    def _search(
        self, table: str, data: Sequence[Any], field: str, top_k: int, condition: str, params: Row
    ) -> Scored:
        found = self._loaded(
            table,
            "searched",
            lambda: self._client.search(
                table, data=list(data), anns_field=field, limit=min(top_k, _MAX_TOP_K), filter=condition,
                search_params=params, output_fields=["doc_id"], consistency_level="Strong", timeout=TIMEOUT_S,
            ),
        )  # fmt: skip
        return _scored(found)

    def _loaded(self, table: str, what: str, request: Callable[[], T]) -> T:
        """As `_call`, for a table that has to be in the memory of the server."""
        from pymilvus.exceptions import MilvusException

        def loading() -> T:
            try:
                return request()
            except MilvusException as error:
                if error.code != _NOT_LOADED:
                    raise
            self._client.load_collection(table)
            return request()

        return self._call(what, loading)

    def _call(self, what: str, request: Callable[[], T]) -> T:
        from pymilvus.exceptions import MilvusException

        try:
            return request()
        except (MilvusException, OSError, ValueError) as error:
            raise self._failure(what, error) from error
        except Exception as error:
            # grpc and the client raise classes of their own for a lost connection.
            if type(error).__module__.partition(".")[0] not in ("grpc", "pymilvus"):
                raise
            raise self._failure(what, error) from error

    def _failure(self, what: str, error: Exception) -> StoreError:
        reason = " ".join(str(getattr(error, "message", "") or error).split())
        remedy = (
            f"close the other Askive that uses {self._uri}: milvus-lite is for one process at a time"
            if self._is_file
            else f"check that Milvus runs at {self._uri} and accepts the credentials, then repeat the command"
        )
        return StoreError(f"{self.shown} cannot be {what}: {reason[:300]}", remedy=remedy)


def _ef(top_k: int) -> int:
    """Candidates that HNSW keeps: more than are asked for."""
    return max(2 * top_k, _EF)


def _scored(found: Any) -> Scored:
    hits = [(int(hit["passage_id"]), float(hit["distance"])) for hit in found[0]]
    return sorted(hits, key=lambda hit: (-hit[1], hit[0]))


def _batches(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows in requests of bounded size."""
    batch: list[Row] = []
    n_bytes = 0
    for row in rows:
        size = sum(4 * len(value) for value in row.values() if isinstance(value, (str, list)))
        if batch and (len(batch) == _BATCH_ROWS or n_bytes + size > _BATCH_BYTES):
            yield batch
            batch, n_bytes = [], 0
        batch.append(row)
        n_bytes += size
    if batch:
        yield batch
