"""`askive ask`"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from askive.rag.errors import UsageError
from askive.ui.terminal.opening import open_answering
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
    Words,
    output,
    settings,
)
from askive.ui.terminal.render import Output

if TYPE_CHECKING:
    from askive.rag.store.filters import Filter
    from askive.rag.types import QuestionKind
    from askive.ui.running.client import Answering


def ask(
    question: Annotated[
        str | None, typer.Argument(metavar="QUESTION", help="The question; - reads it from standard input.")
    ] = None,
    batch: Annotated[
        Path | None,
        typer.Option(
            "--batch",
            metavar="FILE",
            help='Many questions: one {"question": ...} a line, whose other keys are kept; - is standard input.',
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
    words: Words = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict/--show-unsupported",
            help="Show only supported sentences, or the others too, marked.",
        ),
    ] = True,
    alone: Annotated[
        bool,
        typer.Option(
            "--alone", help="Load the models here, even if a chat or server with the same settings runs."
        ),
    ] = False,
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
        records = _read_batch(batch)
        with open_answering(config, shown, alone=alone) as assistant:
            _ask_batch(assistant, records, admitted, answer_as, words, shown)
        return
    text = sys.stdin.read() if question == "-" else question or ""
    if not text.strip():
        raise UsageError("the question is empty", remedy='ask one: askive ask "Who said that?"')
    with open_answering(config, shown, alone=alone) as assistant:
        if shown.as_json:
            from askive.rag.serialize import answer_to_dict

            shown.json(answer_to_dict(assistant.ask(text, admitted=admitted, kind=answer_as, words=words)))
        else:
            from askive.ui.terminal.answers import print_stream

            events = assistant.stream(text, admitted=admitted, kind=answer_as, words=words)
            answer = print_stream(events, shown, strict=strict)
            if answer_as not in (None, answer.kind):
                shown.hint(f"Questions of the kind {answer_as!r} are answered from the best passages so far.")
            if words is not None and answer.kind != "summary":
                shown.hint("--words is for summaries. --as summary makes one.")


def _ask_batch(
    assistant: Answering,
    records: Sequence[Mapping[str, Any]],
    admitted: Filter,
    kind: QuestionKind | None,
    words: int | None,
    shown: Output,
) -> None:
    """Print the answers in order, each as soon as it is done. A question that fails becomes an error object.

    records: have a `question`; what else they have is printed with the answer.
    """
    from askive.models.errors import AskiveError
    from askive.rag.serialize import answer_to_dict
    from askive.rag.text.words import storable

    failed = False
    for record in records:
        try:
            answer = assistant.ask(record["question"], admitted=admitted, kind=kind, words=words)
            shown.json(_with_record(answer_to_dict(answer), record))
        except Exception as error:  # One failing question must not stop the others.
            failed = True
            failure = (
                error
                if isinstance(error, AskiveError)
                else AskiveError(f"{type(error).__name__}: {error}", remedy="ask this question on its own")
            )
            error_view = {k: storable(v) for k, v in failure.as_dict().items()}
            shown.json(_with_record({"question": storable(record["question"]), "error": error_view}, record))
    if failed:
        raise typer.Exit(1)


def _with_record(view: dict[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    """The view with the other keys of its input record; one that every view may have gets the prefix `input_`."""
    from askive.rag.serialize import answer_to_dict
    from askive.rag.types import Answer, Timings, Usage

    empty = Answer("", "", (), None, (), (), "", "", Usage(), Timings())
    taken = {*answer_to_dict(empty), "error"}
    others = {key: value for key, value in record.items() if key != "question"}
    return {**{f"input_{key}" if key in taken else key: value for key, value in others.items()}, **view}


def _read_batch(path: Path) -> list[Mapping[str, Any]]:
    """The records of a JSON Lines file. Raises UsageError for a wrong line, before the first answer."""
    try:
        lines = (sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")).split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read: {error}", remedy="name a file in JSON Lines format"
        ) from error
    records: list[Mapping[str, Any]] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            if not isinstance(record["question"], str):
                raise TypeError
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise UsageError(
                f'{path}, line {number}: not an object with a "question"',
                remedy='write one {"question": "..."} a line',
            ) from error
        records.append(record)
    return records
