"""What an indexing run did, and which files it did not read, or not in full."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from askive.rag.errors import AskiveError
from askive.rag.ingest.plan import Plan, Withheld
from askive.rag.load import LOADERS, printable
from askive.rag.load.not_read import by_place
from askive.rag.load.several.parts import file_of
from askive.rag.store.files import Reason, Unread


@dataclass(frozen=True, slots=True)
class Failure:
    """A document that could not be read; its previous version, if any, stays in the store."""

    uri: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Partial:
    """A document that was written, or the archive that it is in, and its parts that were not read."""

    uri: str
    parts: tuple[str, ...]


def partials(uri: str, parts: Sequence[str]) -> list[Partial]:
    """What was not read in full, from the parts that are noted with the document at `uri`."""
    places = by_place(uri, parts, file_of(uri, LOADERS))
    return [Partial(printable(Path(place)), tuple(found)) for place, found in places]


def kinds_of(paths: Sequence[str]) -> dict[str, int]:
    """Number of paths by extension, such as `.png`, or by the name of a file without one; most first."""
    return dict(Counter(Path(path).suffix.lower() or Path(path).name for path in paths).most_common())


@dataclass(frozen=True, slots=True)
class Split:
    """A file of which several documents were made. rule: such as `messages`."""

    uri: str
    rule: str
    n_documents: int


@dataclass(slots=True)
class IngestReport:
    """The result of an indexing.

    n_reused: passages of new and changed documents whose embeddings were already stored. moved: new uris by old ones.
    unlistable: folders that cannot be listed, also in failures. hidden, ignored: as in `askive.rag.ingest.plan.Plan`.
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
    n_reused: int = 0
    elapsed_ms: float = 0.0
    failures: list[Failure] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    partial: list[Partial] = field(default_factory=list)
    empty: list[Failure] = field(default_factory=list)
    splits: list[Split] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    unlistable: set[str] = field(default_factory=set)

    def fill_in(self, plan: Plan) -> None:
        """Take over what the plan says about files that are not read."""
        self.skipped, self.links, self.hidden, self.ignored = (
            [printable(Path(path)) + os.sep * path.endswith(os.sep) for path in paths]
            for paths in (plan.skipped, plan.links_out, plan.hidden, plan.ignored)
        )
        for folder, reason in plan.unreadable.items():
            name = printable(Path(folder))
            self.unlistable.add(name)
            self.failures.append(
                Failure(name, f"{name} cannot be listed: {reason}", "check the folder's permissions")
            )

    def add_failure(self, name: str, error: AskiveError) -> None:
        """Record a file that cannot be read."""
        self.failures.append(Failure(name, error.message, error.remedy))

    def unread(self) -> Iterator[Unread]:
        """Every file that is not in the collection as it is, with the reason."""
        for failure in self.failures:
            reason: Reason = "unlistable" if failure.uri in self.unlistable else "failed"
            yield Unread(failure.uri, reason, failure.message, failure.remedy)
        for empty in self.empty:
            yield Unread(empty.uri, "empty", empty.message, empty.remedy)
        for withheld in self.withheld:
            for uri in withheld.uris:
                yield Unread(uri, "missing", f"missing from {withheld.folder}; its document was kept")
        left_out: tuple[tuple[Reason, list[str]], ...] = (
            ("unsupported", self.skipped),
            ("link", self.links),
            ("hidden", self.hidden),
            ("ignored", self.ignored),
        )
        for reason, paths in left_out:
            for path in paths:
                yield Unread(path, reason)

    @property
    def n_moved(self) -> int:
        """Documents that only got another path."""
        return len(self.moved)

    @property
    def skipped_kinds(self) -> dict[str, int]:
        """Number of skipped files, as `kinds_of` counts."""
        return kinds_of(self.skipped)

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
