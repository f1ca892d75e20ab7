"""Evaluation results as tables for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from askive.ui.terminal.render import Output
from askive.ui.wording import as_sentence

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from askive.eval.datasets import Discovery
    from askive.eval.metrics import Estimate
    from askive.eval.runs.ablation import Ablated
    from askive.eval.runs.compare import Comparison
    from askive.eval.runs.gate import GateResult
    from askive.eval.runs.run import RunResult

_MAX_CHANGED = 20
_MAX_LICENCE = 18
_PARTS = ("retrieval", "answers", "citations", "refusal")


def print_suites(found: Discovery, shown: Output) -> None:
    """One line for each suite, with the number of questions scored in each part."""
    table = _table("suite", "shape", "documents", "questions", *_PARTS, "licence")
    for suite in found.suites:
        scored = [str(suite.scored.get(part, "-")) for part in _PARTS]
        licence = suite.licence or "not stated"
        # --json has it in full.
        licence = licence if len(licence) <= _MAX_LICENCE else licence[: _MAX_LICENCE - 1] + "…"
        table.add_row(
            suite.name, suite.kind, str(suite.n_documents), str(len(suite.samples)), *scored, licence
        )
    shown.out.print(table)
    for suite in found.suites:
        for what, n in suite.left_out.items():
            shown.hint(f"{suite.name}: {n} {what} left out")
    for problem in found.problems:
        shown.hint(f"not read: {problem.message}. {as_sentence(problem.remedy)}")


def print_run(result: RunResult, shown: Output) -> None:
    """The figures with their intervals, and what was not scored."""
    from askive.eval.metrics import FIGURES

    record = result.record
    state = "stopped early, " if result.stopped else ""
    shown.out.print(_heading(result.suite, f"{record['pipeline']}, {state}{len(result.rows)} questions"))
    table = _table("figure", "value", "95% interval", "n")
    for figure in FIGURES:
        estimate = result.estimates[figure.name]
        if estimate.value is not None:
            table.add_row(
                figure.name,
                number(estimate.value, figure.unit),
                interval(estimate, figure.unit),
                str(estimate.n),
            )
    shown.out.print(table)
    silent = [figure.name for figure in FIGURES if result.estimates[figure.name].value is None]
    if silent:
        shown.hint(f"not scored: {', '.join(silent)}")
    if record["index"]:
        index = record["index"]
        took = f"{index['index_ms'] / 1000:.1f} s" if index["index_ms"] is not None else "in several parts"
        shown.hint(
            f"index: {index['n_documents']} documents, {index['n_passages']} passages, "
            f"{index['index_bytes'] / 1e6:.1f} MB, made in {took}; peak memory "
            f"{(record['peak_memory_bytes'] or 0) / 1e9:.2f} GB"
        )
    if record["judge"]:
        shown.hint(f"judge: {judge_words(record['judge'])}")
    for what, n in record["suite"]["left_out"].items():
        shown.hint(f"left out: {n} {what}")
    if result.n_resumed:
        shown.hint(f"continued: {result.n_resumed} questions were already asked")
    if record["evidence_missing"]:
        shown.hint(f"not scored: {record['evidence_missing']} gold sentences that are not in their documents")
    shown.hint(f"run: {result.run_dir}")
    if result.stopped:
        shown.hint("stopped; run the same command to continue")
    else:
        shown.hint(f"report: askive eval report {result.run_dir}")


def print_ablation(results: Sequence[Ablated], shown: Output) -> None:
    """One line for each variation: figures at document level with intervals."""
    if not results:
        return
    shown.out.print(_heading(results[0].suite, f"{results[0].n_questions} questions"))
    names = ("R@5", "R@10")
    table = _table("variation", "nDCG@10", "95% interval", *names, "kept", "recall", "ms")
    for result in results:
        first = result.figures["nDCG@10"]
        others = [number(result.figures[name].value, "") for name in names]
        kept = [f"{result.n_kept:.1f}", f"{result.recall_kept:.3f}"] if result.n_kept else ["-", "-"]
        table.add_row(
            result.variation,
            number(first.value, ""),
            interval(first, ""),
            *others,
            *kept,
            f"{result.search_ms:.0f}",
        )
    shown.out.print(table)


def print_comparison(comparison: Comparison, shown: Output) -> None:
    """Differences of B from A, then the questions that changed."""
    from rich.text import Text

    from askive.eval.metrics.figures import BY_NAME

    shown.out.print(f"A  {comparison.a}\nB  {comparison.b}\n{comparison.n} questions in both")
    table = _table("figure", "A", "B", "B - A", "95% interval", "win/tie/loss", "")
    for difference in comparison.differences:
        unit = BY_NAME[difference.name].unit
        counts = "" if difference.wins is None else f"{difference.wins}/{difference.ties}/{difference.losses}"
        change = difference.difference.value
        table.add_row(
            difference.name,
            number(difference.a, unit),
            number(difference.b, unit),
            number(change, unit, signed=True) if difference.comparable else "-",
            interval(difference.difference, unit) if difference.comparable else "-",
            counts,
            _verdict_text(difference.verdict),
        )
    shown.out.print(table)
    if not comparison.same_suite:
        shown.hint("the suites differ: only questions of equal id and text were paired")
    if comparison.only_a or comparison.only_b:
        shown.hint(f"not paired: {comparison.only_a} questions of A, {comparison.only_b} of B")
    for question in comparison.changed[:_MAX_CHANGED]:
        mark = Text("+", "green") if question.better else Text("-", "red")
        shown.out.print(mark, f"{question.sample_id}  {question.before} -> {question.after}")
        shown.out.print(f"    {question.question[:100]}")
    if len(comparison.changed) > _MAX_CHANGED:
        shown.hint(f"and {len(comparison.changed) - _MAX_CHANGED} more changed; --json lists all")


def print_gate(result: GateResult, shown: Output) -> None:
    """Each gated figure against the baseline."""
    from rich.text import Text

    from askive.eval.metrics.figures import BY_NAME

    table = _table("figure", "baseline", "95% interval", "now", "")
    for figure in result.figures:
        unit = BY_NAME[figure.name].unit
        table.add_row(
            figure.name,
            number(figure.baseline.value, unit),
            interval(figure.baseline, unit),
            number(figure.now, unit),
            Text("failed", "red") if figure.failed else Text("ok", "green"),
        )
    for name in result.missing:
        table.add_row(name, "", "", "not scored", Text("failed", "red"))
    shown.out.print(table)
    verdict = Text("passed", "green") if result.passed else Text("failed", "red")
    shown.out.print("gate ", verdict, f": {result.suite}, {result.n} questions", sep="")
    shown.hint(f"run: {result.run_dir}")


def judge_words(judge: Mapping[str, Any]) -> str:
    """A judge and its agreement with people, on one line."""
    agreement = judge["agreement"]
    if agreement is None:
        return f"{judge['model']}; agreement with people not measured (`askive eval judge-check DIR`)"
    auc, kappa = agreement["auc"], agreement["kappa"]
    return (
        f"{judge['model']}; against people's marks on {agreement['n']} answers: "
        f"AUC {auc['value']:.2f} [{auc['low']:.2f}, {auc['high']:.2f}], kappa {kappa['value']:.2f}"
    )


def number(value: float | None, unit: str, *, signed: bool = False) -> str:
    """Format a figure for a table."""
    if value is None:
        return "-"
    sign = "+" if signed else ""
    if unit == "ms":
        return f"{value:{sign},.0f} ms"
    return f"{value:{sign}.1f}/s" if unit else f"{value:{sign}.3f}"


def interval(estimate: Estimate, unit: str) -> str:
    """`low … high`, or nothing."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f"{number(estimate.low, unit)} … {number(estimate.high, unit)}"


def _verdict_text(verdict: str) -> Text:
    from rich.text import Text

    # Only a significant difference gets a word; the interval has a column of its own.
    colour = {"better": "green", "worse": "red"}.get(verdict)
    return Text(verdict, colour) if colour else Text()


def _heading(name: str, rest: str) -> Text:
    from rich.text import Text

    return Text.assemble("\n", (name, "bold"), f"  {rest}")


def _table(*columns: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    numeric: Sequence[str] = (
        "value",
        "n",
        "questions",
        "documents",
        *_PARTS,
        "A",
        "B",
        "B - A",
        "baseline",
        "now",
    )
    for column in columns:
        table.add_column(column, justify="right" if column in numeric else "left", no_wrap=True)
    return table
