"""`askive eval`: run suites, report, compare, gate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from askive.rag.errors import UsageError
from askive.ui.commands.eval_calibrate import calibrate
from askive.ui.terminal.opening import open_judge, open_models
from askive.ui.terminal.options import AsJson, Embedder, Model, Quiet, Workers, output, settings
from askive.ui.terminal.render import Output

if TYPE_CHECKING:
    from rich.progress import TaskID


app = typer.Typer(
    help="Measure answers: suites of questions, runs, comparisons, reports, thresholds.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.command()(calibrate)

Limit = Annotated[
    int | None,
    typer.Option(
        "--limit", metavar="N", help="At most N questions, always the same ones, spread over the types."
    ),
]
JudgeModel = Annotated[
    str | None,
    typer.Option("--judge", metavar="ID", help="Let this model judge faithfulness too; id as for --model."),
]


@app.command()
def run(
    suites: Annotated[
        list[str],
        typer.Argument(
            metavar="SUITE...",
            help="`seeds`, `offices`, `papers`, `kinds`, a folder or a file; add :dev or :test for a half.",
        ),
    ],
    limit: Limit = None,
    types: Annotated[
        list[str] | None,
        typer.Option(
            "--types", metavar="TYPE", help="Only questions of this type; repeat, or separate by commas."
        ),
    ] = None,
    only: Annotated[
        str | None, typer.Option("--only", metavar="retrieval", help="Only search; no answers are generated.")
    ] = None,
    pipeline: Annotated[
        str, typer.Option("--pipeline", metavar="NAME", help="default, plain (the baseline) or closed-book.")
    ] = "default",
    closed_book: Annotated[
        bool, typer.Option("--closed-book", help="The control: the same model without sources.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder of the run; an existing run is continued."),
    ] = None,
    judge: JudgeModel = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the bootstrap intervals.")] = 0,
    model: Model = None,
    embedder: Embedder = None,
    workers: Workers = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Ask every question of a suite and measure the answers. After Ctrl-C, run it again to continue.

    Example: [bold]askive eval run seeds:dev --limit 20[/]
    """
    from askive.eval.datasets import open_suite
    from askive.eval.runs.ray_askers import open_askers
    from askive.eval.runs.run import RunOptions, run_suite

    if only not in (None, "retrieval"):
        raise UsageError(f"--only {only}", remedy="use --only retrieval")
    if closed_book and pipeline not in ("default", "closed-book"):
        raise UsageError(
            f"--closed-book and --pipeline {pipeline} exclude each other", remedy="use one of them"
        )
    if closed_book or pipeline == "closed-book":
        pipeline = "closed-book"
        if only:
            raise UsageError("--closed-book retrieves nothing", remedy="leave out --only")
    config = settings(model=model, embedder=embedder, workers=workers)
    shown = output(as_json, quiet)
    opened = [open_suite(name) for name in suites]
    names = tuple(part.strip() for value in types or () for part in value.split(",") if part.strip())
    with (
        open_models(config, answers=only is None, judge=judge, shown=shown) as models,
        open_askers(config, judge, dict(zip([each.name for each in opened], suites, strict=True))) as askers,
    ):
        for suite in opened:
            options = RunOptions(
                pipeline=pipeline,
                limit=limit,
                types=names,
                only_retrieval=only is not None,
                out=_out_of(out, suite.name, len(opened)),
                seed=seed,
            )
            with _progress(shown, suite.name) as progress:
                result = run_suite(suite, models, config, options, progress=progress, askers=askers)
            if shown.as_json:
                shown.json(result.as_dict())
            else:
                from askive.ui.terminal.evaluation import print_run

                print_run(result, shown)
            if result.stopped:
                raise typer.Exit(130)


