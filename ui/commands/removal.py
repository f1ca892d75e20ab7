"""What the commands that remove ask first and say afterwards."""

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
        help="Delete also answers in conversations, gold questions and evaluation runs that quote what is removed;"
        " without a terminal to ask on they are kept.",
        show_default=False,
    ),
]


def choose_quotes(config: Config, removal: Removal, with_quotes: bool | None, *, yes: bool = False) -> bool:
    """Whether to delete what quotes the documents: as the flags say, else as the user answers, else no."""
    from askive.rag.privacy.register import quotes_of

    if with_quotes is not None:
        return with_quotes
    if yes or not sys.stdin.isatty():
        return False
    quotes = quotes_of(config, removal)
    question = f"{counts_text(quotes)} quote what is removed. Delete them too?"
    return bool(quotes) and typer.confirm(question, err=True)


def counts_text(quotes: Mapping[str, int]) -> str:
    """`2 answers in conversations, 1 gold question`."""
    return ", ".join(f"{n} {_SINGULAR.get(name, name) if n == 1 else name}" for name, n in quotes.items())


def removed_text(removed: Removed) -> str:
    """What came of a removal beside the documents, on one line."""
    parts = [cleared_text(removed.states_cleared)]
    if not removed.erased:
        parts.append(NOT_ERASED)
    if removed.deleted:
        parts.append(f"deleted with it: {counts_text(removed.deleted)}")
    if removed.kept:
        parts.append(f"kept: {counts_text(removed.kept)} that quote it (--with-quotes deletes them too)")
    return "; ".join(parts)


def removed_json(removed: Removed) -> dict[str, object]:
    """The same for --json."""
    return {
        "states_cleared": removed.states_cleared,
        "erased": removed.erased,
        "quotes_deleted": dict(removed.deleted),
        "quotes_kept": dict(removed.kept),
    }


NOT_ERASED = (
    "its bytes are still in the collection's file, which is in use or failing: the next start erases them"
)
_SINGULAR = {
    "answers in conversations": "answer in conversations",
    "gold questions": "gold question",
    "copies in gold suites": "copy in gold suites",
    "evaluation runs": "evaluation run",
}
