"""Scores of answers to questions of all kinds: sets, counts, lists, timelines, comparisons, summaries.

Each score is `[got, of]`, as in `askive.eval.metrics.scores`. A refusal reaches nothing of what was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from askive.eval.metrics.answers import contains, normalise
from askive.rag.text.date_mentions import days
from askive.rag.text.numbers import find_numbers
from askive.rag.text.sentences import split_sentences
from askive.rag.text.words import content_words

NAMES = (
    "kind_right",
    *("set_precision", "set_recall", "set_f1", "set_exact", "count_exact"),
    *("list_precision", "list_recall", "list_f1"),
    *("facts_named", "none_wrong", "said_once"),
    *("events_recall", "events_in_order", "event_dates_right"),
    *("sides_named", "sides_not_swapped", "reached"),
)
_MAIN = ("set_f1", "count_exact", "list_f1", "events_recall", "sides_named", "facts_named")
"""The first that is scored is the share of what was asked for that the answer reaches."""
REPEATED = 0.8
"""Share of the content words of the shorter of two sentences from which on the second says the same again."""
_MIN_WORDS = 4

Group = Sequence[str]
Scores = dict[str, list[float] | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """A part of an answer: a row, else a sentence. date: ISO date that it gives to its event; None without one."""

    text: str
    date: str | None


def kind_scores(row: Mapping[str, Any]) -> Scores:
    """The scores of a row of a suite of kinds, by the names of `NAMES`; all None for other suites.

    Measured on what the user sees: the text, and the values and quotes of rows. Rows that "may" belong to the answer do
    not count for sets and lists.
    """
    scores: Scores = dict.fromkeys(NAMES)
    gold, answer = row["gold"], row["answer"]
    expected = gold.get("expected")
    if expected is None or answer is None:
        return scores
    if answer.get("kind"):
        scores["kind_right"] = [float(answer["kind"] == expected["kind"]), 1.0]
    if gold["unanswerable"]:
        return scores
    scores |= _set_scores(answer, expected)
    entries = () if answer["refused"] else tuple(entries_of(answer))
    if expected["items"]:
        sure = () if answer["refused"] else tuple(_listed(answer))
        scores |= _list_scores(sure, expected["items"], gold["wrong_answers"])
    text = "" if answer["refused"] else shown_text(answer)
    if gold["all_of"]:
        scores["facts_named"] = _share([bool(contains(text, group)) for group in gold["all_of"]])
    if gold["wrong_answers"] and not answer["refused"]:
        scores["none_wrong"] = [1.0 - contains(text, gold["wrong_answers"]), 1.0]
    if expected["kind"] == "summary" and not answer["refused"]:
        scores["said_once"] = _share([not again for again in repeats([e.text for e in entries])])
    if expected["events"]:
        scores |= _timeline_scores(entries, expected["events"])
    if expected["sides"]:
        parts = () if answer["refused"] else tuple(attributed_parts(answer, expected["sides"]))
        scores |= _side_scores(parts, expected["sides"])
    scores["reached"] = _reached(scores, text, gold["answers"], refused=answer["refused"])
    return scores


def _reached(scores: Scores, text: str, accepted: Group, *, refused: bool) -> list[float]:
    """0 to 1; an answer that is only asked to be one, such as to a greeting, reaches 1."""
    main = next((score for name in _MAIN if (score := scores[name]) is not None), None)
    if main is not None:
        return [main[0] / main[1], 1.0]
    return [contains(text, accepted) if accepted else float(not refused), 1.0]


def shown_text(answer: Mapping[str, Any]) -> str:
    """The text of the answer, and the values and quotes of its rows."""
    return "\n".join([answer["answer"], *(_row_text(row) for row in answer.get("rows", ()))])


def entries_of(answer: Mapping[str, Any], *, only_sure: bool = False) -> Iterator[Entry]:
    """The rows; of an answer without rows its sentences, but not an introduction that ends in a colon.

    A sentence's date is the first one that it names.
    """
    rows = answer.get("rows") or ()
    for row in rows:
        if not only_sure or row["verdict"] == "supported":
            yield Entry(_row_text(row), row["date"])
    text = "" if rows else answer["answer"]
    for start, end in split_sentences(text):
        sentence = text[start:end]
        if not sentence.endswith(":"):
            named = days(sentence)
            yield Entry(sentence, named[0].iso if named else None)


def _listed(answer: Mapping[str, Any]) -> Iterator[str]:
    """The entries that count for a list: the value of a row, for quotes may hold the values of other rows too."""
    rows = answer.get("rows") or ()
    if rows and all("Value" in row["values"] for row in rows):
        yield from (row["values"]["Value"] for row in rows if row["verdict"] == "supported")
        return
    yield from (entry.text for entry in entries_of(answer, only_sure=True))


def _row_text(row: Mapping[str, Any]) -> str:
    return "\n".join([*row["values"].values(), *(citation["quote"] for citation in row["citations"])])


def _set_scores(answer: Mapping[str, Any], expected: Mapping[str, Any]) -> Scores:
    """Precision, recall and F1 of the documents of the answer (`documents`), and whether its count is right."""
    scores: Scores = {}
    refused = answer["refused"]
    if expected["documents"] is not None:
        right = set(expected["documents"])
        found = set() if refused else set(answer.get("documents") or ())
        n_both = len(right & found)
        scores["set_precision"] = [n_both / len(found), 1.0] if found else None
        scores["set_recall"] = [n_both / len(right), 1.0] if right else None
        scores["set_f1"] = [2 * n_both / (len(right) + len(found)) if right or found else 1.0, 1.0]
        scores["set_exact"] = [float(right == found), 1.0]
    if expected["count"] is not None:
        stated = 0 if refused else first_count(answer["answer"])
        scores["count_exact"] = [float(stated == expected["count"]), 1.0]
    return scores


def first_count(text: str) -> int | None:
    """The first whole number of a text, in digits or words; 0 for `None of`, `No document`; None without one."""
    if re.match(r"\W*(?:none|no)\b", text, re.IGNORECASE):
        return 0
    return next((int(n.values[0]) for n in find_numbers(text) if n.values[0].isdecimal()), None)


def _list_scores(entries: Sequence[str], items: Sequence[Group], wrong: Sequence[str]) -> Scores:
    """F1 of the items. False are entries without an item, entries with only earlier ones, and wrong values."""
    named: set[int] = set()
    n_false = sum(any(contains(entry, [value]) for entry in entries) for value in wrong)
    for entry in entries:
        here = {at for at, item in enumerate(items) if contains(entry, item)}
        # A wrong value has been counted already.
        n_false += not here - named and not contains(entry, wrong)
        named |= here
    n = len(named)
    return {
        "list_precision": [n / (n + n_false), 1.0] if n + n_false else None,
        "list_recall": [n / len(items), 1.0],
        "list_f1": [2 * n / (n + n_false + len(items)), 1.0],
    }


def repeats(sentences: Sequence[str]) -> list[bool]:
    """For each sentence whether it shares nearly all content words of the shorter one with an earlier sentence."""
    bags = [set(content_words(sentence)) for sentence in sentences]
    return [any(_says_the_same(bag, earlier) for earlier in bags[:at]) for at, bag in enumerate(bags)]


def _says_the_same(one: set[str], other: set[str]) -> bool:
    shorter = min(len(one), len(other))
    return shorter >= _MIN_WORDS and len(one & other) >= REPEATED * shorter


def _timeline_scores(entries: Sequence[Entry], events: Sequence[Mapping[str, Any]]) -> Scores:
    """Events that are told; pairs of them in the order of time; dates that are right, as precise as the gold's."""
    places: dict[int, tuple[int, bool]] = {}
    for number, event in enumerate(events):
        telling = [at for at, entry in enumerate(entries) if contains(entry.text, event["names"])]
        dated = [at for at in telling if entries[at].date == event["date"]]
        if telling:
            places[number] = (dated or telling)[0], bool(dated)
    ordered: list[bool] = []
    for first, second in combinations(places, 2):
        one, other = events[first]["date"], events[second]["date"]
        at, then = places[first][0], places[second][0]
        # Neither is earlier when one date contains the other, or one entry tells both.
        if at != then and not one.startswith(other) and not other.startswith(one):
            ordered.append((at < then) == (one < other))
    return {
        "events_recall": [float(len(places)), float(len(events))],
        "events_in_order": _share(ordered),
        "event_dates_right": _share([is_right for _, is_right in places.values()]),
    }


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of an answer. side: the number of the side it is about; None when it names none."""

    text: str
    side: int | None


def attributed_parts(answer: Mapping[str, Any], sides: Sequence[Mapping[str, Any]]) -> Iterator[Part]:
    """The answer in stretches of one side each.

    A cell belongs to the side that its column names; a row without such columns to the side whose name is one of its
    cells, else to the only one that its cells name. Other rows, cells that name another side, and sentences are cut
    before each name of a side: what follows belongs to it, until the next name; what stands before the first name
    belongs to that one.
    """
    for row in answer.get("rows") or ():
        values: Mapping[str, str] = row["values"]
        quotes = "\n".join(citation["quote"] for citation in row["citations"])
        columns = {column: _side_named(column, sides) for column in values}
        if any(side is not None for side in columns.values()):
            for column, value in values.items():
                side = columns[column]
                yield from (Part(value, side),) if _names_only(value, side, sides) else _cut(value, sides)
            continue
        text = "\n".join([*values.values(), quotes])
        side = _side_of_row(values, sides)
        yield from (Part(text, side),) if side is not None else _cut(text, sides)
    yield from _cut(answer["answer"], sides)


def _names_only(text: str, side: int | None, sides: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a text names no side but this one."""
    return not any(contains(text, other["name"]) for number, other in enumerate(sides) if number != side)


