"""What a question names that no document has."""

from __future__ import annotations

from pathlib import Path

from askive.rag.config import Config
from askive.rag.evidence.unmentioned import missing_from
from askive.rag.question.analysis import Question
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive


def test_what_no_document_mentions(archive: Archive, tmp_path: Path) -> None:
    hits = Retriever(archive, Config(home=tmp_path).retrieval).retrieve("harbour bridge fair", top_k=20)
    assert missing_from(Question.read("Who built the bridge of Aldermoor in 1871?"), hits) == ()
    assert missing_from(Question.read("What did Ida Falk say to Gustave Eiffel about Aldermoor?"), hits) == (
        "Gustave Eiffel",
    )
    assert missing_from(Question.read("How did Aldermoor spend 999 crowns in May 1950?"), hits) == (
        "May 1950",
        "999",
    )
    assert missing_from(Question.read("What did the Port Authority report in January 2016?"), hits) == ()
    assert missing_from(Question.read("Is Paris nice?"), ()) == ("Paris",)
