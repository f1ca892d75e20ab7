"""What happened when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event as Flag

import pytest

from askive.rag.answer.plans import timeline as plan
from askive.rag.errors import UsageError
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter, parse_filter
from askive.rag.types import Answer
from tests.rag.answer.plans.rows import ask_rows, column, refused
from tests.rag.archives import archive_of, assistant_of, document, long_document

DOCUMENTS = [
    document(
        "The ferry was built in 1987. On 3 May 2015 the ferry sank near Borgholm. The crew is old.",
        "Ferry",
        "2015-05-04",
        "Reuters",
    ),
    document("Yesterday, on 3 May 2015, the ferry sank near Borgholm.", "Sunk", "2015-05-04", "The Post"),
    document("On Tuesday divers raised the ferry.", "Divers", "2015-05", "The Post"),
    document("The bridge opened on 1 June 2015 and closed in 2016.", "Bridge", "2016", "Reuters"),
    document("The board decided to buy a second ferry.", "Minutes", "2017-02-01"),
]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Archive]:
    with archive_of(tmp_path, DOCUMENTS) as archive:
        yield archive


def ask(archive: Archive, question: str, admitted: Filter | None = None) -> Answer:
    answer = ask_rows(assistant_of(archive), archive, question, "timeline", admitted)
    days = [row.date or "" for row in answer.rows]
    assert days == sorted(days)
    return answer


def test_all_events_in_order_with_what_their_dates_are_from(town: Archive) -> None:
    answer = ask(town, "Timeline of events")
    assert answer.text == "5 dated events in 4 of 5 documents."
    assert [(row.values["Date"], row.values["Date as written"]) for row in answer.rows] == [
        ("1987", "“1987”"),
        ("2015-05", "“Tuesday”, document of 2015-05"),
        ("2015-05-03", "“3 May 2015”"),
        ("2015-06-01", "“1 June 2015”"),
        ("2016", "“2016”"),
    ]
    # Two documents tell of one event; one sentence has two dates.
    assert [len(row.citations) for row in answer.rows] == [1, 1, 2, 1, 1]
    assert answer.rows[3].citations == answer.rows[4].citations
    assert column(answer, "Event")[2] == "On 3 May 2015 the ferry sank near Borgholm."


def test_a_subject_restricts_and_minutes_count_as_of_their_day(town: Archive) -> None:
    answer = ask(town, "Timeline of the ferry")
    assert column(answer, "Date") == ["1987", "2015-05", "2015-05-03", "2017-02-01"]
    assert column(answer, "Date as written")[-1] == "date of the document"
    assert answer.text.startswith("4 dated events about “ferry” in 4 of 5 documents.")


def test_what_a_document_about_the_subject_tells_belongs_to_its_history(tmp_path: Path) -> None:
    documents = [
        document(
            "We offer to raise the wreck. The price is 900 crowns.", "Offer for the Aurora 2", "2021-04-20"
        ),
        document("The crane arrived on 3 May 2021.", "Aurora 2: log", "2021-06"),
        document("The Aurora 3 sank on 4 May 2021.", "Aurora 3", "2021-06"),
        document("On 5 May 2021 the Aurora 1 and 2 were sold.", "Sales", "2021-06"),
        document(
            "From: Rosa Lind\nDate: 7 May 2021\n\nThe Aurora 2 was late.",
            "Aurora 2 by Rosa, 7 May 2021",
            "2021-05",
        ),
    ]
    with archive_of(tmp_path, documents) as archive:
        answer = ask(archive, "Timeline of the Aurora 2")
        assert [(row.values["Date"], row.values["Event"]) for row in answer.rows] == [
            ("2021-04-20", "We offer to raise the wreck."),
            ("2021-05-03", "The crane arrived on 3 May 2021."),
            ("2021-05-05", "On 5 May 2021 the Aurora 1 and 2 were sold."),
        ]


def test_a_time_restricts_the_events_not_the_documents(town: Archive) -> None:
    answer = ask(town, "What happened in June 2015?")
    assert column(answer, "Date", "supported") == ["2015-06-01"]
    # Months without a year are of every year.
    assert column(ask(town, "What happened between June and August?"), "Date", "supported") == ["2015-06-01"]
    answer = ask(town, "What happened in February 2016?")
    assert (column(answer, "Date", "supported"), column(answer, "Date", "unchecked")) == ([], ["2016"])
    assert "1 more may be of that time" in answer.text


def test_filter_and_publisher_restrict_the_documents(town: Archive) -> None:
    assert column(ask(town, "Timeline of events", parse_filter(publishers=["Reuters"])), "Date") == [
        "1987",
        "2015-05-03",
        "2015-06-01",
        "2016",
    ]
    assert column(ask(town, "Timeline of the ferry according to The Post"), "Date") == [
        "2015-05",
        "2015-05-03",
    ]
    with pytest.raises(UsageError, match="no document is published by 'VOA'"):
        ask(town, "Timeline of events", parse_filter(publishers=["VOA"]))


def test_nothing_dated_is_a_refusal_that_says_where_it_looked(town: Archive, tmp_path: Path) -> None:
    assert refused(ask(town, "Timeline of the Zorbo merger")) == (
        "No dated event about “Zorbo merger” was found in 5 documents. None of them mentions Zorbo or merger."
    )
    assert refused(ask(town, "Timeline of events in 1850")) == (
        "No dated event (dated 1850-01-01 to 1850-12-31) was found in 5 documents."
    )
    with archive_of(tmp_path / "empty", []) as empty:
        assert "askive index" in refused(ask(empty, "Timeline of events"))


def test_a_cancelled_plan_tells_what_it_has_and_a_long_one_what_it_leaves_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [
        long_document(n, f"The ferry sank on {1 + n % 28} May {1900 + n}.", n_passages=20) for n in range(60)
    ]
    with archive_of(tmp_path, documents) as archive:
        assistant = assistant_of(archive)
        answer = ask_rows(
            assistant, archive, "Timeline of events", "timeline", cancel=Flag(), cancel_at="passages"
        )
        assert (
            answer.text
            == "Stopped after 1,000 of 1,200 passages. So far: 50 dated events in 50 of 60 documents."
        )
        monkeypatch.setattr(plan, "MAX_EVENTS", 7)
        answer = ask_rows(assistant, archive, "Timeline of events", "timeline")
        assert len(answer.rows) == 7
        assert answer.text.endswith(
            "The 7 that most documents tell of are listed; name a time to see others."
        )
