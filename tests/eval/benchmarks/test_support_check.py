"""The row about one support check, over a generator without weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from askive.eval.benchmarks.rows import Bench
from askive.eval.benchmarks.setup import BenchSetup
from askive.eval.benchmarks.speed import support_check
from askive.eval.benchmarks.speed.support_check import bench_check
from askive.eval.datasets.suite import Sample
from askive.models.fakes import HashEmbedder
from askive.rag.config import Config
from askive.rag.store.archive import Archive
from tests.rag.verification.fitted import NEITHER, SUPPORTS, Judging

SHIPS = Sample("q1", "How many ships did the harbour of Aldermoor receive in January?")


class Forgetting(Judging):
    """Supports every statement; once it has forgotten what it read, with other log-odds."""

    def __init__(self, afresh: float) -> None:
        self.has_forgotten = False
        super().__init__(lambda _prompt: afresh if self.has_forgotten else SUPPORTS)

    def forget(self) -> None:
        self.has_forgotten = True


@pytest.mark.parametrize(
    ("afresh", "same", "difference"),
    [(SUPPORTS, 1.0, 0.0), (2.5, 1.0, 0.5), (NEITHER, 0.0, 4.0)],
)
def test_verdicts_with_and_without_the_kept_state_are_compared(
    archive: Archive,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    afresh: float,
    same: float,
    difference: float,
) -> None:
    generator, config = Forgetting(afresh), Config(home=tmp_path, reader="off")

    @contextmanager
    def open_setup(_bench: Bench) -> Iterator[BenchSetup]:
        yield BenchSetup(archive, HashEmbedder(256), generator, None, config, (SHIPS,))  # type: ignore[arg-type]

    monkeypatch.setattr(support_check, "open_setup", open_setup)
    (found,) = bench_check(Bench(config, tmp_path, 1, lambda _line: None))
    assert found.n_ours == found.n_baseline > 0
    assert all(found.must.values()) is (same == 1.0)
    assert found.also["same_verdict"] == same
    assert found.also["largest_difference"] == pytest.approx(difference)
    asked = [prompt for prompt in generator.asked if "Statement: It rains." not in prompt]
    assert len(asked) == found.n_ours
