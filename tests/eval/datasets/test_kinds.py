"""The questions with their kinds: enough of each in both halves, and no near-copies across them."""

from __future__ import annotations

import re
from collections import Counter
from itertools import product
from pathlib import Path

import pytest

from askive.eval.datasets.kinds import KindQuestion, read_kinds
from askive.eval.datasets.suite import Split
from askive.rag.errors import UsageError
from askive.rag.question.kind import PLAINEST_FIRST
from askive.rag.types import QuestionKind
from tests.eval.conftest import write_lines

LINE = {"question": "Who leads the team?", "kind": "fact", "group": "a"}
MAX_SHARED = 0.8
"""Of the words of two questions of the same kind in different halves; those with at least three words."""


def words_of(question: KindQuestion) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", question.text.lower()))


def test_each_kind_has_enough_questions_in_both_halves() -> None:
    counts = Counter((question.kind, question.half) for question in read_kinds())
    assert min(counts[kind, half] for kind in PLAINEST_FIRST for half in ("dev", "test")) >= 80


def test_a_group_has_one_kind() -> None:
    kinds: dict[str, set[str]] = {}
    for question in read_kinds():
        kinds.setdefault(question.group, set()).add(question.kind)
    assert all(len(of_group) == 1 for of_group in kinds.values())


@pytest.mark.parametrize("kind", PLAINEST_FIRST)
def test_no_question_has_a_near_copy_in_the_other_half(kind: QuestionKind) -> None:
    halves: dict[Split, list[frozenset[str]]] = {"dev": [], "test": []}
    for question in read_kinds():
        if question.kind == kind and len(words := words_of(question)) >= 3:
            halves[question.half].append(words)
    for words, others in product(halves["dev"], halves["test"]):
        assert len(words & others) / len(words | others) < MAX_SHARED, (words, others)


def test_a_line_gives_a_question(tmp_path: Path) -> None:
    write_lines(tmp_path / "mine.jsonl", [LINE])
    assert read_kinds(tmp_path) == (KindQuestion("Who leads the team?", "fact", "a"),)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([{**LINE, "kind": "poem"}], "unknown kind 'poem'"),
        ([LINE, LINE], "occurs twice"),
        ([{"question": "Who?", "kind": "fact"}], "'group' is missing"),
        ([], "holds no questions"),
    ],
)
def test_a_faulty_file_is_an_error(tmp_path: Path, lines: list[dict[str, str]], message: str) -> None:
    write_lines(tmp_path / "mine.jsonl", lines)
    with pytest.raises(UsageError, match=message):
        read_kinds(tmp_path)
