"""Scores of answers of all kinds: what raises them, and what must lower them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.eval.datasets.suite import Expected, GoldEvent, GoldSide
from askive.eval.metrics.kinds import NAMES, entries_of, first_count, kind_scores, repeats
from askive.eval.metrics.scores import score_row
from tests.eval.metrics.test_scores import make_row

LETTERS = st.sets(st.sampled_from("abcdefgh"))


def scores(
    expected: Expected,
    text: str = "",
    rows: list[dict[str, Any]] | None = None,
    *,
    documents: Any = (),
    refused: bool = False,
    answer_kind: str | None = None,
    **gold: Any,
) -> dict[str, float | None]:
    row = make_row(text=text, refused=refused, answers=[], **gold)
    row["gold"]["expected"] = asdict(expected)
    row["answer"] |= {"rows": rows or [], "kind": answer_kind, "documents": list(documents)}
    got = kind_scores(row)
    return {name: None if score is None else round(score[0] / score[1], 6) for name, score in got.items()}


def table_row(
    text: str, date: str | None = None, verdict: str = "supported", **values: str
) -> dict[str, Any]:
    quote = {"quote": text, "uri": "d", "start": 0, "end": 1, "exact": True}
    return {"values": values, "date": date, "verdict": verdict, "citations": [quote] if text else []}


def test_other_suites_are_not_scored() -> None:
    assert set(kind_scores(make_row())) == set(NAMES)
    assert not any(kind_scores(make_row()).values())


@given(LETTERS, LETTERS)
def test_sets(right: set[str], found: set[str]) -> None:
    got = scores(Expected("mentions", documents=tuple(right), count=len(right)), "3 of 9.", documents=found)
    assert (got["set_f1"] == 1) == (got["set_exact"] == 1) == (right == found)
    assert got["set_recall"] == (round(len(right & found) / len(right), 6) if right else None)
    assert got["set_precision"] == (round(len(right & found) / len(found), 6) if found else None)
    assert got["count_exact"] == (len(right) == 3) and got["reached"] == got["set_f1"]
    refused = scores(Expected("mentions", documents=tuple(right)), documents=found, refused=True)
    assert refused["set_exact"] == (not right), "a refusal says that there is none"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("3 of 10 documents mention Raqqa.", 3),
        ("Two documents do.", 2),
        ("None of 103 documents mentions it.", 0),
        ("No document here mentions it.", 0),
        ("It says 2.5 of them.", None),
        ("1,204 of 10,000 documents", 1204),
        ("I cannot tell.", None),
    ],
)
def test_counts(text: str, count: int | None) -> None:
    assert first_count(text) == count


def test_a_listed_value_is_judged_without_the_quote_that_it_shares_with_others() -> None:
    expected = Expected("list", items=(("Ada Lind",), ("Bo Marr",)))
    quote = "Present: Ada Lind, Bo Marr and Cy Noll."
    rows = [table_row(quote, Value=value) for value in ("Ada Lind", "Bo Marr", "Cy Noll")]
    assert scores(expected, "", rows[:2])["list_f1"] == 1
    assert scores(expected, "", rows)["list_precision"] == round(2 / 3, 6)
    assert scores(expected, "", rows[2:])["list_recall"] == 0


def test_lists() -> None:
    expected = Expected("list", items=(("Ada Lind", "Lind"), ("Bo Marr",), ("Cy Noll",)))
    rows = [table_row("Ada Lind came."), table_row("So did Bo Marr."), table_row("", Name="Cy Noll")]
    whole = scores(expected, "3 people.", rows)
    assert whole["list_f1"] == whole["list_precision"] == whole["list_recall"] == 1
    more = scores(expected, "", [*rows, table_row("Di Orr stayed.")])
    assert more["list_precision"] == 0.75 and more["list_recall"] == 1
    again = scores(expected, "", [*rows, table_row("Lind, again.")])
    assert again["list_precision"] == 0.75, "the same value twice"
    maybe = scores(expected, "", [*rows, table_row("Di Orr may.", verdict="unchecked")])
    assert maybe["list_f1"] == 1, "what only may belong to the list is no part of it"
    assert scores(expected, "", rows[:1])["list_recall"] == round(1 / 3, 6)
    prose = scores(expected, "These came: Lind, Bo Marr, and Di Orr.", wrong_answers=["Di Orr"])
    assert (prose["list_recall"], prose["list_precision"]) == (round(2 / 3, 6), round(2 / 3, 6))
    assert prose["none_wrong"] == 0
    assert scores(expected, "Lind", refused=True)["list_f1"] == 0


EVENTS = (
    GoldEvent("2021-05-04", ("signed",)),
    GoldEvent("2022-04", ("delivered", "arrived")),
    GoldEvent("2022-07-21", ("accepted",)),
)


@given(st.permutations(range(3)))
def test_events_in_order(order: list[int]) -> None:
    told = [("It was signed.", "2021-05-04"), ("It arrived.", "2022-04"), ("It was accepted.", "2022-07-21")]
    got = scores(Expected("timeline", events=EVENTS), "", [table_row(*told[at]) for at in order])
    assert got["events_recall"] == got["event_dates_right"] == 1
    n_inversions = sum(order[a] > order[b] for a in range(3) for b in range(a + 1, 3))
    assert got["events_in_order"] == round(1 - n_inversions / 3, 6)


def test_events_of_prose_and_wrong_dates() -> None:
    expected = Expected("timeline", events=EVENTS)
    text = "On 4 May 2021 it was signed. In April 2022 it arrived."
    assert [entry.date for entry in entries_of({"answer": text})] == ["2021-05-04", "2022-04"]
    got = scores(expected, text)
    assert got["events_recall"] == round(2 / 3, 6) and got["events_in_order"] == 1
    assert got["event_dates_right"] == 1
    wrong = scores(expected, "", [table_row("It arrived.", "2022-05"), table_row("It was accepted.", None)])
    assert wrong["event_dates_right"] == 0 and wrong["events_recall"] == round(2 / 3, 6)


SIDES = (GoldSide(("Mill Road",), (("2,400",), ("ramp",))), GoldSide(("Quay", "Quayside"), (("1,900",),)))


@pytest.mark.parametrize(
    ("text", "rows", "named", "unswapped"),
    [
        ("Mill Road has 2,400 square metres and a ramp, the Quayside 1,900.", [], 1.0, 1.0),
        ("Mill Road has 1,900 square metres, the Quayside 2,400 and a ramp.", [], 0.0, 0.0),
        ("It has 2,400 square metres and a ramp.", [], 0.0, None),
        ("", [table_row("", Of="Space", **{"Mill Road": "2,400; ramp", "Quayside": "1,900"})], 1.0, 1.0),
        ("", [table_row("", Of="Space", **{"Mill Road": "1,900", "Quayside": "2,400"})], 0.0, 0.0),
        ("", [table_row("It has 2,400.", Side="Mill Road"), table_row("1,900 and a ramp.", Side="Quay")], 0.666667, 0.666667),
        ("", [table_row("Unlike Mill Road it has 1,900.", Speaker="Quay", Of="Mill Road")], 0.333333, 1.0),
        ("", [table_row("", Of="Space", Quayside="Space; Mill Road: 2,400; Quayside: 1,900")], 0.666667, 1.0),
        ("Mill Road has 2,400; both have a ramp.", [], 0.666667, 1.0),
    ],
)  # fmt: skip
def test_sides(text: str, rows: list[dict[str, Any]], named: float, unswapped: float | None) -> None:
    got = scores(Expected("comparison", sides=SIDES), text, rows)
    assert (got["sides_named"], got["sides_not_swapped"]) == (named, unswapped)


def test_summaries_and_kinds() -> None:
    text = "The new hall on Mill Road was let in May. In May the new hall on Mill Road was let. It leaks."
    assert repeats(text.split(". ")) == [False, True, False]
    got = scores(Expected("summary"), text, answer_kind="fact", all_of=[["Mill Road"], ["fire", "flood"]])
    assert (got["said_once"], got["facts_named"], got["kind_right"]) == (round(2 / 3, 6), 0.5, 0)
    assert scores(Expected("conversation"), "You are welcome.")["reached"] == 1
    assert scores(Expected("conversation"), "", refused=True)["reached"] == 0
    unanswerable = scores(Expected("list"), "Ada", answer_kind="list", unanswerable=True)
    assert [name for name, score in unanswerable.items() if score is not None] == ["kind_right"]


def test_rows_count_as_cited_and_sums_of_rows_need_no_citation() -> None:
    row = make_row(text="2 came.", citations=[], answers=["Ada Lind"])
    cite = {"uri": "d", "start": 0, "end": 20, "exact": True, "quote": "Ada Lind came."}
    row["answer"]["rows"] = [{"values": {}, "date": None, "verdict": "supported", "citations": [cite]}]
    got = score_row(row)
    assert got["contains"] == got["quotes_exact"] == [1.0, 1.0] and got["sentences_supported"] is None
    del row["answer"]["rows"]
    assert score_row(row)["sentences_supported"] == [0.0, 1.0]
