"""EM and F1 are those of SQuAD's official script; `contains` is ours."""

from __future__ import annotations

import re
import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.eval.metrics.answers import all_of, contains, exact_match, f1, is_long, normalise


# The official evaluate-v2.0.py, step by step, as an oracle that shares no code with ours.
def official_tokens(text: str) -> list[str]:
    text = text.lower()
    text = "".join(ch for ch in text if ch not in set(string.punctuation))
    text = re.sub(re.compile(r"\b(a|an|the)\b", re.UNICODE), " ", text)
    return text.split()


def official_f1(gold: str, said: str) -> float:
    gold_tokens, said_tokens = official_tokens(gold), official_tokens(said)
    n_same = sum((Counter(gold_tokens) & Counter(said_tokens)).values())
    if len(gold_tokens) == 0 or len(said_tokens) == 0:
        return int(gold_tokens == said_tokens)
    if n_same == 0:
        return 0
    precision, recall = n_same / len(said_tokens), n_same / len(gold_tokens)
    return (2 * precision * recall) / (precision + recall)


words = st.text(
    st.sampled_from("a an the Ünïcode ДА 日本 1,117 it's — . ! \t\n\u00a0’“ x y z".replace(" ", "") + " ")
)


@given(st.lists(words, max_size=4), words)
def test_agrees_with_the_official_script(golds: list[str], said: str) -> None:
    # The official script drops golds that normalise to nothing, and takes "" when none is left.
    kept = [gold for gold in golds if official_tokens(gold)] or [""]
    assert f1(said, kept) == pytest.approx(max(official_f1(gold, said) for gold in kept))
    assert exact_match(said, kept) == max(float(official_tokens(g) == official_tokens(said)) for g in kept)


@pytest.mark.parametrize(
    ("said", "gold", "em", "expected"),
    [
        ("the Denver Broncos", "Denver Broncos", 1, 1.0),
        ("Denver Broncos.", "denver  broncos", 1, 1.0),
        ("Broncos", "Denver Broncos", 0, 2 / 3),
        ("10th and 11th centuries", "in the 10th and 11th centuries", 0, 8 / 9),
        ("", "", 1, 1.0),
        ("the", "a", 1, 1.0),
        ("", "France", 0, 0.0),
        ("France", "", 0, 0.0),
        ("Beyoncé", "beyonce", 0, 0.0),
        ("BEYONCÉ!", "beyoncé", 1, 1.0),
        ("it's", "its", 1, 1.0),
        ("1,000", "1000", 1, 1.0),
        ("to be or not to be", "to be", 0, 0.5),
        ("“France”", "France", 0, 0.0),
    ],
)
def test_adversarial_cases(said: str, gold: str, em: int, expected: float) -> None:
    assert exact_match(said, [gold]) == em
    assert f1(said, [gold]) == pytest.approx(expected)


def test_the_best_gold_counts_and_none_means_empty() -> None:
    assert f1("four jets", ["helicopters", "four jets"]) == 1
    assert exact_match("", []) == 1
    assert exact_match("something", []) == 0
    assert f1("something", []) == 0
    assert normalise("The  U.S. and an A-10") == "us and a10"


@pytest.mark.parametrize(
    ("text", "answer", "held"),
    [
        ("Russia had 34 jets there.", "34", True),
        ("Russia had 340 jets there.", "34", False),
        ("In 2012 it began.", "12", False),
        ("The U.S. said so.", "US", True),
        ("The US said so.", "U.S.", True),
        ("Russian-made jets", "Russian", True),
        ("It cost $7,500.", "7500", True),
        ("It cost 7500 crowns.", "7,500", True),
        ("about 3.5 micrometres", "5", False),
        ("Ash Carter, the secretary", "the Ash Carter", True),
        ("ＲＵＳＳＩＡ", "russia", True),
        ("", "anything", False),
        ("anything", "...", False),
    ],
)
def test_contains_is_about_whole_words(text: str, answer: str, held: bool) -> None:
    assert contains(text, [answer]) == held


@pytest.mark.parametrize(
    ("text", "answer", "held"),
    [
        ("Yes, it does.", "Yes", True),
        ("No. There is no evidence.", "yes", False),
        ("There is no evidence, and yes men.", "no", False),
        ("The sources agree. Yes, both say so.", "yes", True),
        ("Maybe.", "maybe", True),
        ("Yes. No.", "no", False),
        ("", "no", False),
    ],
)
def test_yes_and_no_must_open_a_sentence(text: str, answer: str, held: bool) -> None:
    assert contains(text, [answer]) == held


def test_all_of_needs_one_of_every_group() -> None:
    groups = [["12", "twelve"], ["35"]]
    assert all_of("Twelve by one account, 35 by another.", groups) == 1
    assert all_of("At least 35.", groups) == 0
    assert all_of("Nothing wanted.", []) == 1


def test_long_answers_are_prose() -> None:
    assert is_long(["word " * 13, "word " * 20])
    assert not is_long(["word " * 13, "yes"])
    assert not is_long([])
