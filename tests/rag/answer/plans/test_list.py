"""Lists of values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event as Flag

import pytest

from askive.models.fakes import ScriptedGenerator
from askive.models.protocols import Message
from askive.rag.answer import answerer
from askive.rag.answer.plans import list as plan
from askive.rag.assistant import Assistant
from askive.rag.config import Config
from askive.rag.question.analysis import Question
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter, parse_filter
from askive.rag.types import Answer, Citation
from askive.rag.verification.verifier import Verifier
from tests.rag.answer.plans.rows import ask_rows, column, refused
from tests.rag.archives import archive_of, assistant_of, document

DOCUMENTS = [
    document(
        "Reuters said that Rosa Lind and Captain Erik Holm were killed in the storm.",
        "Storm",
        "2021",
        "The Post",
    ),
    document("Holm was killed by a wave. Anna Berg was hurt.", "Wave", "2021", "Reuters"),
    document(
        "| Product: Oak board; Supplier: Holz Weber; Price: 38.50\n| Product: Blue tile; Supplier: Ceramica; Price: 1.15\n"
        "| Product: Pine board; Supplier: Holz Weber; Price: 14.20",
        "Prices",
        "2022",
    ),
]
COPIES = {
    "Rosa Lind and": "- Rosa Lind\n- Captain Erik Holm\n- Tom Nobody\n",
    "by a wave": "1. “Holm”\n2. Anna Berg.",
    "Oak board": "None",
}


def copy(messages: Sequence[Message]) -> str:
    """What the generator copies from passages; Nobody stands in none."""
    return "\n".join(text for words, text in COPIES.items() if words in messages[-1].text) or "None"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Archive]:
    with archive_of(tmp_path, DOCUMENTS) as archive:
        yield archive


def ask(
    archive: Archive, question: str, admitted: Filter | None = None, cancel: Flag | None = None
) -> Answer:
    assistant = Assistant(archive, ScriptedGenerator(copy), Config(home=archive.folder, reader="off"))
    return ask_rows(assistant, archive, question, "list", admitted, cancel, cancel_at="passages")


def kind_of(archive: Archive, question: str) -> str | None:
    """What a question is answered as when nobody says."""
    return (
        Assistant(archive, ScriptedGenerator(copy), Config(home=archive.folder, reader="off"))
        .ask(question)
        .kind
    )


def test_values_are_verbatim_and_grouped_with_their_sources(town: Archive) -> None:
    answer = ask(town, "List the people who were killed.")
    sources = {row.values["Value"]: len(row.citations) for row in answer.rows}
    assert sources == {"Captain Erik Holm": 2, "Rosa Lind": 1, "Anna Berg": 1}
    assert answer.text.startswith("3 found in 2 of 3 documents: ")


def test_who_reports_it_is_a_column_when_it_is_asked(town: Archive) -> None:
    answer = ask(town, "List the people who were killed, with who reported it.")
    reporters = {row.values["Value"]: row.values["Reported by"] for row in answer.rows}
    assert reporters["Rosa Lind"] == "Reuters"
    assert reporters["Anna Berg"] == "Reuters"


def test_the_generator_is_asked_again_about_each_value(
    town: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    odds = {"Anna Berg": -9.0, "Rosa Lind": 1.0, "Rosa Lind, Captain Erik Holm": -9.0}

    def gives(_self: Verifier, _question: Question, value: str, _citation: Citation) -> float:
        return odds.get(value, 2.0)

    monkeypatch.setattr(Verifier, "gives", gives)
    answer = ask(town, "List the people who were killed.")
    assert column(answer, "Value", "supported") == ["Captain Erik Holm"]
    assert column(answer, "Value", "unchecked") == ["Rosa Lind"]
    assert answer.text.endswith("1 more may be such.")
    odds |= dict.fromkeys(("Rosa Lind", "Captain Erik Holm", "Holm"), -9.0)
    assert "nothing that answers" in refused(ask(town, "List the people who were killed.")).lower()


def test_a_time_restricts_the_sentences(town: Archive) -> None:
    assert refused(ask(town, "List the people who were killed in 2019.")).startswith("Nothing about “killed”")
    assert len(ask(town, "List the people who were killed in 2021.").rows) == 3


def test_cells_of_tables_need_no_generator(town: Archive) -> None:
    def listed(question: str) -> list[str]:
        answer = ask_rows(assistant_of(town), town, question, "list")
        return column(answer, "Value")

    assert listed("List all products") == ["Oak board", "Blue tile", "Pine board"]
    assert listed("all suppliers") == ["Holz Weber", "Ceramica"]


def test_filters_refusals_and_cancelling(
    town: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = ask(town, "List the people who were killed.", parse_filter(publishers=["The Post"]))
    assert answer.text.startswith("2 found in 1 of 1 document (publisher The Post): ")
    assert refused(ask(town, "List the penguins of Zorbo.")).endswith(
        "None of them mentions penguins or Zorbo."
    )
    with archive_of(tmp_path / "empty", []) as empty:
        assert "askive index" in refused(ask(empty, "List the penguins."))
    monkeypatch.setattr(plan, "MAX_READ", 1)
    answer = ask(town, "List the people who were killed.")
    assert "passages about it, the nearest first: some may lack." in answer.text
    # Cancelled during the search: nothing was read.
    assert refused(ask(town, "List the people who were killed.", cancel=Flag())).startswith("Stopped early.")


PRESENT = ["Anna Berg", "Karl Kern", "Rosa Lind"]


@pytest.fixture
def meeting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    """Three names in a sentence, which a judge confirms together, and one of them in another."""
    text = "Present: Anna Berg (chair), Karl Kern and Rosa Lind. Rosa Lind opened the meeting about the pier."
    odds = {", ".join(PRESENT): 2.0}
    monkeypatch.setattr(Verifier, "gives", lambda _self, _question, value, _citation: odds.get(value, -9.0))
    monkeypatch.setitem(COPIES, "(chair)", "\n".join(PRESENT))
    with archive_of(tmp_path, [document(text, "Meeting about the pier", "2021")]) as archive:
        yield archive


def test_values_of_a_sentence_are_confirmed_together(meeting: Archive) -> None:
    answer = ask(meeting, "Who took part in the meeting about the pier?")
    assert column(answer, "Value", "supported") == PRESENT
    assert {row.citations[0].quote for row in answer.rows} == {
        "Present: Anna Berg (chair), Karl Kern and Rosa Lind."
    }


def judged_by_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Verifier, "checks", ("rules", "generator"))


@pytest.mark.parametrize(
    ("question", "kind"),
    [("Who took part in the meeting about the pier?", "list"), ("Who repaired the bridge?", "fact")],
)
def test_a_fact_is_a_list_where_the_archive_holds_one(
    meeting: Archive, monkeypatch: pytest.MonkeyPatch, question: str, kind: str
) -> None:
    judged_by_generator(monkeypatch)
    monkeypatch.setattr(answerer, "may_be_list", lambda *_: True)
    assert kind_of(meeting, question) == kind
    monkeypatch.setattr(answerer, "may_be_list", lambda *_: False)
    assert kind_of(meeting, question) == "fact"


def test_a_fact_stays_one_where_nobody_confirms_several_values(
    meeting: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answerer, "may_be_list", lambda *_: True)
    assert kind_of(meeting, "Who took part in the meeting about the pier?") == "fact"
    judged_by_generator(monkeypatch)
    monkeypatch.setattr(
        Verifier, "gives", lambda _self, _question, value, _citation: 2.0 if value == "Anna Berg" else -9.0
    )
    assert kind_of(meeting, "Who took part in the meeting about the pier?") == "fact"


def test_what_is_no_list_keeps_its_kind(meeting: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    judged_by_generator(monkeypatch)
    monkeypatch.setattr(answerer, "may_be_list", lambda *_: True)
    monkeypatch.setattr(answerer, "classify", lambda *_: "who_said")
    assert kind_of(meeting, "Who repaired the bridge?") == "who_said"
    assert kind_of(meeting, "Who took part in the meeting about the pier?") == "list"


def test_a_guessed_list_without_a_sure_value_is_answered_from_passages(
    meeting: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answerer, "classify", lambda *_: "list")
    monkeypatch.setattr(Verifier, "gives", lambda *_: 0.5)
    assert ask(meeting, "Who took part in the meeting about the pier?").rows
    monkeypatch.setattr(
        answerer.Answerer, "_kind_of", lambda _self, _question, planned=("list",): [*planned, "fact"][0]
    )
    assert kind_of(meeting, "Who took part in the meeting about the pier?") == "fact"


def test_a_passage_that_is_found_twice_is_read_at_its_first_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"The ferry {name} sank near the pier of the harbour." for name in ("Astrid", "Bertha", "Clara")]
    read: list[str] = []

    def copy_none(messages: Sequence[Message]) -> str:
        read.append(messages[-1].text)
        return "None"

    found_by_search = Retriever.retrieve
    monkeypatch.setattr(
        Retriever,
        "retrieve",
        lambda *args, **named: sorted(
            found_by_search(*args, **named), key=lambda hit: hit.passage.text, reverse=True
        ),
    )
    with archive_of(tmp_path, [document(text, text[10:16], "2021") for text in texts]) as archive:
        assistant = Assistant(
            archive, ScriptedGenerator(copy_none), Config(home=archive.folder, reader="off")
        )
        ask_rows(assistant, archive, "List the ferries that sank.", "list")
    assert sorted(texts, key=read[0].index) == [texts[0], texts[2], texts[1]]


def test_a_series_and_its_members_are_different_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(COPIES, "series", "Heron\nHeron 40\nOstrel Ltd")
    text = "The series Heron has two pumps, of which the Heron 40 is sold most by Ostrel Ltd."
    with archive_of(tmp_path, [document(text, "Pumps", "2021")]) as archive:
        assert column(ask(archive, "List the pumps of Ostrel."), "Value") == ["Heron", "Heron 40"]


def test_the_column_that_is_asked_for_first_in_rows_of_the_folder(tmp_path: Path) -> None:
    rows = "| Pump: 1; Serial number: H40-2201\n| Pump: 2; Serial number: H40-2202"
    documents = [
        document(rows, "delivery", "2021", uri="kestle-weir/delivery.csv"),
        document(
            "| Pump: 7; Power: 141\n| Pump: 8; Power: 140", "Kestle Weir", "2021", uri="kestle-weir/test.csv"
        ),
        document("| Pump: 1; Serial number: H40-9999", "delivery", "2021", uri="saltby/delivery.csv"),
    ]
    with archive_of(tmp_path, documents) as archive:
        answer = ask(archive, "serial numbers of all pumps at Kestle Weir")
        assert column(answer, "Value") == ["H40-2201", "H40-2202"]
