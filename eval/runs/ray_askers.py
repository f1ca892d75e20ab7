"""Questions of a suite asked on the machines of a Ray cluster, each with models and an index of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Any

from askive.eval.datasets import open_suite
from askive.eval.datasets.suite import Sample, Suite
from askive.eval.runs.judge import Judge, known_agreement
from askive.eval.runs.pipelines import builder_of
from askive.eval.runs.run import RunOptions, ask_question
from askive.eval.runs.suite_index import open_index
from askive.rag.cluster.actors import RayActors, address_of
from askive.rag.config import Config
from askive.rag.errors import ArchiveError
from askive.rag.factory import open_embedder, open_generator, settings_here


def open_askers(
    config: Config, judge: str | None, specs: dict[str, str]
) -> AbstractContextManager[RayAskers | None]:
    """The machines that `workers` names; None for this one. Parameters and errors are those of RayAskers."""
    address = address_of(config.workers)
    return nullcontext() if address is None else RayAskers(address, config, judge, specs)


class AskingMachine:
    """The body of an actor: loads models and indexes when the first question needs them.

    judge: the generator that judges answers; None for none.
    """

    def __init__(self, config: Config, judge: str | None, n_cpus: int) -> None:
        self._config = settings_here(config)
        self._judge_spec = judge
        self._embedder = open_embedder(self._config)
        self._generator: Any = None
        self._judge: Judge | None = None
        self._opened: dict[str, tuple[Any, Any, dict[str, Sample]]] = {}

    def ready(self) -> None:
        """Do nothing."""

    def ask(self, spec: str, digest: str, sample_id: str, options: RunOptions) -> dict[str, Any]:
        """The row of a question. spec, digest: of the suite. Raises ArchiveError when it differs on this machine."""
        if spec not in self._opened:
            self._opened[spec] = self._open(spec, digest, options)
        pipeline, archive, samples = self._opened[spec]
        return ask_question(pipeline, archive, samples[sample_id], self._judge, options)

    def _open(self, spec: str, digest: str, options: RunOptions) -> tuple[Any, Any, dict[str, Sample]]:
        suite = open_suite(spec)
        if suite.digest != digest:
            raise ArchiveError(
                f"the suite {spec} differs on another machine of the cluster",
                remedy="give all of them the same files at the same path",
            )
        if not options.only_retrieval and self._generator is None:
            self._generator = open_generator(self._config)
            if self._judge_spec is not None:
                judging = open_generator(self._config, self._judge_spec)
                self._judge = Judge(judging, known_agreement(judging.model_id, self._config.home))
        archive, _ = open_index(suite, self._embedder, self._config.passages, self._config.home)
        pipeline = builder_of(options.pipeline)(archive, self._generator, self._config)
        return pipeline, archive, {sample.sample_id: sample for sample in suite.samples}


class RayAskers:
    """Askers on the machines of a Ray cluster; a lost machine's question is asked on another one.

    address: as in `askive.rag.cluster.actors.RayActors`, with the same errors. specs: how the suites were named, by
    their names.
    """

    def __init__(self, address: str, config: Config, judge: str | None, specs: dict[str, str]) -> None:
        self._specs = specs
        self._actors = RayActors(address, AskingMachine, [config, judge])

    def rows(self, suite: Suite, samples: Sequence[Sample], options: RunOptions) -> Iterator[dict[str, Any]]:
        """As in `Askers`. Raises ArchiveError when no machine is left."""
        spec = self._specs[suite.name]

        def ask(sample: Sample) -> dict[str, Any]:
            row: dict[str, Any] = self._actors.call("ask", spec, suite.digest, sample.sample_id, options)
            return row

        with ThreadPoolExecutor(max(1, self._actors.n_places), "ask") as threads:
            try:
                yield from threads.map(ask, samples)
            finally:
                threads.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """End what runs on the machines; safe to call twice."""
        self._actors.close()

    def __enter__(self) -> RayAskers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
