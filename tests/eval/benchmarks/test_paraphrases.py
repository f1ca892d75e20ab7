"""The benchmark of paraphrases, over the real rules and the real reader."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from askive.eval.benchmarks.trust.paraphrases import (
    Verification,
    main,
    markdown,
    overlap_threshold,
    relation_of,
)
from askive.eval.datasets.paraphrases import HALVES, Pair, read_half
from askive.models.fakes import HashEmbedder
from askive.models.reader.cross_encoder import Reader
from askive.rag.config import Config
from askive.rag.errors import UsageError
from askive.rag.verification import support
from tests.rag.verification.fitted import (
    CONTRADICTS,
    NEITHER,
    SUPPORTS,
    Judging,
    write_relation,
)

SOURCE = "The harbour of Aldermoor received 412 ships in January."


def pair(claim: str) -> Pair:
    return Pair("a", "number", SOURCE, claim, "supports")


@pytest.mark.parametrize(
    ("claim", "relation"),
    [
        (SOURCE, "supports"),
        ("The harbour of Aldermoor received 300 ships in January.", "contradicts"),
        ("The mayor of Aldermoor resigned in June.", "neither"),
    ],
)
def test_the_rules_and_the_citer_judge_a_pair(claim: str, relation: str) -> None:
    verification = Verification(HashEmbedder(256))
    assert [verification.judge(name)(pair(claim)) for name in ("rules", "citer")] == [relation] * 2


REWORDED = "The harbour of Aldermoor welcomed 412 vessels in January."
WRONG = "The harbour of Aldermoor received 300 ships in January."


@pytest.mark.parametrize(
    ("opinion", "relation"), [(SUPPORTS, "supports"), (CONTRADICTS, "contradicts"), (NEITHER, "neither")]
)
def test_the_generator_can_save_a_wording_and_never_a_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opinion: float, relation: str
) -> None:
    reader = Reader()
    monkeypatch.setattr(support, "STORED", write_relation(tmp_path, reader))
    whole = Verification(HashEmbedder(256), reader, Judging(opinion)).judge("whole")
    assert [whole(pair(claim)) for claim in (REWORDED, WRONG)] == [relation, "contradicts"]
    assert whole(pair(SOURCE)) == relation


def test_the_reader_takes_support_away_and_gives_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader()
    for log_odds, relation in ((1.0, "supports"), (-1.0, "neither")):
        monkeypatch.setattr(support, "STORED", write_relation(tmp_path, reader, log_odds))
        verifier = Verification(HashEmbedder(256), reader).judge("reader")
        found = [verifier(pair(claim)) for claim in (SOURCE, REWORDED, WRONG)]
        assert found == [relation, "neither", "contradicts"]


def test_what_a_source_only_asks_somebody_to_say_is_neither() -> None:
    source = "If it rains, tell guests that the pool is closed."
    whole = Verification(HashEmbedder(256), Reader(), Judging(SUPPORTS)).judge("whole")
    assert whole(Pair("a", "order", source, "The pool is closed.", "neither")) == "neither"


@pytest.mark.parametrize("name", ["reader", "whole"])
def test_a_missing_model_is_an_error_that_says_what_can_be_run(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        Verification(HashEmbedder(256), None if name == "reader" else Reader()).judge(name)
    assert "--only rules,citer" in (caught.value.remedy or "")


def test_what_is_not_decided_is_neither() -> None:
    assert [relation_of(v) for v in ("supported", "contradicted", "unsupported", "unchecked", "cut_off")] == [
        "supports", "contradicts", "neither", "neither", "neither",
    ]  # fmt: skip


def test_the_overlap_threshold_is_the_best_one() -> None:
    source = "Nine trams were sold today."
    pairs = [
        Pair("a", "number", source, "Nine trams were sold.", "supports"),
        Pair("a", "number", source, "Nine trams were bought.", "neither"),
        Pair("a", "number", source, "A dog.", "neither"),
    ]
    assert overlap_threshold(pairs) == 1.0


def test_the_command_writes_both_halves_and_kinds_of_dev_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Config(home=tmp_path, embedder="hash", generator="scripted")
    code = main(["--only", "neither,overlap,rules,citer,whole", "--out", str(tmp_path), "--json"], config)
    record = json.loads(capsys.readouterr().out)
    assert code == 0
    assert record == json.loads((tmp_path / "paraphrases.json").read_text(encoding="utf-8"))
    assert list(record["halves"]) == list(HALVES)
    for half, found in record["halves"].items():
        assert (found["n_sources"], found["n_pairs"]) == (32, 96)
        assert found["verifiers"]["neither"]["accuracy"]["value"] == pytest.approx(1 / 3, abs=1e-5)
        for figures in found["verifiers"].values():
            assert ("kinds" in figures) is (half == "dev")
            assert sum(n for row in figures["confusion"].values() for n in row.values()) == 96
            assert sum(figures["confusion"]["supports"].values()) == 32
    text = (tmp_path / "paraphrases.md").read_text(encoding="utf-8")
    assert text == markdown(record)
    assert all(p.claim not in text for half in HALVES for p in read_half(half))


@pytest.mark.parametrize("arguments", [["--only", "magic"], ["--half", "train"]])
def test_an_unknown_choice_is_an_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert (
        f"there is no {'verifier' if 'magic' in arguments else 'half'} '{arguments[1]}'"
        in capsys.readouterr().err
    )
