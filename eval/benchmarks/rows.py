"""A row of the benchmark: ours beside a baseline measured in the same run."""

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

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    baseline, ours: medians, in `unit`; less is better in "ms" and "s", more in units a second.
    reach: how many times better ours should be, at least.
    n_baseline, n_ours: measurements behind each median; n_baseline is 0 where the baseline is a limit that was set.
    memory_mb: the most that the process held up to then, ours loaded (2**20 bytes).
    must: what must hold as well, in words, and whether it did.
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
        """Times better than the baseline; above 1 ours wins."""
        if not self.ours or not self.baseline:
            return 0.0
        return self.baseline / self.ours if self.unit in ("ms", "s") else self.ours / self.baseline

    @property
    def reached(self) -> bool:
        """Whether ours is as many times better as it should be, and all holds that must."""
        return self.ratio >= self.reach and all(self.must.values())


@dataclass(frozen=True, slots=True)
class Bench:
    """What every row is given. It goes to another process, so all of it can be pickled.

    home: a folder for all that is made. repeats: measurements a median, at least, unless a row says another number.
    """

    config: Config
    home: Path
    repeats: int
    tell: Tell


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
    """A row from single measurements; 0.0 where there are none.

    baseline: one number is a limit. memory_mb: default, the peak of this process so far.
    """
    measured = [] if isinstance(baseline, float | int) else list(baseline)
    held = baseline if isinstance(baseline, float | int) else median(measured or [0.0])
    return Row(
        name,
        what,
        against,
        unit,
        round(held, 3),
        round(median(ours or [0.0]), 3),
        reach,
        len(measured),
        len(ours),
        peak_mb() if memory_mb is None else memory_mb,
        must or {},
        also,
    )


def timed_ms(call: Callable[[], object]) -> float:
    """Milliseconds that a call takes."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def first_piece_ms(generator: LlamaGenerator, messages: Sequence[Message]) -> float:
    """Milliseconds until the first words of an answer are there."""
    from askive.models.protocols import Sampling

    started = time.perf_counter()
    pieces = generator.generate(messages, Sampling(max_tokens=4))
    next(pieces)
    took = (time.perf_counter() - started) * 1000
    pieces.close()  # type: ignore[attr-defined]
    return took


def peak_mb(pid: int | None = None) -> float:
    """The most resident memory of a process so far, in 2**20 bytes, mapped files included; 0.0 when it has ended.

    pid: None for this one. Linux tells what the process itself has held; `ru_maxrss` counts what its parent held
    when it was made, and elsewhere there is nothing better.
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


def load_llama(bench: Bench, **told: object) -> LlamaGenerator:
    """The configured generator, with a state cache of its own in memory. told: arguments of LlamaGenerator."""
    from askive.models.llama.state_cache import StateCache
    from askive.models.weights.store import WeightStore

    store, spec = WeightStore(bench.config.models_dir), bench.config.generator
    config = bench.config.generation
    told = {"cache": StateCache(), "n_threads": config.n_threads, **told}
    return LlamaGenerator(
        store.path_of(spec),
        spec,
        store.digest_of(spec),
        config.context_tokens,
        **told,  # type: ignore[arg-type]
    )


@contextmanager
def setting(repeats: int, model: str | None = None) -> Iterator[Bench]:
    """The configured models, and an empty folder for all that is made."""
    config = load_config({"generator": model})
    with tempfile.TemporaryDirectory(prefix="askive-bench-") as name:
        yield Bench(config, Path(name), repeats, _tell)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201
