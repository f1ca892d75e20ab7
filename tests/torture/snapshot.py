"""All that a collection says, without ids: two archives of the same documents must be equal."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from askive.models.fakes import HashEmbedder
from askive.rag.config import PassageConfig
from askive.rag.store.archive import Archive
from tests.torture.corpus import secret

_TOP_K = 40
QUERIES = ("harbour captain storm", "password", "bridge of the bishop", "lantern 1850", "report version")
"""Searched in both archives, with the secrets of some documents."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """documents: digest of everything held of a document, by uri. found: what each query finds, words and vectors."""

    documents: dict[str, str]
    found: dict[str, tuple[tuple[str, int, float], ...]]
    problems: tuple[str, ...] = ()

    def differences(self, other: Snapshot) -> list[str]:
        """In words; empty when both are the same."""
        said = list(self.problems)
        missing, extra = (
            other.documents.keys() - self.documents.keys(),
            self.documents.keys() - other.documents.keys(),
        )
        changed = [
            u
            for u in self.documents.keys() & other.documents.keys()
            if self.documents[u] != other.documents[u]
        ]
        for what, uris in (("missing", missing), ("not expected", extra), ("other content", changed)):
            if uris:
                said.append(f"{what}: {', '.join(Path(uri).name for uri in sorted(uris)[:5])} ({len(uris)})")
        if not said:
            said += [
                f"search finds other passages: {q}" for q in self.found if self.found[q] != other.found.get(q)
            ]
        return said


def queries(names: Sequence[str]) -> list[str]:
    """What is searched, given the documents' names."""
    return [*QUERIES, *(secret(name, version) for name in names[:3] for version in (1, 2))]


def snapshot(folder: Path, asked: Sequence[str]) -> Snapshot:
    """The collection in a folder, read from a copy, so that looking changes nothing.

    Raises what the store raises when it is damaged.
    """
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / folder.name
        shutil.copytree(folder, copy)
        with Archive.open(copy, HashEmbedder(), PassageConfig(), create=False) as archive:
            return _read(archive, asked)


def _read(archive: Archive, asked: Sequence[str]) -> Snapshot:
    store = archive.store
    problems = list(store.check())
    documents: dict[str, str] = {}
    place: dict[int, tuple[str, int]] = {}
    for source in store.sources():
        document = archive.document(source.doc_id)
        passages = store.passages_of(source.doc_id)
        vectors = store.vectors([passage.passage_id for passage in passages])
        digest = hashlib.sha256(repr({**asdict(document), "doc_id": 0}).encode())
        for passage in passages:
            place[passage.passage_id] = (source.uri, passage.start)
            digest.update(
                repr((passage.text, passage.start, passage.end, passage.heading, passage.page)).encode()
            )
            digest.update(vectors[passage.passage_id].tobytes())
            if document.text[passage.start : passage.end] != passage.text:
                problems.append(f"a passage of {source.uri} is not in its text")
        documents[source.uri] = digest.hexdigest()
    found = {}
    for query in asked:
        for way, hits in (
            ("words", archive.lexical.search(query, _TOP_K)),
            ("vectors", archive.dense.search(archive.embed_query(query), _TOP_K)),
        ):
            known = [(*place.get(i, ("no such passage", i)), round(score, 4)) for i, score in hits]
            # At the end of the list equal scores may be cut differently.
            last = known[-1][2] if len(known) == _TOP_K else None
            found[f"{way}: {query}"] = tuple(sorted(hit for hit in known if hit[2] != last))
    if len(archive.dense) != store.counts().n_passages:
        problems.append("the vector index holds another number of passages than the store")
    return Snapshot(documents, found, tuple(problems))
