"""Training pairs from labelled rows: `support.jsonl`, `yesno.jsonl` and `qa.jsonl` of one folder."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from askive.models.reader.held_out import Row, groups_of, is_held_out
from askive.models.reader.training.pairs import (
    CONTRADICTED,
    NEITHER,
    NO,
    NOT_SAID,
    SUPPORTED,
    YES,
    Pair,
    answer_pairs,
    nearest_text,
)

SUPPORT: Mapping[str, int] = {"supports": SUPPORTED, "contradicts": CONTRADICTED, "neither": NEITHER}
YES_NO: Mapping[str, int] = {"yes": YES, "no": NO, "unknown": NOT_SAID}
LONGEST_TEXT_CHARS = 1_800
"""Longer sources of a claim or a yes/no question are left out: they would be cut at 320 tokens, perhaps too early."""
_N_OTHERS = 12
_NOT_SAID_SHARE = 0.25


def labelled_pairs(folder: Path, rng: random.Random, *, held_out: bool) -> list[list[Pair]]:
    """Pairs by group, of the groups that are held out or of all others. Raises OSError, ValueError for bad files."""
    groups: list[list[Pair]] = []
    for name, make in (("support", _support), ("yesno", _yes_no), ("qa", _questions)):
        path = folder / f"{name}.jsonl"
        if path.is_file():
            groups += make([group for group in groups_of(path) if is_held_out(group) == held_out], rng)
    return [group for group in groups if group]


def _support(groups: Sequence[Sequence[Row]], _: random.Random) -> Iterator[list[Pair]]:
    for group in groups:
        yield [
            Pair(row["claim"], row["text"], support=SUPPORT[row["label"]])
            for row in group
            if len(row["text"]) <= LONGEST_TEXT_CHARS
        ]


def _yes_no(groups: Sequence[Sequence[Row]], rng: random.Random) -> Iterator[list[Pair]]:
    texts = [row["text"] for group in groups for row in group if len(row["text"]) <= LONGEST_TEXT_CHARS]
    for group in groups:
        pairs = []
        own = {row["text"] for row in group}
        for row in group:
            if len(row["text"]) > LONGEST_TEXT_CHARS or row["answer"] not in YES_NO:
                continue
            pairs.append(Pair(row["question"], row["text"], yes_no=YES_NO[row["answer"]]))
            others = [text for text in rng.sample(texts, min(_N_OTHERS, len(texts))) if text not in own]
            if others and rng.random() < _NOT_SAID_SHARE:
                pairs.append(Pair(row["question"], nearest_text(row["question"], others), yes_no=NOT_SAID))
        yield pairs


def _questions(groups: Sequence[Sequence[Row]], rng: random.Random) -> Iterator[list[Pair]]:
    texts = [row["text"] for group in groups for row in group]
    for group in groups:
        own = {row["text"] for row in group}
        pairs = []
        for row in group:
            others = [text for text in rng.sample(texts, min(_N_OTHERS, len(texts))) if text not in own]
            answers = row["answers"] if row["answerable"] else []
            if answers or not row["answerable"]:
                pairs += answer_pairs(row["question"], answers, row["text"], others, rng)
        yield pairs
