"""Checks of the collections in Milvus. Read-only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial

from askive.rag.collections.in_milvus import milvus_names, open_milvus_store, open_registry
from askive.rag.config import Config
from askive.rag.doctor.files import Finding, guarded


def examine_milvus(config: Config) -> Iterator[Finding]:
    """The server, and one finding for each of its collections. Raises StoreError when it cannot be reached."""
    names = milvus_names(config)
    shown = open_registry(config).milvus.shown
    yield Finding("milvus", "ok", f"{shown}, {len(names)} collection{'' if len(names) == 1 else 's'}")
    for name in names:
        finding = f"collection {name}"
        yield from guarded(finding, partial(_collection, config, name, finding))


def _collection(config: Config, name: str, finding: str) -> Iterator[Finding]:
    with closing(open_milvus_store(config, name)) as store:
        problems, counts = store.check(), store.counts()
    size = f"{counts.n_documents} documents, {counts.n_passages} passages"
    if not problems:
        yield Finding(finding, "ok", f"{size}, in Milvus")
        return
    # What was half written is not shown, and the next writer deletes it.
    yield Finding(
        finding, "error", f"{size}, in Milvus: {'; '.join(problems)}",
        f"run `askive index PATH --collection {name}`; if it stays, add --rebuild",
    )  # fmt: skip
