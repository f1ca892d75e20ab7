"""`askive ask`"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from askive.rag.errors import UsageError
from askive.ui.terminal.opening import open_assistant
from askive.ui.terminal.options import (
    After,
    AnswerAs,
    AsJson,
    Before,
    Collection,
    Embedder,
    In,
    Literal,
    Model,
    PathGlob,
    Publisher,
    Quiet,
    Where,
    output,
    settings,
)
from askive.ui.terminal.render import Output

if TYPE_CHECKING:
    from askive.rag.config import Config
    from askive.rag.store.filters import Filter
    from askive.rag.types import QuestionKind


def ask(
    question: Annotated[
        str | None, typer.Argument(metavar="QUESTION", help="The question; - reads it from standard input.")
    ] = None,
    batch: Annotated[
        Path | None,
        typer.Option(
            "--batch",
            metavar="FILE",
            help='Many questions: one {"question": ...} a line; - is standard input.',
        ),
    ] = None,
    after: After = None,
    before: Before = None,
    publisher: Publisher = None,
    path: PathGlob = None,
    where: Where = None,
    documents: In = None,
    literal: Literal = False,
    answer_as: AnswerAs = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict/--show-unsupported",
            help="Show only supported sentences, or the others too, marked.",
        ),
    ] = True,
    collection: Collection = None,
    model: Model = None,
    embedder: Embedder = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Answer a question from your documents, every sentence with its source.

    Example: [bold]askive ask "How many jets and helicopters did Russia have in Latakia?"[/]
    """
    if (question is None) == (batch is None):
        raise UsageError(
            "give either a question or --batch FILE", remedy='for example: askive ask "Who said that?"'
        )
    from askive.rag.store.filters import parse_filter

    config = settings(collection=collection, model=model, embedder=embedder, literal=literal, strict=strict)
    admitted = parse_filter(
        after=after,
        before=before,
        publishers=publisher or (),
        path=path,
        where=where or (),
        documents=documents or (),
    )
    shown = output(as_json or batch is not None, quiet)
    if batch is not None:
        _ask_batch(config, _read_batch(batch), admitted, answer_as, shown)
        return
    text = sys.stdin.read() if question == "-" else question or ""
    if not text.strip():
        raise UsageError("the question is empty", remedy='ask one: askive ask "Who said that?"')
    with open_assistant(config, shown)[0] as assistant:
        if shown.as_json:
            from askive.rag.serialize import answer_to_dict

            shown.json(answer_to_dict(assistant.ask(text, admitted=admitted, kind=answer_as)))
        else:
            from askive.ui.terminal.answers import print_stream

            events = assistant.stream(text, admitted=admitted, kind=answer_as)
            answer = print_stream(events, shown, strict=strict)
            if answer_as not in (None, answer.kind):
                shown.hint(f"Questions of the kind {answer_as!r} are answered from the best passages so far.")


def _ask_batch(
    config: Config, questions: Iterator[str], admitted: Filter, kind: QuestionKind | None, shown: Output
) -> None:
    """Print the answers in order, each as soon as it is done. A question that fails becomes an error object."""
    from askive.models.errors import AskiveError
    from askive.rag.serialize import answer_to_dict
    from askive.rag.text.words import storable

    failed = False
    with open_assistant(config, shown)[0] as assistant:
        for text in questions:
            try:
                shown.json(answer_to_dict(assistant.ask(text, admitted=admitted, kind=kind)))
            except Exception as error:  # One failing question must not stop the others.
                failed = True
                failure = (
                    error
                    if isinstance(error, AskiveError)
                    else AskiveError(
                        f"{type(error).__name__}: {error}", remedy="ask this question on its own"
                    )
                )
                shown.json(
                    {
                        "question": storable(text),
                        "error": {k: storable(v) for k, v in failure.as_dict().items()},
                    }
                )
    if failed:
        raise typer.Exit(1)


def _read_batch(path: Path) -> Iterator[str]:
    """The questions of a JSON Lines file. Raises UsageError for a wrong line, before the first answer."""
    try:
        lines = (sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read: {error}", remedy="name a file in JSON Lines format"
        ) from error
    questions: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            text = json.loads(line)["question"]
            if not isinstance(text, str):
                raise TypeError
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise UsageError(
                f'{path}, line {number}: not an object with a "question"',
                remedy='write one {"question": "..."} a line',
            ) from error
        questions.append(text)
    return iter(questions)
