"""The ablation as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from askive.eval.runs.ablation import Ablated
from askive.eval.runs.record import code_state, machine
from askive.rag.errors import UsageError

_STYLES = Path(__file__).parent / "templates" / "report.css"
_FIGURES = ("nDCG@10", "R@5", "R@10", "Success@1")


def write_ablation(results: Sequence[Ablated], out: Path) -> Path:
    """Write the page to `out`, without external resources. Raises UsageError when it cannot be written."""
    made_by = f"code {code_state().commit or 'unknown'}, {machine()['cpu']}, {machine()['n_cores']} cores"
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Retrieval, part by part</title><style>{_STYLES.read_text(encoding='utf-8')}</style><main>"
        "<h1>Retrieval, part by part</h1>"
        "<p>The same questions, one setting changed at a time; 95% intervals. "
        "Kept: hits that the product uses for a question, and their share of the relevant documents.</p>",
    ]
    for suite in dict.fromkeys(row.suite for row in results):
        rows = [row for row in results if row.suite == suite]
        parts.append(f"<h2>{escape(suite)}</h2><p>{rows[0].n_questions} questions</p>")
        heads = ("variation", *_FIGURES, "kept", "recall of the kept", "median search")
        parts.append(_table(heads, [_cells(row) for row in rows]))
    parts.append(f"<p>{escape(made_by)}</p></main></html>")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text("\n".join(parts), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot write {out}: {error.strerror}", remedy="name another file with --out"
        ) from error
    return out


def _cells(row: Ablated) -> list[str]:
    cells = [row.variation]
    for name in _FIGURES:
        figure = row.figures[name]
        has_interval = figure.value is not None and figure.low is not None and figure.high is not None
        cells.append(f"{figure.value:.3f} ({figure.low:.3f} – {figure.high:.3f})" if has_interval else "–")
    kept_cells = (f"{row.n_kept:.1f}", f"{row.recall_kept:.3f}") if row.n_kept else ("–", "–")
    return [*cells, *kept_cells, f"{row.search_ms:.0f} ms"]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
