"""The table of the benchmark: when a row is reached, what is told of it, and that nothing lives on earlier rows."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from askive.eval.benchmarks.rows import Bench, Row, peak_mb, row, setting
from askive.eval.benchmarks.setup import BenchSetup, waits
from askive.eval.benchmarks.speed import table
from askive.eval.benchmarks.speed.table import ROWS, markdown, measure
from askive.models.errors import UsageError
from askive.models.fakes import HashEmbedder, ScriptedGenerator, echo_evidence
from askive.models.protocols import Vectors
from askive.rag.config import Config
from askive.rag.store.archive import Archive

SHIPS = "How many ships did the harbour of Aldermoor receive in January?"


def a_row(ours: float = 100.0, **told: Any) -> Row:
    return row("quote", "first quote", "plain", "ms", [1000.0, 1200.0, 1100.0], [ours] * 4, 5, **told)


def found_of(*rows: Row, repeats: int = 4) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "code": {"commit": "c0ffee", "dirty": False},
        "machine": {"cpu": "one", "n_cores": 2},
        "settings": {"generator": "scripted"},
        "repeats": repeats,
        "load": [0.1, 0.2],
        "elapsed_s": 3.0,
        "rows": [{**asdict(each), "ratio": round(each.ratio, 2), "reached": each.reached} for each in rows],
        "growth": {"passages": [{"n_passages": 1, "first_token_ms": 5.0}]},
        "missing": {},
    }


def test_medians_and_their_numbers_are_of_each_side() -> None:
    made = a_row()
    assert (made.baseline, made.ours, made.ratio) == (1100.0, 100.0, 11.0)
    assert (made.n_baseline, made.n_ours) == (3, 4)


def test_a_limit_is_no_measurement() -> None:
    made = row("start", "start", "the limit", "ms", 3000.0, [1500.0], 1)
    assert (made.baseline, made.n_baseline, made.n_ours) == (3000.0, 0, 1)


def test_more_is_better_where_units_are_counted() -> None:
    assert row("decode", "decode", "plain", "tokens/s", [20.0], [30.0], 1.3).ratio == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("ours", "must", "reached"),
    [
        (100.0, {}, True),
        (300.0, {}, False),
        (100.0, {"same text": True, "under 500 ms": True}, True),
        (100.0, {"same text": True, "under 500 ms": False}, False),
    ],
)
def test_fast_is_not_enough(ours: float, must: dict[str, bool], reached: bool) -> None:
    made = a_row(ours, must=must)
    assert made.reached is reached
    text = markdown(found_of(made))
    assert (" | NO | " in text) is not reached
    assert all(f"{what}: {'yes' if holds else 'NO'}" in text for what, holds in must.items())


def test_nothing_measured_is_nothing_reached() -> None:
    made = row("quote", "first quote", "plain", "ms", [], [], 5)
    assert (made.ratio, made.reached, made.n_ours) == (0.0, False, 0)


def test_too_few_measurements_are_told() -> None:
    text = markdown(found_of(a_row(), row("start", "start", "the limit", "ms", 3000.0, [1.0] * 4, 1)))
    assert "| 1,100.0 ms (n=3) | 100.0 ms |" in text
    assert "| 3,000.0 ms | 1.0 ms |" in text
    assert "medians of at least 4 unless stated" in text


def test_what_cannot_be_measured_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fails(_bench: Bench) -> list[Row]:
        raise UsageError("no weights", remedy="pull them")

    monkeypatch.setitem(table._GROUPS, "check", fails)
    monkeypatch.setitem(table._GROUPS, "decode", lambda _bench: [a_row()])
    given = Bench(Config(home=tmp_path), tmp_path, 1, print)
    assert measure("check", given).missing == "no weights"
    done = measure("decode", given)
    assert (done.missing, len(done.rows)) == (None, 1)
    assert done.peak_mb > 0


def test_every_row_can_be_measured_in_another_process(home: Path) -> None:
    with setting(2) as given:
        again = pickle.loads(pickle.dumps((given, measure, a_row(must={"a": True}))))
    assert again[0].repeats == 2
    assert again[2].must == {"a": True}
    assert len(set(ROWS)) == len(ROWS)


def test_memory_is_the_most_a_process_held() -> None:
    held = bytearray(80 << 20)
    held[:: 1 << 12] = b"x" * len(held[:: 1 << 12])
    before = peak_mb()
    del held
    assert before >= 80
    assert peak_mb() > before - 40


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells it of a child")
def test_memory_of_a_child_is_its_own() -> None:
    program = "x = b'x' * (120 << 20); print(len(x), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert 120 <= peak_mb(child.pid) < 400
        child.communicate(b"\n")
    assert peak_mb(child.pid) == 0.0
    assert peak_mb(os.getpid()) > 0


class Counting(HashEmbedder):
    """Remembers what it was asked to embed."""

    def __init__(self) -> None:
        super().__init__(256)
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return super().embed(texts)


def test_no_question_lives_on_what_was_done_for_another(tmp_path: Path, archive: Archive) -> None:
    embedder, generator = Counting(), ScriptedGenerator(echo_evidence)
    config = Config(home=tmp_path, reader="off")
    setup = BenchSetup(archive, embedder, generator, None, config, ())  # type: ignore[arg-type]
    counts = []
    for _ in range(2):
        embedder.asked.clear()
        assistant = setup.assistant()
        assert waits(assistant, SHIPS)
        counts.append(sorted(embedder.asked))
    assert SHIPS in counts[0]
    assert counts[0] == counts[1]
    embedder.asked.clear()
    assert waits(assistant, SHIPS)
    assert not embedder.asked


def test_waiting_ends_with_the_first_word(tmp_path: Path, archive: Archive) -> None:
    generator = ScriptedGenerator(echo_evidence)
    setup = BenchSetup(archive, HashEmbedder(256), generator, None, Config(home=tmp_path, reader="off"), ())  # type: ignore[arg-type]
    one = waits(setup.assistant(), SHIPS)
    assert one is not None
    assert 0 < one.first_ms <= one.shown_ms
    assert one.quote_ms is None or one.quote_ms <= one.shown_ms
    assert one.n_prompt > 0
    assert waits(setup.assistant(), "Who won the football cup of Patagonia in 1931?") is None


def test_the_record_can_be_read_again() -> None:
    assert json.loads(json.dumps(found_of(a_row(must={"a": True}))))["rows"][0]["must"] == {"a": True}
