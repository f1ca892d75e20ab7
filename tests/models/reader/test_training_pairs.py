"""Training pairs: what is said to be answerable is, what is said not to be is not."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from askive.models.reader.training.pairs import (
    CONTRADICTED,
    NEITHER,
    SUPPORTED,
    Pair,
    claim_pairs,
    question_pairs,
    sentence_pairs,
)

TEXTS = [
    "The harbour was opened in 1902. In January it received 412 ships. Most of them came from Norway. Ida Falk ran it.",
    "The bridge was built in 1871. Ida Falk was not its engineer. It fell in 1990. Nobody was hurt in the town.",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    corpus = [{"_id": f"d{n}", "title": "Aldermoor", "text": text} for n, text in enumerate(TEXTS)]
    queries = [
        {"_id": "q1", "text": "How many ships came in January?", "answers": ["412"], "is_impossible": False, "source_doc": "d0"},
        {"_id": "q2", "text": "When did the bridge fall?", "answers": ["1990", "in 1990"], "is_impossible": False, "source_doc": "d1"},
        {"_id": "q3", "text": "Who sold the bridge?", "answers": [], "is_impossible": True, "source_doc": "d1"},
        {"_id": "q4", "text": "Who?", "answers": ["not there"], "is_impossible": False, "source_doc": "d1"},
    ]  # fmt: skip
    (tmp_path / "corpus.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in corpus), encoding="utf-8"
    )
    (tmp_path / "queries.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in queries), encoding="utf-8"
    )
    return tmp_path


def _pairs(groups: list[list[Pair]]) -> list[Pair]:
    return [pair for group in groups for pair in group]


@pytest.mark.parametrize("seed", range(20))
def test_questions(folder: Path, seed: int) -> None:
    groups = question_pairs(folder, random.Random(seed))
    # q4's answer stands nowhere: nothing can be learnt from it.
    assert len(groups) == 3
    asked = [pair for pair in _pairs(groups) if pair.answerable is not None]
    assert {pair.answerable for pair in asked} == {True, False}
    for pair in asked:
        assert bool(pair.spans) == pair.answerable
        for start, end in pair.spans:
            assert pair.second[start:end] in ("412", "1990", "in 1990")


@pytest.mark.parametrize("seed", range(20))
def test_claims_from_sentences(folder: Path, seed: int) -> None:
    pairs = _pairs(sentence_pairs(folder, random.Random(seed)))
    for pair in pairs:
        assert pair.support in (SUPPORTED, CONTRADICTED, NEITHER)
        if pair.support == CONTRADICTED:
            assert pair.first not in pair.second
        if pair.support == NEITHER:
            assert pair.first.rstrip(".") not in pair.second
        if pair.support == SUPPORTED and pair.first in TEXTS[0] + TEXTS[1]:
            assert pair.first in pair.second


def test_labelled_claims(tmp_path: Path, folder: Path) -> None:
    claims = [
        {"text": "The harbour opened in 1902.", "cited_doc_ids": "[0]", "evidence": [{"doc": "d0", "label": "SUPPORT", "sentences": "[0]"}]},
        {"text": "The bridge stands.", "cited_doc_ids": "[1]", "evidence": [{"doc": "d1", "label": "CONTRADICT", "sentences": "[2]"}]},
        {"text": "Fish are sold.", "cited_doc_ids": "[99]", "evidence": []},
    ]  # fmt: skip
    path = tmp_path / "claims.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in claims), encoding="utf-8")
    supported, contradicted = _pairs(claim_pairs(path, folder / "corpus.jsonl", random.Random(1)))
    assert (supported.support, contradicted.support) == (SUPPORTED, CONTRADICTED)
    assert "1902" in supported.second
    assert "It fell in 1990." in contradicted.second
