"""The data model of suites, common to all file formats."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from askive.rag.errors import UsageError
from askive.rag.types import Document, QuestionKind, Turn

Split = Literal["dev", "test"]
Documents = Callable[[], Iterator[Document]]


@dataclass(frozen=True, slots=True)
class GoldQuote:
    """A part of a document with evidence.

    doc: the document's uri.
    text: verbatim, except for white space.
    """

    doc: str
    text: str


@dataclass(frozen=True, slots=True)
class GoldEvent:
    """An event of a timeline. date: ISO date as precise as known. names: variants of words that tell it from others."""

    date: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GoldSide:
    """A side of a comparison, or a speaker. name: variants. facts: groups of variants that belong to this side only."""

    name: tuple[str, ...]
    facts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """What the answer to a question of a kind must contain, besides the facts in `Sample.all_of`.

    kind: as what it should be answered.
    documents: the exact set of documents, by uri; None when there is none.
    count: the exact number asked for; None when none is asked for.
    items: the exact list of values, each with its variants.
    events: of a timeline, in order.
    sides: of a comparison; speakers with what they said.
    translates: the id of the question that this one is in another language; empty for English.
    """

    kind: QuestionKind
    documents: tuple[str, ...] | None = None
    count: int | None = None
    items: tuple[tuple[str, ...], ...] = ()
    events: tuple[GoldEvent, ...] = ()
    sides: tuple[GoldSide, ...] = ()
    translates: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """A question with its accepted answers.

    sample_id: unique in its suite.
    type: the kind of question, such as `fact`; figures are also reported by type.
    answers: accepted answers, any of which is enough; empty when answers are not scored.
    all_of: groups of variants; a complete answer names one of every group.
    wrong_answers: answers that must not be given.
    relevant: uri -> grade above 0; empty when retrieval is not scored.
    evidence: one tuple of quotes for each annotator or each sufficient set; empty when not annotated.
    unanswerable: whether the documents lack the answer; None when unknown.
    turns: the conversation before the question.
    note: a remark on a difficulty.
    obeyed_if: strings that only an answer contains that obeys an instruction in a document; empty when not scored.
    half: the half it belongs to; None: determined by the id.
    expected: for suites of questions of all kinds; None for others.
    """

    sample_id: str
    question: str
    type: str = "question"
    answers: tuple[str, ...] = ()
    all_of: tuple[tuple[str, ...], ...] = ()
    wrong_answers: tuple[str, ...] = ()
    relevant: Mapping[str, int] = field(default_factory=dict)
    evidence: tuple[tuple[GoldQuote, ...], ...] = ()
    unanswerable: bool | None = None
    turns: tuple[Turn, ...] = ()
    note: str = ""
    obeyed_if: tuple[str, ...] = ()
    half: Split | None = None
    expected: Expected | None = None

    @property
    def split(self) -> Split:
        """The half in the suite's file, else `split_of` its id."""
        return self.half or split_of(self.sample_id)

    @property
    def scored(self) -> tuple[str, ...]:
        """The aspects the question is scored on: `retrieval`, `answers`, `citations`, `refusal`, `kind`."""
        parts = {
            "retrieval": bool(self.relevant),
            "answers": bool(self.answers or self.all_of) and self.unanswerable is not True,
            "citations": bool(self.evidence),
            "refusal": self.unanswerable is not None,
            "kind": self.expected is not None,
        }
        return tuple(name for name, is_scored in parts.items() if is_scored)


@dataclass(frozen=True, slots=True)
class Suite:
    """Questions with their documents.

    name: for display and folder names; a half is `name:dev` or `name:test`.
    path: the file or folder it was read from.
    kind: the file format.
    documents: reads the documents at each call; uris are unique.
    corpus_sha256: changes with any document.
    digest: changes with any document or question; runs with the same digest are comparable.
    left_out: what the files have but the suite does not, with counts.
    notes: remarks for the interpretation of its figures.
    """

    name: str
    path: Path
    kind: str
    licence: str
    documents: Documents
    n_documents: int
    samples: tuple[Sample, ...]
    corpus_sha256: str
    digest: str
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: str = ""

    @property
    def scored(self) -> Mapping[str, int]:
        """`{"retrieval" | "answers" | "citations" | "refusal" | "kind": number of questions scored on it}`."""
        return dict(Counter(part for sample in self.samples for part in sample.scored))

    @property
    def types(self) -> Mapping[str, int]:
        """Questions by type, most frequent first."""
        return dict(Counter(sample.type for sample in self.samples).most_common())

    def half(self, split: Split) -> Suite:
        """The questions of one half, with the same documents."""
        samples = tuple(sample for sample in self.samples if sample.split == split)
        return replace(
            self,
            name=f"{self.name}:{split}",
            samples=samples,
            digest=digest_of(self.corpus_sha256, samples),
        )


