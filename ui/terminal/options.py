"""Options that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, get_args

import typer

from askive.rag.types import QuestionKind
from askive.ui.terminal.render import Output

if TYPE_CHECKING:
    from askive.rag.config import Config

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output, for scripts.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no hints.")]
Collection = Annotated[
    str | None,
    typer.Option(
        "--collection", "-c", metavar="NAME", help="Name of the collection; default: the one in use."
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "--generator",
        "-m",
        metavar="ID",
        help="Generator: an id of `askive models list`, a .gguf file, or openai:http://HOST:PORT/v1.",
    ),
]
Embedder = Annotated[
    str | None, typer.Option("--embedder", metavar="ID", help="Embedder: an id of `askive models list`.")
]
Workers = Annotated[
    str | None,
    typer.Option(
        "--workers",
        metavar="processes|ray[:ADDRESS]",
        help="Who does the work: processes of this machine, or the machines of a Ray cluster (auto, HOST:PORT).",
    ),
]
After = Annotated[
    str | None,
    typer.Option("--after", metavar="DATE", help="Only documents of this day, month or year or later."),
]
Before = Annotated[
    str | None, typer.Option("--before", metavar="DATE", help="Only documents of this date or earlier.")
]
Publisher = Annotated[
    list[str] | None,
    typer.Option("--publisher", metavar="NAME", help="Only documents of this publisher; repeat for more."),
]
PathGlob = Annotated[
    str | None,
    typer.Option("--path", metavar="GLOB", help="Only documents whose path matches, such as '*/2015/*'."),
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="FIELD=VALUE",
        help="Only documents whose field holds this: author, people, language, tags, folder, or any field of the front"
        " matter or the mail; repeat for more.",
    ),
]
In = Annotated[
    list[str] | None,
    typer.Option(
        "--in",
        metavar="TITLE|PATH|ID",
        help="Only this document, or the documents of this folder; repeat for more.",
    ),
]
Literal = Annotated[
    bool,
    typer.Option(
        "--literal",
        help="Do not rank passages higher that match publishers, dates or clauses of the question.",
    ),
]

AnswerAs = Annotated[
    QuestionKind | None,
    typer.Option(
        "--as",
        metavar="KIND",
        help=f"Answer as this kind of question: {', '.join(get_args(QuestionKind))}.",
    ),
]

Words = Annotated[
    int | None,
    typer.Option("--words", metavar="N", help="Length of a summary; 150 if the question does not say."),
]


def settings(
    *,
    collection: str | None = None,
    model: str | None = None,
    embedder: str | None = None,
    literal: bool = False,
    strict: bool = True,
    workers: str | None = None,
) -> Config:
    """The current settings with the options of the command."""
    from askive.rag.config import load_config

    return load_config(
        {
            "collection": collection,
            "generator": model,
            "embedder": embedder,
            "workers": workers,
            "retrieval.context": False if literal else None,
            "generation.strict": None if strict else False,
        }
    )


def output(as_json: bool, quiet: bool) -> Output:
    """How this run prints."""
    return Output(as_json=as_json, quiet=quiet)
