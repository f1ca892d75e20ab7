"""Words and stems of a text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from askive.rag.text.figures import TENS, UNITS, plain_figure

# "trams", "U.S", "1,000", "captain's"
_WORD = re.compile(r"[^\W_]+(?:[.,'’][^\W_]+)*", re.UNICODE)
STOP_WORDS = frozenset(
    """a about above after again all also am an and any are as at be because been before being below between
    both but by can could did do does doing down during each few for from further had has have having he her
    here hers him his how i if in into is it its itself just me more most my no nor not of off on once only or
    other our out over own please same she should so some such tell than that the their them then there these
    they this those through to too under until up very was we were what when where which while who whom whose
    why will with would you your according""".split()
)


# NUL; a lone half of a surrogate pair
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with U+FFFD for NULs and halves of surrogate pairs: neither SQLite nor UTF-8 can hold them."""
    return _UNSTORABLE.sub("\ufffd", text)


def words(text: str) -> list[str]:
    """Words in lower case, in order; `U.S.` and `1,000` are one word each."""
    return [word.lower().replace("’", "'").removesuffix("'s") for word in _WORD.findall(text)]


def content_words(text: str) -> list[str]:
    """Words that are not stop words; all words when there are only stop words."""
    every = words(text)
    return [word for word in every if word not in STOP_WORDS] or every


def stems(text: str) -> list[str]:
    """Content words, stemmed; numbers in one spelling."""
    return [stem(word) for word in content_words(text)]


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Snowball's English stem; a number word becomes its digits."""
    if word in UNITS or word in TENS:
        return str(UNITS.get(word, TENS.get(word)))
    if word[:1].isdigit():
        return plain_figure(word)
    return str(_stemmer().stemWord(word))


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")