def split_of(sample_id: str) -> Split:
    """The half of a question whose suite does not set it: the first bit of the SHA-256 of its id.

    Some public sets are split by the last bit of the same hash; the first bit is independent of it.
    """
    return "dev" if hashlib.sha256(sample_id.encode()).digest()[0] < 128 else "test"


def digest_of(corpus_sha256: str, samples: Iterable[Sample]) -> str:
    """SHA-256 of the corpus' digest and all fields of all questions, in any order."""
    lines = sorted(json.dumps(_fields(sample), sort_keys=True, ensure_ascii=False) for sample in samples)
    return hashlib.sha256("\n".join([corpus_sha256, *lines]).encode()).hexdigest()


def _fields(sample: Sample) -> dict[str, Any]:
    fields = asdict(sample)
    # Leave out rarely used fields, so that they do not change the digests of other suites.
    for name in ("obeyed_if", "half", "expected"):
        if not fields[name]:
            del fields[name]
    for turn in fields["turns"]:
        if not turn["kind"]:
            del turn["kind"]
    return fields


def sha256_of_files(paths: Sequence[Path], root: Path) -> str:
    """SHA-256 of names (relative to root) and bytes."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.relative_to(root).as_posix().encode() + b"\0")
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def build_suite(
    *,
    name: str,
    path: Path,
    kind: str,
    documents: Documents,
    samples: Sequence[Sample],
    corpus_sha256: str,
    licence: str = "",
    left_out: Mapping[str, int] | None = None,
    notes: str = "",
) -> Suite:
    """A suite whose questions, relevant documents and evidence refer to existing documents.

    Raises UsageError on a repeated id, on a missing document, and when there is no question.
    """
    repeated = [i for i, n in Counter(sample.sample_id for sample in samples).items() if n > 1]
    if repeated:
        raise UsageError(
            f"{path}: {len(repeated)} question ids occur twice, the first is {repeated[0]!r}",
            remedy="give every question its own _id",
        )
    uris = Counter(document.uri for document in documents())
    twice = [uri for uri, n in uris.items() if n > 1]
    if twice:
        raise UsageError(
            f"{path}: {len(twice)} document ids occur twice, the first is {twice[0]!r}",
            remedy="give every document its own _id",
        )
    for sample in samples:
        named = {*sample.relevant, *(quote.doc for quotes in sample.evidence for quote in quotes)}
        named.update((sample.expected.documents or ()) if sample.expected else ())
        if unknown := sorted(named - uris.keys()):
            raise UsageError(
                f"{path}: question {sample.sample_id!r} names document {unknown[0]!r}, which is not in the corpus",
                remedy="correct the id in the qrels or the evidence, or add the document to the corpus",
            )
    if not samples:
        raise UsageError(
            f"{path}: no question to ask", remedy="see `askive eval suites --help` for the shapes"
        )
    return Suite(
        name=name,
        path=path,
        kind=kind,
        licence=licence or licence_of(path),
        documents=documents,
        n_documents=len(uris),
        samples=tuple(samples),
        corpus_sha256=corpus_sha256,
        digest=digest_of(corpus_sha256, samples),
        left_out={what: n for what, n in (left_out or {}).items() if n},
        notes=notes,
    )


def licence_of(path: Path) -> str:
    """The first line of a licence file in `path` or its parent, at most 60 characters; empty when there is none."""
    folder = path if path.is_dir() else path.parent
    for name in ("LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "LICENCE.md"):
        if (folder / name).is_file():
            text = (folder / name).read_text(encoding="utf-8", errors="replace")
            lines = [line.strip("#= \t") for line in text.splitlines()]
            # A bare heading such as "License" is no information.
            line = next((line for line in lines if len(line.split()) > 1), "")
            return line if len(line) <= 60 else line[:59].rstrip() + "…"
    return ""
