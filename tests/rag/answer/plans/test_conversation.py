"""What is meant for the assistant, and the last answer in another form."""

from __future__ import annotations

import pytest

from askive.rag.question.requests.remark import read_remark
from askive.rag.store.archive import Archive
from askive.rag.types import Answer, Turn
from tests.rag.archives import assistant_of

BUILT = "The old bridge of Aldermoor was built in 1871 by the engineer Ida Falk."
TRAMS = "Trams have crossed it since 1903."
LAST = Turn("When was the old bridge of Aldermoor built?", f"{BUILT} Bridges, 2015: “{TRAMS}”")


def ask(archive: Archive, question: str, *history: Turn) -> Answer:
    answer = assistant_of(archive).ask(question, history, kind="conversation")
    for sentence in answer.sentences:
        assert answer.text[sentence.start : sentence.end] == sentence.text
    return answer


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        ("Thanks, that helped!", "You are welcome."),
        ("bye", "Goodbye."),
        ("What can you do?", "Askive answers questions from the 3 documents of this collection"),
        ("Which model are you running on?", "model is scripted."),
        ("Do you send my files to the internet?", "stay on this machine"),
        ("how do I add a document?", "askive index PATH"),
        ("That was wrong.", "Open the numbered sources"),
        ("ok", "All right."),
        ("Tell me a joke.", "Askive answers questions"),
        ("shorter please", "There is no answer yet."),
    ],
)
def test_replies_without_sources(archive: Archive, question: str, reply: str) -> None:
    answer = ask(archive, question)
    assert reply in answer.text
    assert (answer.citations, answer.hits, answer.rows) == ((), (), ())


@pytest.mark.parametrize(
    ("question", "form"),
    [
        ("say that again in one sentence", "one"),
        ("as a table", "table"),
        ("show that as bullet points", "table"),
        ("Are you sure?", "table"),
        ("could you make that shorter", "shorter"),
        ("I don't understand your answer.", "shorter"),
        ("can you repeat your last answer", "again"),
        ("What can you do?", None),
    ],
)
def test_forms(question: str, form: str | None) -> None:
    assert read_remark(question).form == form


def test_the_last_answer_again_with_exact_citations(archive: Archive) -> None:
    answer = ask(archive, "repeat that", LAST)
    assert answer.text == LAST.answer
    assert [sentence.citations[0].quote for sentence in answer.sentences] == [BUILT, TRAMS]
    for citation in answer.citations:
        assert (
            archive.document(citation.hit.passage.doc_id).text[citation.start : citation.end]
            == citation.quote
        )


def test_the_last_answer_shorter_and_as_a_table(archive: Archive) -> None:
    assert ask(archive, "in one sentence please", LAST).text == BUILT
    assert ask(archive, "shorter", LAST).text == BUILT
    assert ask(archive, "shorter", Turn(LAST.question, BUILT)).text == BUILT
    table = ask(archive, "as a table", LAST)
    assert table.columns == ("Statement", "Source")
    assert [row.values["Statement"] for row in table.rows] == [BUILT, f"Bridges, 2015: “{TRAMS}”"]
    assert [row.citations[0].quote for row in table.rows] == [BUILT, TRAMS]


def test_an_answer_that_no_document_supports_is_not_repeated(archive: Archive) -> None:
    answer = ask(archive, "again", Turn("How many?", "Penguins rule the 77 waves of Finsk."))
    assert answer.refusal is not None
    assert "cannot be put in another form" in answer.text
