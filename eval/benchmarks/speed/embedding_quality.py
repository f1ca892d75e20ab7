"""Effect of the fast embedder on quality:
`python -m askive.eval.benchmarks.speed.embedding_quality [SUITE...] [--limit N]`.

The reference is sentence-transformers on torch in fp32, with the same passages and questions. Both index every suite
(default: seeds) into a temporary folder.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from askive.eval import script
from askive.eval.datasets.discover import open_suite
from askive.eval.datasets.suite import Suite
from askive.eval.metrics.bootstrap import Estimate
from askive.eval.runs.ablation import ablate
from askive.eval.runs.suite_index import open_index
from askive.models.embedders.sentence_transformer import SentenceEmbedder
from askive.models.protocols import Embedder, Vectors
from askive.models.weights.store import WeightStore
from askive.rag.config import Config, default_home
from askive.rag.factory import open_embedder

VARIATIONS = ("dense only", "default")
"""Variations of `askive.eval.runs.ablation`: dense retrieval only, and the product's full retrieval."""
FIGURES = ("nDCG@10", "R@5")


@dataclass(frozen=True, slots=True)
class Compared:
    """The result for one suite.

    figures: of the reference and of ours, by variation and name. mean_cosine, least_cosine: between the two vectors of
    each passage.
    """

    suite: str
    n_passages: int
    n_questions: int
    mean_cosine: float
    least_cosine: float
    figures: Mapping[str, Mapping[str, tuple[Estimate, Estimate]]]


def reference_of(config: Config) -> Embedder:
    """The configured model on torch in fp32. Raises ModelNotFound, WeightsError."""
    store = WeightStore(config.models_dir)
    return SentenceEmbedder(store.path_of(config.embedder), config.embedder, store.digest_of(config.embedder))


def compare(suite: Suite, config: Config, limit: int | None = None) -> Compared:
    """Search the suite's questions with both embedders. limit: maximum number of questions."""
    results = []
    rows: list[Vectors] = []
    for embedder in (reference_of(config), open_embedder(config)):
        with tempfile.TemporaryDirectory() as home:
            # Separate homes: both embedders have the same digest and would share an index.
            apart = config.model_copy(update={"home": Path(home)})
            results.append(ablate(suite, apart, embedder, VARIATIONS, limit=limit))
            archive, _ = open_index(suite, embedder, apart.passages, apart.home)
            with archive:
                rows.append(np.concatenate([vectors for _, vectors in archive.store.embeddings()]))
    cosines = np.sum(rows[0] * rows[1], axis=1)
    return Compared(
        suite=suite.name,
        n_passages=len(cosines),
        n_questions=results[0][0].n_questions,
        mean_cosine=float(cosines.mean()),
        least_cosine=float(cosines.min()),
        figures={
            reference.variation: {name: (reference.figures[name], ours.figures[name]) for name in FIGURES}
            for reference, ours in zip(*results, strict=True)
        },
    )


def table(compared: Compared) -> str:
    """The result as text."""
    lines = [
        f"{compared.suite}: {compared.n_questions} questions; {compared.n_passages} passages,"
        f" cosine {compared.mean_cosine:.5f} on average, {compared.least_cosine:.5f} at least"
    ]
    for variation, figures in compared.figures.items():
        for name, (reference, ours) in figures.items():
            lines.append(f"  {variation:12} {name:8} torch fp32 {_shown(reference)}   ours {_shown(ours)}")
    return "\n".join(lines) + "\n"


def _shown(estimate: Estimate) -> str:
    return "-" if estimate.value is None else f"{estimate.value:.4f}"


def main(arguments: Sequence[str] | None = None, config: Config | None = None) -> int:
    """The command, with default settings unless others are passed; returns 0, or the exit code of an error."""
    parser = argparse.ArgumentParser(
        prog="python -m askive.eval.benchmarks.speed.embedding_quality", description=__doc__
    )
    parser.add_argument("suites", nargs="*", default=["seeds"], metavar="SUITE")
    parser.add_argument("--limit", type=int, help="maximum number of questions of each suite")
    options = parser.parse_args(arguments)
    return script.print_texts(_tables(options.suites, config or Config(home=default_home()), options.limit))


def _tables(names: Sequence[str], config: Config, limit: int | None) -> Iterator[str]:
    # Opened before the first measurement, so that an unknown name is reported at once.
    for suite in [open_suite(name) for name in names]:
        yield table(compare(suite, config, limit))


if __name__ == "__main__":
    sys.exit(main())
