"""The command over the fakes: its sections, its files, and that nothing is asked twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from askive.eval.benchmarks.trust import runs, table
from askive.eval.benchmarks.trust.replay import ReplayGenerator
from askive.eval.benchmarks.trust.runs import DEFAULT, PLAIN, VARIATIONS, folder_of, rows_of, source_digest
from askive.eval.benchmarks.trust.table import SECTIONS, SUITES, main
from askive.eval.datasets import Suite, open_suite
from askive.eval.runs.run import Models
from askive.models.fakes import HashEmbedder, ScriptedGenerator, echo_evidence
from askive.rag.answer.checks import Checks
from askive.rag.config import Config


class Setting:
    """Fakes in place of the models, which count what is generated."""

    def __init__(self) -> None:
        self.n_generated = 0
        self.stop_at = 0

    def script(self, messages: Any) -> str:
        self.n_generated += 1
        if self.n_generated == self.stop_at:
            raise KeyboardInterrupt
        return echo_evidence(messages)

    def models(self) -> Models:
        return Models(HashEmbedder(256), ReplayGenerator(ScriptedGenerator(self.script)))

    @contextmanager
    def loaded(self, _config: Config) -> Iterator[Models]:
        yield self.models()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(home=tmp_path / "home", reader="off")


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> Setting:
    made = Setting()
    monkeypatch.setattr(table, "load_models", made.loaded)
    return made


def test_the_whole_way(
    setting: Setting, town_folder: Path, config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [str(town_folder), "--limit", "9", "--out", str(tmp_path / "out")]
    assert main(command, config) == 0
    found = json.loads((tmp_path / "out" / "trust.json").read_text(encoding="utf-8"))
    assert list(found["sections"]) == list(SECTIONS)
    assert found["suites"][0]["n_asked"] == 9 and found["suites"][0]["n_failed"] == {}
    told = {row["what"]: row for row in found["sections"]["figures"]["towns"]}
    assert told["quotes exact"]["reached"] and told["quotes exact"]["ours"]["value"] == 1
    assert told["the same, off-topic"]["reached"]
    assert found["sections"]["risk-coverage"]["towns"]["n_answered"] > 0
    assert found["sections"]["cost"]["checks"]["assess"]["n"] == 9
    assert [line["variation"] for line in found["sections"]["ablation"]["towns"]] == [
        variation.name for variation in VARIATIONS
    ]
    text = (tmp_path / "out" / "trust.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out == text
    assert all(f"## {title}" in text for title, _ in table._TITLES.values())
    assert str(tmp_path) not in json.dumps(found)
    n_generated = setting.n_generated
    assert main(command, config) == 0
    assert setting.n_generated == n_generated


def test_equal_prompts_of_the_variations_are_generated_once(
    setting: Setting, towns: Suite, config: Config
) -> None:
    models = setting.models()
    asked = {}
    for variation in VARIATIONS:
        before = setting.n_generated
        rows_of(towns, models, config, variation, 9, lambda _text: None)
        asked[variation.name] = setting.n_generated - before
    assert asked["default"] > 0
    for name in ("verification", "quotation", "accounts"):
        assert asked[f"without {name}"] == 0


def test_an_interrupt_loses_nothing(
    setting: Setting, town_folder: Path, config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [str(town_folder), "--limit", "9", "--only", "cost", "--out", str(tmp_path / "out")]
    setting.stop_at = 4
    assert main(command, config) == 130
    assert "resumes it" in capsys.readouterr().err
    folder = folder_of(open_suite(str(town_folder)), setting.models(), config, DEFAULT, 9)
    n_kept = len((folder / "rows.jsonl").read_text(encoding="utf-8").splitlines())
    assert n_kept >= 3
    setting.stop_at = 0
    assert main(command, config) == 0
    assert setting.n_generated <= 4 + 9 - 3
    assert list(json.loads((tmp_path / "out" / "trust.json").read_text(encoding="utf-8"))["sections"]) == [
        "cost"
    ]


def test_runs_of_other_code_or_settings_are_kept_apart(
    setting: Setting, towns: Suite, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = setting.models()
    folders = {folder_of(towns, models, config, variation, 9) for variation in (*VARIATIONS, PLAIN)}
    folders.add(folder_of(towns, models, config, DEFAULT, 8))
    folders.add(folder_of(towns, models, config.model_copy(update={"reader": "shipped"}), DEFAULT, 9))
    assert len(folders) == len(VARIATIONS) + 3
    monkeypatch.setattr(runs, "source_digest", lambda: "other")
    assert folder_of(towns, models, config, DEFAULT, 9) not in folders


def test_the_source_digest_changes_with_the_code_and_not_with_notes(tmp_path: Path) -> None:
    for name in ("models", "rag", "eval"):
        (tmp_path / name).mkdir()
    for name in (*runs._ROW_MAKERS, "rag/a.py", "models/weights.bin", "rag/notes.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one", encoding="utf-8")
    first = source_digest(tmp_path)
    (tmp_path / "rag" / "notes.md").write_text("two", encoding="utf-8")
    assert source_digest(tmp_path) == first
    (tmp_path / "models" / "weights.bin").write_text("two", encoding="utf-8")
    assert source_digest(tmp_path) != first


def test_each_variation_lacks_one_thing() -> None:
    singles = VARIATIONS[1:-2]
    for variation in singles:
        name = variation.name.removeprefix("without ")
        assert variation.reader and variation.checks == Checks(**{name: False})
    assert {v.name.removeprefix("without ") for v in singles} == set(Checks.__slots__)
    assert VARIATIONS[-2].checks == Checks() and not VARIATIONS[-2].reader
    assert VARIATIONS[-2].applied(Config(home=Path(), reader="shipped")).reader == "off"
    assert not any(getattr(VARIATIONS[-1].checks, name) for name in Checks.__slots__)


def test_the_default_suites_can_be_read() -> None:
    assert [open_suite(name).name for name in SUITES] == ["seeds:dev", "injected"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--only", "odd"], "odd"), (["nowhere"], "nowhere"), (["--limit", "0"], "limit 0")],
)
def test_faulty_calls_are_told_in_words(
    setting: Setting, arguments: list[str], said: str, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments, config) == 2
    assert said in capsys.readouterr().err
    assert setting.n_generated == 0
