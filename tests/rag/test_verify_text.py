"""Any text against an archive, sentence by sentence."""

from __future__ import annotations

from pathlib import Path

from askive.rag.config import Config
from askive.rag.store.archive import Archive
from askive.rag.verify_text import verify_text

TEXT = """# Notes

The harbour of Aldermoor received 412 ships in January. The bridge was built in 1872 by the engineer Ida Falk.
---
Penguins live in Antarctica."""


def test_every_sentence_is_searched_for_and_checked(archive: Archive, tmp_path: Path) -> None:
    first, second, third = verify_text(TEXT, archive, Config(home=tmp_path))
    assert [s.verdict for s in (first, second, third)] == ["supported", "contradicted", "unsupported"]
    assert all(TEXT[s.start : s.end] == s.text for s in (first, second, third))
    assert first.reasons == () and "412 ships" in first.citations[0].quote
    assert any("1872" in reason and "1871" in reason for reason in second.reasons)
    assert third.citations == () and third.reasons
    for citation in first.citations + second.citations:
        text = archive.document(citation.hit.passage.doc_id).text
        assert text[citation.start : citation.end] == citation.quote


def test_a_pronoun_is_searched_for_with_the_sentence_before(archive: Archive, tmp_path: Path) -> None:
    text = "The mayor, Tom Ekberg, spoke. He said the damage came to 7,500 crowns."
    assert verify_text(text, archive, Config(home=tmp_path))[1].verdict == "supported"


def test_the_reader_may_rerank_what_is_found(archive: Archive, tmp_path: Path) -> None:
    config = Config(home=tmp_path).with_retrieval(rerank="reader")
    assert verify_text(TEXT, archive, config)[0].verdict == "supported"


def test_nothing_to_check(archive: Archive, tmp_path: Path) -> None:
    assert verify_text("# Heading\n\n---\n\n...", archive, Config(home=tmp_path)) == ()
