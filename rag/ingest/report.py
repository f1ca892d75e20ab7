"""What an indexing run did, and which files it did not read, or not in full."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from askive.rag.ingest.plan import Withheld


@dataclass(frozen=True, slots=True)
class Failure:
    """A document that could not be read; its previous version, if any, stays in the store."""

    uri: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Partial:
    """A document that was written, and the parts of its source that were not read."""

    uri: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """A file of which several documents were made. rule: such as `messages`."""

    uri: str
    rule: str
    n_documents: int


@dataclass(slots=True)
class IngestReport:
    """The result of an indexing.

    skipped: files of unsupported types. partial: documents written in this run that were not read in full.
    withheld: documents that are missing from their folder and were kept because nobody confirmed their removal.
    links: links that point outside the named folders and were not followed. empty: files without any text, which are
    no failures; their former versions are removed. splits: files of which several documents were made in this run.
    """

    n_added: int = 0
    n_changed: int = 0
    n_unchanged: int = 0
    n_deleted: int = 0
    n_passages: int = 0
    elapsed_ms: float = 0.0
    failures: list[Failure] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    partial: list[Partial] = field(default_factory=list)
    empty: list[Failure] = field(default_factory=list)
    splits: list[Split] = field(default_factory=list)

    @property
    def skipped_kinds(self) -> dict[str, int]:
        """Number of skipped files by extension, such as `.png`, or the name of a file without one; most first."""
        return dict(
            Counter(Path(path).suffix.lower() or Path(path).name for path in self.skipped).most_common()
        )

    @property
    def n_skipped(self) -> int:
        """Files of unsupported types."""
        return len(self.skipped)

    @property
    def n_not_removed(self) -> int:
        """Documents that are missing from their folder but were kept."""
        return len({uri for withheld in self.withheld for uri in withheld.uris})

    @property
    def n_written(self) -> int:
        """Documents that were embedded and written."""
        return self.n_added + self.n_changed

    @property
    def passages_per_second(self) -> float:
        """Over the whole run, or so far while it runs."""
        return self.n_passages / self.elapsed_ms * 1000 if self.elapsed_ms else 0.0
