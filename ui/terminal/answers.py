"""An answer as text: first the nearest quote, then the answer, its rows and its sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from askive.rag.answer.partial import missing_text
from askive.rag.passage_context import locator_of
from askive.rag.types import (
    Answer,
    Citation,
    Cited,
    Event,
    Final,
    Progress,
    Row,
    Searching,
    Sentence,
    Sources,
)
from askive.ui.terminal.hits import also_in
from askive.ui.terminal.render import Output, harmless, one_line
from askive.ui.wording import KIND_WORDS, VERDICT_WORDS

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

_READING = "Reading the sources…"
# A supported sentence without a source sums up the rows below it.
_UNCITED = {"cut_off": " [cut off]", "supported": ""}


def print_stream(events: Iterable[Event], shown: Output, *, strict: bool = True) -> Answer:
    """Print the final answer on standard output and return it.

    Everything before it goes to standard error: how the question was read, the first quote and, on a terminal, the
    sentences so far, which disappear when the answer is complete. Later checks may withdraw one.
    strict: show only supported sentences.
    """
    answer: Answer | None = None
    err = shown.err
    with _draft(err) as draft:
        for event in events:
            if isinstance(event, Searching):
                for note in event.notes:
                    shown.hint(one_line(note))
                if event.filtered:
                    shown.hint(f"only documents: {event.filtered}")
                if event.understood:
                    shown.hint(f"ranked higher: {event.understood} (--literal turns this off)")
            elif isinstance(event, Sources) and event.first is not None:
                _print_first(event.first, err)
            elif isinstance(event, Progress):
                draft.report(f"{event.done:,} of {event.total:,} {event.what}")
            elif isinstance(event, Cited) and (event.sentence.verdict == "supported" or not strict):
                draft.add(event.sentence)
            elif isinstance(event, Final):
                answer = event.answer
    if answer is None:
        raise AssertionError("a stream always ends with Final")
    shown.out.print(answer.text if answer.refused else _text_with_marks(answer))
    if answer.unanswered:
        shown.out.print(missing_text(answer.unanswered))
    if answer.left_out and not answer.refused and strict:
        n = answer.n_left_out
        what = "One sentence was" if n == 1 else f"{n} sentences were"
        shown.hint(f"{what} left out, not supported by the documents. --show-unsupported shows all.")
    if answer.rows:
        _print_rows(answer, shown)
    _print_sources(answer, shown)
    return answer


class _Draft:
    """What a terminal shows until the answer is complete: the sentences so far, then a spinner."""

    def __init__(self, live: Live | None = None) -> None:
        from rich.spinner import Spinner

        self._live = live
        self._spinner = Spinner("dots", _READING)
        self._text = ""
        self._show()

    def report(self, progress: str) -> None:
        """Show how far a long search is."""
        self._spinner.update(text=f"{_READING} {progress}")

    def add(self, sentence: Sentence) -> None:
        """Show another sentence."""
        self._text += f"{' ' if self._text else ''}{sentence.text}{_marks(sentence)}"
        self._show()

    def _show(self) -> None:
        from rich.console import Group
        from rich.text import Text

        if self._live is not None:
            # Dim, as it may still be withdrawn.
            self._live.update(
                Group(*[Text(self._text, style="dim")] * bool(self._text), self._spinner), refresh=True
            )


@contextmanager
def _draft(console: Console) -> Iterator[_Draft]:
    """A draft on a console; invisible unless that is a terminal on which text can be erased."""
    from rich.live import Live

    if console.quiet or not console.is_terminal or console.is_dumb_terminal:
        yield _Draft()
        return
    with Live(console=console, transient=True, redirect_stdout=False) as live:
        yield _Draft(live)


def _print_first(first: Citation, console: Console) -> None:
    from rich.text import Text

    lines = (
        ("Nearest in your documents:\n", "dim"),
        (f"  “{_one_line(first.quote)}”\n", "italic"),
        (f"  {about(first)}\n", "dim"),
    )
    console.print(Text.assemble(*lines))


def _text_with_marks(answer: Answer) -> str:
    """The sentences with the numbers of their sources; paragraphs as in the answer's text."""
    text, end = "", 0
    for sentence in answer.sentences:
        if text:
            text += "\n\n" if "\n" in answer.text[end : sentence.start] else " "
        text += f"{sentence.text}{_marks(sentence)}"
        end = sentence.end
    return text


