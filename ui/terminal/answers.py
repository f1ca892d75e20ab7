"""An answer on a terminal: the first quote, then the text, then its rows, then the sources."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from askive.rag.answer.partial import missing_text
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

# A supported sentence without a source sums up the rows below it.
_UNCITED = {"cut_off": " [cut off]", "supported": ""}


def print_stream(events: Iterable[Event], shown: Output, *, strict: bool = True) -> Answer:
    """Print the events as they come and return the final answer.

    strict: print a sentence only after it is checked and supported.
    """
    out = shown.out
    printed: list[str] = []
    spinner = shown.err.status("Reading the sources…") if not shown.quiet and sys.stderr.isatty() else None
    answer: Answer | None = None
    if spinner:
        spinner.start()
    try:
        for event in events:
            if isinstance(event, Searching):
                for note in event.notes:
                    shown.hint(one_line(note))
                if event.filtered:
                    shown.hint(f"only documents: {event.filtered}")
                if event.understood:
                    shown.hint(f"ranked higher: {event.understood} (--literal turns this off)")
            elif isinstance(event, Sources) and event.first is not None and not shown.quiet:
                _pause(spinner)
                out.print("Nearest in your documents:", style="dim")
                out.print(f"  “{_one_line(event.first.quote)}”", style="italic", markup=False)
                out.print(f"  {about(event.first)}", style="dim", markup=False)
                out.print()
                _resume(spinner)
            elif isinstance(event, Progress) and spinner:
                spinner.update(f"Reading the sources… {event.done:,} of {event.total:,} {event.what}")
            elif isinstance(event, Cited) and (event.sentence.verdict == "supported" or not strict):
                _pause(spinner)
                spinner = None
                _print_sentence(event.sentence, printed)
            elif isinstance(event, Final):
                answer = event.answer
    finally:
        _pause(spinner)
    if answer is None:
        raise AssertionError("a stream always ends with Final")
    if answer.refused:
        _write("\n\n" if printed else "")
        out.print(harmless(answer.text), markup=False)
    else:
        _print_rest(answer, printed)
    if answer.unanswered:
        out.print(harmless(missing_text(answer.unanswered)), markup=False)
    if answer.left_out and not answer.refused and strict:
        n = answer.n_left_out
        what = "One sentence was" if n == 1 else f"{n} sentences were"
        shown.hint(f"{what} left out, not supported by the documents. --show-unsupported shows all.")
    if answer.rows:
        _print_rows(answer, shown)
    _print_sources(answer, shown)
    return answer


def _print_rest(answer: Answer, printed: list[str]) -> None:
    """Print the rest of the answer, or all of it again if it does not begin with what was printed."""
    if printed != [sentence.text for sentence in answer.sentences[: len(printed)]]:
        _write("\n\n")
        printed.clear()
    for sentence in answer.sentences[len(printed) :]:
        _print_sentence(sentence, printed)
    _write("\n")


def _print_sentence(sentence: Sentence, printed: list[str]) -> None:
    _write(f"{' ' if printed else ''}{sentence.text}{_marks(sentence)}")
    printed.append(sentence.text)


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
    """Title, publisher and date of a citation's document, on one line."""
    source = citation.hit.source
    where = f"p. {citation.hit.passage.page}" if citation.hit.passage.page else None
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


def _write(text: str) -> None:
    Output().text(text, end="")


def _pause(spinner: object) -> None:
    if spinner is not None:
        spinner.stop()  # type: ignore[attr-defined]


def _resume(spinner: object) -> None:
    if spinner is not None:
        spinner.start()  # type: ignore[attr-defined]
