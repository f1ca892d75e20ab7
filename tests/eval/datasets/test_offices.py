"""The suite of office documents: kinds, halves, formats."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

from askive.eval.datasets import Suite, open_suite, split_of
from askive.eval.datasets.beir import folder_files
from askive.eval.datasets.gold import GOLD_OFFICES
from askive.eval.datasets.lines import read_json_lines
from askive.eval.metrics.answers import all_of, contains
from askive.rag.errors import UsageError
from askive.rag.load import LOADERS, load_bytes
from tests.eval.conftest import write_lines
from tests.eval.datasets.write_offices import documents

CORPUS = GOLD_OFFICES / "corpus"
KINDS = {
    "table",
    "title_subject",
    "neighbour",
    "denial",
    "date",
    "yes_no",
    "absent",
    "accounts_differ",
    "unanswerable",
}


@cache
def offices() -> Suite:
    return open_suite("offices")


def test_enough_of_every_kind_in_both_halves() -> None:
    counts = Counter(sample.type for sample in offices().samples)
    assert set(counts) == KINDS and min(counts.values()) >= 6, counts
    assert counts["unanswerable"] >= 14 and sum(counts.values()) >= 60
    for half in ("dev", "test"):
        kinds = Counter(sample.type for sample in open_suite(f"offices:{half}").samples)
        assert set(kinds) == KINDS and min(kinds.values()) >= 3, (half, kinds)


def test_no_document_belongs_to_both_halves() -> None:
    halves: dict[str, set[str]] = defaultdict(set)
    for _, record in read_json_lines(GOLD_OFFICES / "queries.jsonl"):
        assert record["half"] in {"dev", "test"} and len(record["evidence"]) > 0
        for quote in record["evidence"]:
            halves[quote["doc"]].add(record["half"])
    assert {len(of_document) for of_document in halves.values()} == {1}
    assert set(halves) == {path.name for path in folder_files(CORPUS)}, "each document is asked about"


def test_small_documents_of_many_formats() -> None:
    files = folder_files(CORPUS)
    assert 12 <= len(files) <= 16
    assert {path.suffix for path in files} == {
        ".txt", ".md", ".html", ".csv", ".docx", ".xlsx", ".pdf", ".eml"
    }  # fmt: skip
    assert max(path.stat().st_size for path in files) <= 15_000


def test_an_answer_as_it_should_be_is_right() -> None:
    for sample in offices().samples:
        for answer in sample.answers[: 1 if sample.all_of else None]:
            assert contains(answer, sample.answers) and all_of(answer, sample.all_of), sample.sample_id
            assert not contains(answer, sample.wrong_answers), sample.sample_id


@pytest.mark.parametrize("name", sorted(documents()))
def test_the_writer_writes_what_is_in_the_corpus(name: str) -> None:
    kept, written = (
        load_bytes(data, name, LOADERS[Path(name).suffix])
        for data in ((CORPUS / name).read_bytes(), documents()[name])
    )
    assert (kept.text, kept.title, kept.published) == (written.text, written.title, written.published)


def test_a_question_may_name_its_half(tmp_path: Path) -> None:
    other = {"dev": "test", "test": "dev"}[split_of("1")]
    write_lines(tmp_path / "corpus.jsonl", [{"_id": "d", "title": "Port", "text": "Twelve ships came."}])
    (tmp_path / "suite.toml").write_text('name = "port"', encoding="utf-8")
    question = {"_id": "1", "text": "How many ships came?", "answers": ["Twelve"], "unanswerable": False}
    write_lines(tmp_path / "queries.jsonl", [question])
    by_id = open_suite(str(tmp_path))
    write_lines(tmp_path / "queries.jsonl", [{**question, "half": other}])
    by_name = open_suite(str(tmp_path))
    assert [by_id.samples[0].split, by_name.samples[0].split] == [split_of("1"), other]
    assert by_id.digest != by_name.digest
    write_lines(tmp_path / "queries.jsonl", [{**question, "half": "train"}])
    with pytest.raises(UsageError, match="train"):
        open_suite(str(tmp_path))
