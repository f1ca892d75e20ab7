"""What is in a collection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import PurePath
from typing import Any

import numpy as np

from askive.models.protocols import Vectors
from askive.rag.overview.groups import group
from askive.rag.overview.terms import Documents, Terms, distinguishing, most_frequent
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter
from askive.rag.text.dates import date_range
from askive.rag.types import Source

N_LISTED = 10
"""Most items of a list; the number of all is known where there are more."""
_N_TITLE_WORDS = 3
_N_NAMED = 5


@dataclass(frozen=True, slots=True)
class Count:
    """Something, and the number of documents that have it."""

    label: str
    n_documents: int


@dataclass(frozen=True, slots=True)
class Group:
    """Documents of similar content. title: what distinguishes them. typical: the nearest to their mean."""

    title: str
    typical: Source
    documents: tuple[Source, ...]

    @property
    def n_documents(self) -> int:
        """How many there are."""
        return len(self.documents)


@dataclass(frozen=True, slots=True)
class Overview:
    """What is in a collection, or in those of its documents that a filter admits.

    first, last: the dates of the oldest and newest document, as precise as known; None when none has a date.
    n_undated: documents without a date. media: by the ending of the file name. publishers, authors, names, topics and
    the like: the N_LISTED of most documents; names and topics of a single document are left out. people: senders,
    recipients and speakers too; empty when they are the authors. folders: empty when there is only one.
    groups: the largest first.
    """

    n_documents: int
    n_passages: int
    first: str | None
    last: str | None
    n_undated: int
    media: tuple[Count, ...]
    publishers: tuple[Count, ...]
    authors: tuple[Count, ...]
    people: tuple[Count, ...]
    languages: tuple[Count, ...]
    tags: tuple[Count, ...]
    folders: tuple[Count, ...]
    names: tuple[Count, ...]
    topics: tuple[Count, ...]
    groups: tuple[Group, ...]

    @property
    def parts(self) -> tuple[tuple[str, tuple[Count, ...]], ...]:
        """The lists with their names, without the groups."""
        return (
            ("Kind of file", self.media),
            ("Publisher", self.publishers),
            ("Author", self.authors),
            ("Person", self.people),
            ("Language", self.languages),
            ("Tag", self.tags),
            ("Folder", self.folders),
            ("Name", self.names),
            ("Topic", self.topics),
        )

    def describe(self) -> Iterator[str]:
        """A sentence about number and dates, and one each about publishers, names and groups, if there are any."""
        documents = f"{self.n_documents:,} document{'' if self.n_documents == 1 else 's'}"
        dated = f", dated from {self.first} to {self.last}" if self.first else ", none with a date"
        if self.first and self.first == self.last:
            dated = f", dated {self.first}"
        undated = f" ({self.n_undated:,} without a date)" if self.first and self.n_undated else ""
        yield f"{documents}{dated}{undated}."
        groups = tuple(Count(group.title, group.n_documents) for group in self.groups)
        for about, counts in (
            ("Publishers:", self.publishers[:_N_NAMED]),
            ("Mentioned most:", self.names[:_N_NAMED]),
            ("By content:", groups if len(groups) > 1 else ()),
        ):
            if counts:
                yield f"{about} {'; '.join(f'{count.label} ({count.n_documents:,})' for count in counts)}."

    def as_dict(self) -> dict[str, Any]:
        """The JSON form, without the documents of the groups."""
        groups = [
            {"title": group.title, "n_documents": group.n_documents, "typical": asdict(group.typical)}
            for group in self.groups
        ]
        return {**asdict(replace(self, groups=())), "groups": groups}


class OverviewBuilder:
    """Reads the documents of an archive. Exhaust `steps`, then call `build`.

    admitted: other documents are left out. is_cancelled: once it is true, names, topics and groups are those of what
    has been read.
    """

    def __init__(
        self,
        archive: Archive,
        admitted: Filter | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._archive = archive
        self._sources = {source.doc_id: source for source in archive.store.sources(admitted)}
        self._is_cancelled = is_cancelled
        self._terms = Terms()
        self._document_of: dict[int, int] = {}

    def steps(self) -> Iterator[tuple[int, int]]:
        """Reads. After each batch the number of passages that were read, and of all."""
        total = self._archive.counts().n_passages
        done = 0
        for batch in self._archive.lexical.texts():
            if self._is_cancelled():
                return
            for passage_id, doc_id, text in batch:
                if doc_id in self._sources:
                    self._document_of[passage_id] = doc_id
                    self._terms.add(doc_id, text)
            done += len(batch)
            yield done, max(total, done)

    def build(self) -> Overview:
        """The overview of what was read."""
        sources = list(self._sources.values())
        dated = [source.published for source in sources if source.published]
        names, topics = self._terms.names(), self._terms.topics()
        authors, people = self._field("author"), self._field("people")
        folders = _counts(str(PurePath(source.uri).parent) for source in sources)
        return Overview(
            n_documents=len(sources),
            n_passages=len(self._document_of),
            first=min(dated, key=lambda date: date_range(date)[0], default=None),
            last=max(dated, key=lambda date: date_range(date)[1], default=None),
            n_undated=len(sources) - len(dated),
            media=_counts(map(_ending, sources)),
            publishers=_counts(source.publisher for source in sources if source.publisher),
            authors=authors,
            people=() if people == authors else people,
            languages=self._field("language"),
            tags=self._field("tags"),
            folders=folders if len(folders) > 1 else (),
            names=tuple(
                Count(self._terms.spelled(key), len(names[key])) for key in most_frequent(names, N_LISTED)
            ),
            topics=tuple(
                Count(self._terms.spelled(key), len(topics[key])) for key in most_frequent(topics, N_LISTED)
            ),
            groups=self._groups({**names, **topics}, self._terms.words()),
        )

    def _field(self, name: str) -> tuple[Count, ...]:
        values = self._archive.store.field_values(name)
        return _counts(str(value) for doc_id, value in values if doc_id in self._sources)

    def _groups(self, terms: Documents, words: Documents) -> tuple[Group, ...]:
        """Groups with titles of their own terms; of single words if there are none."""
        doc_ids, vectors = self._document_vectors()
        if not doc_ids:
            return ()
        groups: list[Group] = []
        for cluster in group(vectors):
            own = dict.fromkeys(doc_ids[row] for row in cluster.rows)
            keys = distinguishing(terms, own.keys(), len(doc_ids), _N_TITLE_WORDS)
            keys = keys or distinguishing(words, own.keys(), len(doc_ids), _N_TITLE_WORDS)
            typical = self._sources[doc_ids[cluster.typical]]
            title = ", ".join(map(self._terms.spelled, keys)) or typical.title
            groups.append(Group(title, typical, tuple(self._sources[doc_id] for doc_id in own)))
        return tuple(sorted(groups, key=lambda group: (-group.n_documents, group.title)))

    def _document_vectors(self) -> tuple[Sequence[int], Vectors]:
        """The ids of the documents that were read, and the means of their passages' vectors, as unit rows."""
        sums: dict[int, Vectors] = {}
        for ids, vectors in self._archive.store.embeddings():
            for passage_id, vector in zip(ids.tolist(), vectors, strict=True):
                doc_id = self._document_of.get(passage_id)
                if doc_id is not None:
                    sums[doc_id] = sums[doc_id] + vector if doc_id in sums else vector
        if not sums:
            return [], np.zeros((0, 1), dtype=np.float32)
        rows = np.stack(list(sums.values()))
        unit: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        return list(sums), unit


def _counts(labels: Iterable[str]) -> tuple[Count, ...]:
    """The most frequent labels."""
    counts = Counter(labels)
    ordered = sorted(counts, key=lambda label: (-counts[label], label))
    return tuple(Count(label, counts[label]) for label in ordered[:N_LISTED])


def _ending(source: Source) -> str:
    """`.md`, `.mbox` for `mail.mbox#3`; the media type of a document without an ending."""
    return PurePath(source.uri).suffix.lower().partition("#")[0] or source.media_type
