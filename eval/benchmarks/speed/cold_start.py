"""A first `askive ask` in a new process: how long until its sources and the first words of the answer are shown.

The weights are in the disk cache: the collection is indexed, and one question was asked before. Of its attention states
the system text is of use, as it is after any earlier `ask`; how long it takes without is told beside it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from askive.eval.benchmarks.rows import Bench, Row, peak_mb, row
from askive.eval.datasets.discover import open_suite
from askive.models.errors import UsageError
from askive.models.llama.state_cache import StateCache
from askive.models.registry import states_dir
from askive.rag.collections.by_name import index_seeds
from askive.rag.config import SEEDS_COLLECTION

SOURCES_LIMIT_MS = 3000.0
WORDS_LIMIT_MS = 5000.0
_LEAST_QUESTIONS = 5
_MOST_TRIED = 3
_TIMEOUT_S = 300
_BLOCK = 1 << 16
_QUOTE = re.compile(rb"^  \xe2\x80\x9c.+\n", re.MULTILINE)
_WORDS = re.compile(rb"^  \xe2\x80\x9c.+\n  .+\n\n\s*\S", re.MULTILINE)
_TOLD = re.compile(rb"first word after ([\d.]+) s, all in ([\d.]+) s")
_MARKS = (_QUOTE, _WORDS, _TOLD)


@dataclass(frozen=True, slots=True)
class Start:
    """One run of the command, in milliseconds from the start of its process.

    sources_ms: the first quote stands there. words_ms: so do words of the answer; the command shows a sentence when
    it has been checked. generated_ms: the model had its first word, to a tenth of a second.
    peak_mb: the most resident memory of the process (2**20 bytes).
    """

    sources_ms: float
    words_ms: float
    generated_ms: float
    peak_mb: float


def bench_start(bench: Bench) -> list[Row]:
    """Two rows against the limits: sources, and the first generated word."""
    home = bench.home / "start"
    home.mkdir(exist_ok=True)
    for part in (bench.config.models_dir, bench.config.home / "config.toml"):
        if part.exists() and not (home / part.name).exists():
            (home / part.name).symlink_to(part.absolute())
    config = bench.config.model_copy(update={"home": home})
    index_seeds(config)
    states = StateCache(states_dir(config.models_dir))
    samples = [s for s in open_suite("seeds").samples if s.unanswerable is False and not s.turns]
    command = [sys.executable, "-m", "askive.ui.cli", "ask", "--collection", SEEDS_COLLECTION]
    command += ["--model", config.generator, "--embedder", config.embedder]
    n_wanted = max(bench.repeats, _LEAST_QUESTIONS)

    def seen(*, forgetting: bool) -> list[Start]:
        found: list[Start] = []
        states.clear()
        time_start(command, home, samples[-1].question)
        for sample in samples[: _MOST_TRIED * n_wanted]:
            if len(found) == n_wanted:
                break
            bench.tell(f"start: {sample.question}")
            if forgetting:
                states.clear()
            if (one := time_start(command, home, sample.question)) is not None:
                found.append(one)
        if not found:
            raise UsageError("no question of the seeds was answered", remedy="leave the rows out with --only")
        return found

    def middle(found: Sequence[float]) -> int:
        return round(median(found))

    afresh, found = seen(forgetting=True), seen(forgetting=False)
    sources, words = [s.sources_ms for s in found], [s.generated_ms for s in found]
    held = max(s.peak_mb for s in (*afresh, *found))
    return [
        row("start sources", "sources of a first `askive ask`", "the limit", "ms", SOURCES_LIMIT_MS, sources, 1,
            memory_mb=held, slowest_ms=round(max(sources)), nothing_kept_ms=middle([s.sources_ms for s in afresh])),
        row("start words", "first generated word of a first `askive ask`", "the limit", "ms", WORDS_LIMIT_MS,
            words, 1, memory_mb=held, slowest_ms=round(max(words)),
            nothing_kept_ms=middle([s.generated_ms for s in afresh]),
            first_checked_sentence_ms=middle([s.words_ms for s in found])),
    ]  # fmt: skip


def time_start(command: list[str], home: Path, question: str) -> Start | None:
    """Run the command for a question and watch what it shows.

    None when it refuses, or shows no quote or no words. Raises UsageError when the command fails, or is killed
    after five minutes.
    """
    environ = {**os.environ, "ASKIVE_HOME": str(home), "NO_COLOR": "1"}
    begun = time.perf_counter()
    process = subprocess.Popen(
        [*command, question], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environ
    )
    killer = threading.Timer(_TIMEOUT_S, process.kill)
    killer.start()
    shown, seen_ms, held = b"", dict.fromkeys(_MARKS, 0.0), 0.0
    try:
        with process:
            for at_ms, block in _arrivals(process, begun):
                shown += block
                # Once it has ended nobody knows; its last words come before that.
                held = max(held, peak_mb(process.pid))
                for mark in _MARKS:
                    if not seen_ms[mark] and mark.search(shown):
                        seen_ms[mark] = at_ms
    except BaseException:
        process.kill()
        raise
    finally:
        killer.cancel()
    if process.returncode:
        last = shown.decode("utf-8", "replace").strip()[-300:]
        raise UsageError(f"`askive ask` failed: {last}", remedy="leave the rows out with --only")
    told = _TOLD.search(shown)
    if told is None or not all(seen_ms.values()) or b"\nSources\n" not in shown:
        return None
    first_s, all_s = (float(part) for part in told.groups())
    return Start(seen_ms[_QUOTE], seen_ms[_WORDS], seen_ms[_TOLD] - (all_s - first_s) * 1000, held)


def _arrivals(process: subprocess.Popen[bytes], begun: float) -> Iterator[tuple[float, bytes]]:
    """What the process writes, as it comes, with the milliseconds since it began."""
    assert process.stdout is not None
    while block := os.read(process.stdout.fileno(), _BLOCK):
        yield (time.perf_counter() - begun) * 1000, block
