"""Every match of an expression, with the exact words."""

from __future__ import annotations

from pathlib import Path

from askive.rag.store.archive import Archive
from askive.rag.store.fts5 import Match, phrase_expression
from tests.rag.archives import archive_of, document, long_document


def all_matches(archive: Archive, expression: str) -> list[Match]:
    return [match for batch in archive.lexical.matches(expression) for match in batch]


def test_matches_have_the_words_as_they_are_spelled(tmp_path: Path) -> None:
    text = "Two trams met. A TRAM stopped, and the tram's driver (of the tram line) waved."
    with archive_of(tmp_path, [document(text, "Trams")]) as archive:
        (match,) = all_matches(archive, phrase_expression("tram"))
        assert [text[span.start : span.end] for span in match.spans] == ["trams", "TRAM", "tram", "tram"]
        assert [match.context[span.start : span.end] for span in match.context_spans] == ["Trams"]
        (match,) = all_matches(archive, phrase_expression("tram line"))
        assert [text[span.start : span.end] for span in match.spans] == ["tram line"]
        assert all_matches(archive, phrase_expression("line tram")) == []


def test_offsets_are_those_of_the_document(tmp_path: Path) -> None:
    text = f"# Lines\n\n{'The city is large and old. ' * 60}\n\n# Stops\n\nÅ tram waits. «Tram» two."
    with archive_of(tmp_path, [document(text)]) as archive:
        (match,) = all_matches(archive, phrase_expression("tram"))
        assert match.passage.start > 1000
        assert [text[span.start : span.end] for span in match.spans] == ["tram", "Tram"]
        assert archive.document(match.passage.doc_id).text[match.passage.start : match.passage.end] == (
            match.passage.text
        )


def test_all_batches_come_and_are_counted(tmp_path: Path) -> None:
    with archive_of(tmp_path, [long_document(n, "A tram stops here.") for n in range(60)]) as archive:
        batches = list(archive.lexical.matches(phrase_expression("tram")))
        assert len(batches) > 1
        ids = [match.passage.passage_id for batch in batches for match in batch]
        assert ids == sorted(set(ids))
        assert len(ids) == archive.lexical.count(phrase_expression("tram")) == 1200


def test_quotation_marks_are_no_syntax(tmp_path: Path) -> None:
    with archive_of(tmp_path, [document('The "old" tram AND bus.')]) as archive:
        (match,) = all_matches(archive, phrase_expression('the "old" tram'))
        assert match.passage.text[slice(*match.spans[0])] == 'The "old" tram'
        assert all_matches(archive, phrase_expression("?!")) == []
