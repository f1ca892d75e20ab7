"""The files of a collection in Milvus: stamps, former paths, and the account of files that were not read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from itertools import count

from askive.rag.errors import StoreError
from askive.rag.store.files import LastRun, Reason, Unread
from askive.rag.store.milvus.client import Row
from askive.rag.store.milvus.filtering import MilvusFiltering
from askive.rag.store.milvus.reading import HEADER, WINDOW, key_of
from askive.rag.store.milvus.registry import State
from askive.rag.store.milvus.tables import NO_VECTOR, clipped, parts_of

_NUMBERS = ("doc_id", "n", "first_passage", "n_passages", "n_parts", "last_page", "last_end")
_TEXTS = ("uri_key", "sha256", "media_type", "published", "publisher_key", "published_first", "published_last",
          "uri", "title", "publisher", "stamp", "value")  # fmt: skip
_WHOLE = (
    *HEADER,
    "key",
    "kind",
    "n",
    "uri_key",
    "publisher_key",
    "published_first",
    "published_last",
    "value",
)


def record(kind: str, key: str, **values: object) -> Row:
    """A row of records; fields without a value are 0 or empty."""
    empty: Row = {**dict.fromkeys(_NUMBERS, 0), **dict.fromkeys(_TEXTS, "")}
    return {**empty, "key": f"{kind}{key}", "kind": kind, "vector": NO_VECTOR, **values}


class MilvusFiles(MilvusFiltering):
    """What a MilvusStore keeps of files. Implements FileRecords."""

    def transaction(self) -> AbstractContextManager[None]:
        """Changes that belong together: see `MilvusStore`."""
        raise NotImplementedError

    def save_state(self, state: State, revision: str = "") -> State:
        """Replace the state, as a whole. Call it in a transaction."""
        raise NotImplementedError

    def stamps(self) -> dict[str, str]:
        """Stamps of the files at their last reading, by uri; documents without a file have none."""
        return {row["uri"]: row["stamp"] for row in self.headers(("doc_id", "uri", "stamp")) if row["stamp"]}

    def restamp(self, new: Mapping[str, str]) -> None:
        """Record new stamps for unchanged files."""
        with self.transaction():
            rows = self.headers_of(list(new), _WHOLE)
            self.milvus.upsert(
                self._records,
                [{**row, "stamp": clipped(new[row["uri"]]), "vector": NO_VECTOR} for row in rows],
            )

    def move(self, uri: str, new_uri: str, stamp: str) -> bool:
        """Give a document another uri, and remember the old one; returns False when there is no such document.

        Ids, passages and vectors stay. Raises StoreError when the new uri has a document.
        """
        with self.transaction():
            rows = self.headers_of([uri], _WHOLE)
            if not rows:
                return False
            if self.headers_of([new_uri], ("doc_id",)):
                raise StoreError(
                    f"{uri} cannot be moved to {new_uri}: {self.place} has a document there",
                    remedy="run `askive index` again",
                )
            doc_id = int(rows[0]["doc_id"])
            # First the path: after a crash between the two, it is a former path of itself, which does no harm.
            self._add_former(doc_id, [uri])
            moved = {
                **rows[0],
                "uri": new_uri,
                "uri_key": key_of(new_uri),
                "stamp": stamp,
                "vector": NO_VECTOR,
            }
            self.milvus.upsert(self._records, [moved])
            self.milvus.delete(self._records, f'key in ["f{doc_id}:{key_of(new_uri)}"]')
            self.save_state(replace(self.state(), generation=self.generation + 1))
        return True

    def former_uris(self, uri: str | None = None) -> dict[str, list[str]]:
        """The paths that documents were moved from, by their current uri. uri: only of this document."""
        rows = self.headers(("doc_id", "uri")) if uri is None else self.headers_of([uri], ("doc_id", "uri"))
        uris = {int(row["doc_id"]): row["uri"] for row in rows}
        former: list[tuple[str, str]] = []
        ids = sorted(uris)
        for at in range(0, len(ids), WINDOW):
            chosen = ",".join(map(str, ids[at : at + WINDOW]))
            found = self._select('kind == "f"', f"doc_id in [{chosen}]", fields=("doc_id", "uri"))
            former += [(row["uri"], uris[int(row["doc_id"])]) for row in found]
        by_uri: dict[str, list[str]] = {}
        for old, current in sorted(former):
            by_uri.setdefault(current, []).append(old)
        return by_uri

    def keep_former_uris(self, former: Mapping[str, Iterable[str]]) -> None:
        """Record former paths by current uri; unknown uris are skipped."""
        with self.transaction():
            for row in self.headers_of(list(former), ("doc_id", "uri")):
                self._add_former(int(row["doc_id"]), former[row["uri"]])

    def _add_former(self, doc_id: int, uris: Iterable[str]) -> None:
        rows = [record("f", f"{doc_id}:{key_of(uri)}", doc_id=doc_id, uri=uri) for uri in dict.fromkeys(uris)]
        self.milvus.upsert(self._records, rows)

    def record_run(self, run: LastRun, unread: Iterable[Unread]) -> None:
        """Replace what is known of unread files at and below the paths of the run."""
        with self.transaction():
            kept = {each.uri: each for each in self.unread() if not _is_below(each.uri, run.paths)}
            self._write_account(run, {**kept, **{each.uri: each for each in unread}})

    def last_run(self) -> LastRun | None:
        """The last complete indexing of files; None when there was none."""
        return self._account()[0]

    def unread(self, reasons: Sequence[Reason] = ()) -> list[Unread]:
        """Files that were not read, by uri; reasons: only these, all when empty."""
        return [each for each in self._account()[1] if not reasons or each.reason in reasons]

    def forget_unread(self, uris: Sequence[str]) -> None:
        """Delete the records of these files."""
        with self.transaction():
            run, unread = self._account()
            left = {each.uri: each for each in unread if each.uri not in set(uris)}
            if len(left) < len(unread):
                self._write_account(run, left)

    def duplicates(self) -> list[tuple[str, ...]]:
        """The uris of documents that were read from the same bytes, in groups of at least two, sorted."""
        groups: dict[str, list[str]] = {}
        for uri, digest in self.known_sha256().items():
            groups.setdefault(digest, []).append(uri)
        return sorted(tuple(sorted(uris)) for uris in groups.values() if len(uris) > 1)

    def _account(self) -> tuple[LastRun | None, list[Unread]]:
        number = self.state().account
        text = "".join(self._parts("a", number, self._n_account_parts(number))) if number else ""
        row = json.loads(text) if text else {"run": None, "unread": []}
        unread = sorted((Unread(*each) for each in row["unread"]), key=lambda each: each.uri)
        return (LastRun(**row["run"]) if row["run"] else None), unread

    def _n_account_parts(self, number: int) -> int:
        return self.milvus.count(self._records, f'kind == "a" and doc_id in [{number}]')

    def _write_account(self, run: LastRun | None, unread: Mapping[str, Unread]) -> None:
        """Under a new number, which then takes effect with the state."""
        state = self.state()
        number = state.account + 1
        # A killed process may have left parts of it.
        self.milvus.delete(self._records, f'kind == "a" and doc_id != {state.account}')
        text = json.dumps(
            {
                "run": asdict(run) if run else None,
                "unread": [list(asdict(each).values()) for each in unread.values()],
            },
            ensure_ascii=False,
        )
        rows = [
            record("a", f"{number}:{n}", doc_id=number, n=n, value=part)
            for n, part in zip(count(), parts_of(text), strict=False)
        ]
        self.milvus.insert(self._records, rows)
        self.save_state(replace(state, account=number))
        self.milvus.delete(self._records, f'kind == "a" and doc_id == {state.account}')


def _is_below(uri: str, paths: Sequence[str]) -> bool:
    return any(uri == path or uri.startswith(f"{path.rstrip(os.sep)}{os.sep}") for path in paths)
