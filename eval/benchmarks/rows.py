"""A row of the benchmark: the product and a baseline, measured in the same run."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from askive.eval.benchmarks.memory import memory_fields
from askive.eval.runs.record import peak_memory_bytes
from askive.models.llama.generator import LlamaGenerator
from askive.models.protocols import Message
from askive.rag.config import Config, load_config

Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    baseline, ours: medians, in `unit`; lower is better for "ms" and "s", higher for units per second.
    reach: minimum ratio.
    n_baseline, n_ours: number of measurements behind each median; n_baseline is 0 when the baseline is a fixed limit.
    memory_mb: peak memory of the process, with our models loaded (2**20 bytes).
    must: further conditions, as text, and whether they were met.
    also: further figures.
    """

    name: str
    what: str
    against: str
    unit: str
    baseline: float
    ours: float
    reach: float
    n_baseline: int
    n_ours: int
    memory_mb: float
    must: Mapping[str, bool] = field(default_factory=dict)
    also: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """The ratio to the baseline; above 1 ours is better."""
        if not self.ours or not self.baseline:
            return 0.0
        return self.baseline / self.ours if self.unit in ("ms", "s") else self.ours / self.baseline

    @property
    def reached(self) -> bool:
        """Whether the ratio is reached and all conditions are met."""
        return self.ratio >= self.reach and all(self.must.values())


@dataclass(frozen=True, slots=True)
class Bench:
    """The input of every row. It is passed to another process, so it can be pickled.

    home: a folder for files. repeats: minimum number of measurements per median, unless a row sets another.
    """

    config: Config
    home: Path
    repeats: int
    log: Log


def row(
    name: str,
    what: str,
    against: str,
    unit: str,
    baseline: Sequence[float] | float,
    ours: Sequence[float],
    reach: float,
    *,
    must: Mapping[str, bool] | None = None,
    memory_mb: float | None = None,
    **also: float | str,
) -> Row:
    """A row from single measurements; medians are 0.0 when there are none.

    baseline: a single number is a fixed limit. memory_mb: default: the peak of this process so far.
    """
    measured = [] if isinstance(baseline, float | int) else list(baseline)
    reference = baseline if isinstance(baseline, float | int) else median(measured or [0.0])
    return Row(
        name,
        what,
        against,
        unit,
        round(reference, 3),
        round(median(ours or [0.0]), 3),
        reach,
        len(measured),
        len(ours),
        peak_mb() if memory_mb is None else memory_mb,
        must or {},
        also,
    )


def timed_ms(call: Callable[[], object]) -> float:
    """Duration of a call in milliseconds."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def first_piece_ms(generator: LlamaGenerator, messages: Sequence[Message]) -> float:
    """Milliseconds until the first piece of an answer."""
    from askive.models.protocols import Sampling

    started = time.perf_counter()
    pieces = generator.generate(messages, Sampling(max_tokens=4))
    next(pieces)
    took = (time.perf_counter() - started) * 1000
    pieces.close()  # type: ignore[attr-defined]
    return took


def peak_mb(pid: int | None = None) -> float:
    """Peak resident memory of a process in 2**20 bytes, including mapped files; 0.0 when it has ended.

    pid: None for this process. Linux reports the peak of the process itself; `ru_maxrss` includes that of its parent
    at the time of the fork, but there is nothing better on other systems.
    """
    try:
        return round(memory_fields(pid).get("VmHWM", 0.0))
    except OSError:
        if pid is None:
            return round(peak_memory_bytes() / 2**20)
    import psutil

    try:
        return round(float(psutil.Process(pid).memory_info().rss) / 2**20)
    except psutil.Error:
        return 0.0


def load_llama(bench: Bench, **overrides: object) -> LlamaGenerator:
    """The configured generator, with a separate state cache in memory. overrides: arguments of LlamaGenerator."""
    from askive.models.llama.state_cache import StateCache
    from askive.models.weights.store import WeightStore

    store, spec = WeightStore(bench.config.models_dir), bench.config.generator
    config = bench.config.generation
    overrides = {"cache": StateCache(), "n_threads": config.n_threads, **overrides}
    return LlamaGenerator(
        store.path_of(spec),
        spec,
        store.digest_of(spec),
        config.context_tokens,
        **overrides,  # type: ignore[arg-type]
    )


@contextmanager
def setting(repeats: int, model: str | None = None) -> Iterator[Bench]:
    """The configured models, and an empty folder."""
    config = load_config({"generator": model})
    with tempfile.TemporaryDirectory(prefix="askive-bench-") as name:
        yield Bench(config, Path(name), repeats, _log)


def _log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201
