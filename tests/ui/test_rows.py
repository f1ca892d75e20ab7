"""An answer with rows, in every place that shows answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from askive.models.fakes import ScriptedGenerator
from askive.rag.assistant import Assistant
from askive.rag.config import Config
from askive.rag.serialize import answer_to_dict
from askive.rag.store.archive import Archive
from askive.rag.types import Answer, Final, Progress, Row, Searching, Sentence
from askive.ui.chat.conversations import Conversation, KeptTurn
from askive.ui.chat.export import answer_markdown, to_html
from askive.ui.chat.http.payloads import answer_view, citations_of
from askive.ui.terminal.answers import print_stream
from askive.ui.terminal.render import Output

QUESTION = "How many ships did the harbour of Aldermoor receive in January?"
SUMMARY = "One document tells of ships."


@pytest.fixture
def answer(archive: Archive) -> Answer:
    """Two rows, of which one has a source, below a sentence that sums them up."""
    config = Config(home=archive.folder, reader="off")
    plain = Assistant(archive, ScriptedGenerator(), config).ask(QUESTION)
    (citation,) = plain.citations
    rows = (
        Row({"Title": "Harbour | report", "Date": "2016-01-25"}, "2016-01-25", (citation,)),
        Row({"Title": "<Spring> fair\x1b[2J"}, verdict="unchecked"),
    )
    return replace(
        plain,
        text=SUMMARY,
        sentences=(Sentence(SUMMARY, 0, len(SUMMARY), verdict="supported"),),
        kind="mentions",
        columns=("Date", "Title"),
        rows=rows,
    )


def test_its_citations_are_those_of_its_sentences_and_rows(answer: Answer) -> None:
    assert answer.citations == answer.rows[0].citations


def test_json_has_columns_and_rows(answer: Answer) -> None:
    shown = answer_to_dict(answer)
    assert (shown["kind"], shown["columns"]) == ("mentions", ["Date", "Title"])
    first, second = shown["rows"]
    assert first["values"] == {"Title": "Harbour | report", "Date": "2016-01-25"}
    assert (first["date"], first["verdict"]) == ("2016-01-25", "supported")
    assert "412 ships" in first["citations"][0]["quote"]
    assert (second["date"], second["verdict"], second["citations"]) == (None, "unchecked", [])


def test_an_answer_in_sentences_has_none(archive: Archive) -> None:
    plain = Assistant(archive, ScriptedGenerator(), Config(home=archive.folder, reader="off")).ask(QUESTION)
    shown = answer_to_dict(plain)
    assert (shown["columns"], shown["rows"]) == ([], [])
    assert "|---" not in answer_markdown(answer_view(plain, lambda _uri: 4))


def test_the_terminal_shows_a_table_and_its_sources(
    answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    print_stream([Searching("ships"), Progress(3, 9, "passages"), Final(answer)], Output())
    out, err = capsys.readouterr()
    assert "Answered as: list of documents" in err
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == SUMMARY.split(), "it has no source of its own"
    assert ["Date", "Title", "Sources"] in lines
    assert ["2016-01-25", "Harbour", "|", "report", "[1]"] in lines
    assert "(not checked)" in out
    assert "\x1b" not in out
    sources = out.partition("\nSources\n")[2]
    assert "[1] Harbour report" in sources
    assert "412 ships" in sources


def test_the_page_gets_cells_in_the_order_of_the_columns(answer: Answer) -> None:
    view = answer_view(answer, lambda _uri: 4)
    assert (view["kind"], view["answered_as"]) == ("mentions", "list of documents")
    assert [row["cells"] for row in view["rows"]] == [
        ["2016-01-25", "Harbour | report"],
        ["", "<Spring> fair\x1b[2J"],
    ]
    assert view["rows"][0]["citations"][0]["number"] == 4
    assert citations_of(view) == view["rows"][0]["citations"]
    assert all(other["uri"] != view["rows"][0]["citations"][0]["uri"] for other in view["others"])


def test_exports_have_the_table(answer: Answer) -> None:
    view = answer_view(answer, lambda _uri: 4)
    markdown = answer_markdown(view)
    assert markdown.startswith(
        f"{SUMMARY}\n\n| Date | Title | Sources |\n|---|---|---|\n| 2016-01-25 | Harbour \\| report | [4] |\n"
    )
    conversation = Conversation("c", "Ships", "town", 0.0, 1)
    turn = KeptTurn(1, "c", QUESTION, {}, SUMMARY, view, None, "")
    page = to_html(conversation, [turn])
    assert f"<p>{SUMMARY}</p><table><tr><th>Date</th>" in page
    assert "<td>&lt;Spring&gt; fair" in page
    # Answers that were kept before there were rows.
    del view["rows"], view["columns"]
    assert "|---" not in answer_markdown(view)
    assert "<table>" not in to_html(conversation, [replace(turn, answer=view)])
