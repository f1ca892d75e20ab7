"""The registry: which collections there are, and the state of each in one row.

Milvus has no transactions over several rows or tables, but one row is replaced as a whole. So each change of a
collection takes effect with its row: see `askive.rag.store.milvus.store`.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass, field, replace

from askive.rag.errors import StoreError
from askive.rag.store.milvus.client import Milvus
from askive.rag.store.milvus.tables import NO_VECTOR, PREFIX, REGISTRY, create_registry, table_names
from askive.rag.store.schema import Fingerprint

FORMAT = 2
"""Of the tables. Incremented when they change; another format is rejected."""
ID_PREFIX = "milvus-"
"""Of store ids, so that their uploads are told from those of local collections."""


@dataclass(frozen=True, slots=True)
class State:
    """hidden: ids of documents whose rows are being written or deleted; readers leave them out.

    revision: random, of the last change. next_doc, next_passage: ids that were not used yet. unerased: random mark of
    the last removal, empty after an erasure. account: number of the account of files; 0: there is none.
    origin: store id of the collection that this one was migrated from.
    """

    store_id: str
    revision: str = ""
    generation: int = 0
    fingerprint: Fingerprint | None = None
    n_documents: int = 0
    n_passages: int = 0
    next_doc: int = 1
    next_passage: int = 1
    hidden: tuple[int, ...] = ()
    unerased: str = ""
    account: int = 0
    origin: str = ""
    format: int = field(default=FORMAT)

    @classmethod
    def new(cls) -> State:
        """Of an empty collection."""
        return cls(f"{ID_PREFIX}{uuid.uuid4().hex}")


class Registry:
    """The collections of one Milvus database. Names that begin with a dot are of collections under construction."""

    def __init__(self, milvus: Milvus) -> None:
        self.milvus = milvus
        create_registry(milvus)

    def names(self) -> list[str]:
        """All names, sorted."""
        rows = self.milvus.query(REGISTRY, 'name != ""', ["name"])
        return sorted(str(row["name"]) for row in rows)

    def find(self, name: str) -> State | None:
        """The state of a collection; None when there is none. Raises StoreError for another format."""
        rows = self.milvus.query(REGISTRY, f'name in ["{name}"]', ["state"])
        return self._read(name, rows[0]["state"]) if rows else None

    def _read(self, name: str, text: str) -> State:
        try:
            row = json.loads(text)
            if row["format"] != FORMAT:
                again = f"index the source files again: `askive index PATH --collection {name} --rebuild`"
                raise StoreError(
                    f"the collection {name!r} in {self.milvus.shown} has format {row['format']},"
                    f" this version reads {FORMAT}",
                    remedy=again if row["format"] < FORMAT else "update with `pip install --upgrade askive`",
                )
            made = row.pop("fingerprint")
            hidden = tuple(row.pop("hidden"))
            return State(**row, hidden=hidden, fingerprint=Fingerprint(**made) if made else None)
        except (ValueError, TypeError, KeyError) as error:
            raise StoreError(
                f"the state of the collection {name!r} in {self.milvus.shown} is damaged: {error}",
                remedy=f"index the source files again: `askive index PATH --collection {name} --rebuild`",
            ) from error

    def save(self, name: str, state: State, revision: str = "") -> State:
        """Replace the state of a collection, as a whole; returns it with this revision, or a new one."""
        saved = replace(state, revision=revision or uuid.uuid4().hex)
        text = json.dumps(asdict(saved), ensure_ascii=False)
        self.milvus.upsert(REGISTRY, [{"name": name, "state": text, "vector": NO_VECTOR}])
        return saved

    def forget(self, name: str) -> None:
        """Delete the row of a collection; its tables stay until `sweep`."""
        self.milvus.delete(REGISTRY, f'name in ["{name}"]')

    def sweep(self) -> None:
        """Delete the tables that belong to no collection: remains of killed processes and of replaced collections."""
        # The row of a collection is written before its tables, so a table without one is not under construction.
        tables = {table for table in self.milvus.tables() if table.startswith(PREFIX) and table != REGISTRY}
        try:
            states = [self.find(name) for name in self.names()]
        except StoreError:
            # Without every state it is not known which tables are used.
            return
        used = {table for state in states if state is not None for table in table_names(state.store_id)}
        for table in sorted(tables - used):
            self.milvus.drop(table)
