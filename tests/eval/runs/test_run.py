"""Runs over the fakes: what is written, what is resumed, what is refused."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import askive.eval
from askive.eval.datasets import Suite, open_suite
from askive.eval.runs.judge import Judge
from askive.eval.runs.pipelines import DefaultPipeline, declines
from askive.eval.runs.record import Code, code_state
from askive.eval.runs.run import Models, RunOptions, run_suite, select
from askive.eval.runs.run_dir import RunDir
from askive.eval.runs.suite_index import index_key
from askive.models.errors import AskiveError, UsageError
from askive.models.fakes import HashEmbedder, ScriptedGenerator
from askive.rag.config import Config, PassageConfig
from tests.eval.conftest import Runner
from tests.eval.runs.broken import MisquotingCiter, Raises, RaisesOnMill


def test_the_whole_way(run: Runner, tmp_path: Path) -> None:
    result = run("a")
    printed = result.as_dict()
    assert (printed["suite"], printed["n"], printed["stopped"]) == ("towns", 45, False)
    values = {name: figure["value"] for name, figure in printed["metrics"].items()}
    assert values["Success@5"] == 1 and values["quotes_exact"] == 1 and values["errors"] == 0
    assert values["contains"] > 0.9 and values["refusal_recall"] > 0.9
    assert values["ttft_ms_p50"] > 0
    record = RunDir(tmp_path / "a").record()
    assert record["state"] == "complete"
    for part in (
        "code",
        "config",
        "versions",
        "embedder",
        "generator",
        "seed",
        "machine",
        "suite_digest",
        "index",
    ):
        assert record[part] is not None, part
    assert record["machine"]["system"] == f"{platform.system()} {platform.machine()}", "no release"
    assert record["embedder"] == {"id": "hash", "digest": "hash-256"}
    assert record["index"]["index_ms"] > 0 and record["peak_memory_bytes"] > 1e6
    assert record["metrics"] == printed["metrics"]
    lines = (tmp_path / "a" / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 45 and all(json.loads(line)["scores"] for line in lines)
    json.dumps(printed)


def test_quotes_are_read_again_from_the_store(copied_run: Runner) -> None:
    assert copied_run("a", MisquotingCiter).estimates["quotes_exact"].value == 0


@pytest.mark.parametrize("pipeline", ["plain", "closed-book"])
def test_controls(run: Runner, pipeline: str) -> None:
    result = run(pipeline, pipeline=pipeline)
    assert len(result.rows) == 45 and result.estimates["errors"].value == 0
    retrieved = result.estimates["Success@5"].value
    assert (retrieved is None) == (pipeline == "closed-book")
    assert result.estimates["sentences_supported"].value is None


def test_plain_reads_markers_and_declines_by_words(towns: Suite, config: Config, tmp_path: Path) -> None:
    def script(messages: Any) -> str:
        return (
            "It weighs much. [1] It stands [2][9]."
            if "anchor" in messages[-1].text.rsplit("Question:", 1)[1]
            else "I don't know."
        )

    models = Models(HashEmbedder(256), ScriptedGenerator(script))
    result = run_suite(towns, models, config, RunOptions(pipeline="plain", out=tmp_path / "p"))
    for row in result.rows:
        refused = "anchor" not in row["question"]
        assert row["answer"]["refused"] == refused
        if not refused:
            markers = [[c["marker"] for c in s["citations"]] for s in row["answer"]["sentences"]]
            assert markers[0] == [1] and 2 in markers[-1] and all(9 not in of_one for of_one in markers)
            assert all(c["exact"] for s in row["answer"]["sentences"] for c in s["citations"])
            assert row["confidence"] == pytest.approx(0.905, abs=0.01)


@pytest.mark.parametrize(
    ("text", "declined"),
    [
        ("I don't know.", True),
        ("I don’t know the answer", True),
        ("The sources do not mention it.", True),
        ("", True),
        ("It is not stated in the text.", True),
        ("Nobody knows him better than Ann.", False),
        ("412 ships.", False),
    ],
)
def test_declining(text: str, declined: bool) -> None:
    assert declines(text) == declined


def test_only_retrieval_needs_no_generator(towns: Suite, config: Config, tmp_path: Path) -> None:
    options = RunOptions(out=tmp_path / "r", only_retrieval=True)
    result = run_suite(towns, Models(HashEmbedder(256)), config, options)
    assert result.estimates["R@10"].n == 30
    assert result.estimates["contains"].value is None and result.estimates["answered"].value is None


def test_limit_is_the_same_each_time_spread_and_nested(towns: Suite) -> None:
    ten, twenty = select(towns.samples, 10), select(towns.samples, 20)
    assert ten == select(tuple(reversed(towns.samples)), 10)
    assert twenty[:10] == ten
    assert {sample.type for sample in ten} == {"fact", "number", "off_topic"}
    assert {sample.type for sample in select(towns.samples, None, ["fact"])} == {"fact"}
    with pytest.raises(UsageError, match="odd"):
        select(towns.samples, None, ["odd"])
    with pytest.raises(UsageError, match="limit 0"):
        select(towns.samples, 0)


class _StopsAt(DefaultPipeline):
    n_asked = 0
    stop_at = 7

    def stream(self, question: str, history: Any) -> Any:
        type(self).n_asked += 1
        if type(self).n_asked == type(self).stop_at:
            raise KeyboardInterrupt
        return super().stream(question, history)


def test_interrupted_runs_go_on_where_they_stopped(run: Runner, copied_run: Runner) -> None:
    _StopsAt.n_asked = 0
    first = run("a", _StopsAt)
    assert first.stopped and len(first.rows) == 6 and first.record["state"] == "stopped"
    assert first.estimates["errors"].n == 6
    second = run("a", _StopsAt)
    assert not second.stopped and second.n_resumed == 6 and len(second.rows) == 45
    assert _StopsAt.n_asked == 7 + 39
    whole = copied_run("b")
    for name in ("contains", "refusal_recall", "nDCG@10", "aurc"):
        assert second.estimates[name] == whole.estimates[name]


def test_a_torn_last_line_is_asked_again(run: Runner, tmp_path: Path) -> None:
    run("a", limit=5)
    rows = tmp_path / "a" / "rows.jsonl"
    whole = rows.read_bytes()
    rows.write_bytes(whole[:-200])
    again = run("a", limit=5)
    assert again.n_resumed == 4 and len(again.rows) == 5
    assert rows.read_bytes().count(b"\n") == 5


def test_without_out_an_unfinished_equal_run_is_continued(
    towns: Suite, models: Models, config: Config
) -> None:
    _StopsAt.n_asked = 0
    first = run_suite(towns, models, config, RunOptions(limit=12), builder=_StopsAt)
    second = run_suite(towns, models, config, RunOptions(limit=12))
    third = run_suite(towns, models, config, RunOptions(limit=12))
    assert first.run_dir == second.run_dir != third.run_dir
    assert second.n_resumed == 6 and third.n_resumed == 0
    assert len(second.record["resumed"]) == 1
    other = run_suite(towns, models, config, RunOptions(limit=3))
    assert other.run_dir not in (first.run_dir, third.run_dir)


def test_a_folder_with_something_else_is_refused(run: Runner, tmp_path: Path) -> None:
    run("a", limit=3)
    with pytest.raises(UsageError, match="another run"):
        run("a", limit=3, pipeline="plain")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("dear", encoding="utf-8")
    with pytest.raises(UsageError, match="not empty"):
        run("full")


def test_one_bad_question_does_not_cost_the_others(run: Runner) -> None:
    result = run("a", RaisesOnMill)
    assert result.estimates["errors"].value == pytest.approx(2 / 45)
    bad = [row for row in result.rows if row["error"]]
    assert {row["error"]["message"] for row in bad} == {"no mills, please"}
    assert all(row["scores"]["contains"] == [0.0, 1.0] for row in bad)
    mended = run("a")
    assert mended.estimates["errors"].value == 0 and len(mended.rows) == 45


def test_when_all_fail_it_stops(run: Runner) -> None:
    with pytest.raises(AskiveError, match="the engine is on fire"):
        run("a", Raises)


def _folders(config: Config) -> list[Path]:
    return [path for path in (config.home / "eval" / "indexes").iterdir() if path.is_dir()]


def test_the_index_is_made_once(towns: Suite, run: Runner, config: Config) -> None:
    made = run("a", limit=2).record["index"]
    folders = _folders(config)
    stamp = (folders[0] / "made.json").stat().st_mtime_ns
    assert run("b", limit=3).record["index"] == made
    assert _folders(config) == folders
    assert (folders[0] / "made.json").stat().st_mtime_ns == stamp
    embedder = HashEmbedder(256)
    keys = {
        index_key(towns, embedder, PassageConfig()),
        index_key(towns.half("dev"), embedder, PassageConfig()),
        index_key(towns, HashEmbedder(128), PassageConfig()),
        index_key(towns, embedder, PassageConfig(max_words=50)),
        index_key(replace(towns, corpus_sha256="other"), embedder, PassageConfig()),
    }
    assert len(keys) == 4


def test_a_damaged_index_is_made_again(run: Runner, config: Config) -> None:
    run("a", limit=2)
    folder = _folders(config)[0]
    (folder / "store.sqlite3").write_bytes(b"this is no database, but it is long enough to be looked at" * 50)
    assert run("b", limit=2).estimates["errors"].value == 0
    (folder / "made.json").write_text("{", encoding="utf-8")
    assert run("c", limit=2).estimates["errors"].value == 0


def test_an_interrupted_index_has_no_time(run: Runner, config: Config) -> None:
    run("a", limit=2)
    folder = _folders(config)[0]
    (folder / "made.json").unlink()
    again = run("b", limit=2).record["index"]
    assert again["index_ms"] is None and again["n_documents"] == 30


def test_killed_in_the_middle(town_folder: Path, tmp_path: Path) -> None:
    """A process is killed without warning; another finishes its run."""
    program = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from askive.eval.datasets import open_suite
        from askive.eval.runs.pipelines import DefaultPipeline
        from askive.eval.runs.run import Models, RunOptions, run_suite
        from askive.models.fakes import HashEmbedder, ScriptedGenerator
        from askive.rag.config import Config

        class Slow(DefaultPipeline):
            def stream(self, question, history):
                time.sleep(float(sys.argv[4]))
                return super().stream(question, history)

        result = run_suite(
            open_suite(sys.argv[1]), Models(HashEmbedder(256), ScriptedGenerator()),
            Config(home=Path(sys.argv[2]), reader="off"), RunOptions(out=Path(sys.argv[3])), builder=Slow,
        )
        print(result.n_resumed, len(result.rows))
        """
    )
    command = [sys.executable, "-c", program, str(town_folder), str(tmp_path / "home"), str(tmp_path / "run")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    process = subprocess.Popen([*command, "0.05"], env=environment)
    rows = tmp_path / "run" / "rows.jsonl"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (rows.is_file() and rows.read_bytes().count(b"\n") >= 5):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    n_done = len(RunDir(tmp_path / "run").rows())
    assert 5 <= n_done < 45
    done = subprocess.run([*command, "0"], env=environment, capture_output=True, text=True, check=True)
    n_resumed, n_rows = map(int, done.stdout.split())
    assert n_resumed >= n_done - 1 and n_rows == 45


def test_the_judge_marks_answers_only(towns: Suite, config: Config, tmp_path: Path) -> None:
    models = Models(HashEmbedder(256), ScriptedGenerator(), Judge(ScriptedGenerator()))
    result = run_suite(towns, models, config, RunOptions(out=tmp_path / "j"))
    assert result.record["judge"] == {"model": "scripted", "agreement": None}
    for row in result.rows:
        assert (row["judge"] is None) == row["answer"]["refused"]
    assert result.estimates["judge_faithful"].n == sum(not row["answer"]["refused"] for row in result.rows)


def test_code_state_is_of_this_checkout_or_none() -> None:
    root = Path(askive.eval.__file__).resolve().parent.parent
    asked = ["git", "-C", str(root), "rev-parse", "--show-toplevel", "HEAD"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    top, _, commit = done.stdout.strip().partition("\n")
    found = code_state()
    if done.returncode == 0 and Path(top).resolve() == root:
        assert found.commit == commit
        assert isinstance(found.dirty, bool)
    else:
        assert found == Code(None, None, None)


def test_follow_ups_reach_the_pipeline_with_their_history(
    tmp_path: Path, models: Models, config: Config
) -> None:
    folder = tmp_path / "talk"
    folder.mkdir()
    (folder / "suite.toml").write_text("", encoding="utf-8")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "a.txt").write_text(
        "The kiln of Brakefell weighs 1000 kilograms in all.", encoding="utf-8"
    )
    question = {
        "_id": "1",
        "text": "And how many kilograms?",
        "answers": ["1000"],
        "evidence": [{"doc": "a.txt", "quote": "weighs 1000"}],
        "history": [{"question": "What stands in Brakefell?", "answer": "The kiln."}],
    }
    (folder / "queries.jsonl").write_text(json.dumps(question), encoding="utf-8")
    seen: list[Any] = []

    class Listens(DefaultPipeline):
        def stream(self, question: str, history: Any) -> Any:
            seen.append(history)
            return super().stream(question, history)

    result = run_suite(
        open_suite(str(folder)), models, config, RunOptions(out=tmp_path / "r"), builder=Listens
    )
    assert [turn.question for turn in seen[0]] == ["What stands in Brakefell?"]
    assert result.rows[0]["turns"][0]["answer"] == "The kiln."


def test_code_that_is_missing_from_the_key_of_an_index_is_an_error(
    towns: Suite, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("askive.eval.runs.suite_index._MAKERS", ("no_such_module.py",))
    with pytest.raises(FileNotFoundError, match=r"no_such_module\.py matches no file"):
        index_key(towns, HashEmbedder(64), config.passages)
