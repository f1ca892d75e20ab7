"""Names as phrases, such as `World Health Organization`, `Mr Smith`, `the French`, and whether a text has them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from askive.rag.text.numbers import numbers
from askive.rag.text.words import STOP_WORDS, stem, words

# Lind, O’Brien; UN; U.S.
_NAME = re.compile(r"\b(?:[A-Z][\w’'.-]*[\w’']|[A-Z]{2,}|[A-Z]\.(?:[A-Z]\.)+)")

# Lind; U.S. or J.; J; al-Assad; d’Estaing
_CAPITAL = r"(?:[A-Z][\w’'-]*[\w]|[A-Z]\.(?:[A-Z]\.)*|[A-Z]\b|al-[A-Z]\w+|d[’'][A-Z]\w+)"
# Rosa Lind, Port of Finsk, Ludwig van Beethoven
_PHRASE = re.compile(
    rf"(?<![\w’'-]){_CAPITAL}(?:\s+(?:(?:of|de|du|da|van|von|der|bin|ibn|al|el|la|le)\s+)?{_CAPITAL})*"
)
_TITLES = frozenset(
    """mr mrs ms dr prof professor president minister sir lord lady king queen prince princess general gen col
    colonel lt lieutenant capt captain sgt sergeant maj major sen senator rep rev pope secretary chancellor
    judge justice mayor governor gov ambassador""".split()
)
_TIMES = frozenset(
    """january february march april may june july august september october november december jan feb mar apr
    jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday""".split()
)
_NO_NAMES = STOP_WORDS | _TITLES | _TIMES | {"half"}
_NATIONS = {
    "british": "britain", "dutch": "netherlands", "spanish": "spain", "greek": "greece", "french": "france",
    "turkish": "turkey", "polish": "poland", "swiss": "switzerland", "danish": "denmark", "irish": "ireland",
    "swedish": "sweden", "scottish": "scotland", "welsh": "wales", "norwegian": "norway", "english": "england",
    "german": "germany", "czech": "czechia", "filipino": "philippines", "afghan": "afghanistan",
    "americans": "america", "american": "america", "u.s": "america", "us": "america", "usa": "america",
    "u.s.a": "america", "u.k": "britain", "uk": "britain", "u.n": "un", "e.u": "eu", "lebanese": "lebanon",
    "iraqi": "iraq", "pakistani": "pakistan", "finnish": "finland", "portuguese": "portugal",
}  # fmt: skip
_SPELLED_OUT = {
    "america": ("united", "states"),
    "britain": ("united", "kingdom"),
    "un": ("united", "nations"),
    "eu": ("european", "union"),
}
# COVID- of COVID-19, F- of F-16; not the Jan- of Jan-2016
_STEM = rf"\b(?!(?i:{'|'.join(sorted(_TIMES))})-)[A-Z][A-Za-z-]*-"
_LONGEST_STEM = 80
_NUMBERED = re.compile(rf"{_STEM}\d[\w.]*")
_UNNUMBERED = re.compile(rf"{_STEM}$")
_ENDINGS = frozenset("n an ian i ese ish s ns ans ians is ic er ers".split())


@dataclass(frozen=True, slots=True)
class Name:
    """A run of capitalised words.

    words: in lower case, without titles and stop words. follows: the next word in lower case, empty if none.
    start, end: offsets into the text. text: the words at these offsets. opens: it begins a sentence.
    """

    words: tuple[str, ...]
    follows: str
    start: int
    end: int
    text: str
    opens: bool


def names_in(text: str) -> list[Name]:
    """Names in the order of the text, without months and weekdays."""
    result: list[Name] = []
    for match in _PHRASE.finditer(text):
        raws = [
            (raw.group(), match.start() + raw.start(), _bare(raw.group()))
            for raw in re.finditer(r"\S+", match.group())
        ]
        # "The Observatory", "Is Paris": the name begins after the stop word.
        while raws and raws[0][2] in STOP_WORDS and not is_acronym(raws[0][0]):
            raws.pop(0)
        kept = tuple(
            word
            for raw, _, word in raws
            if word
            and (is_acronym(raw) or _NUMBERED.fullmatch(raw) or not (word in _NO_NAMES or numbers(word)))
        )
        if not kept:
            continue
        start = raws[0][1]
        # After ". ", ': "'
        opens = not text[:start].strip(" \t\n\"'“‘(") or bool(re.search(r"[.!?:]\s+[\"“'‘(]*$", text[:start]))
        # " bridge", "’s bridge"
        following = re.match(r"(?:['’]s)?\s+([a-z][\w-]+)", text[match.end() :])
        follows = following.group(1) if following and following.group(1) not in STOP_WORDS else ""
        result.append(Name(kept, follows, start, match.end(), text[start : match.end()], opens))
    return result


def has_name(name: Name, source_words: Iterable[str], text: str = "") -> bool:
    """Whether the source has the name: every word of it, in some form, with or without accents, or its acronym.

    source_words: in lower case. text: the source's text, where an acronym may be spelled out.
    """
    folded = map(_without_accents, source_words)
    pool = {known for word in folded for known in (word, _NATIONS.get(word, word))}
    if all(_has_word(_without_accents(word), pool) for word in name.words):
        return True
    if len(name.words) >= 2 and acronym_of(name) in pool:
        return True
    # "U. S." is "U.S." with a space.
    if len(name.words) >= 2 and all(len(word) == 1 for word in name.words):
        return _has_word(".".join(name.words), pool)
    if len(name.words) == 1 and (letters := name.words[0].replace(".", "")).isalpha() and len(letters) >= 2:
        raw = name.text.replace(".", "")
        return raw.isupper() and _spells(raw, text)
    return False


def ends_name(text: str, start: int) -> bool:
    """Whether the number at `start` is the end of a name: `COVID-19`, `F-16`."""
    # From the beginning, each date of a long list (2024-01-02) would search all of the text before it.
    begin = max(0, start - _LONGEST_STEM)
    return text[max(0, start - 1) : start] == "-" and bool(_UNNUMBERED.search(text, begin, start))


def acronym_of(name: Name) -> str:
    """`who` for World Health Organization."""
    return "".join(word[0] for word in name.words)


def is_office(name: Name) -> bool:
    """Whether the name is an office, such as `Russian Foreign Minister`, not a person."""
    return name.text.split()[-1].lower().strip(".") in _TITLES


def lower_words(text: str) -> set[str]:
    """The words of a text for `has_name`."""
    whole = set(words(text))
    return whole | {part for word in whole for part in re.split(r"['’]", word) if len(part) > 2}


def same_word(one: str, other: str) -> bool:
    """Whether two words are forms of one name: `Syria`, `Syrian`, `Syrians`."""
    if one == other or stem(one) == stem(other):
        return True
    short, long = sorted((one, other), key=len)
    if len(short) < 4:
        return False
    if long.startswith(short) and long[len(short) :] in _ENDINGS:
        return True
    return short[-1] in "aey" and long.startswith(short[:-1]) and long[len(short) - 1 :] in _ENDINGS


def _has_word(word: str, pool: set[str]) -> bool:
    if word in pool or _NATIONS.get(word, word) in pool:
        return True
    spelled = _SPELLED_OUT.get(_NATIONS.get(word, word))
    if spelled and all(part in pool for part in spelled):
        return True
    if word in ("united", "states", "kingdom", "nations", "european", "union"):
        return any(word in parts and key in pool for key, parts in _SPELLED_OUT.items())
    if "-" in word and all(part in pool for part in word.split("-")):
        return True
    return any(same_word(word, known) for known in pool if known[:3] == word[:3])


def _without_accents(word: str) -> str:
    """`noël` -> `noel`."""
    if word.isascii():
        return word
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


def _spells(acronym: str, text: str) -> bool:
    """Whether the initials of consecutive words spell the acronym: `World Health Organization` for WHO."""
    # "World Health Organization", "Bank of England"
    initials = r"\b" + r"[\w’'-]*\s+(?:(?:of|for|and|the|on|in)\s+)*".join(re.escape(c) for c in acronym)
    return bool(re.search(initials, text))


def is_acronym(word: str) -> bool:
    """`WHO` is an acronym, `who` is not."""
    return len(word) > 1 and word.isalpha() and word.isupper()


def _bare(word: str) -> str:
    return re.sub(r"['’]s$", "", word).lower().strip(".'’,")


def names(text: str) -> set[str]:
    """Capitalised words in lower case, except stop words that open a sentence."""
    result: set[str] = set()
    for match in _NAME.finditer(text):
        word = match.group().removesuffix("'s").removesuffix("’s")
        opens = match.start() == 0 or re.search(r"[.!?:]\s+[\"“'‘(]*$", text[: match.start()])
        if opens and word.lower() in STOP_WORDS:
            continue
        result.add(word.lower().strip(".'’"))
    return result - STOP_WORDS
