"""`askive cache`: kept attention states."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from askive.ui.terminal.options import AsJson, Model, Quiet, output, settings

if TYPE_CHECKING:
    from askive.models.llama.state_cache import StateCache
    from askive.rag.config import Config

app = typer.Typer(
    help="Show or delete kept attention states. Example: [bold]askive cache stats[/]",
    no_args_is_help=True,
)
_MB = 1 << 20


@app.command()
def stats(as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Show how many states are kept on disk, and the limits.

    Example: [bold]askive cache stats[/]
    """
    held = _cache(settings()).stats()
    shown = output(as_json, quiet)
    if as_json:
        shown.json(asdict(held))
        return
    shown.text(f"{held.n_disk} states, {held.disk_bytes / _MB:.1f} of {held.disk_limit / _MB:.0f} MB on disk")
    shown.text(f"at most {held.memory_limit / _MB:.0f} MB in memory, while a model is loaded")
    shown.text(str(held.folder))


@app.command()
def clear(as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Delete all kept states; they are made again when needed.

    Example: [bold]askive cache clear[/]
    """
    freed = _cache(settings()).clear()
    shown = output(as_json, quiet)
    if as_json:
        shown.json({"freed_bytes": freed})
    else:
        shown.text(f"{freed / _MB:.1f} MB freed")


@app.command()
def warm(
    model: Model = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Read the start of every prompt now, so that the first question is faster.

    Example: [bold]askive cache warm[/]
    """
    from askive.rag.answer.prompt import prefilled_opening
    from askive.rag.factory import open_generator

    config = settings(model=model)
    generator = open_generator(config)
    try:
        generator.prefill(prefilled_opening())
        model_id = generator.model_id
    finally:
        generator.close()
    held = _cache(config).stats()
    shown = output(as_json, quiet)
    if as_json:
        shown.json({"model": model_id, "states": held.n_disk, "disk_bytes": held.disk_bytes})
    else:
        shown.text(f"{model_id}: {held.n_disk} states, {held.disk_bytes / _MB:.1f} MB on disk")


def cleared_text(cleared: bool) -> str:
    """What happened to the kept states when documents were removed."""
    return "kept states cleared" if cleared else "kept states remain: `askive cache clear` deletes them"


def _cache(config: Config) -> StateCache:
    from askive.models.registry import kept_states

    return kept_states(config.models_dir, config.cache.memory_mb, config.cache.disk_mb)
