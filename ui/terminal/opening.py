"""Open an archive or an assistant for a command; the default corpus is indexed when nothing else is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from askive.ui.disclosure import disclose
from askive.ui.terminal.render import Output

if TYPE_CHECKING:
    from askive.rag.assistant import Assistant
    from askive.rag.config import Config
    from askive.rag.store.archive import Archive


def open_assistant(config: Config, shown: Output) -> tuple[Assistant, str]:
    """The assistant over the collection that is meant, and its name."""
    from askive.rag.assistant import Assistant

    name = meant_collection(config, shown)
    _disclose(config, config.generator, shown)
    return Assistant.open(config, name), name


def open_archive(config: Config, shown: Output, generator: str | None = None) -> Archive:
    """The collection that is meant. generator: the one that will read it, if any."""
    from askive.rag.collections.by_name import open_collection

    _disclose(config, generator, shown)
    return open_collection(config, meant_collection(config, shown))


def meant_collection(config: Config, shown: Output) -> str:
    """The collection that is meant; the default corpus is indexed when it is meant and not there."""
    from askive.rag.collections.by_name import choose_collection, has_collection, index_seeds
    from askive.rag.config import SEEDS_COLLECTION
    from askive.rag.privacy.leftovers import sweep

    # Whatever the command is: removed text that a killed process left must not outlive the next start.
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
