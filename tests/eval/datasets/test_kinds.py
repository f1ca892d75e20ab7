"""The questions with their kinds: enough of each in both halves, and no near-copies across them."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from askive.eval.datasets.kinds import HELD_OUT, KindQuestion, read_kinds
from askive.rag.errors import UsageError
from askive.rag.question.kind import PLAINEST_FIRST
from tests.eval.conftest import write_lines

LINE = {"question": "Who leads the team?", "kind": "fact", "group": "a"}
MAX_SHARED = 0.9
"""Of the words of a held-out question and another one of the same kind; those with at least four words."""


def words_of(question: KindQuestion) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", question.text.lower()))


def test_each_kind_has_enough_questions() -> None:
    counts = Counter(question.kind for question in read_kinds())
    held_out = Counter(question.kind for question in read_kinds(HELD_OUT))
    assert min(counts[kind] for kind in PLAINEST_FIRST) >= 300
    assert min(held_out[kind] for kind in PLAINEST_FIRST) >= 12 and held_out.total() >= 250


def test_a_group_has_one_kind() -> None:
    kinds: dict[str, set[str]] = {}
    for question in read_kinds():
        kinds.setdefault(question.group, set()).add(question.kind)
    assert all(len(of_group) == 1 for of_group in kinds.values())


def test_no_held_out_question_has_a_near_copy() -> None:
    known = [(question.kind, words_of(question)) for question in read_kinds()]
    for question in read_kinds(HELD_OUT):
        words = words_of(question)
        for kind, others in known:
            if kind == question.kind and len(words) >= 4:
                assert len(words & others) / len(words | others) < MAX_SHARED, question.text


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
