"""Rows that share something are withheld together."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from askive.models.reader.held_out import groups_of, is_held_out
from askive.models.reader.training.labelled import LONGEST_TEXT_CHARS, labelled_pairs
from askive.models.reader.training.pairs import CONTRADICTED, NO, NOT_SAID, SUPPORTED, YES


def write(folder: Path, name: str, rows: list[dict[str, object]]) -> Path:
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_rows_with_a_common_text_claim_or_question_are_one_group(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"id": "1", "claim": "A", "text": "one"},
        {"id": "2", "claim": "B", "text": "one"},
        {"id": "3", "claim": "B", "text": "two"},
        {"id": "4", "question": "C?", "text": "three"},
        {"id": "5", "question": "C?", "text": "four"},
        {"id": "6", "claim": "D", "text": "five"},
    ]
    groups = groups_of(write(tmp_path, "support", rows))
    assert [[row["id"] for row in group] for group in groups] == [["1", "2", "3"], ["4", "5"], ["6"]]


def test_about_one_group_in_sixteen_is_held_out_whatever_else_the_file_has() -> None:
    groups = [[{"text": f"text {n}"}] for n in range(4_000)]
    held_out = [group for group in groups if is_held_out(group)]
    assert 180 < len(held_out) < 320
    assert all(is_held_out([*group, {"text": "another"}]) for group in held_out)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty groups of each kind; every text says its number."""
    numbers = range(40)
    write(
        tmp_path,
        "support",
        [
            {
                "id": f"{n}{label}",
                "claim": f"{label} {n}",
                "text": f"The ship number {n} sank.",
                "label": label,
            }
            for n in numbers
            for label in ("supports", "contradicts")
        ],
    )
    write(
        tmp_path,
        "yesno",
        [
            {"id": str(n), "question": f"Did ship {n} sink?", "text": f"Ship {n} did.", "answer": answer}
            for n, answer in zip(numbers, ["yes", "no"] * 20, strict=True)
        ],
    )
    write(
        tmp_path,
        "qa",
        [
            {
                "id": str(n),
                "question": f"Which port did ship {n} leave?",
                "text": f"Ship {n} left Port{n}. It was late. Nobody saw it.",
                "answers": [f"Port{n}"],
                "answerable": True,
            }
            for n in numbers
        ],
    )
    return tmp_path


def test_no_text_is_trained_on_and_held_out(folder: Path) -> None:
    trained, held_out = (
        [pair for group in labelled_pairs(folder, random.Random(1), held_out=out) for pair in group]
        for out in (False, True)
    )
    assert trained and held_out
    assert not {pair.first for pair in trained} & {pair.first for pair in held_out}


def test_labels_become_the_targets_of_their_head(folder: Path) -> None:
    pairs = [p for group in labelled_pairs(folder, random.Random(1), held_out=False) for p in group]
    for pair in pairs:
        if pair.first.startswith(("supports", "contradicts")):
            assert pair.support == (SUPPORTED if pair.first.startswith("supports") else CONTRADICTED)
            assert pair.answerable is None and pair.yes_no is None
    said = {pair.yes_no for pair in pairs if pair.yes_no is not None}
    assert said == {YES, NO, NOT_SAID}
    asked = [pair for pair in pairs if pair.answerable is not None]
    assert all(pair.second[slice(*pair.spans[0])].startswith("Port") for pair in asked if pair.answerable)
    assert any(not pair.answerable for pair in asked), "near misses"


def test_texts_that_would_be_cut_are_left_out(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"id": str(n), "claim": f"c{n}", "text": f"{n} " + "x" * n * 500, "label": "supports"}
        for n in range(8)
    ]
    write(tmp_path, "support", rows)
    found = [
        len(pair.second)
        for held_out in (False, True)
        for group in labelled_pairs(tmp_path, random.Random(1), held_out=held_out)
        for pair in group
    ]
    assert len(found) == 4 and max(found) <= LONGEST_TEXT_CHARS
