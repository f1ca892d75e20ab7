"""`askive models`: list, download, verify, remove and add models."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from askive.models.weights.catalog import ModelEntry
    from askive.models.weights.installed import FileCheck
    from askive.models.weights.store import WeightStore
    from askive.models.weights.transfer import Progress
    from askive.rag.config import Config
    from askive.ui.terminal.render import Output

app = typer.Typer(
    help="List, download, verify, remove and add models.\n\nExample: askive models list",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)

_Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no hints.")]
_SomeId = Annotated[str | None, typer.Argument(metavar="[ID]", help="A model's id (`askive models list`).")]
_Id = Annotated[str, typer.Argument(metavar="ID", help="A model's id (`askive models list`).")]
_HERE = {"absent": "no", "partial": "part", "present": "unchecked", "verified": "yes"}


@app.command("list")
def list_models(as_json: _Json = False, quiet: _Quiet = False) -> None:
    """List the known models and which of them are installed.

    Example: askive models list
    """
    config, store, output = _open(as_json, quiet)
    rows = [_row(entry, store, config) for entry in store.catalog.entries]
    if as_json:
        for row in rows:
            output.json(row)
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, collapse_padding=True)
    for title in ("id", "kind", "size", "licence", "here", ""):
        table.add_column(title, justify="right" if title == "size" else "left", no_wrap=True, overflow="fold")
    for row in rows:
        notes = [
            word
            for word, holds in (
                ("default", row["default"]),
                ("yours", row["own"]),
                ("not tried", not (row["tried"] or row["own"])),
            )
            if holds
        ]
        style = "bold" if row["default"] else None
        cells = row["id"], row["kind"], _size(row["size"]), row["licence"], _HERE[row["state"]]
        table.add_row(*cells, ", ".join(notes), style=style)
    output.out.print(table)
    if any(not (row["tried"] or row["own"]) for row in rows):
        output.hint("untested: our tests do not run it")
    if any(row["default"] and row["state"] in ("absent", "partial") for row in rows):
        output.hint("Download the defaults: askive models pull")


@app.command()
def pull(model_id: _SomeId = None, as_json: _Json = False, quiet: _Quiet = False) -> None:
    """Download a model's weights; without ID those of the embedder and the generator in use.

    An interrupted download continues where it stopped.

    Example: askive models pull qwen2.5-coder-1.5b-instruct-q4_k_m
    """
    from askive.ui.chat.weights import models_in_use

    config, store, output = _open(as_json, quiet)
    for wanted in [model_id] if model_id else models_in_use(config, store):
        was = store.state_of(wanted)
        with _progress(output, wanted) as report:
            path = store.pull(wanted, report)
        if as_json:
            output.json({"id": wanted, "path": path, "sha256": store.digest_of(wanted)})
        else:
            output.text(f"{wanted}: {'already here' if was == 'verified' else 'downloaded'}, {path}")


@app.command()
def verify(model_id: _SomeId = None, as_json: _Json = False, quiet: _Quiet = False) -> None:
    """Compare a model's files with the published digests; without ID every installed model.

    Example: askive models verify all-minilm-l6-v2
    """
    from dataclasses import asdict

    from askive.models.errors import WeightsError

    _, store, output = _open(as_json, quiet)
    known = [model_id] if model_id else [entry.id for entry in store.catalog.entries]
    ids = [known_id for known_id in known if model_id or store.state_of(known_id) in ("present", "verified")]
    damaged: list[str] = []
    for wanted in ids:
        with _progress(output, wanted) as report:
            outcome = store.verify(wanted, report)
        if as_json:
            files = [{**asdict(file), "ok": file.ok} for file in outcome.files]
            output.json({"id": wanted, "ok": outcome.ok, "path": outcome.path, "files": files})
        else:
            output.text(f"{wanted}: {'ok' if outcome.ok else 'DAMAGED'}, {outcome.path}")
            for file in outcome.files:
                if not file.ok:
                    output.text(f"    {_difference(file)}")
        if not outcome.ok:
            damaged.append(wanted)
    if not ids:
        output.hint("No model is installed. Download the defaults: askive models pull")
    if damaged:
        raise WeightsError(
            f"{', '.join(damaged)}: these files differ from the published ones",
            remedy=f"download it again: `askive models pull {damaged[0]}`",
        )


@app.command()
def remove(
    model_id: _Id,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    as_json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Delete a model's weights; a model that you added also disappears from the list.

    Example: askive models remove smollm2-135m-instruct-q4_1 --yes
    """
    import sys

    from askive.models.errors import UsageError

    _, store, output = _open(as_json, quiet)
    entry = store.catalog.get(model_id)
    if not yes:
        if as_json or not sys.stdin.isatty():
            raise UsageError(
                f"removing {model_id} needs confirmation",
                remedy=f"run `askive models remove {model_id} --yes`",
            )
        typer.confirm(f"Delete {model_id} ({_size(entry.size)})?", abort=True, err=True)
    freed = store.remove(model_id)
    if as_json:
        output.json({"id": model_id, "freed_bytes": freed})
    else:
        output.text(f"{model_id}: removed, {_size(freed)} freed")


