"""The suite of questions of all kinds: enough of each, in both halves, and every needed string in its documents."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from askive.eval.datasets import Sample, Suite, open_suite
from askive.eval.datasets.beir import folder_files
from askive.eval.datasets.gold import GOLD_ARCHIVE
from askive.eval.datasets.lines import read_json_lines
from askive.eval.datasets.suite import Expected
from askive.eval.metrics.answers import contains, normalise
from askive.rag.errors import UsageError
from askive.rag.load import LOADERS, load_bytes
from askive.rag.types import Document, QuestionKind
from tests.eval.conftest import write_lines
from tests.eval.datasets.write_archive import documents as written

CORPUS = GOLD_ARCHIVE / "corpus"
KINDS = set(get_args(QuestionKind))
KEYS = {
    *("_id", "text", "kind", "half", "unanswerable", "answers", "all_of", "wrong_answers", "documents", "count"),
    *("items", "events", "sides", "relevant", "evidence", "history", "note", "translates"),
}  # fmt: skip
# Yes and no stand in no document; a side of which there is nothing may stand in others than the relevant ones.
_POLAR = {"Yes", "No"}
_NOTHING = "must be said to have nothing"


@cache
def archive() -> Suite:
    return open_suite("kinds")


@cache
def records() -> list[dict[str, Any]]:
    return [record for _, record in read_json_lines(GOLD_ARCHIVE / "queries.jsonl")]


@cache
def documents() -> dict[str, Document]:
    return {document.uri: document for document in archive().documents()}


def expected_of(sample: Sample) -> Expected:
    assert sample.expected is not None
    return sample.expected


def test_enough_of_every_kind_in_both_halves() -> None:
    samples = [sample for sample in archive().samples if not expected_of(sample).translates]
    counts = Counter(expected_of(sample).kind for sample in samples)
    assert set(counts) == KINDS and min(counts.values()) >= 12 and sum(counts.values()) >= 150, counts
    for half in ("dev", "test"):
        of_half = [sample for sample in samples if sample.split == half]
        assert min(Counter(sample.type for sample in of_half).values()) >= 7
        assert sum(bool(sample.turns) for sample in of_half) >= 15
        assert sum(bool(sample.unanswerable) for sample in of_half) >= 7
    assert {key for record in records() for key in record} <= KEYS
    asked = Counter((normalise(s.question), tuple(t.question for t in s.turns)) for s in archive().samples)
    assert [question for question, n in asked.items() if n > 1] == []


def test_documents_of_many_formats_belong_to_one_half() -> None:
    files = folder_files(CORPUS)
    formats = Counter(path.suffix for path in files)
    assert 80 <= len(files) <= 120 and set(formats) == {
        ".md", ".txt", ".eml", ".csv", ".xlsx", ".docx", ".pdf", ".html"
    }  # fmt: skip
    assert min(formats.values()) >= 4 and sum(path.stat().st_size for path in files) < 400_000
    halves: dict[str, set[str]] = defaultdict(set)
    for sample in archive().samples:
        for uri in (*sample.relevant, *(quote.doc for quotes in sample.evidence for quote in quotes)):
            halves[uri].add(sample.split)
    assert [uri for uri, of_document in halves.items() if len(of_document) > 1] == []
    assert len(halves) >= 100


def test_every_needed_string_stands_in_its_documents() -> None:
    missing = [
        (record["_id"], quote)
        for record in records()
        for quote in record.get("evidence", ())
        if quote["quote"] not in documents()[quote["doc"]].text
    ]
    for sample in archive().samples:
        text = "\n".join(_shown(uri) for uri in sample.relevant) or _of_the_whole()
        if _NOTHING not in sample.note:
            missing += [
                (sample.sample_id, group)
                for group in needed(sample)
                if not contains(text, set(group) - _POLAR)
            ]
    assert missing == []


def needed(sample: Sample) -> Iterator[tuple[str, ...]]:
    """The groups of variants of which an answer must have one each."""
    if sample.unanswerable:
        return
    expected = expected_of(sample)
    yield from filter(None, (sample.answers, *sample.all_of, *expected.items))
    for event in expected.events:
        yield event.names
    for side in expected.sides:
        yield from side.facts


def _shown(uri: str) -> str:
    return f"{documents()[uri].title}\n{documents()[uri].text}"


@cache
def _of_the_whole() -> str:
    """What an overview is made of: titles, publishers, authors, dates, kinds of files."""
    fields = [
        (one.title, one.publisher, one.published, one.metadata.get("author"), Path(one.uri).suffix)
        for one in documents().values()
    ]
    return "\n".join(str(value) for row in fields for value in row)


def test_sets_counts_and_translations_are_consistent() -> None:
    by_id = {sample.sample_id: sample for sample in archive().samples}
    for sample in archive().samples:
        expected = expected_of(sample)
        if expected.kind == "mentions":
            assert expected.documents is not None and expected.count == len(set(expected.documents))
        elif expected.count is not None:
            assert expected.count == len(documents())
        dates = [event.date for event in expected.events]
        assert dates == sorted(dates), sample.sample_id
        if expected.translates:
            english = by_id[expected.translates]
            assert (english.answers, english.split) == (sample.answers, sample.split)


def test_the_writer_writes_what_is_in_the_corpus() -> None:
    names = set()
    for name, data in written():
        kept, fresh = (
            load_bytes(part, name, LOADERS[Path(name).suffix])
            for part in ((CORPUS / name).read_bytes(), data)
        )
        assert (kept.text, kept.title, kept.published) == (fresh.text, fresh.title, fresh.published), name
        assert kept.metadata == fresh.metadata and (kept.published or kept.metadata["file_date"])
        names.add(name)
    binary = {path for path in folder_files(CORPUS) if path.suffix in {".docx", ".xlsx", ".pdf"}}
    assert names == {path.relative_to(CORPUS).as_posix() for path in binary}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"kind": "riddle"}, "unknown kind 'riddle'"),
        ({"count": "two"}, "'count' is 'two'"),
        ({"events": [{"date": "in May", "names": ["launch"]}]}, "'date' is 'in May'"),
        ({"documents": ["e"]}, "document 'e', which is not in the corpus"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    write_lines(tmp_path / "corpus.jsonl", [{"_id": "d", "title": "Port", "text": "Twelve ships came."}])
    (tmp_path / "suite.toml").write_text('name = "port"', encoding="utf-8")
    question = {"_id": "1", "text": "Which documents mention ships?", "kind": "mentions", "documents": ["d"]}
    write_lines(tmp_path / "queries.jsonl", [question])
    (sample,) = open_suite(str(tmp_path)).samples
    assert sample.type == "mentions" and sample.relevant == {"d": 1}
    write_lines(tmp_path / "queries.jsonl", [{**question, **changed}])
    with pytest.raises(UsageError, match=re.escape(message)):
        open_suite(str(tmp_path))
