"""The language of a text, by its script and its most frequent words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

Language = Literal["English", "German", "Spanish", "French", "Arabic", "Chinese", "Russian"]

_SCRIPTS: Mapping[Language, re.Pattern[str]] = {
    "Arabic": re.compile(r"[\u0600-\u06ff]"),
    "Chinese": re.compile(r"[\u4e00-\u9fff]"),
    "Russian": re.compile(r"[\u0400-\u04ff]"),
}
_FREQUENT: Mapping[Language, frozenset[str]] = {
    "English": frozenset(
        "the of and to in is was for on that with as by at from it are were be this which have has had not what who how"
        " when where why did does do about there their many much or an a".split()
    ),
    "German": frozenset(
        "der die das und ist war den dem des ein eine einen einem einer nicht mit von zu auf für im in sich wer was wie"
        " wann wo warum welche welcher welches hat haben wurde wurden sind gibt viele wieviele über nach bei aus es"
        " wird werden kann oder dass man zum zur".split()
    ),
    "Spanish": frozenset(
        "el la los las de del y es en un una que por con para se su al lo como más fue son quién quien qué cuándo"
        " cuando cuántos cuántas cuánto cuánta cuantos cuantas dónde donde cómo cuál cuáles hay tiene tienen está"
        " sobre desde dijo o no".split()
    ),
    "French": frozenset(
        "le la les de des du et est un une en que qui pour dans sur au aux avec par se son sa ses il elle ce cette"
        " quand où comment combien pourquoi quel quelle quels quelles sont été a ont y d l qu n ne pas"
        " ou était dit".split()
    ),
}
_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH_OPENINGS = frozenset("who what how when where why which whose".split())
_MIN_SCRIPT_SHARE = 0.3
"""Of the letters: a Chinese question may have names in Latin letters."""


def language_of(text: str) -> Language | None:
    """The language of a text; None when it cannot be told, as for two keywords.

    What begins with an English question word is English ("Who wrote Die Zeit der Kirschen?"). By frequent words another
    language needs at least two, and more than any other language has.
    """
    letters = sum(sign.isalpha() for sign in text)
    for language, script in _SCRIPTS.items():
        if letters and len(script.findall(text)) >= _MIN_SCRIPT_SHARE * letters:
            return language
    found = [word.lower() for word in _WORD.findall(text)]
    if found and found[0] in _ENGLISH_OPENINGS:
        return "English"
    counts = {language: sum(word in words for word in found) for language, words in _FREQUENT.items()}
    best = max(counts, key=lambda language: counts[language])
    is_alone = list(counts.values()).count(counts[best]) == 1
    return best if is_alone and counts[best] >= (1 if best == "English" else 2) else None
