"""The tables of Askive in Milvus: one registry in the database, and two tables for each collection.

A text in Milvus has at most 65,535 bytes, so texts of documents are kept in parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from askive.rag.store.milvus.client import MAX_BYTES, Milvus

PREFIX = "askive_"
REGISTRY = "askive_collections"
PART_BYTES = 60_000
_K1, _B = 1.2, 0.75
"""As in the BM25 of FTS5."""
_KEY_BYTES = 200
# Milvus wants a vector in each table.
NO_VECTOR = [0.0, 0.0]


def table_names(store_id: str) -> tuple[str, str]:
    """The tables of a store: records, passages."""
    name = store_id.replace("-", "_")
    return f"{PREFIX}{name}_records", f"{PREFIX}{name}_passages"


def create_registry(milvus: Milvus) -> None:
    """One row for each collection: its name and its state, as JSON."""
    from pymilvus import DataType

    schema = _schema()
    schema.add_field("name", DataType.VARCHAR, is_primary=True, max_length=_KEY_BYTES)
    schema.add_field("state", DataType.VARCHAR, max_length=MAX_BYTES)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=len(NO_VECTOR))
    milvus.create(REGISTRY, schema, _no_vector_index())


def create_records(milvus: Milvus, table: str) -> None:
    """Rows by kind: `d` a document without its text, `t` a part of its text, `m` of its metadata as JSON, `f` a former
    path of it, `a` a part of the account of files; n: the number of the part."""
    from pymilvus import DataType

    schema = _schema()
    schema.add_field("key", DataType.VARCHAR, is_primary=True, max_length=_KEY_BYTES)
    schema.add_field("kind", DataType.VARCHAR, max_length=1)
    for name in ("doc_id", "n", "first_passage", "n_passages", "n_parts", "last_page", "last_end"):
        schema.add_field(name, DataType.INT64)
    for name in (
        "uri_key",
        "sha256",
        "media_type",
        "published",
        "publisher_key",
        "published_first",
        "published_last",
    ):
        schema.add_field(name, DataType.VARCHAR, max_length=_KEY_BYTES)
    for name in ("uri", "title", "publisher", "stamp", "value"):
        schema.add_field(name, DataType.VARCHAR, max_length=MAX_BYTES)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=len(NO_VECTOR))
    indexes = _no_vector_index()
    for name in ("kind", "doc_id", "uri_key"):
        indexes.add_index(name, index_type="INVERTED")
    milvus.create(table, schema, indexes)


def create_passages(milvus: Milvus, table: str, dimension: int) -> None:
    """One row for each passage, with its text and offsets; Milvus computes the BM25 of its terms.

    rows: those of tables, as `askive.rag.store.schema.rows_text`.
    """
    from pymilvus import DataType, Function, FunctionType

    schema = _schema()
    schema.add_field("passage_id", DataType.INT64, is_primary=True)
    for name in ("doc_id", "start", "end", "page"):
        schema.add_field(name, DataType.INT64)
    for name in ("published_first", "published_last", "publisher_key"):
        schema.add_field(name, DataType.VARCHAR, max_length=_KEY_BYTES)
    for name in ("heading", "rows", "context", "text"):
        schema.add_field(name, DataType.VARCHAR, max_length=MAX_BYTES)
    schema.add_field(
        "terms", DataType.VARCHAR, max_length=MAX_BYTES, enable_analyzer=True, enable_match=True,
        analyzer_params={"tokenizer": "standard"},
    )  # fmt: skip
    schema.add_field("bm25", DataType.SPARSE_FLOAT_VECTOR)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
    schema.add_function(
        Function(
            name="bm25_of_terms",
            function_type=FunctionType.BM25,
            input_field_names=["terms"],
            output_field_names=["bm25"],
        )
    )
    indexes = _index_params()
    indexes.add_index("vector", index_type="HNSW", metric_type="IP", params={"M": 32, "efConstruction": 200})
    indexes.add_index(
        "bm25", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params={"bm25_k1": _K1, "bm25_b": _B}
    )
    indexes.add_index("doc_id", index_type="INVERTED")
    milvus.create(table, schema, indexes)


def parts_of(text: str) -> Iterator[str]:
    """The text in parts of at most PART_BYTES bytes of UTF-8."""
    at = 0
    while at < len(text):
        part = clipped(text[at : at + PART_BYTES])
        yield part
        at += len(part)


def clipped(text: str) -> str:
    """The beginning of a text that has at most PART_BYTES bytes of UTF-8."""
    data = text.encode()
    return text if len(data) <= PART_BYTES else data[:PART_BYTES].decode(errors="ignore")


def _schema() -> Any:
    from pymilvus import MilvusClient

    return MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)


def _index_params() -> Any:
    from pymilvus import MilvusClient

    return MilvusClient.prepare_index_params()


def _no_vector_index() -> Any:
    indexes = _index_params()
    indexes.add_index("vector", index_type="FLAT", metric_type="IP")
    return indexes
