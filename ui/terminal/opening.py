"""Open an archive or an assistant for a command; index the default corpus if there is no collection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from askive.ui.disclosure import disclose
from askive.ui.terminal.render import Output

if TYPE_CHECKING:
    from askive.rag.assistant import Assistant
    from askive.rag.config import Config
    from askive.rag.store.archive import Archive


def open_assistant(config: Config, shown: Output) -> tuple[Assistant, str]:
    """The assistant for the chosen collection, and its name."""
    from askive.rag.assistant import Assistant

    name = resolve_collection(config, shown)
    _disclose(config, config.generator, shown)
    return Assistant.open(config, name), name


def open_archive(config: Config, shown: Output, generator: str | None = None) -> Archive:
    """The archive of the chosen collection. generator: the model that will read it, if any."""
    from askive.rag.collections.by_name import open_collection

    _disclose(config, generator, shown)
    return open_collection(config, resolve_collection(config, shown))


def resolve_collection(config: Config, shown: Output) -> str:
    """The name of the chosen collection. The default corpus is indexed if it is chosen and does not exist."""
    from askive.rag.collections.by_name import choose_collection, has_collection, index_seeds
    from askive.rag.config import SEEDS_COLLECTION
    from askive.rag.privacy.leftovers import sweep

    # In every command: removed text that a killed process left must go at the next start.
    sweep(config)
    name = choose_collection(config)
    if name == SEEDS_COLLECTION and not has_collection(config, name):
        with shown.progress() as bar:
            task = bar.add_task("Indexing the default corpus", total=None)
            index_seeds(
                config,
                progress=lambda done, total, _uri: bar.update(task, completed=done, total=total),
                notify=shown.hint,
            )
    return name


def _disclose(config: Config, generator: str | None, shown: Output) -> None:
    if disclosure := disclose(generator, config.embedder):
        shown.hint(disclosure)
