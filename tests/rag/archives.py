"""Archives of texts, without files and without weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

from askive.models.fakes import HashEmbedder, ScriptedGenerator
from askive.models.protocols import Message, Piece, Sampling
from askive.rag.assistant import Assistant
from askive.rag.config import Config, PassageConfig
from askive.rag.ingest.splitting import chunk
from askive.rag.store.archive import Archive
from askive.rag.store.sqlite import SqliteStore
from askive.rag.types import Document


class NoGenerator(ScriptedGenerator):
    """Fails when it is asked for anything."""

    def generate(
        self, messages: Sequence[Message], sampling: Sampling, cancel: Event | None = None
    ) -> Iterator[Piece]:
        raise AssertionError("the generator was used")

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        raise AssertionError("the generator was used")


def sqlite_of(archive: Archive) -> SqliteStore:
    """The store of an archive in SQLite."""
    assert isinstance(archive.store, SqliteStore)
    return archive.store


def document(
    text: str,
    title: str = "",
    published: str | None = None,
    publisher: str | None = None,
    uri: str = "",
    media_type: str = "text/markdown",
) -> Document:
    """A document; without a uri its text is its uri."""
    return Document(uri or text[:60] or title, title, text, media_type, "0" * 64, published, publisher)


def archive_of(folder: Path, documents: Sequence[Document]) -> Archive:
    """A new archive of the documents. Close it."""
    embedder = HashEmbedder(64)
    archive = Archive.open(folder, embedder, PassageConfig())
    for each in documents:
        passages = chunk(each, PassageConfig())
        archive.store.put(each, passages, embedder.embed([passage.text for passage in passages]))
    return archive


def assistant_of(archive: Archive) -> Assistant:
    """An assistant whose generator fails when it is used."""
    return Assistant(archive, NoGenerator(), Config(home=archive.folder, reader="off"))


def long_document(number: int, sentence: str, n_passages: int = 20) -> Document:
    """A document of many short sections, each a passage with the sentence."""
    sections = (f"## {number}.{section}\n\n{sentence}" for section in range(n_passages))
    return document("\n\n".join(sections), uri=str(number))
