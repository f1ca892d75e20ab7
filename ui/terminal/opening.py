"""Open an archive, an assistant or models for a command; index the default corpus if there is no collection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from askive.ui.disclosure import disclose, limits
from askive.ui.terminal.render import Output

if TYPE_CHECKING:
    from askive.eval.runs.judge import Judge
    from askive.eval.runs.run import Models
    from askive.models.protocols import Generator
    from askive.rag.config import Config
    from askive.rag.store.archive import Archive
    from askive.ui.running.client import Answering


@contextmanager
def open_answering(config: Config, shown: Output, *, alone: bool = False) -> Iterator[Answering]:
    """What answers questions about the chosen collection: a running chat or server, else an assistant.

    alone: always an assistant.
    """
    from askive.ui.running.client import find_running

    name = resolve_collection(config, shown)
    tell_hosts(config, config.generator, shown)
    running = None if alone else find_running(config, name, shown.hint)
    if running is not None:
        yield running
        return
    from askive.rag.assistant import Assistant

    with Assistant.open(config, name) as assistant:
        tell_limits(assistant.generator, shown)
        tell_embedder(config, name, assistant.archive, shown)
        yield assistant


def tell_limits(generator: Generator, shown: Output) -> None:
    """Say what a generator on a server cannot do."""
    if text := limits(generator):
        shown.hint(text)


def open_archive(config: Config, shown: Output, generator: str | None = None) -> Archive:
    """The archive of the chosen collection. generator: the model that will read it, if any."""
    from askive.rag.collections.renewal import read_collection

    tell_hosts(config, generator, shown)
    name = resolve_collection(config, shown)
    archive = read_collection(config, name)
    tell_embedder(config, name, archive, shown)
    return archive


def tell_embedder(config: Config, name: str, archive: Archive, shown: Output) -> None:
    """Say that a collection is still that of another embedder than the configured one."""
    former = archive.embedder.model_id
    stored = archive.store.fingerprint()
    if stored is not None and stored.embedder_id == former != config.embedder:
        shown.hint(
            f"{name}: answers with the embedder {former} until `askive index --reembed -c {name}"
            f" --embedder {config.embedder}` has embedded it again"
        )


def resolve_collection(config: Config, shown: Output) -> str:
    """The name of the chosen collection. The default corpus is indexed if it is chosen and does not exist.

    One that the user neither named nor called `default` is told.
    """
    from askive.rag.collections.by_name import (
        DEFAULT_COLLECTION,
        choose_collection,
        has_collection,
        index_seeds,
    )
    from askive.rag.config import SEEDS_COLLECTION
    from askive.rag.privacy.leftovers import sweep

    # In every command: removed text that a killed process left must go at the next start.
    sweep(config)
    name = choose_collection(config)
    if not config.collection and name != DEFAULT_COLLECTION:
        shown.hint(_choice(name))
    if name == SEEDS_COLLECTION and not has_collection(config, name):
        with shown.progress() as bar:
            task = bar.add_task("Indexing the default corpus", total=None)
            index_seeds(
                config,
                progress=lambda done, total, _uri: bar.update(task, completed=done, total=total),
                notify=shown.hint,
            )
    return name


def _choice(name: str) -> str:
    """Which collection is used, for a user who has not named one."""
    from askive.rag.config import SEEDS_COLLECTION

    if name != SEEDS_COLLECTION:
        return f"Using the collection {name!r}, the only one."
    return (
        f"Using the collection {name!r}, ten news briefs that come with Askive: nothing else is indexed yet."
        " Index yours with `askive index FOLDER`."
    )


def tell_hosts(config: Config, generator: str | None, shown: Output) -> None:
    """Say what the configured models send to which hosts. generator: the one in use, if any."""
    reranker = config.remote.reranker if config.retrieval.rerank == "remote" else None
    if disclosure := disclose(generator, config.embedder, reranker, config.store):
        shown.hint(disclosure)


@contextmanager
def open_models(config: Config, *, answers: bool, judge: str | None, shown: Output) -> Iterator[Models]:
    """The models of an evaluation. answers: with the generator. judge: the id of the generator that judges, if any."""
    from askive.eval.runs.run import Models
    from askive.rag.factory import open_embedder, open_generator

    tell_hosts(config, config.generator if answers else None, shown)
    with ExitStack() as stack:
        with shown.progress() as bar:
            bar.add_task("Loading models", total=None)
            embedder = open_embedder(config)
            generator = None
            if answers:
                generator = open_generator(config)
                stack.callback(generator.close)
            judging = open_judge(judge, config, stack) if judge else None
        if generator is not None:
            tell_limits(generator, shown)
        yield Models(embedder, generator, judging)


def open_judge(spec: str, config: Config, stack: ExitStack) -> Judge:
    """The judge with this generator, which the stack closes."""
    from askive.eval.runs.judge import Judge, known_agreement
    from askive.rag.factory import open_generator

    generator = open_generator(config, spec)
    stack.callback(generator.close)
    return Judge(generator, known_agreement(generator.model_id, config.home))
