"""What is measured for each kind of question, and what is to be reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from askive.eval.benchmarks.trust.figures import Aim, Line, figures, figures_table
from askive.eval.metrics.figures import Figure, estimate
from askive.eval.metrics.scores import Row
from askive.rag.types import QuestionKind

ALL, FOLLOW_UPS, LANGUAGES = "all kinds", "follow-ups", "other languages"


def _aim(value: float) -> Mapping[str, Aim]:
    return {"": Aim("at least", value)}


LINES: Mapping[QuestionKind, tuple[Line, ...]] = {
    "fact": (Line("right", "contains"),),
    "yes_no": (Line("right", "contains"),),
    "explanation": (Line("reasons named", "facts_named"),),
    "who_said": (
        Line("statements with their speaker", "sides_named"),
        Line("not given to another speaker", "sides_not_swapped", _aim(1.0)),
    ),
    "mentions": (
        Line("F1 of the documents", "set_f1", _aim(0.95)),
        Line("set exact", "set_exact"),
        Line("count exact", "count_exact", _aim(0.90)),
    ),
    "list": (
        Line("F1 of the values", "list_f1", _aim(0.75)),
        Line("precision", "list_precision"),
        Line("recall", "list_recall"),
    ),
    "summary": (
        Line("facts named", "facts_named", _aim(0.70)),
        Line("sentences supported, by our own verdict", "sentences_supported", _aim(0.95)),
        Line("sentences that repeat no other", "said_once", _aim(1.0)),
    ),
    "overview": (Line("facts named", "facts_named"), Line("count exact", "count_exact")),
    "timeline": (
        Line("events told", "events_recall", _aim(0.80)),
        Line("pairs of events in order", "events_in_order", _aim(1.0)),
        Line("dates right", "event_dates_right", _aim(0.95)),
    ),
    "comparison": (
        Line("facts told of their side", "sides_named", _aim(0.75)),
        Line("not told of the other side", "sides_not_swapped", _aim(1.0)),
    ),
    "conversation": (Line("reached", "reached"),),
}
_EVERY = (
    Line("kind recognised", "kind_right", _aim(0.93)),
    Line("reached, by the main figure of each kind", "reached"),
    Line("nothing wrong named", "none_wrong"),
    Line("unanswerable questions refused", "refusal_recall"),
    Line("answerable questions refused", "false_refusal_rate"),
    Line("quotes exact", "quotes_exact", _aim(1.0)),
)
_TRANSLATED = Figure("reached", "kinds")
_OF_ENGLISH = Aim("at least", 0.80)


def kind_figures(ours: Sequence[Row], plain: Sequence[Row]) -> list[dict[str, Any]]:
    """The figures of each kind that was asked, then those of all kinds, follow-ups and other languages.

    ours, plain: rows of the same questions. Each as a figure of `askive.eval.benchmarks.trust.figures`, with its
    `section` in front.
    """
    rows: list[dict[str, Any]] = []
    english = [row for row in ours if not _translates(row)]
    plain_english = [row for row in plain if not _translates(row)]
    for kind, lines in LINES.items():
        of_kind = [row for row in english if row["type"] == kind]
        rows += _section(kind, of_kind, plain_english, lines)
    rows += _section(ALL, english, plain_english, _EVERY)
    rows += _section(FOLLOW_UPS, [row for row in english if row["turns"]], plain_english, _EVERY[:2])
    rows += _languages(ours, plain)
    return rows


def _section(
    name: str, ours: Sequence[Row], plain: Sequence[Row], lines: Sequence[Line]
) -> list[dict[str, Any]]:
    asked = {row["sample_id"] for row in ours}
    beside = [row for row in plain if row["sample_id"] in asked]
    return [{"section": name, **row} for row in figures("kinds", ours, beside, lines=lines)]


def _languages(ours: Sequence[Row], plain: Sequence[Row]) -> list[dict[str, Any]]:
    """What a translated question reaches, as a share of what its English form does."""
    estimates = [estimate(_TRANSLATED, _beside_english(rows)) for rows in (ours, plain)]
    if estimates[0].value is None:
        return []
    return [
        {
            "section": LANGUAGES,
            "what": "reached, of what the English form reaches",
            "figure": "reached",
            "ours": estimates[0].as_dict(),
            "plain": None if estimates[1].value is None else estimates[1].as_dict(),
            "difference": None,
            "aim": str(_OF_ENGLISH),
            "reached": _OF_ENGLISH.is_reached(estimates[0], None),
        }
    ]


def _beside_english(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows with the score `[reached, reached by the English form]`, of translated questions that have both."""
    reached = {row["sample_id"]: row["scores"].get("reached") for row in rows}
    pairs = [(reached[row["sample_id"]], reached.get(_translates(row))) for row in rows if _translates(row)]
    return [{"scores": {"reached": [own[0], english[0]]}} for own, english in pairs if own and english]


def _translates(row: Row) -> str:
    return str(row["gold"]["expected"]["translates"])


def kind_table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The table, a line for each figure, in Markdown."""
    return figures_table(("kind", "what"), ((row["section"], row["what"], row) for row in rows))
