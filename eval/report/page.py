"""Run folders -> report.html and report.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from askive.eval.report.plots import latency_plot, risk_coverage_plot, type_plot
from askive.eval.report.view import RunView, figure_groups, glance, view_runs
from askive.rag.errors import UsageError

_TEMPLATES = Path(__file__).parent / "templates"


def write_report(runs: Sequence[Path], out: Path, *, max_questions: int = 1000) -> tuple[Path, Path]:
    """Write the page to `out` and Markdown beside it; returns both paths.

    The page has no external resources. max_questions: number of questions listed per run, failures first; the others
    are only counted. Raises UsageError when a folder holds no run or `out` cannot be written.
    """
    views = view_runs(runs, max_questions)
    html = _environment(autoescape=True).get_template("report.html.j2").render(**_page(views))
    markdown = _environment(autoescape=False).get_template("report.md.j2").render(**_facts(views))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(html, encoding="utf-8")
        out.with_suffix(".md").write_text(markdown, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot write {out}: {error.strerror}", remedy="name another file with --out"
        ) from error
    return out, out.with_suffix(".md")


def _facts(views: Sequence[RunView]) -> dict[str, Any]:
    return {"runs": views, "glance": glance(views), "groups": figure_groups(views)}


def _page(views: Sequence[RunView]) -> dict[str, Any]:
    from markupsafe import Markup

    def read(name: str) -> Markup:
        # Files of this package, not user data, so they need no escaping.
        return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))

    plots = (
        ("Right outcomes, by type of question", TYPE_CAPTION, "wide", type_plot(views)),
        ("Risk and coverage", RISK_CAPTION, "", risk_coverage_plot(views)),
        ("Waiting", LATENCY_CAPTION, "", latency_plot(views)),
    )
    return {
        **_facts(views),
        "css": read("report.css"),
        "js": read("report.js"),
        "plots": [(title, caption, kind, Markup(svg)) for title, caption, kind, svg in plots if svg],
        "outcomes": sorted({question.outcome for run in views for question in run.questions}),
        "types": sorted({question.type for run in views for question in run.questions}),
    }


RISK_CAPTION = (
    "Share of wrong answers (risk) when only the most confident questions are answered (coverage). Lower is "
    "better; the dot marks the pipeline's own refusal threshold."
)
TYPE_CAPTION = (
    "Questions with the right outcome: answered correctly or refused correctly. Thin lines: 95% intervals."
)
LATENCY_CAPTION = (
    "Share of questions whose first word (solid) and last word (dashed) arrived within a number of seconds."
)


def _environment(*, autoescape: bool) -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=autoescape,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = _markdown_cell
    return environment


def _markdown_cell(text: object) -> str:
    """Text escaped for a cell of a Markdown table."""
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")
