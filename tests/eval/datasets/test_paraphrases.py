"""The table of claims beside sources. The test half is only loaded, never quoted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from askive.eval.datasets.paraphrases import HALVES, read_half, read_paraphrases
from askive.rag.calibration.relation import RELATIONS
from askive.rag.errors import UsageError
from tests.eval.conftest import write_lines

LINE = {
    "id": "a",
    "kind": "number",
    "source": "Nine trams were sold.",
    "supports": "9 trams were sold.",
    "contradicts": "Ten trams were sold.",
    "neither": "Nine trams were bought.",
}


def test_both_halves_have_the_same_kinds_and_no_source_in_common() -> None:
    dev, test = (read_half(half) for half in HALVES)
    assert len(dev) == len(test) == 96
    assert Counter(pair.kind for pair in dev) == Counter(pair.kind for pair in test)
    for half in (dev, test):
        assert Counter(pair.relation for pair in half) == dict.fromkeys(RELATIONS, 32)
        assert len({pair.claim for pair in half}) == 96
    assert not {pair.source for pair in dev} & {pair.source for pair in test}
    assert not {pair.source_id for pair in dev} & {pair.source_id for pair in test}


def test_a_line_gives_a_pair_for_each_relation(tmp_path: Path) -> None:
    pairs = read_paraphrases(write_lines(tmp_path / "mine.jsonl", [LINE]))
    assert [(pair.relation, pair.claim) for pair in pairs] == [(r, LINE[r]) for r in RELATIONS]
    assert {(pair.source_id, pair.kind, pair.source) for pair in pairs} == {("a", "number", LINE["source"])}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "holds no paraphrases"),
        ([LINE, LINE], "'a' occurs twice"),
        ([{**LINE, "neither": LINE["supports"]}], "two claims are the same"),
        ([{**LINE, "source": " "}], "is empty"),
        ([{key: LINE[key] for key in LINE if key != "contradicts"}], "'contradicts' is missing"),
    ],
)
def test_a_faulty_file_is_an_error_that_names_the_line(
    tmp_path: Path, lines: list[dict[str, str]], message: str
) -> None:
    path = write_lines(tmp_path / "mine.jsonl", lines)
    with pytest.raises(UsageError, match=message) as caught:
        read_paraphrases(path)
    assert (f"mine.jsonl:{len(lines)}" if lines else "mine.jsonl") in caught.value.message
    assert caught.value.remedy


def test_an_unknown_half_is_an_error() -> None:
    with pytest.raises(UsageError, match="no half 'train'"):
        read_half("train")
