"""A small suite whose answers are known, and a way to run it without weights."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from askive.eval.datasets import Suite, open_suite
from askive.eval.runs.pipelines import Builder
from askive.eval.runs.run import Models, RunOptions, RunResult, run_suite
from askive.models.fakes import HashEmbedder, ScriptedGenerator
from askive.rag.config import Config

Runner = Callable[..., RunResult]

_THINGS = "anchor beacon candle drum engine ferry gate harp icon jug kiln lantern mill needle oar".split()
_TOWNS = "Aldermoor Brakefell".split()


def write_lines(path: Path, records: list[dict[str, Any]]) -> Path:
    """One JSON object a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def thing_text(thing: str, town: str, weight: int) -> str:
    return (
        f"The {thing} of {town} stands near the square. "
        f"The {thing} of {town} weighs {weight} kilograms in all. "
        f"Many visitors to {town} photograph the {thing}."
    )


@pytest.fixture
def town_folder(tmp_path: Path) -> Path:
    """A gold-shaped suite: 30 things of two towns, a question about each, and 15 that nothing answers."""
    folder = tmp_path / "towns"
    documents, questions = [], []
    for number, (town, thing) in enumerate((town, thing) for town in _TOWNS for thing in _THINGS):
        uri, weight = f"{town}-{thing}", 1000 + 7 * number
        documents.append({"_id": uri, "title": f"{thing} {town}", "text": thing_text(thing, town, weight)})
        questions.append(
            {
                "_id": f"q{number}",
                "text": f"How many kilograms weighs the {thing} of {town} in all?",
                "type": "number" if number % 2 else "fact",
                "answers": [str(weight)],
                "evidence": [
                    {"doc": uri, "quote": f"The {thing} of {town} weighs {weight} kilograms in all."}
                ],
                "unanswerable": False,
            }
        )
    questions += [
        {
            "_id": f"u{number}",
            "text": f"Qzx{number} vyrk{number} bnoo{number}?",
            "type": "off_topic",
            "answers": [],
            "unanswerable": True,
        }
        for number in range(15)
    ]
    write_lines(folder / "corpus.jsonl", documents)
    write_lines(folder / "queries.jsonl", questions)
    (folder / "suite.toml").write_text('name = "towns"\nlicence = "CC0"\n', encoding="utf-8")
    return folder


@pytest.fixture
def towns(town_folder: Path) -> Suite:
    return open_suite(str(town_folder))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(home=tmp_path / "home", reader="off")


@pytest.fixture
def models() -> Models:
    return Models(HashEmbedder(256), ScriptedGenerator())


@pytest.fixture
def run(towns: Suite, models: Models, config: Config, tmp_path: Path) -> Runner:
    """`run(out, builder=None, **options)`: the towns through a pipeline, kept in `tmp_path / out`."""

    def runner(out: str, builder: Builder | None = None, **options: Any) -> RunResult:
        return run_suite(towns, models, config, RunOptions(out=tmp_path / out, **options), builder=builder)

    return runner


@pytest.fixture(scope="session")
def earlier_runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, RunResult]]:
    """The folder of the runs that `copied_run` has made, and their results by what was run."""
    return tmp_path_factory.mktemp("earlier-runs"), {}


@pytest.fixture
def copied_run(run: Runner, tmp_path: Path, earlier_runs: tuple[Path, dict[str, RunResult]]) -> Runner:
    """As `run`, for tests of what is made of a run: an equal one is made once and copied for each test."""
    folder, made = earlier_runs

    def runner(out: str, builder: Builder | None = None, **options: Any) -> RunResult:
        key = f"{builder} {sorted(options.items())}"
        if key not in made:
            result = run(f"made-for-{out}", builder, **options)
            kept = shutil.move(result.run_dir, folder / str(len(made)))
            made[key] = replace(result, run_dir=Path(kept))
        shutil.copytree(made[key].run_dir, tmp_path / out)
        return replace(copy.deepcopy(made[key]), run_dir=tmp_path / out)

    return runner
