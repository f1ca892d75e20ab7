"""What docs/scale.md rests on: the queue of many servers, and the index beyond memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from askive.eval.benchmarks.retrieval.mapped import bench_mapped, table
from askive.eval.benchmarks.serve.queue_simulation import Load, Simulation

SHORT = Load(n_users=2_000, n_servers=2, n_slots=4, duration_s=400, lost_from_s=0, lost_until_s=0)


def test_the_same_seed_gives_the_same_outcome() -> None:
    assert Simulation(SHORT).run() == Simulation(SHORT).run()
    assert Simulation(SHORT).run() != Simulation(replace(SHORT, seed=1)).run()


def test_servers_with_room_answer_at_once_and_busy_ones_refuse() -> None:
    idle = Simulation(replace(SHORT, every_s=6_000)).run()
    assert idle.refused == 0
    assert idle.busy < 0.3
    assert 0.7 < idle.p50_s < 1.8, "the time of an answer, with no waiting"
    # By Little's law: 2,000 users every 100 s are 20 a second, and 8 slots write 8 / 2 s = 4 a second.
    over = Simulation(replace(SHORT, every_s=100)).run()
    assert over.busy > 0.98
    assert over.n_answered / (SHORT.duration_s - 60) == pytest.approx(8 / 2.0, rel=0.1)
    assert over.refused == pytest.approx(1 - 4 / 20, abs=0.05)


def test_a_flood_of_one_user_costs_the_others_little() -> None:
    calm = Simulation(SHORT).run()
    flooded = Simulation(replace(SHORT, flood=50.0)).run()
    assert flooded.refused == 0
    assert flooded.p95_s < 3 * calm.p95_s


def test_answers_of_a_lost_server_begin_again() -> None:
    lost = Simulation(replace(SHORT, lost_from_s=150, lost_until_s=200)).run()
    calm = Simulation(SHORT).run()
    assert lost.n_answered == pytest.approx(calm.n_answered, rel=0.05)
    assert lost.lost_p95_s > calm.p95_s


@pytest.mark.parametrize("n_shards", [1, 3])
def test_the_index_is_read_from_its_files_and_finds_the_nearest(tmp_path: Path, n_shards: int) -> None:
    figures = bench_mapped(tmp_path, 6_000, n_shards)
    assert figures.recall >= 0.9
    assert figures.n_shards == n_shards == len(list(tmp_path.glob("shard-*.faiss")))
    assert figures.vectors_mb == pytest.approx(6_000 * 384 * 4 / 2**20, rel=0.01)
    assert figures.slowest.p95_ms <= figures.one.p95_ms
    assert "| 6,000 |" in table(figures)
