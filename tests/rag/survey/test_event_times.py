"""When a sentence says that something happened."""

from __future__ import annotations

import pytest

from askive.rag.survey.event_times import event_times


@pytest.mark.parametrize(
    ("sentence", "published", "times"),
    [
        ("The ferry sank on 12 March 2021.", None, ["2021-03-12"]),
        ("Strikes took place between October 30 and November 6.", "2015-11", ["2015-10-30 to 2015-11-06"]),
        ("The assault began on a Thursday, Nov. 12, at dawn.", "2015-11", ["2015-11-12"]),
        ("It happened on a Friday in November 2015.", "2015-11", ["2015-11"]),
        ("The pump stood still from 3 to 5 May 2021.", None, ["2021-05-03 to 2021-05-05"]),
        ("It failed on 3 and 5 May 2021.", None, ["2021-05-03", "2021-05-05"]),
        ("The lease runs from 1 July 2021 to 30 June 2024.", None, ["2021-07-01 to 2024-06-30"]),
        ("He was in Finsk in 2013–14.", None, ["2013 to 2014"]),
        ("Sales rose in Q1 2021 and in the last quarter.", None, ["2021-01 to 2021-03"]),
        ("In December Lind was chosen.", "2016-01", ["2015-12"]),
        # From the document's date, as precise as it is known.
        ("It sank on Tuesday.", "2015-10-15", ["2015-10-13"]),
        ("It sank on Tuesday.", "2015-10", ["2015-10"]),
        ("It sank on Tuesday.", None, []),
        ("We will meet on Tuesday.", "2015-10-15", ["2015-10-20"]),
        ("Please reply by Friday.", "2021-03-03", ["2021-03-05"]),
        ("The roof leaked last week.", "2021-03-12", ["2021-03-01 to 2021-03-07"]),
        ("They took it the year before.", "2015-11", ["2014"]),
        ("It opened three months ago.", "2021-02", ["2020-11"]),
        ("It opened two days ago.", "2021-02", []),
        ("It sank yesterday.", "2015-11", ["2015-11"]),
        ("Last night it sank.", "2015-11-01", ["2015-10-31"]),
        # No time of an event.
        ("The clause of the 2009 Lisbon Treaty applies.", None, []),
        ("Retrieved on 3 May 2021 from the page.", None, []),
        ("Two drivers, Mia Holt and Jan Peeters, start soon.", "2021-03-12", []),
        ("Order 2021-104 is open.", None, []),
        ("The ferry is old.", "2021", []),
        ("Date: 2024-06-28; Peak in °C: 1219; Hours: 10", None, ["2024-06-28"]),
        ("Name: Astrid Vollan; Since: 2014", None, ["2014"]),
        ("Room: Gallery; Days: Monday; Start: 07:15", "2024-05-16", []),
        ("It is open every Monday, and from Tuesday to Friday.", "2024-05-16", []),
        ("A loaf has 1000 g and was sold in 1492.", None, ["1492"]),
    ],
)
def test_times_of_a_sentence(sentence: str, published: str | None, times: list[str]) -> None:
    found = event_times(sentence, published)
    assert [time.text for time in found] == times
    for time in found:
        assert sentence[time.start : time.end].lower() == time.wording.lower()


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("It sank on Nov. 12, 2015.", "“Nov. 12, 2015”"),
        ("It sank on Nov. 12.", "“Nov. 12”, document of 2015-11"),
        ("It sank on Tuesday.", "“Tuesday”, document of 2015-11"),
        ("It sank five years ago.", "“five years ago”, document of 2015-11"),
    ],
)
def test_what_a_time_was_resolved_from(sentence: str, told: str) -> None:
    (time,) = event_times(sentence, "2015-11")
    assert time.describe() == told
