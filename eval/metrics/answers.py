"""Answers compared with accepted answers.

Normalisation, EM and F1 are as in SQuAD's official script (Rajpurkar et al. 2018, evaluate-v2.0.py).
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

LONG_ANSWER_WORDS = 12
# "a", "an", "the".
_ARTICLES = re.compile(r"\b(a|an|the)\b", re.UNICODE)
_PUNCTUATION = frozenset(string.punctuation)
_POLAR = frozenset({"yes", "no", "maybe"})
# The word "yes" in "Yes, it was", "Well: yes" and '"Yes"'.
_SENTENCE_START = re.compile(r"(?:^|[.!?:;\n])[\s\"'*_(]*(\w+)")


def normalise(text: str) -> str:
    """Lower case, without ASCII punctuation, English articles and extra white space, as in SQuAD."""
    bare = "".join(ch for ch in text.lower() if ch not in _PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def exact_match(text: str, accepted: Sequence[str]) -> float:
    """1 when the text equals an accepted answer after normalisation. Without accepted answers, empty is right."""
    return float(any(normalise(text) == normalise(answer) for answer in accepted or ("",)))


def f1(text: str, accepted: Sequence[str]) -> float:
    """Best word overlap with an accepted answer; two empty texts have 1, one empty text has 0."""
    return max(_f1(normalise(text).split(), normalise(answer).split()) for answer in accepted or ("",))


def _f1(predicted: list[str], gold: list[str]) -> float:
    if not predicted or not gold:
        return float(predicted == gold)
    n_shared = sum((Counter(predicted) & Counter(gold)).values())
    if not n_shared:
        return 0.0
    precision, recall = n_shared / len(predicted), n_shared / len(gold)
    return 2 * precision * recall / (precision + recall)


def contains(text: str, accepted: Iterable[str]) -> float:
    """1 when the text contains an accepted answer as whole words.

    Compared in two ways: normalised as in SQuAD (`U.S.` is `us`), and with punctuation as spaces (`Russian-made`
    contains `Russian`). `yes`, `no` and `maybe` count only at the start of a sentence, and only the first such word,
    since most texts contain "no".
    """
    return float(any(_contains_words(text, answer) for answer in accepted))


def _contains_words(text: str, answer: str) -> bool:
    if normalise(answer) in _POLAR:
        return _polarity(text) == normalise(answer)
    return any(
        f" {reading(answer)} " in f" {reading(text)} " for reading in (normalise, _spaced) if reading(answer)
    )


def _polarity(text: str) -> str:
    opening = (match.group(1).lower() for match in _SENTENCE_START.finditer(text))
    return next((word for word in opening if word in _POLAR), "")


def _spaced(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    # A comma between digits groups them, as in "1,000"; other punctuation separates words.
    folded = re.sub(r"(?<=\d),(?=\d{3})", "", folded)
    # "1.5", "crane".
    words = re.findall(r"\d+(?:\.\d+)?|[^\W\d_]+", folded)
    return " ".join(word for word in words if word not in {"a", "an", "the"})


def all_of(text: str, groups: Sequence[Sequence[str]]) -> float:
    """1 when the text contains a variant of every group."""
    return float(all(contains(text, variants) for variants in groups))


def is_polar(accepted: Sequence[str]) -> bool:
    """True when an accepted answer is yes, no or maybe, which no source text states in this form."""
    return any(normalise(answer) in _POLAR for answer in accepted)


def is_long(accepted: Sequence[str]) -> bool:
    """True when all accepted answers are long prose, for which EM and `contains` are meaningless."""
    return bool(accepted) and all(len(answer.split()) > LONG_ANSWER_WORDS for answer in accepted)
