"""A row of the benchmark: ours beside a baseline measured in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from models.llama import LlamaGenerator
from models.protocols import Message
from rag.config import Config

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    baseline, ours: medians, in `unit`; less is better in "ms" and "s", more in units a second.
    reach: how many times better ours should be, at least. n: measurements behind each median.
    memory_mb: resident memory of the process that measured, after the row (2**20 bytes).
    also: further figures, such as the agreement of verdicts.
    """

    name: str
    what: str
    against: str
    unit: str
    baseline: float
    ours: float
    reach: float
    n: int
    memory_mb: float
    also: dict[str, float | str] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """Times better than the baseline; above 1 ours wins."""
        if not self.ours or not self.baseline:
            return 0.0
        return self.baseline / self.ours if self.unit in ("ms", "s") else self.ours / self.baseline

    @property
    def reached(self) -> bool:
        """Whether ours is as many times better as it should be."""
        return self.ratio >= self.reach


@dataclass(frozen=True, slots=True)
class Bench:
    """What every row is given.

    home: a folder of its own, with the models folder of the real home linked. repeats: measurements a median.
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
    baseline: Sequence[float],
    ours: Sequence[float],
    reach: float,
    **also: float | str,
) -> Row:
    """A row from single measurements."""
    n = min(len(baseline), len(ours))
    return Row(
        name,
        what,
        against,
        unit,
        round(median(baseline), 3),
        round(median(ours), 3),
        reach,
        n,
        memory_mb(),
        also,
    )


def timed_ms(call: Callable[[], object]) -> float:
    """Milliseconds that a call takes."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def first_piece_ms(generator: LlamaGenerator, messages: Sequence[Message]) -> float:
    """Milliseconds until the first words of an answer are there."""
    from models.protocols import Sampling

    started = time.perf_counter()
    pieces = generator.generate(messages, Sampling(max_tokens=4))
    next(pieces)
    took = (time.perf_counter() - started) * 1000
    pieces.close()  # type: ignore[attr-defined]
    return took


def memory_mb() -> float:
    """Resident memory of this process."""
    import psutil

    return round(float(psutil.Process().memory_info().rss) / 2**20)


def load_llama(bench: Bench, **told: object) -> LlamaGenerator:
    """The configured generator, with a state cache of its own in memory. told: arguments of LlamaGenerator."""
    from models.kept import StateCache
    from models.weights import WeightStore

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
