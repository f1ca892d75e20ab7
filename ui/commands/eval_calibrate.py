"""`askive eval calibrate`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from askive.ui.terminal.options import AsJson, Embedder, Model, Quiet, output, settings

if TYPE_CHECKING:
    from askive.eval.calibration.answerability import Held
    from askive.ui.terminal.render import Output


def calibrate(
    suites: Annotated[
        list[str],
        typer.Argument(
            metavar="SUITE...", help="As for `eval run`; development halves only, never the scored half."
        ),
    ],
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", help="Questions of each suite.")
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(
            "--budget",
            metavar="SHARE",
            help="Share of false refusals that the threshold may cause (default .05; .03 for the generator's opinion).",
        ),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Replace the models in the package by the fitted ones.")
    ] = False,
    cases_file: Annotated[
        Path | None,
        typer.Option("--cases", metavar="FILE", help="Also write the features, one JSON line a question."),
    ] = None,
    asked: Annotated[
        int,
        typer.Option(
            "--asked",
            metavar="N",
            help="Questions of each suite for which the generator is asked too; 0: none.",
        ),
    ] = 48,
    embedder: Embedder = None,
    model_id: Model = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fit the models that decide when to refuse: with and without the reader, and with the generator's opinion.

    Uses questions that are known to be answerable or not; the generator reads a prompt for each (some seconds).

    Prints how models fitted on the other suites perform on each suite.

    Example: [bold]askive eval calibrate seeds:dev ~/suites/clapnq_dev --write[/]
    """
    import json

    from askive.eval.calibration import answerability, self_evaluation
    from askive.eval.calibration.answerability import Case, collect, store
    from askive.eval.calibration.answerability import calibrate as fit
    from askive.eval.calibration.self_evaluation import ask_opinions, fit_opinions
    from askive.eval.datasets import open_suite
    from askive.models.registry import load_reader
    from askive.rag.factory import open_embedder, open_generator

    config, shown = settings(embedder=embedder, model=model_id), output(as_json, quiet)
    loaded = open_embedder(config)
    reader = load_reader("shipped")
    cases: list[Case] = []
    opinions: list[Case] = []
    llm = None
    if asked:
        llm = open_generator(config)
    with shown.progress() as bar:
        for spec in suites:
            task = bar.add_task(spec, total=None)

            def advance(what: str, done: int, total: int, task: object = task) -> None:
                bar.update(task, description=what, completed=done, total=total)  # type: ignore[arg-type]

            suite = open_suite(spec)
            cases += collect(suite, config, loaded, reader, limit, advance)
            if llm is not None:
                opinions += ask_opinions(suite, config, loaded, reader, llm, asked, advance)
            bar.remove_task(task)
    if cases_file:
        lines = (
            {"suite": c.suite, "sample_id": c.sample_id, "type": c.type, "kind": c.kind, **c.features}
            for c in [*cases, *opinions]
        )
        cases_file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    fitted = []
    for digest in (reader.digest if reader else None, None):
        model, held = fit(cases, loaded.model_id, digest, budget or answerability.BUDGET)
        fitted.append(model)
        title = "with the reader" if digest else "without the reader"
        if not shown.as_json:
            _print(title, model["threshold"], held, shown)
        if llm is not None:
            model, held = fit_opinions(
                opinions, cases, loaded.model_id, digest, llm.model_id, budget or self_evaluation.BUDGET
            )
            fitted.append(model)
            if not shown.as_json:
                _print(f"{title}, the generator asked too", model["threshold"], held, shown)
    if shown.as_json:
        shown.json(fitted)
    if write:
        store(fitted)
        shown.hint("written; now record the gate's baseline and the README's figures again")


def _print(title: str, threshold: float, held: list[Held], shown: Output) -> None:
    from rich.table import Table

    table = Table(
        title=f"Fitted {title}, threshold {threshold:.3f}; each suite by a model of the others", box=None
    )
    for name in (
        "suite",
        "answerable",
        "unanswerable",
        "withheld",
        "AUC",
        "refused",
        "refused withheld",
        "false refusals",
    ):
        table.add_column(name, justify="left" if name == "suite" else "right")
    for row in held:
        shares = (row.auc, row.refused, row.refused_withheld, row.false_refusals)
        table.add_row(
            row.suite,
            *(str(n) for n in (row.n_answerable, row.n_unanswerable, row.n_withheld)),
            *("" if share != share else f"{share:.2f}" for share in shares),
        )
    shown.out.print(table)
