"""Events that only the archive can date."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from askive.models.fakes import HashEmbedder
from askive.rag.config import PassageConfig, RetrievalConfig
from askive.rag.ingest.pipeline import ingest_documents
from askive.rag.question.analysis import Question
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive
from askive.rag.types import Document


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    texts = [
        (
            "a",
            "2016-01-10",
            "The opposition of Velm named its delegates. The peace talks open on January 25, 2016.",
        ),
        ("b", "2016-01-26", "The peace talks began. Delegates of Velm met on 25 January in the town hall."),
        ("c", "2016-03-01", "Delegates of Velm went home without a treaty."),
        ("d", None, "A flood once came to Velm."),
    ]
    documents = [Document(f"{n}.md", n, text, "text/plain", n, published=day) for n, day, text in texts]
    with Archive.open(tmp_path / "c", HashEmbedder(), PassageConfig()) as opened:
        ingest_documents(opened, documents)
        yield opened


def test_an_event_is_dated_by_what_the_archive_says_and_that_is_shown(archive: Archive) -> None:
    retriever = Retriever(archive, RetrievalConfig())
    question = "What did the delegates of Velm do before the peace talks?"
    assert (
        retriever.understand(Question.read(question)).describe()
        == "before the peace talks (taken as 25 Jan 2016)"
    )
    hits = retriever.retrieve(question, top_k=10)
    assert {h.source.title for h in hits if "period" in h.parts} == {"a"}
    assert len(hits) == 4, "a time moves up and hides nothing"


def test_an_event_that_the_archive_cannot_date_is_left_alone(archive: Archive) -> None:
    retriever = Retriever(archive, RetrievalConfig())
    assert retriever.understand(Question.read("What was built after the flood?")).describe() == ""
    assert retriever.understand(Question.read("What was built after the coronation?")).describe() == ""
    assert (
        Retriever(archive, RetrievalConfig(context=False))
        .understand(Question.read("before the peace talks"))
        .describe()
        == ""
    )