@app.command()
def suites(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH...", help="Folders or files to search, and one level below."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """List the suites that can be run: the built-in ones, and those found at PATH.

    Formats: a folder with suite.toml; BEIR (corpus.jsonl or corpus/, queries.jsonl, qrels.tsv or qrels/test.tsv);
    RAMDocs; MTRAG; SQuAD v1.1 and v2.0 JSON; RGB JSON lines.

    Example: [bold]askive eval suites ~/suites[/]
    """
    from askive.eval.datasets import discover

    shown = output(as_json, quiet)
    found = discover(paths or [])
    if not shown.as_json:
        from askive.ui.terminal.evaluation import print_suites

        print_suites(found, shown)
        return
    for suite in found.suites:
        shown.json(
            {
                "suite": suite.name,
                "path": str(suite.path),
                "n": len(suite.samples),
                "n_documents": suite.n_documents,
                "kind": suite.kind,
                "licence": suite.licence,
                "scored": dict(suite.scored),
                "types": dict(suite.types),
                "left_out": dict(suite.left_out),
                "digest": suite.digest,
                "notes": suite.notes,
            }
        )
    for problem in found.problems:
        shown.json({"error": problem.as_dict()})


@app.command()
def report(
    runs: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Folders of runs, the reference first.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE.html",
            help="Default: report.html in the first DIR, with report.md beside it.",
        ),
    ] = None,
    max_questions: Annotated[
        int,
        typer.Option("--max-questions", metavar="N", help="Questions listed for each run, failures first."),
    ] = 1000,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a report in HTML and Markdown: figures, plots and every question, failures first.

    Example: [bold]askive eval report ~/.local/share/askive/eval/runs/seeds-default-20260101-120000-000[/]
    """
    from askive.eval.report import write_report

    shown = output(as_json, quiet)
    html, markdown = write_report(runs, out or runs[0] / "report.html", max_questions=max_questions)
    if shown.as_json:
        shown.json({"html": str(html), "markdown": str(markdown), "runs": [str(run) for run in runs]})
    else:
        shown.text(str(html))
        shown.text(str(markdown))


@app.command()
def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="Folder of the run to compare with.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Folder of the run to judge.")],
    force: Annotated[
        bool, typer.Option("--force", help="Pair equal questions even when the suites differ.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the bootstrap intervals.")] = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare two runs: paired differences, win/tie/loss, questions that changed.

    Example: [bold]askive eval compare RUNS/seeds-plain-1 RUNS/seeds-default-2[/]
    """
    from askive.eval.runs.compare import compare_runs

    shown = output(as_json, quiet)
    comparison = compare_runs(a, b, force=force, seed=seed)
    if shown.as_json:
        shown.json(comparison.as_dict())
    else:
        from askive.ui.terminal.evaluation import print_comparison

        print_comparison(comparison, shown)


@app.command()
def gate(
    limit: Limit = None,
    record: Annotated[bool, typer.Option("--record", help="Keep this run as the new baseline.")] = False,
    only: Annotated[
        str | None,
        typer.Option("--only", metavar="retrieval", help="Check retrieval only; needs no generator."),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="Default: the baseline in the package."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder of the run.")] = None,
    model: Model = None,
    embedder: Embedder = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Run `seeds:dev` and fail when a figure is worse than the baseline by more than its interval.

    Times are not gated. Exit code 1 when a figure fails.

    Example: [bold]askive eval gate --limit 40[/]
    """
    from askive.eval.datasets import open_suite
    from askive.eval.runs.gate import BASELINE, GATE_SUITE, check_gate, read_baseline, record_baseline
    from askive.eval.runs.run import RunOptions, run_suite

    if only not in (None, "retrieval"):
        raise UsageError(f"--only {only}", remedy="use --only retrieval")
    config, shown = settings(model=model, embedder=embedder), output(as_json, quiet)
    path = baseline or BASELINE
    held = None if record else read_baseline(path)
    suite = open_suite(GATE_SUITE)
    options = RunOptions(limit=limit, only_retrieval=only is not None, out=out)
    with (
        open_models(config, answers=only is None, judge=None, shown=shown) as models,
        _progress(shown, suite.name) as progress,
    ):
        result = run_suite(suite, models, config, options, progress=progress)
    if result.stopped:
        raise typer.Exit(130)
    if held is None:
        record_baseline(result, path)
        shown.hint(f"recorded {path}")
        if shown.as_json:
            shown.json({**result.as_dict(), "baseline": str(path)})
        return
    verdict = check_gate(result, held)
    if shown.as_json:
        shown.json(verdict.as_dict())
    else:
        from askive.ui.terminal.evaluation import print_gate

        print_gate(verdict, shown)
    if not verdict.passed:
        raise typer.Exit(1)


@app.command()
def ablate(
    suites: Annotated[list[str], typer.Argument(metavar="SUITE...", help="As for `eval run`.")],
    rerank: Annotated[
        list[str] | None,
        typer.Option(
            "--rerank",
            metavar="NAME",
            help="Also measure reranking by likelihood (slow: use --limit) or reader; repeat for both.",
        ),
    ] = None,
    limit: Limit = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.html", help="Also write the tables to an HTML page.")
    ] = None,
    embedder: Embedder = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Measure what each part of retrieval adds: the same questions, one setting changed at a time.

    Example: [bold]askive eval ablate seeds:dev[/]
    """
    from askive.eval.datasets import open_suite
    from askive.rag.factory import open_embedder
    from askive.ui.terminal.ablation import ablate_suites

    config, shown = settings(embedder=embedder), output(as_json, quiet)
    loaded = open_embedder(config)
    opened = [open_suite(spec) for spec in suites]
    ablate_suites(opened, config, loaded, shown, rerank or (), limit, out, _progress)


@app.command("judge-check")
def judge_check(
    path: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Answers with human marks, in the format of mtrag_human_judged."),
    ],
    model: Model = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", help="Only the first N answers.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Measure how well a judge agrees with people; later runs print it beside the judge's scores.

    Example: [bold]askive eval judge-check ~/suites/mtrag_human_judged[/]
    """
    from askive.eval.runs.judge import check_judge, store_agreement
    from askive.ui.terminal.evaluation import judge_words

    config, shown = settings(), output(as_json, quiet)
    with ExitStack() as stack:
        judge = open_judge(model or config.generator, config, stack)
        with _progress(shown, path.name) as progress:
            agreement = check_judge(judge, path, limit=limit, progress=progress)
    kept = store_agreement(agreement, config.home)
    if shown.as_json:
        shown.json({**agreement.as_dict(), "kept": str(kept)})
    else:
        shown.text(judge_words({"model": agreement.model, "agreement": agreement.as_dict()}))


@contextmanager
def _progress(shown: Output, name: str) -> Iterator[Callable[[str, int, int], None]]:
    with shown.progress() as bar:
        tasks: dict[str, TaskID] = {}

        def report_step(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(f"{name}: {what}", total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield report_step


def _out_of(out: Path | None, suite: str, n_suites: int) -> Path | None:
    if out is None or n_suites == 1:
        return out
    return out / suite.replace(":", "-")
