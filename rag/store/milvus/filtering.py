"""What a filter admits in a collection in Milvus, and the fields of documents that it can name."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from contextlib import closing
from typing import Any

import numpy as np

from askive.rag.store.filters import SYNONYMS, Filter
from askive.rag.store.milvus.reading import (
    NO_DATE_FIRST,
    SOURCE,
    WINDOW,
    MilvusReading,
    in_list,
    publisher_key,
    source_of,
)
from askive.rag.store.protocols import Ids
from askive.rag.types import NOT_READ, Source


class MilvusFiltering(MilvusReading):
    """One collection, as filters see it."""

    def sources(self, admitted: Filter | None = None) -> list[Source]:
        """The documents that the filter admits, without their text, in the order of insertion."""
        rows = self.headers(SOURCE)
        if admitted:
            ids = set(self.admitted_documents(admitted))
            rows = [row for row in rows if row["doc_id"] in ids]
        return [source_of(row) for row in rows]

    def passage_ids(self, admitted: Filter) -> Ids:
        """Ids of the passages of documents that the filter admits, ascending; shape (n,)."""
        condition = self.condition(admitted)
        if condition is None:
            return np.array([], dtype=np.int64)
        batches = self.passage_windows(("passage_id",), *([condition] if condition else []))
        return np.array([row["passage_id"] for rows in batches for row in rows], dtype=np.int64)

    def publishers(self) -> list[str]:
        """All publishers, sorted."""
        return self.derived(
            "publishers",
            lambda: sorted({row["publisher"] for row in self.headers(("doc_id", "publisher"))} - {""}),
        )

    def metadata(self) -> dict[int, dict[str, Any]]:
        """The metadata of all documents, by id."""
        return self.derived("metadata", self._read_metadata)

    def _read_metadata(self) -> dict[int, dict[str, Any]]:
        parts: dict[int, dict[int, str]] = defaultdict(dict)
        for first in range(0, self._next_doc(), WINDOW):
            window = f"doc_id >= {first} and doc_id < {first + WINDOW}"
            for row in self._select('kind == "m"', window, fields=("doc_id", "n", "value")):
                parts[int(row["doc_id"])][int(row["n"])] = row["value"]
        return {
            doc_id: json.loads("".join(own[n] for n in sorted(own)))["fields"]
            for doc_id, own in sorted(parts.items())
        }

    def fields(self) -> list[str]:
        """Names of all metadata fields, sorted."""
        return sorted({name for fields in self.metadata().values() for name in fields})

    def field_values(self, field: str) -> list[tuple[Any, ...]]:
        """(doc_id, value) of every document with this metadata field, or a synonym; it may have several values."""
        pairs: dict[tuple[int, Any], None] = {}
        for doc_id, fields in self.metadata().items():
            for name in SYNONYMS.get(field, (field,)):
                value = fields.get(name)
                for one in value if isinstance(value, list) else [value]:
                    if one is not None:
                        pairs[doc_id, one] = None
        return list(pairs)

    def not_read(self) -> dict[str, list[str]]:
        """The parts that were not read of the documents that were not read in full, by uri."""
        partial = {
            doc_id: fields[NOT_READ] for doc_id, fields in self.metadata().items() if NOT_READ in fields
        }
        rows = self.headers(("doc_id", "uri")) if partial else []
        return {row["uri"]: list(partial[row["doc_id"]]) for row in rows if row["doc_id"] in partial}

    def admitted_documents(self, admitted: Filter) -> list[int]:
        """Ids of the documents that a filter admits, as SQLite would say it, ascending."""
        return self.derived(("documents", admitted), lambda: self._admitted(admitted))

    def _admitted(self, admitted: Filter) -> list[int]:
        metadata = self.metadata() if admitted.where else {}
        fields = ("doc_id", "uri", "published_first", "published_last", "publisher")
        rows = self.headers(fields)
        condition, values = admitted.sql()
        with closing(sqlite3.connect(":memory:")) as db:
            db.execute(
                "CREATE TABLE documents (doc_id, uri, published_first, published_last, publisher, metadata)"
            )
            db.executemany(
                "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (
                        row["doc_id"], row["uri"],
                        None if row["published_first"] == NO_DATE_FIRST else row["published_first"],
                        row["published_last"] or None, row["publisher"] or None,
                        json.dumps(metadata.get(row["doc_id"], {}), ensure_ascii=False),
                    )
                    for row in rows
                ),
            )  # fmt: skip
            found = db.execute(f"SELECT doc_id FROM documents WHERE {condition} ORDER BY doc_id", values)
            return [int(doc_id) for (doc_id,) in found]

    def condition(self, admitted: Filter | None) -> str | None:
        """The condition on passages; empty when all are admitted, None when none is.

        Dates and publishers are conditions of Milvus; paths, names and fields are resolved to documents first.
        """
        if not admitted:
            return ""
        conditions = []
        if admitted.after:
            conditions.append(f'published_last >= "{admitted.after.isoformat()}"')
        if admitted.before:
            conditions.append(f'published_first <= "{admitted.before.isoformat()}"')
        if admitted.publishers:
            keys = ",".join(f'"{publisher_key(name.lower()) or "none"}"' for name in admitted.publishers)
            conditions.append(f"publisher_key in [{keys}]")
        if admitted.path or admitted.where or admitted.documents:
            ids = self.admitted_documents(admitted)
            if not ids:
                return None
            conditions.append(in_list("doc_id", ids))
        return " and ".join(conditions)
