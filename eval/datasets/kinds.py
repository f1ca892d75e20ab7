"""Questions with their kind; `eval/gold/kinds/README.md` says how the built-in ones were written.

One question per line: `question`, `kind`, and `group`: the questions with the same wording; of the held-out questions
their style.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from askive.eval.datasets.lines import read_json_lines, text_of
from askive.rag.errors import UsageError
from askive.rag.question.kind import PLAINEST_FIRST
from askive.rag.types import QuestionKind

KINDS = Path(__file__).parent.parent / "gold" / "kinds"
HELD_OUT = KINDS / "held_out"
"""Questions that no model was fitted on."""
_BY_NAME: dict[str, QuestionKind] = {kind: kind for kind in PLAINEST_FIRST}


@dataclass(frozen=True, slots=True)
class KindQuestion:
    """A question with its kind. group: see the module."""

    text: str
    kind: QuestionKind
    group: str


def read_kinds(folder: Path = KINDS) -> Sequence[KindQuestion]:
    """The questions of all JSON-lines files of a folder.

    Raises UsageError when there is none, a line lacks a field, a kind is unknown, or a question occurs twice.
    """
    found: dict[str, KindQuestion] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for where, record in read_json_lines(path):
            text, kind = text_of(record, "question", where), text_of(record, "kind", where)
            if kind not in _BY_NAME:
                raise UsageError(f"{where}: unknown kind {kind!r}", remedy=f"use {', '.join(PLAINEST_FIRST)}")
            if text in found:
                raise UsageError(f"{where}: {text!r} occurs twice", remedy="keep one of the two lines")
            found[text] = KindQuestion(text, _BY_NAME[kind], text_of(record, "group", where))
    if not found:
        raise UsageError(f"{folder} holds no questions", remedy="see eval/gold/kinds/README.md")
    return tuple(found.values())
