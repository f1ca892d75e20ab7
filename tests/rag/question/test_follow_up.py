"""Follow-ups, and what they mean after the questions before them."""

from __future__ import annotations

import pytest

from askive.rag.question.follow_up import meaning_of
from askive.rag.types import Turn

ESTIMATE = "What does estimate E-1042 for Hartley charge for labour?"
RAQQA = "Which documents mention Raqqa?"
REFUSED = "The documents hold nothing about it."


def history(*questions: str) -> list[Turn]:
    return [Turn(question, REFUSED, "mentions") for question in questions]


@pytest.mark.parametrize(
    ("before", "question", "meant"),
    [
        # The record of the question before is meant, also after a follow-up.
        ([ESTIMATE], "And the grand total?", "And the grand total (E-1042, Hartley)?"),
        ([ESTIMATE, "And the material?"], "and is it paid", "and is it paid (E-1042, Hartley)"),
        (["Who claimed that Emwazi was dead?"], "and who denied it?", "and who denied it (Emwazi)?"),
        (['Who wrote "a house of cards"?'], "And when was that?", "And when was that (a house of cards)?"),
        # Restrictions are joined to it.
        ([RAQQA], "only the ones from 2016", "Which documents mention Raqqa from 2016?"),
        ([RAQQA], "just those by Reuters", "Which documents mention Raqqa by Reuters?"),
        ([RAQQA, "only the ones from 2016"], "and in 2015?", "Which documents mention Raqqa in 2015?"),
        (
            ["Timeline of the siege of Madaya"],
            "only in May 2016",
            "Timeline of the siege of Madaya in May 2016?",
        ),
        # What is "of them" is named.
        (
            ["Which pumps are in the price list of 2021?"],
            "Which of them cost more than 40,000 euros?",
            "Which of the pumps that are in the price list of 2021 cost more than 40,000 euros?",
        ),
        (
            ["Who was at the inquest?"],
            "how many of these were sworn",
            "how many of those who were at the inquest were sworn",
        ),
        (
            ["List all caterers that made offers."],
            "And which of those were late?",
            "And which of the caterers that made offers were late?",
        ),
        (["How many live in Raqqa?"], "And in Mosul?", "How many live in Mosul?"),
    ],
)
def test_a_follow_up_is_completed(before: list[str], question: str, meant: str) -> None:
    found = meaning_of(question, history(*before))
    assert found.text == meant and found.is_changed
    assert len(found.context) == len(before)


@pytest.mark.parametrize(
    "question",
    ["And what did Kerry say about it?", "What is the grand total?", "And the second of them?"],
)
def test_a_follow_up_with_a_name_or_nothing_to_add_keeps_its_words(question: str) -> None:
    found = meaning_of(question, history("What did the deal cost?"))
    assert found.text == question and found.context and not found.is_changed


@pytest.mark.parametrize(
    "question",
    [
        "How many jets did Russia have?",
        "Which pupils were hurt when the school burned last winter?",
        'Who wrote "a house of cards"?',
        "What is the price of lot 12?",
    ],
)
def test_a_new_topic_drops_what_was_before(question: str) -> None:
    found = meaning_of(question, history(ESTIMATE))
    assert found.text == question and not found.context and found.kind is None


def test_a_restriction_keeps_the_kind() -> None:
    assert meaning_of("only the ones from 2016", history(RAQQA)).kind == "mentions"
    assert meaning_of("And who wrote it?", history(RAQQA)).kind is None
    assert meaning_of(RAQQA, ()).text == RAQQA


@pytest.mark.parametrize(
    ("before", "answer", "question", "meant"),
    [
        (
            "Who surveyed the pier?",
            "Rosa Lind surveyed it in May.",
            "What did she measure?",
            "What did Rosa Lind measure?",
        ),
        (
            "What did Ash Carter say?",
            "It was late.",
            "When is his report due?",
            "When is Ash Carter's report due?",
        ),
        ("Who surveyed the pier?", "Rosa Lind surveyed it.", "Who paid her?", "Who paid Rosa Lind?"),
        ("Who surveyed it?", "Somebody did.", "What did she measure?", "What did she measure?"),
        (
            "What is the condition of the piles?",
            "Good.",
            "And the deck?",
            "What is the condition of the deck?",
        ),
        ("When was the pier built?", "In 1950.", "What about the new ramp?", "When was the new ramp built?"),
    ],
)
def test_persons_and_things_of_the_last_turn(before: str, answer: str, question: str, meant: str) -> None:
    found = meaning_of(question, [Turn(before, answer, "fact")])
    assert found.text == meant and found.is_changed == (meant != question) and found.context


def test_a_comparison_with_what_was_asked_before() -> None:
    found = meaning_of("And compared with Soup Yard?", history("What did Greenfork offer?"))
    assert (found.text, found.kind) == ("Compare Greenfork with Soup Yard", "comparison")
