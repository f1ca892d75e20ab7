"""The first `askive ask` in a new process: time to its sources and to the first words of the answer.

The weights are in the disk cache: the collection is indexed, and one question was asked before. Only the state of the
system prompt is reused, as after any earlier `ask`; the time without it is reported too.
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from askive.eval.benchmarks.rows import Bench, Row, peak_mb, row
from askive.eval.datasets.discover import open_suite
from askive.models.errors import UsageError
from askive.models.llama.state_cache import StateCache
from askive.models.registry import states_dir
from askive.rag.collections.by_name import index_seeds
from askive.rag.config import SEEDS_COLLECTION, Config

SOURCES_LIMIT_MS = 3000.0
WORDS_LIMIT_MS = 5000.0
_LEAST_QUESTIONS = 5
_MOST_TRIED = 3
_TIMEOUT_S = 300
_BLOCK = 1 << 16
# What was erased again, at the end of a line; then colours and movements.
_ERASED = re.compile(rb"[^\n]*\r\x1b\[2K")
_CONTROL = re.compile(rb"\x1b\[[\d;?]*[A-Za-z]|\r")
# "  “The crane lifts 40 t.”" at the start of a line.
_QUOTE = re.compile(rb"^  \xe2\x80\x9c.+\n", re.MULTILINE)
# The quote, its source, and then the draft of the answer, behind "⠋ Reading the sources…".
_WORDS = re.compile(
    rb"^  \xe2\x80\x9c.+\n  .+\n\n(?:\s*\S+ Reading the sources[^\n]*?\xe2\x80\xa6)*\s*\w", re.MULTILINE
)
# "first word after 0.2 s, all in 0.5 s".
_TIMINGS = re.compile(rb"first word after ([\d.]+) s, all in ([\d.]+) s")
_MARKS = (_QUOTE, _WORDS, _TIMINGS)


@dataclass(frozen=True, slots=True)
class Start:
    """One run of the command; times in milliseconds since the start of its process.

    sources_ms: the first quote is shown. words_ms: the answer's first words are shown, after the check of its first
    sentence. generated_ms: the model's first word, to a tenth of a second.
    peak_mb: peak resident memory of the process (2**20 bytes).
    """

    sources_ms: float
    words_ms: float
    generated_ms: float
    peak_mb: float


def bench_start(bench: Bench) -> list[Row]:
    """Two rows against fixed limits: sources, and the first generated word."""
    config = start_home(bench)
    states = StateCache(states_dir(config.models_dir))

    def measured(*, forgetting: bool) -> list[Start]:
        states.clear()
        return time_starts(bench, config, before=states.clear if forgetting else None)

    def middle(starts: Sequence[float]) -> int:
        return round(median(starts))

    without_state, starts = measured(forgetting=True), measured(forgetting=False)
    sources, words = [s.sources_ms for s in starts], [s.generated_ms for s in starts]
    peak = max(s.peak_mb for s in (*without_state, *starts))
    return [
        row("start sources", "sources of a first `askive ask`", "the limit", "ms", SOURCES_LIMIT_MS, sources, 1,
            memory_mb=peak, slowest_ms=round(max(sources)), nothing_kept_ms=middle([s.sources_ms for s in
            without_state])),
        row("start words", "first generated word of a first `askive ask`", "the limit", "ms", WORDS_LIMIT_MS,
            words, 1, memory_mb=peak, slowest_ms=round(max(words)),
            nothing_kept_ms=middle([s.generated_ms for s in without_state]),
            first_checked_sentence_ms=middle([s.words_ms for s in starts])),
    ]  # fmt: skip


def start_home(bench: Bench) -> Config:
    """Settings with a home of its own, in which the seeds are indexed."""
    home = bench.home / "start"
    home.mkdir(exist_ok=True)
    for part in (bench.config.models_dir, bench.config.home / "config.toml"):
        if part.exists() and not (home / part.name).exists():
            (home / part.name).symlink_to(part.absolute())
    config = bench.config.model_copy(update={"home": home})
    index_seeds(config)
    return config


def time_starts(
    bench: Bench, config: Config, *options: str, before: Callable[[], object] | None = None
) -> list[Start]:
    """Runs of the command for questions of the seeds that it answers, after one that is not counted.

    before: called before each run. Raises UsageError when no question is answered.
    """
    samples = [s for s in open_suite("seeds").samples if s.unanswerable is False and not s.turns]
    command = [sys.executable, "-m", "askive.ui.cli", "ask", "--collection", SEEDS_COLLECTION, *options]
    command += ["--model", config.generator, "--embedder", config.embedder]
    n_wanted = max(bench.repeats, _LEAST_QUESTIONS)
    starts: list[Start] = []
    time_start(command, config.home, samples[-1].question)
    for sample in samples[: _MOST_TRIED * n_wanted]:
        if len(starts) == n_wanted:
            break
        bench.log(f"start: {sample.question}")
        if before is not None:
            before()
        if (one := time_start(command, config.home, sample.question)) is not None:
            starts.append(one)
    if not starts:
        raise UsageError("no question of the seeds was answered", remedy="leave the rows out with --only")
    return starts


def time_start(command: list[str], home: Path, question: str) -> Start | None:
    """Run the command for a question on a terminal of its own, and observe what it shows.

    None when it refuses, or shows no quote or no words. Raises UsageError when the command fails, or is killed
    after five minutes.
    """
    environ = {**os.environ, "ASKIVE_HOME": str(home), "TERM": "xterm", "COLUMNS": "1000", "NO_COLOR": "1"}
    terminal, end = pty.openpty()
    begun = time.perf_counter()
    process = subprocess.Popen([*command, question], stdout=end, stderr=end, env=environ)
    os.close(end)
    killer = threading.Timer(_TIMEOUT_S, process.kill)
    killer.start()
    written, shown, seen_ms, peak = b"", b"", dict.fromkeys(_MARKS, 0.0), 0.0
    try:
        with process:
            for at_ms, block in _arrivals(terminal, begun):
                written += block
                shown = _CONTROL.sub(b"", _ERASED.sub(b"", written))
                # The peak is unknown after the process has ended, and its last output comes before that.
                peak = max(peak, peak_mb(process.pid))
                for mark in _MARKS:
                    if not seen_ms[mark] and mark.search(shown):
                        seen_ms[mark] = at_ms
    except BaseException:
        process.kill()
        raise
    finally:
        killer.cancel()
        os.close(terminal)
    if process.returncode:
        last = shown.decode("utf-8", "replace").strip()[-300:]
        raise UsageError(f"`askive ask` failed: {last}", remedy="leave the rows out with --only")
    timings = _TIMINGS.search(shown)
    if timings is None or not all(seen_ms.values()) or b"\nSources\n" not in shown:
        return None
    first_s, all_s = (float(part) for part in timings.groups())
    return Start(seen_ms[_QUOTE], seen_ms[_WORDS], seen_ms[_TIMINGS] - (all_s - first_s) * 1000, peak)


def _arrivals(terminal: int, begun: float) -> Iterator[tuple[float, bytes]]:
    """What is written to the terminal, in blocks, with milliseconds since the start of the process."""
    while True:
        try:
            block = os.read(terminal, _BLOCK)
        except OSError:
            # The process has closed its end.
            return
        yield (time.perf_counter() - begun) * 1000, block
