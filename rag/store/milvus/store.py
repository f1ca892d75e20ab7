"""A collection in Milvus, changed one whole document at a time.

Milvus has no transactions over several rows. So the rows of a document are hidden while they are written:

1. the state of the collection (one row, replaced as a whole) reserves ids and names the new document as hidden;
2. passages, text and header are written under the new ids;
3. the state shows the new document and hides the one that it replaces, in one step: this is the commit;
4. the rows of the replaced document are deleted, and the state forgets it.

A removal is steps 3 and 4. After a crash the state still names what is not whole; the next writer deletes its rows.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import numpy as np

from askive.models.protocols import Vectors
from askive.rag.errors import CollectionNotFound, FingerprintMismatch, StoreError
from askive.rag.passage_context import context_of
from askive.rag.store.milvus.client import MAX_BYTES, Row
from askive.rag.store.milvus.files import MilvusFiles, record
from askive.rag.store.milvus.reading import (
    NO_DATE_FIRST,
    NO_DATE_LAST,
    Changes,
    in_list,
    key_of,
    publisher_key,
)
from askive.rag.store.milvus.registry import Registry, State
from askive.rag.store.milvus.tables import clipped, create_passages, create_records, parts_of
from askive.rag.store.milvus.terms import terms_of
from askive.rag.store.schema import Fingerprint, rows_text
from askive.rag.text.dates import days_of
from askive.rag.types import Document, Passage

_MAX_REMOVED = 500
"""Documents removed in one step: the state names them."""
_BATCH_PASSAGES = 500


class MilvusStore(MilvusFiles):
    """One collection. Implements CollectionStore. One writer at a time, many readers. Use `open_store`."""

    @classmethod
    def open(cls, registry: Registry, name: str, *, create: bool = False) -> MilvusStore:
        """The collection of this name. Raises CollectionNotFound when it does not exist and `create` is false."""
        state = registry.find(name)
        if state is None:
            if not create:
                raise CollectionNotFound(
                    f"there is no collection {name!r} in {registry.milvus.shown}",
                    remedy=f"make it with `askive index PATH --collection {name}`",
                )
            state = registry.save(name, State.new())
        store = cls(registry, name, state)
        if create:
            create_records(registry.milvus, store._records)
        return store

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Changes that take effect together at the end; within another one, a part of it. Raises StoreError."""
        with self._lock:
            if self._changes is not None:
                yield
                return
            self._finish_interrupted()
            changes = self._changes = Changes(self.state(), uuid.uuid4().hex)
            try:
                yield
                self._commit(changes)
            except BaseException:
                # What cannot be deleted now stays hidden.
                with suppress(StoreError):
                    self._undo(changes)
                raise
            finally:
                self._changes = None
            if changes.removed:
                self._finish_interrupted()

    def _undo(self, changes: Changes) -> None:
        state = self.state()
        if state.revision == changes.commit:
            # The commit took effect, and only its answer was lost.
            return
        self._delete_rows(changes.added)
        if changes.added and state.revision == changes.before.revision:
            self._registry.save(self._name, replace(state, hidden=()))

    def _commit(self, changes: Changes) -> None:
        if not changes.added and not changes.removed:
            return
        state = self.state()
        self.save_state(
            replace(
                state,
                generation=state.generation + 1,
                hidden=tuple(changes.removed),
                n_documents=state.n_documents + len(changes.added) - len(changes.removed),
                n_passages=state.n_passages + changes.n_passages,
                unerased=uuid.uuid4().hex if changes.removed else state.unerased,
            ),
            changes.commit,
        )

    def _finish_interrupted(self) -> None:
        """Delete the rows of hidden documents."""
        state = self.state()
        if state.hidden:
            self._delete_rows(state.hidden)
            self._registry.save(self._name, replace(state, hidden=()))

    def _delete_rows(self, doc_ids: Sequence[int]) -> None:
        if not doc_ids:
            return
        if self.state().fingerprint is not None:
            self.milvus.delete(self._passages, in_list("doc_id", doc_ids))
        self.milvus.delete(self._records, f'kind != "a" and {in_list("doc_id", doc_ids)}')

    def save_state(self, state: State, revision: str = "") -> State:
        """Replace the state, as a whole. revision: as in `Registry.save`.

        Raises StoreError when another process has changed it in the meantime.
        """
        assert self._changes is not None
        if self.state().revision != self._changes.before.revision:
            raise StoreError(
                f"another process is changing {self.place}",
                remedy="let one process at a time, on one machine, index into a collection; then run this again",
            )
        self._changes.before = self._registry.save(self._name, state, revision)
        return self._changes.before

    def set_fingerprint(self, fingerprint: Fingerprint) -> None:
        """Record the fingerprint. Raises FingerprintMismatch when the store has passages with another one."""
        with self.transaction():
            state = self.state()
            if state.fingerprint == fingerprint:
                return
            if state.fingerprint is not None and state.n_passages:
                stored = state.fingerprint
                raise FingerprintMismatch(
                    f"{self.place} was made with {stored.embedder_id} ({stored.passages}),"
                    f" not with {fingerprint.embedder_id} ({fingerprint.passages})",
                    remedy="index into a new collection with --collection, or start over with `askive index --rebuild`",
                )
            # Empty, and perhaps of another dimension.
            self.milvus.drop(self._passages)
            create_passages(self.milvus, self._passages, fingerprint.dimension)
            self.save_state(replace(state, fingerprint=fingerprint))

    def put(
        self, document: Document, passages: Sequence[Passage], vectors: Vectors, stamp: str = ""
    ) -> tuple[int, list[int]]:
        """Add the document or replace the one at its uri, as a whole; returns the new ids, which are never used again.

        vectors: shape (len(passages), dimension). stamp: as in `stamps`. Call `set_fingerprint` before the first.
        """
        with self.transaction():
            changes, state = self._changes, self.state()
            assert changes is not None
            replaced = self.headers_of([document.uri], ("doc_id", "n_passages"))
            doc_id, first = state.next_doc, state.next_passage
            ids = list(range(first, first + len(passages)))
            self.save_state(
                replace(
                    state,
                    next_doc=doc_id + 1,
                    next_passage=first + len(passages),
                    hidden=(*state.hidden, doc_id),
                )
            )
            changes.added.append(doc_id)
            rows = list(zip(ids, passages, np.asarray(vectors, dtype=np.float32), strict=True))
            for at in range(0, len(rows), _BATCH_PASSAGES):
                some = rows[at : at + _BATCH_PASSAGES]
                self.milvus.insert(self._passages, _passage_rows(document, doc_id, some))
            self.milvus.insert(self._records, _document_rows(document, doc_id, ids, passages, stamp))
            changes.n_passages += len(passages)
            self._hide(replaced)
        return doc_id, ids

    def delete(self, uris: Sequence[str]) -> list[int]:
        """Remove documents, up to 500 in one step; returns the removed passage ids."""
        removed: list[int] = []
        unique = list(dict.fromkeys(uris))
        for at in range(0, len(unique), _MAX_REMOVED):
            with self.transaction():
                rows = self.headers_of(
                    unique[at : at + _MAX_REMOVED], ("doc_id", "first_passage", "n_passages")
                )
                self._hide(rows)
            for row in rows:
                first = int(row["first_passage"])
                removed += range(first, first + int(row["n_passages"]))
        return sorted(removed)

    def _hide(self, rows: Sequence[Row]) -> None:
        assert self._changes is not None
        self._changes.removed += [int(row["doc_id"]) for row in rows]
        self._changes.n_passages -= sum(int(row["n_passages"]) for row in rows)

    @property
    def origin(self) -> str:
        """The store id of the collection that this one was migrated from; empty if it was not."""
        return self.state().origin

    def set_origin(self, store_id: str) -> None:
        """Record what this collection is migrated from."""
        with self.transaction():
            self.save_state(replace(self.state(), origin=store_id))

    @property
    def unerased(self) -> bool:
        """Whether rows of removed or replaced documents may not have been compacted yet."""
        return self.state().unerased != ""

    def erase(self) -> bool:
        """Ask Milvus for a compaction, which drops deleted rows; when it frees their files is the server's affair."""
        with self._lock:
            state = self.state()
            if state.unerased:
                tables = [self._records] + [self._passages] * (state.fingerprint is not None)
                self.milvus.compact(tables)
                with self.transaction():
                    self.save_state(replace(self.state(), unerased=""))
        return True

    def check(self) -> list[str]:
        """Descriptions of the store's inconsistencies; empty when it is consistent."""
        problems = []
        state, headers = self.state(), self.headers()
        if state.hidden:
            problems.append(f"{len(state.hidden)} documents were left half written or half deleted")
        n_by_document: dict[int, int] = {}
        n_outside = 0
        ends = {int(row["doc_id"]): int(row["last_end"]) for row in headers}
        for rows in self.passage_windows(("passage_id", "doc_id", "start", "end")):
            for row in rows:
                n_by_document[row["doc_id"]] = n_by_document.get(row["doc_id"], 0) + 1
                n_outside += not 0 <= row["start"] < row["end"] <= ends.get(row["doc_id"], 0)
        wrong = [row for row in headers if n_by_document.get(row["doc_id"], 0) != row["n_passages"]]
        if wrong:
            problems.append(f"{len(wrong)} documents without all of their passages")
        if n_outside:
            problems.append(f"{n_outside} passages outside their document")
        counted = (len(headers), sum(n_by_document.values()))
        if counted != (state.n_documents, state.n_passages):
            problems.append(
                f"{counted[0]} documents and {counted[1]} passages, where the state has {state.n_documents}"
                f" and {state.n_passages}"
            )
        return problems


