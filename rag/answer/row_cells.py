"""Rows of tables as answers: the cells that the question asks about, instead of all of them."""

from __future__ import annotations

from collections.abc import Sequence

from askive.rag.question.analysis import Question
from askive.rag.text.quantities import quantities
from askive.rag.text.words import stems

_MIN_CELLS = 4
_BETWEEN = "; "
_LEFT_OUT = "… "


def shown_quotation(quote: str, question: Question, generated: str = "") -> str:
    """A quote in quotation marks and one line; of a long row only the cells that matter, `…` for those left out.

    generated: the model's own sentence, whose values point at cells too.
    """
    cells = " ".join(quote.split()).split(_BETWEEN)
    if len(cells) < _MIN_CELLS or not all(": " in cell for cell in cells):
        return f"“{' '.join(quote.split())}”"
    kept = _cells_that_matter([cell.partition(": ")[::2] for cell in cells], question, generated)
    if not kept:
        return f"“{_BETWEEN.join(cells)}”"
    text = ""
    for at in sorted(kept):
        text += ("" if not text else _BETWEEN) + ("" if at == 0 or at - 1 in kept else _LEFT_OUT) + cells[at]
    return f"“{text}{'' if len(cells) - 1 in kept else '; …'}”"


def _cells_that_matter(cells: Sequence[tuple[str, str]], question: Question, generated: str) -> set[int]:
    """Indices of the cells to show; empty when none is asked for.

    What the question names: cells whose value it has, else the first cell. What it asks for: the cells whose head has
    most of its words, and those that hold a number of the generated sentence.
    """
    asked_words = set(question.stems)
    words = [set(stems(value)) for _, value in cells]
    named = {at for at, own in enumerate(words) if own and own <= asked_words}
    heads = [set(stems(head)) for head, _ in cells]
    shared = [len(head & asked_words) / max(len(head), 1) for head in heads]
    rest = [at for at in range(len(cells)) if at not in named and at > 0]
    most = max((shared[at] for at in rest), default=0.0)
    asked = {at for at in rest if most > 0 and shared[at] == most}
    added = _figures(generated) - _figures(question.text)
    asked |= {at for at in rest if added & _figures(cells[at][1])}
    return asked | named | {0} if asked else set()


def _figures(text: str) -> set[float]:
    return {quantity.value for quantity in quantities(text)}
