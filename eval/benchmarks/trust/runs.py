"""The runs for the table of trust: the product, the product without one check, and the plain pipeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from askive import eval
from askive.eval.benchmarks.trust.replay import ReplayGenerator
from askive.eval.datasets.suite import Suite, sha256_of_files
from askive.eval.metrics.scores import score_row
from askive.eval.runs.pipelines import Builder, DefaultPipeline, PlainPipeline
from askive.eval.runs.record import config_values, fingerprint, model_facts, versions
from askive.eval.runs.run import Models, RunOptions, run_suite
from askive.rag.answer.checks import Checks
from askive.rag.config import Config

Log = Callable[[str], None]
Rows = list[dict[str, Any]]

# What a row depends on besides the suite and the settings; scores are computed again each time.
_PACKAGES = ("models", "rag")
_ROW_MAKERS = ("eval/runs/suite_index.py", "eval/runs/pipelines.py", "eval/runs/rows.py")
_TOLD_EVERY = 10


@dataclass(frozen=True, slots=True)
class Variation:
    """A variation of the product.

    name: of its runs. checks: those that affect the answer. reader: whether to use the reader. plain: the baseline.
    """

    name: str
    checks: Checks = field(default_factory=Checks)
    reader: bool = True
    plain: bool = False

    @property
    def builder(self) -> Builder:
        """The builder of the pipeline."""
        return PlainPipeline if self.plain else partial(DefaultPipeline, checks=self.checks)

    def applied(self, config: Config) -> Config:
        """The settings with this variation."""
        return config if self.reader else config.model_copy(update={"reader": "off"})


_NONE = Checks(**{check.name: False for check in fields(Checks)})

DEFAULT = Variation("default")
PLAIN = Variation("plain", plain=True)
VARIATIONS = (
    DEFAULT,
    Variation("without answerability", Checks(answerability=False)),
    Variation("without verification", Checks(verification=False)),
    Variation("without support", Checks(support=False)),
    Variation("without self_evaluation", Checks(self_evaluation=False)),
    Variation("without repair", Checks(repair=False)),
    Variation("without quotation", Checks(quotation=False)),
    Variation("without attribution", Checks(attribution=False)),
    Variation("without accounts", Checks(accounts=False)),
    Variation("without sub_questions", Checks(sub_questions=False)),
    Variation("without the reader", reader=False),
    Variation("without any check", _NONE, reader=False),
)
"""The default, and the default without one check; names as in `askive.rag.answer.checks.Checks`."""


def rows_of(
    suite: Suite, models: Models, config: Config, variation: Variation, limit: int | None, log: Log
) -> Rows:
    """The rows of the suite's questions; questions that an earlier process has asked are read from its folder.

    Raises KeyboardInterrupt when interrupted, without a loss; else errors of `run_suite`.
    """
    config = variation.applied(config)

    def progress(what: str, done: int, total: int) -> None:
        if done % _TOLD_EVERY == 0 or done == total:
            log(f"{suite.name}, {variation.name}: {what} {done} of {total}")

    if variation.plain and models.generator:
        # The checks do not affect the plain pipeline, so it runs once for all versions of them.
        models = replace(models, generator=ReplayGenerator(models.generator, replay_path(models, config)))
    options = RunOptions(
        pipeline=variation.name, limit=limit, out=folder_of(suite, models, config, variation, limit)
    )
    result = run_suite(suite, models, config, options, builder=variation.builder, progress=progress)
    if result.stopped:
        raise KeyboardInterrupt
    return [{**row, "scores": score_row(row)} for row in result.rows]


def folder_of(suite: Suite, models: Models, config: Config, variation: Variation, limit: int | None) -> Path:
    """The folder of the run: depends on code, weights, settings, questions and limit."""
    key = fingerprint(
        {
            "source": source_digest(),
            "suite": suite.digest,
            "variation": variation.name,
            "limit": limit,
            "config": config_values(config),
            "models": [model_facts(models.embedder), model_facts(models.generator)],
        }
    )
    name = f"{suite.name}-{variation.name}".replace(":", "-").replace(" ", "-")
    return config.home / "eval" / "trust" / f"{name}-{key[:12]}"


def replay_path(models: Models, config: Config) -> Path:
    """The file of the plain pipeline's generations: depends on weights, options and engine."""
    key = fingerprint(
        {
            "model": model_facts(models.generator),
            "generation": config.generation.model_dump(mode="json"),
            "versions": versions(),
        }
    )
    return config.home / "eval" / "trust" / f"said-{key[:12]}.jsonl"


def source_digest(root: Path = Path(eval.__file__).parent.parent) -> str:
    """SHA-256 of the code and the shipped weights that affect an answer."""
    paths = [
        path
        for package in _PACKAGES
        for path in sorted((root / package).rglob("*"))
        if path.is_file() and path.suffix not in (".pyc", ".md")
    ]
    return sha256_of_files([*paths, *(root / name for name in _ROW_MAKERS)], root)
