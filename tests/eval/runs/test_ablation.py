"""The ablation, the table of aims, and the page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from askive.eval.benchmarks.retrieval.targets import main as print_aims
from askive.eval.benchmarks.retrieval.targets import reached_targets
from askive.eval.datasets import Suite
from askive.eval.metrics.bootstrap import bootstrap
from askive.eval.metrics.retrieval import NAMES
from askive.eval.metrics.scores import score_row
from askive.eval.report.ablation import write_ablation
from askive.eval.runs.ablation import Ablated, ablate, documents_of, open_rerankers
from askive.models.fakes import HashEmbedder
from askive.rag.config import Config
from askive.rag.errors import UsageError
from askive.rag.types import Hit, Passage, Source


class Backwards:
    model_id = "backwards"

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.arange(len(texts), dtype=np.float32)


def ablated(suite: str, variation: str, value: float) -> Ablated:
    figures = {name: bootstrap([value, value]) for name in NAMES}
    return Ablated(suite, variation, figures, 12.0, 2, 4.0, value)


def test_each_variation_is_measured_and_rerankers_only_when_given(towns: Suite, config: Config) -> None:
    chosen = ("default", "dense only", "rerank: reader", "rerank: likelihood", "last turn only")
    rows = ablate(towns, config, HashEmbedder(256), chosen, reader=Backwards(), limit=12)
    assert [row.variation for row in rows] == ["default", "dense only", "rerank: reader"]
    assert {row.n_questions for row in rows} == {12}
    default, _, backwards = rows
    assert (default.figures["R@10"].value or 0) > 0.9
    assert (backwards.figures["Success@1"].value or 0) < (default.figures["Success@1"].value or 0)
    assert 0 < default.n_kept <= config.retrieval.top_k and default.recall_kept > 0.9
    assert default.as_dict()["recall_kept"] == round(default.recall_kept, 4)


def test_an_unknown_reranker_is_named(config: Config) -> None:
    with ExitStack() as stack, pytest.raises(UsageError, match="coin"):
        open_rerankers(["coin"], config, stack)


def test_other_sources_of_a_hit_count_as_found_right_behind_it() -> None:
    one, two, three = (Source(n, f"{n}.md", "", "") for n in range(3))
    hits = [
        Hit(Passage("a", 0, 1), one, 1.0, 1, "fused", also=(two,)),
        Hit(Passage("b", 0, 1), three, 0.5, 2, "fused"),
    ]
    assert documents_of(hits) == ["0.md", "1.md", "2.md"]


def test_the_aims_and_whether_they_are_met(tmp_path: Path) -> None:
    rows = [
        ablated("scifact_dev", "default", 0.75),
        ablated("clapnq_dev", "default", 0.9),
        ablated("mtrag_un", "default", 0.9),
        ablated("mtrag_un", "last turn only", 0.8),
        ablated("scifact_dev", "dense only", 0.1),
    ]
    bench = tmp_path / "bench.json"
    last = {
        "n": 10,
        "flat": {"p95_ms": 400},
        "blas": {"p95_ms": 500},
        "ours": {"p95_ms": 20},
        "recall": 0.96,
        "resident": {"rss_mb": 900},
    }
    bench.write_text(json.dumps({"dense": [last], "times_faster": [20.0]}), encoding="utf-8")
    aims = reached_targets(rows, bench)
    assert [(aim.suite.split()[0].rstrip(","), aim.met) for aim in aims] == [
        ("scifact_dev", True),
        ("clapnq_dev", False),
        ("mtrag_un", True),
        ("10", False),
    ]
    assert len(reached_targets(rows, tmp_path / "none.json")) == 3
    page = write_ablation(rows, tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("<table>") == 3 and "last turn only" in page and "0.750" in page


def test_rows_of_runs_before_other_sources_were_listed_are_still_read() -> None:
    hit = {"uri": "a", "start": 0, "end": 1}
    row: dict[str, Any] = {
        "error": None, "ranking": [{**hit, "also": ["b"]}], "answer": None, "evidence": None, "judge": None,
        "gold": {"relevant": {"b": 1}, "passages": [], "evidence": [], "answers": [], "all_of": [],
                 "wrong_answers": [], "unanswerable": None},
    }  # fmt: skip
    with_also = score_row(row)["R@5"]
    without = score_row({**row, "ranking": [hit]})["R@5"]
    assert (with_also, without) == ([1.0, 1.0], [0.0, 1.0])


def test_the_aims_are_printed_from_the_lines_of_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [ablated("scifact_dev", "default", 0.75), ablated("clapnq_dev", "default", 0.5)]
    assert [Ablated.from_dict(row.as_dict()) for row in rows] == rows
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row.as_dict()) + "\n" for row in rows), encoding="utf-8")
    print_aims([str(path)])
    lines = capsys.readouterr().out.splitlines()
    assert any("| scifact_dev (2) | nDCG@10 |" in line and line.endswith("| 0.750 | met |") for line in lines)
    assert any(
        "| clapnq_dev (2) | nDCG@10 |" in line and line.endswith("| 0.500 | missed |") for line in lines
    )
