"""The functions of the Python interface: one for each operation on a collection.

Without `config` the settings are those of the command line: the settings file and the ASKIVE_* variables. Without
`collection` they use the one that `askive ask` would use, or the default corpus if there is no other.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from askive.models.errors import UsageError

if TYPE_CHECKING:
    from askive.rag.assistant import Assistant
    from askive.rag.config import Config
    from askive.rag.ingest.pipeline import Progress
    from askive.rag.ingest.report import IngestReport
    from askive.rag.store.archive import Archive
    from askive.rag.store.filters import Filter
    from askive.rag.types import Answer, Hit, QuestionKind, Sentence, Turn


def open(source: str | Path | None = None, *, config: Config | None = None) -> Assistant:
    """An assistant over a collection, or over the documents at a path. Close it, or use it in a `with` block.

    source: the name of a collection, or a path (a Path, a string with a slash, or `~...`). The documents at a path are
    first indexed into a collection named after it; later calls index only what has changed.
    Raises UsageError for a path that does not exist or a name that cannot be one, CollectionNotFound,
    FingerprintMismatch, ModelNotFound, WeightsError.
    """
    from askive.rag.assistant import Assistant

    settings = _settings(config)
    if source is None or not _is_path(source):
        return Assistant.open(settings, _collection_name(settings, None if source is None else str(source)))
    path = Path(source).expanduser()
    name = _collection_of(path)
    index([path], collection=name, config=settings)
    return Assistant.open(settings, name)


def ask(
    question: str,
    *,
    collection: str | None = None,
    history: Sequence[Turn] = (),
    admitted: Filter | None = None,
    kind: QuestionKind | None = None,
    words: int | None = None,
    config: Config | None = None,
) -> Answer:
    """The answer to one question. Each call loads the models: for several questions use `open`.

    history: earlier turns, for a follow-up question. admitted: only documents that pass this filter are used. kind: as
    what to answer the question, such as "mentions"; without it the question decides. words: of a summary.
    If the documents do not hold the answer, the result is a refusal, not an error. Raises as `open`, and UsageError
    for an empty question.
    """
    _require_nonempty(question, "question", 'ask one: askive.ask("Who said that?")')
    settings = _settings(config)
    with open(_collection_name(settings, collection), config=settings) as assistant:
        return assistant.ask(question, history, admitted=admitted, kind=kind, words=words)


def index(
    paths: str | Path | Sequence[str | Path],
    *,
    collection: str | None = None,
    prune: bool = False,
    split: str | None = None,
    progress: Progress | None = None,
    config: Config | None = None,
) -> IngestReport:
    """Update a collection from files and folders, as `askive index` does. Creates it if it does not exist.

    collection: `default` if neither it nor the setting names one. prune: remove missing files even if they are more
    than a third of a folder. Otherwise they stay and are listed in `withheld` of the report, as a disk may not be
    mounted. split: how a file is split into documents: `auto`, `none`, or a regular expression for the first line of
    each; None keeps what it was. progress: called after each document. `failures` of the report lists files that
    cannot be read. Answers that quote removed documents are kept. Raises UsageError for a path that does not exist, and
    CollectionBusy if another process writes to the collection for too long.
    """
    from askive.rag.collections.by_name import DEFAULT_COLLECTION
    from askive.rag.indexing import index_paths
    from askive.rag.load.several.parts import check_rule

    sources = [paths] if isinstance(paths, (str, Path)) else paths
    if not sources or not all(str(path) for path in sources):
        # An empty path would mean the current folder.
        raise UsageError("the path is empty", remedy="name a file or a folder")
    for path in sources:
        if not isinstance(path, (str, Path)):
            raise UsageError(f"{path!r} is not a path", remedy="name a file or a folder")
    settings = _settings(config)
    name = collection or settings.collection or DEFAULT_COLLECTION
    expanded = [Path(path).expanduser() for path in sources]
    rule = split if split is None else check_rule(split)
    return index_paths(settings, name, expanded, prune=prune, split=rule, progress=progress).report


def search(
    query: str,
    *,
    collection: str | None = None,
    top_k: int | None = None,
    admitted: Filter | None = None,
    config: Config | None = None,
) -> tuple[Hit, ...]:
    """The passages nearest to a query, best first.

    top_k: maximum number of hits, at least 1. Raises as `open`, and UsageError for an empty query or another top_k.
    """
    from askive.rag.factory import open_retriever

    _require_nonempty(query, "query", 'search for something: askive.search("peace talks")')
    if top_k is not None and (not isinstance(top_k, int) or top_k < 1):
        raise UsageError(f"top_k is {top_k!r}", remedy="give a whole number from 1, or leave it out")
    settings = _settings(config)
    with _archive(settings, collection) as archive, open_retriever(settings, archive) as retriever:
        return tuple(retriever.retrieve(query, top_k=top_k, admitted=admitted))


def verify(
    text: str, *, collection: str | None = None, generator: bool = True, config: Config | None = None
) -> tuple[Sentence, ...]:
    """The sentences of any text, each with a verdict and the quotes that support it.

    generator: let it judge each sentence, as in an answer; with False the less accurate reader judges.
    Raises as `open`, and UsageError if the text is not a string.
    """
    from contextlib import closing, nullcontext

    from askive.rag.errors import require_text
    from askive.rag.factory import open_generator
    from askive.rag.verify_text import verify_text

    require_text(text, "text")
    settings = _settings(config)
    with (
        _archive(settings, collection) as archive,
        closing(open_generator(settings)) if generator else nullcontext() as judge,
    ):
        return verify_text(text, archive, settings, judge)


def _require_nonempty(text: str, what: str, remedy: str) -> None:
    from askive.rag.errors import require_text

    require_text(text, what)
    if not text.strip():
        raise UsageError(f"the {what} is empty", remedy=remedy)


def _settings(config: Config | None) -> Config:
    from askive.rag.config import load_config

    return config or load_config()


def _collection_name(config: Config, name: str | None) -> str:
    """The name of the chosen collection. The default corpus is indexed if it is chosen and does not exist."""
    from askive.rag.collections.by_name import choose_collection, has_collection, index_seeds
    from askive.rag.config import SEEDS_COLLECTION

    chosen = name or choose_collection(config)
    if chosen == SEEDS_COLLECTION and not has_collection(config, chosen):
        index_seeds(config)
    return chosen


def _archive(config: Config, name: str | None) -> Archive:
    from askive.rag.collections.by_name import open_collection

    return open_collection(config, _collection_name(config, name))


def _is_path(source: str | Path) -> bool:
    return isinstance(source, Path) or source.startswith("~") or os.sep in source or source in (".", "..")


def _collection_of(path: Path) -> str:
    """`case-1f3a5b7c`: the name of the file or folder, and a digest of its path."""
    whole = str(path.resolve())
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", path.resolve().name).strip("-._")[:40]
    digest = hashlib.sha256(whole.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{stem}-{digest}" if stem else f"folder-{digest}"
