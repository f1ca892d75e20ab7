"""`askive verify`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from askive.rag.errors import UsageError
from askive.ui.terminal.opening import open_archive
from askive.ui.terminal.options import AsJson, Embedder, Quiet, output, settings
from askive.ui.terminal.render import Output, one_line

if TYPE_CHECKING:
    from askive.rag.types import Sentence


def verify(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A text file; - reads standard input.")],
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            "--collection",
            "-c",
            metavar="NAME",
            help="Name of the collection; default: the one in use.",
        ),
    ] = None,
    generator: Annotated[
        bool,
        typer.Option(
            "--generator/--no-generator",
            help="Let the generator judge each sentence (a second or two for each); without it the less accurate "
            "reader judges.",
        ),
    ] = True,
    embedder: Embedder = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Check every sentence of a text against your documents.

    Each sentence is supported, not supported or contradicted, with the reasons and the nearest quote. The exit
    code is 1 unless all are supported. The checks are those of an answer.

    Example: [bold]askive verify report.txt --against seeds[/]
    """
    from contextlib import ExitStack, closing

    from askive.rag.factory import open_generator
    from askive.rag.serialize import sentence_to_dict
    from askive.rag.verify_text import TextVerifier

    text = _text_of(file)
    shown = output(as_json, quiet)
    config = settings(collection=against, embedder=embedder)
    n_supported = n_sentences = 0
    with ExitStack() as stack:
        archive = stack.enter_context(
            open_archive(config, shown, generator=config.generator if generator else None)
        )
        judge = stack.enter_context(closing(open_generator(config))) if generator else None
        verifier = stack.enter_context(TextVerifier(archive, config, judge))
        checks = verifier.checks
        for sentence in verifier.sentences(text):
            n_sentences += 1
            n_supported += sentence.verdict == "supported"
            if shown.as_json:
                shown.json({**sentence_to_dict(sentence), "checks": list(checks)})
            else:
                _print(sentence, shown)
    if not n_sentences:
        raise UsageError("the text has no sentence to check", remedy="give a text with at least one sentence")
    shown.hint(f"{n_supported} of {n_sentences} sentences are supported (checked by {', '.join(checks)})")
    if generator and "generator" not in checks:
        shown.hint(f"{config.generator} was not used: its judgement is not calibrated")
    if n_supported < n_sentences:
        raise typer.Exit(1)


def _text_of(file: str) -> str:
    if file != "-" and Path(file).exists() and not Path(file).is_file():
        # Reading a pipe may block, and a device may have no end.
        raise UsageError(
            f"{file} is not a file but a folder, a pipe or a device",
            remedy="name a text file, or give the text on standard input: askive verify -",
        )
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}", remedy="name a text file in UTF-8") from error
    if not text.strip():
        raise UsageError("the text has no sentence to check", remedy="give a text with at least one sentence")
    return text


_STYLES = {"supported": "green", "unsupported": "yellow", "contradicted": "red"}


def _print(sentence: Sentence, shown: Output) -> None:
    from askive.ui.terminal.answers import about
    from askive.ui.wording import VERDICT_WORDS

    out = shown.out
    out.print(
        VERDICT_WORDS[sentence.verdict] or sentence.verdict, style=_STYLES.get(sentence.verdict, ""), end="  "
    )
    out.print(_one_line(sentence.text))
    for reason in sentence.reasons:
        out.print(f"    {_one_line(reason)}")
    for citation in sentence.citations:
        out.print(f"    “{_one_line(citation.quote)}”", style="italic")
        where = f"{one_line(citation.hit.source.uri)}, characters {citation.start}-{citation.end}"
        out.print(f"      {about(citation)}; {where}", style="dim")


def _one_line(text: str) -> str:
    return " ".join(text.split())
