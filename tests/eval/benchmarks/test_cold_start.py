"""How the start is watched: what stands on the terminal, and when."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from askive.eval.benchmarks.speed.cold_start import time_start
from askive.eval.benchmarks.speed.table import RESULTS, ROWS, markdown
from askive.models.errors import UsageError
from askive.models.fakes import HashEmbedder
from askive.rag.config import PassageConfig
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.store.archive import Archive

QUOTE = "Nearest in your documents:\n  “It was built in 1871.”\n  Bridge (Post, 1900)\n\n"
SOURCES = "\n\nSources\n[1] Bridge\n    “It was built in 1871.”\n"
TOLD = "\nfirst word after 0.2 s, all in 0.5 s; scripted\n"


def printing(*parts: str, code: int = 0) -> list[str]:
    """A command that writes the parts one after the other. Told a question, it does not look at it."""
    script = f"import sys, time\nfor part in {parts!r}:\n    sys.stdout.write(part)\n    sys.stdout.flush()\n    time.sleep(0.05)\n"
    return [sys.executable, "-c", f"{script}sys.exit({code})"]


def test_it_is_one_of_the_rows() -> None:
    assert "start" in ROWS


def test_the_table_says_what_grows_with_what() -> None:
    stored = json.loads((RESULTS / "bench.json").read_text(encoding="utf-8"))
    point = {"n_passages": 1.0, "p50_ms": 2.0}
    text = markdown({**stored, "rows": [], "growth": {"passages": [point], "archive": [point]}})
    assert "\nGrowth of the plain prompt with whole passages:\n" in text
    assert "\nGrowth of the vector search with the archive:\n" in text


def test_quote_and_words_are_told_apart(tmp_path: Path) -> None:
    seen = time_start(
        printing("ranked higher: 1871\n", QUOTE, "It was", " built in 1871. [1]", SOURCES, TOLD),
        tmp_path,
        "?",
    )
    assert seen is not None
    assert 0 < seen.sources_ms < seen.words_ms


@pytest.mark.parametrize(
    "parts",
    [
        (QUOTE, "The documents do not say so.\n", "\nNearest passages\n[1] Bridge\n", TOLD),
        ("It was built in 1871. [1]", SOURCES, TOLD),
        (QUOTE, TOLD),
        (),
    ],
    ids=["refused", "no quote", "no answer", "nothing"],
)
def test_what_is_no_answer_with_a_quote_does_not_count(tmp_path: Path, parts: tuple[str, ...]) -> None:
    assert time_start(printing(*parts), tmp_path, "?") is None


def test_a_command_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no collection"):
        time_start(printing("askive: there is no collection", code=1), tmp_path, "?")


def test_the_command_itself_is_understood(home: Path, documents: Path) -> None:
    with Archive.open(home / "collections" / "town", HashEmbedder(), PassageConfig()) as archive:
        ingest_paths(archive, [documents])
    command = [sys.executable, "-m", "askive.ui.cli", "ask", "--collection", "town", "--embedder", "hash"]
    asked = "How many ships did the harbour of Aldermoor receive in January?"
    seen = time_start([*command, "--model", "scripted"], home, asked)
    assert seen is not None
    assert seen.sources_ms <= seen.words_ms