def _passage_rows(document: Document, doc_id: int, some: Sequence[tuple[int, Passage, Any]]) -> list[Row]:
    texts = [(passage.text, context_of(document, passage)) for _, passage, _ in some]
    first, last = days_of(document.published)
    return [
        {
            "passage_id": passage_id, "doc_id": doc_id, "start": passage.start, "end": passage.end,
            "page": passage.page or 0, "heading": clipped(passage.heading), "context": clipped(context),
            "rows": _rows_text(passage), "text": clipped(text), "terms": clipped(terms), "vector": vector.tolist(),
            "published_first": first or NO_DATE_FIRST, "published_last": last or NO_DATE_LAST,
            "publisher_key": publisher_key(document.publisher or ""),
        }
        for (passage_id, passage, vector), (text, context), terms in zip(some, texts, terms_of(texts), strict=True)
    ]  # fmt: skip


def _rows_text(passage: Passage) -> str:
    """Empty for more rows than a text in Milvus can hold."""
    text = rows_text(passage.rows)
    return text if len(text) <= MAX_BYTES else ""


def _document_rows(
    document: Document, doc_id: int, ids: Sequence[int], passages: Sequence[Passage], stamp: str
) -> list[Row]:
    texts = list(parts_of(document.text))
    metadata = json.dumps({"title": document.title, "fields": document.metadata}, ensure_ascii=False)
    first, last = days_of(document.published)
    header = record(
        "d", str(doc_id), doc_id=doc_id, uri=document.uri, uri_key=key_of(document.uri), title=clipped(document.title),
        sha256=document.sha256, media_type=document.media_type, published=document.published or "",
        publisher=document.publisher or "", publisher_key=publisher_key(document.publisher or ""),
        published_first=first or NO_DATE_FIRST, published_last=last or NO_DATE_LAST, stamp=stamp,
        first_passage=ids[0] if ids else 0, n_passages=len(ids), n_parts=len(texts),
        last_page=max((passage.page or 0 for passage in passages), default=0),
        last_end=max((passage.end for passage in passages), default=0),
    )  # fmt: skip
    return [
        *(record("t", f"{doc_id}:{n}", doc_id=doc_id, n=n, value=part) for n, part in enumerate(texts)),
        *(
            record("m", f"{doc_id}:{n}", doc_id=doc_id, n=n, value=part)
            for n, part in enumerate(parts_of(metadata))
        ),
        header,
    ]
