"""`askive ask` in a new process beside a running chat, which answers it, against one that loads the models itself."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from askive.eval.benchmarks.rows import Bench, Row, row
from askive.eval.benchmarks.speed.cold_start import start_home, time_starts
from askive.models.errors import UsageError
from askive.rag.config import SEEDS_COLLECTION, Config

_STARTUP_S = 120
_SOCKET = "run/ask.sock"


def bench_warm(bench: Bench) -> list[Row]:
    """Two rows: sources, and the first generated word, with the first checked sentence beside it."""
    config = start_home(bench)
    fresh = time_starts(bench, config, "--alone")
    with _chat(config):
        warm = time_starts(bench, config)

    return [
        row("warm sources", "sources of `askive ask` beside a running chat", "a fresh process", "ms",
            [s.sources_ms for s in fresh], [s.sources_ms for s in warm], 1, memory_mb=max(s.peak_mb for s in warm)),
        row("warm words", "first generated word of `askive ask` beside a running chat", "a fresh process", "ms",
            [s.generated_ms for s in fresh], [s.generated_ms for s in warm], 1,
            memory_mb=max(s.peak_mb for s in warm)),
        row("warm sentence", "first checked sentence of `askive ask` beside a running chat", "a fresh process", "ms",
            [s.words_ms for s in fresh], [s.words_ms for s in warm], 1, memory_mb=max(s.peak_mb for s in warm)),
    ]  # fmt: skip


@contextmanager
def _chat(config: Config) -> Iterator[None]:
    """A chat that answers commands. Raises UsageError when it does not start."""
    command = [sys.executable, "-m", "askive.ui.cli", "chat", "--no-browser", "--port", "0"]
    command += ["--collection", SEEDS_COLLECTION, "--model", config.generator, "--embedder", config.embedder]
    environ = {**os.environ, "ASKIVE_HOME": str(config.home)}
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + _STARTUP_S
        while not (config.home / _SOCKET).exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise UsageError("`askive chat` did not start", remedy="leave the rows out with --only")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(30)
