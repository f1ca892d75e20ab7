"""`askive ask` in a new process beside a running chat, which answers it, against one that loads the models itself."""

from __future__ import annotations

from askive.eval.benchmarks.rows import Bench, Row, row
from askive.eval.benchmarks.speed.cold_start import start_home, time_starts
from askive.eval.benchmarks.speed.page.running_chat import running_chat

_SOCKET = "run/ask.sock"


def bench_warm(bench: Bench) -> list[Row]:
    """Two rows: sources, and the first generated word, with the first checked sentence beside it."""
    config = start_home(bench)
    fresh = time_starts(bench, config, "--alone")
    socket = config.home / _SOCKET
    with running_chat(config, socket.exists):
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