@app.command()
def add(
    path_or_url: Annotated[
        str, typer.Argument(metavar="PATH_OR_URL", help="A .gguf file, its URL, or an embedder's folder.")
    ],
    model_id: Annotated[str, typer.Option("--id", help="The id of the model, for --model.")],
    kind: Annotated[
        str | None, typer.Option(help="generator, embedder or reranker; usually detected from the file.")
    ] = None,
    licence: Annotated[str, typer.Option(help="Licence, shown in the list.")] = "unknown",
    as_json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Add a model of your own: a GGUF generator, or a sentence-transformers folder. It is linked or copied.

    Example: askive models add ~/Downloads/mistral-7b-q4_k_m.gguf --id mistral-7b
    """
    from typing import cast, get_args

    from askive.models.errors import UsageError
    from askive.models.weights.catalog import Kind

    if kind not in (None, *get_args(Kind)):
        raise UsageError(f"no kind {kind!r}", remedy=f"one of: {', '.join(get_args(Kind))}")
    config, store, output = _open(as_json, quiet)
    with _progress(output, model_id) as report:
        entry = store.add(
            path_or_url, id=model_id, kind=cast("Kind | None", kind), licence=licence, progress=report
        )
    if as_json:
        output.json({**_row(entry, store, config), "path": store.path_of(model_id)})
    else:
        output.text(f"{model_id}: added, {store.path_of(model_id)}")
        if entry.kind == "generator":
            output.hint(f'Use it: askive ask --model {model_id} "..."')


def _open(as_json: bool, quiet: bool) -> tuple[Config, WeightStore, Output]:
    from askive.models.weights.store import WeightStore
    from askive.rag.config import load_config
    from askive.ui.terminal.render import Output

    config = load_config()
    return config, WeightStore(config.models_dir), Output(as_json=as_json, quiet=quiet)


def _row(entry: ModelEntry, store: WeightStore, config: Config) -> dict[str, Any]:
    return {
        "id": entry.id,
        "kind": entry.kind,
        "size": entry.size,
        "licence": entry.licence,
        "description": entry.description,
        "context_tokens": entry.context_tokens,
        "state": store.state_of(entry.id),
        "default": entry.id in (config.embedder, config.generator),
        "tried": entry.tried,
        "own": entry.own,
        "sources": [str(source) for source in entry.sources],
    }


@contextmanager
def _progress(output: Output, model_id: str) -> Iterator[Progress]:
    with output.progress(bytes_=True) as bars:
        task = bars.add_task(model_id, total=None)

        def report(done: int, total: int, label: str) -> None:
            bars.update(task, completed=done, total=total or None, description=label)

        yield report


def _difference(file: FileCheck) -> str:
    return f"{file.name}: sha256 expected {file.expected or 'unknown'}, got {file.got or 'no file'}"


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.0f} MB"
