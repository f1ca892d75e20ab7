"""Words, stems, names and numbers of a text: what a question asks for and what a sentence says."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_WORD = re.compile(r"[^\W_]+(?:[.,'’][^\W_]+)*", re.UNICODE)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"\b(?:[A-Z][\w’'.-]*[\w’']|[A-Z]{2,}|[A-Z]\.(?:[A-Z]\.)+)")
STOP_WORDS = frozenset(
    """a about above after again all also am an and any are as at be because been before being below between
    both but by can could did do does doing down during each few for from further had has have having he her
    here hers him his how i if in into is it its itself just me more most my no nor not of off on once only or
    other our out over own please same she should so some such tell than that the their them then there these
    they this those through to too under until up very was we were what when where which while who whom whose
    why will with would you your according""".split()
)
_UNITS = dict(
    zip(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
        sixteen seventeen eighteen nineteen""".split(),
        range(20),
        strict=True,
    )
)
_TENS = dict(
    zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True)
)
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_DOZEN = {"dozen": 12}


def words(text: str) -> list[str]:
    """Words in lower case, in order; `U.S.` and `1,000` are one word each."""
    return [word.lower().replace("’", "'").removesuffix("'s") for word in _WORD.findall(text)]


def content_words(text: str) -> list[str]:
    """Words that are not stop words; all of them when nothing else is there."""
    found = words(text)
    return [word for word in found if word not in STOP_WORDS] or found


def stems(text: str) -> list[str]:
    """Content words, stemmed; numbers in one spelling."""
    return [stem(word) for word in content_words(text)]


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Snowball's English stem; a number word becomes its digits."""
    if word in _UNITS or word in _TENS:
        return str(_UNITS.get(word, _TENS.get(word)))
    if word[:1].isdigit():
        return word.replace(",", "")
    return str(_stemmer().stemWord(word))


def numbers(text: str) -> set[str]:
    """Numbers in one spelling: `7,500`, `7500` and `seven thousand five hundred` are all `7500`."""
    found = {_plain(match) for match in _NUMBER.findall(text)}
    total: int | None = None
    for word in [*re.findall(r"[a-z]+", text.lower()), ""]:
        if word in _UNITS or word in _TENS:
            total = (total or 0) + (_UNITS.get(word) if word in _UNITS else _TENS[word])  # type: ignore[operator]
        elif word in _SCALES and total is not None:
            total *= _SCALES[word]
        elif word == "and" and total is not None:
            continue
        else:
            if total is not None:
                found.add(str(total))
            total = None
            if word in _DOZEN:
                found.add(str(_DOZEN[word]))
    return found


def names(text: str) -> set[str]:
    """Capitalised words that do not merely open a sentence, in lower case."""
    found: set[str] = set()
    for match in _NAME.finditer(text):
        word = match.group().removesuffix("'s").removesuffix("’s")
        opens = match.start() == 0 or re.search(r"[.!?:]\s+[\"“'‘(]*$", text[: match.start()])
        if opens and word.lower() in STOP_WORDS:
            continue
        found.add(word.lower().strip(".'’"))
    return found - STOP_WORDS


def _plain(number: str) -> str:
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", number):
        number = number.replace(",", "")
    return number.rstrip(".,")


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")