def _print_rows(answer: Answer, shown: Output) -> None:
    """The rows as a table; its last column has the numbers of their sources."""
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    if answer.kind:
        shown.hint(f"\nAnswered as: {KIND_WORDS[answer.kind]}")
    has_marks = any(row.citations or VERDICT_WORDS[row.verdict] for row in answer.rows)
    table = Table(box=SIMPLE, pad_edge=False)
    for column in [*answer.columns, *["Sources"] * has_marks]:
        table.add_column(Text(one_line(column)), overflow="fold")
    for row in answer.rows:
        cells = [row.values.get(column, "") for column in answer.columns]
        table.add_row(*(Text(one_line(cell)) for cell in [*cells, *[_row_marks(row)] * has_marks]))
    shown.out.print(table)


def _row_marks(row: Row) -> str:
    """`[3]`, or `[3] (not checked)`."""
    verdict = VERDICT_WORDS[row.verdict]
    numbers = "".join(f"[{citation.marker}]" for citation in row.citations)
    return f"{numbers} ({verdict})" if verdict else numbers


def about(citation: Citation) -> str:
    """Title, publisher and date of a citation's document, and the place in it, on one line."""
    source = citation.hit.source
    where = locator_of(source, citation.hit.passage, citation.start)
    rest = ", ".join(part for part in (source.publisher, source.published, where) if part)
    return one_line(f"{source.title} ({rest})" if rest else source.title)


def _print_sources(answer: Answer, shown: Output) -> None:
    out = shown.out
    cited = _unique(answer.citations)
    # No sentence refers to these numbers, so they start at 1.
    nearby = list(enumerate(answer.refusal.nearby if answer.refusal else (), start=1))
    for title, citations in (("Sources", [(c.marker, c) for c in cited]), ("Nearest passages", nearby)):
        if not citations:
            continue
        out.print()
        out.print(title, style="bold")
        for number, citation in citations:
            out.print(f"[{number}] {about(citation)}", markup=False, style="cyan")
            out.print(f"    “{_one_line(citation.quote)}”", markup=False)
            out.print(
                f"    {one_line(citation.hit.source.uri)}, characters {citation.start}-{citation.end}",
                markup=False,
                style="dim",
            )
            if line := also_in(citation.hit):
                out.print(f"    {line}", markup=False, style="dim")
    if answer.set_aside:
        out.print()
        out.print("Set aside because of control tokens of a chat template", style="bold")
    for citation in answer.set_aside:
        out.print(f"    “{_one_line(citation.quote)}”", markup=False)
        out.print(f"    {about(citation)}", style="dim", markup=False)
    if answer.timings.first_token_ms and not shown.quiet:
        shown.hint(
            f"\nfirst word after {answer.timings.first_token_ms / 1000:.1f} s,"
            f" all in {answer.timings.total_ms / 1000:.1f} s; {answer.model_id}"
        )


def _marks(sentence: Sentence) -> str:
    if not sentence.citations:
        return _UNCITED.get(sentence.verdict, " [no source]")
    marks = "".join(f"[{citation.marker}]" for citation in sentence.citations)
    verdict = VERDICT_WORDS[sentence.verdict]
    return f" {marks}({verdict})" if verdict else f" {marks}"


def _unique(citations: Iterable[Citation]) -> Sequence[Citation]:
    return sorted({c.marker: c for c in citations}.values(), key=lambda c: c.marker)


def _one_line(text: str) -> str:
    return harmless(" ".join(text.split()))
