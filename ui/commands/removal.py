"""Confirmation and report of the commands that remove documents."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from askive.ui.commands.cache import cleared_text

if TYPE_CHECKING:
    from askive.rag.config import Config
    from askive.rag.privacy.removal import Removal, Removed

WithQuotes = Annotated[
    bool | None,
    typer.Option(
        "--with-quotes/--keep-quotes",
        help="Also delete answers, gold questions and evaluation runs that quote removed documents."
        " Default: ask; without a terminal, keep them.",
        show_default=False,
    ),
]


def choose_quotes(config: Config, removal: Removal, with_quotes: bool | None, *, yes: bool = False) -> bool:
    """Whether to delete what quotes the documents: from the flags, else asked on a terminal, else no."""
    from askive.rag.privacy.register import quotes_of

    if with_quotes is not None:
        return with_quotes
    if yes or not sys.stdin.isatty():
        return False
    quotes = quotes_of(config, removal)
    question = f"{counts_text(quotes)} quote the removed documents. Delete them too?"
    return bool(quotes) and typer.confirm(question, err=True)


def counts_text(quotes: Mapping[str, int]) -> str:
    """`2 answers in conversations, 1 gold question`."""
    return ", ".join(f"{n} {_SINGULAR.get(name, name) if n == 1 else name}" for name, n in quotes.items())


def removed_text(removed: Removed) -> str:
    """The other results of a removal, on one line."""
    parts = [cleared_text(removed.states_cleared)]
    if not removed.erased:
        parts.append(NOT_ERASED)
    if removed.deleted:
        parts.append(f"also deleted: {counts_text(removed.deleted)}")
    if removed.kept:
        parts.append(f"kept: {counts_text(removed.kept)} that quote it (--with-quotes deletes them too)")
    return "; ".join(parts)


def removed_json(removed: Removed) -> dict[str, object]:
    """The other results of a removal, for --json."""
    return {
        "states_cleared": removed.states_cleared,
        "erased": removed.erased,
        "quotes_deleted": dict(removed.deleted),
        "quotes_kept": dict(removed.kept),
    }


NOT_ERASED = (
    "removed text is still in the collection's file, which is in use or failing; the next start erases it"
)
_SINGULAR = {
    "answers in conversations": "answer in conversations",
    "gold questions": "gold question",
    "copies in gold suites": "copy in gold suites",
    "evaluation runs": "evaluation run",
}
