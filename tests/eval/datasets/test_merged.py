"""Several suites as one: every document once, and every question with the ids of its own suite."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from askive.eval.datasets import Suite, open_suite
from askive.eval.datasets.merged import merge_suites, with_own_corpus
from tests.eval.conftest import write_lines


def suite_in(folder: Path, text: str) -> Suite:
    documents: list[dict[str, Any]] = [{"_id": "d1", "title": "", "text": text}]
    question = {
        "_id": "q1",
        "text": "What stands there?",
        "answers": [text],
        "source_doc": "d1",
        "selected_sentences": [[text]],
    }
    write_lines(folder / "corpus.jsonl", documents)
    write_lines(folder / "queries.jsonl", [question])
    return open_suite(str(folder))


def test_equal_ids_of_two_suites_stay_apart(tmp_path: Path) -> None:
    towns = suite_in(tmp_path / "towns", "A mill stands there.")
    ports = suite_in(tmp_path / "ports", "A crane stands there.")
    merged = merge_suites("both", tmp_path, [towns, ports])
    assert [document.uri for document in merged.documents()] == ["towns/d1", "ports/d1"]
    first, second = merged.samples
    assert (first.sample_id, dict(first.relevant)) == ("towns/q1", {"towns/d1": 1})
    assert second.evidence[0][0].doc == "ports/d1"
    assert second.answers == ("A crane stands there.",)


def test_of_suites_with_equal_documents_the_first_stays(tmp_path: Path) -> None:
    towns = suite_in(tmp_path / "towns", "A mill stands there.")
    ports = suite_in(tmp_path / "ports", "A crane stands there.")
    assert with_own_corpus([ports, towns, replace(towns, name="claims")]) == [ports, towns]


def test_another_document_is_another_archive(tmp_path: Path) -> None:
    towns = suite_in(tmp_path / "towns", "A mill stands there.")
    ports = suite_in(tmp_path / "ports", "A crane stands there.")
    one = merge_suites("m", tmp_path, [towns])
    assert one.corpus_sha256 != merge_suites("m", tmp_path, [towns, ports]).corpus_sha256
    assert one.corpus_sha256 == merge_suites("m", tmp_path, [towns]).corpus_sha256
