"""`eval ablate` on a terminal, and its page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from askive.ui.terminal.evaluation import print_ablation
from askive.ui.terminal.render import Output

if TYPE_CHECKING:
    from askive.eval.datasets.suite import Suite
    from askive.eval.runs.ablation import Ablated
    from askive.models.protocols import Embedder
    from askive.rag.config import Config

Progress = Callable[[Output, str], AbstractContextManager[Callable[[str, int, int], None]]]


def ablate_suites(
    suites: Sequence[Suite],
    config: Config,
    embedder: Embedder,
    shown: Output,
    rerank: Sequence[str],
    limit: int | None,
    out: Path | None,
    progress: Progress,
) -> None:
    """Measure the suites one after the other, show each as soon as it is done."""
    from askive.eval.report.ablation import write_ablation
    from askive.eval.runs.ablation import ablate, open_rerankers

    results: list[Ablated] = []
    with ExitStack() as stack:
        generator, reader = open_rerankers(rerank, config, stack)
        for suite in suites:
            with progress(shown, suite.name) as report:
                rows = ablate(
                    suite,
                    config,
                    embedder,
                    progress=report,
                    generator=generator,
                    reader=reader,
                    limit=limit,
                )
            results += rows
            if shown.as_json:
                for row in rows:
                    shown.json(row.as_dict())
            else:
                print_ablation(rows, shown)
    if out is not None:
        shown.hint(f"wrote {write_ablation(results, out)}")