def _side_of_row(values: Mapping[str, str], sides: Sequence[Mapping[str, Any]]) -> int | None:
    """The side whose name is a cell of the row, else the only one that its cells name."""
    for value in values.values():
        for number, side in enumerate(sides):
            if normalise(value) in map(normalise, side["name"]):
                return number
    named = {_side_named(value, sides) for value in values.values()} - {None}
    return named.pop() if len(named) == 1 else None


def _side_named(text: str, sides: Sequence[Mapping[str, Any]]) -> int | None:
    """The only side that a text names; None for none or several."""
    named = [number for number, side in enumerate(sides) if contains(text, side["name"])]
    return named[0] if len(named) == 1 else None


def _cut(text: str, sides: Sequence[Mapping[str, Any]]) -> Iterator[Part]:
    """The stretches of a text; see `attributed_parts`."""
    marks = sorted(
        (match.start(), number)
        for number, side in enumerate(sides)
        for name in side["name"]
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)
    )
    if not marks:
        yield Part(text, None)
        return
    starts = [0, *(at for at, _ in marks[1:])]
    ends = [*starts[1:], len(text)]
    for (_, number), start, end in zip(marks, starts, ends, strict=True):
        yield Part(text[start:end], number)


def _side_scores(parts: Sequence[Part], sides: Sequence[Mapping[str, Any]]) -> Scores:
    """Facts that are told of their own side; of the facts told of a side, those not told of another one only."""
    n_right = n_swapped = n_facts = 0
    for number, side in enumerate(sides):
        for fact in side["facts"]:
            of = {part.side for part in parts if part.side is not None and contains(part.text, fact)}
            n_facts += 1
            n_right += number in of
            n_swapped += bool(of) and number not in of
    told = n_right + n_swapped
    return {
        "sides_named": [float(n_right), float(n_facts)],
        "sides_not_swapped": [float(n_right), float(told)] if told else None,
    }


def _share(marks: Sequence[bool]) -> list[float] | None:
    return [float(sum(marks)), float(len(marks))] if marks else None
