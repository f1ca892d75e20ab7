"""What a remark to the assistant is about: the last answer in another form, thanks, the assistant itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Form = Literal["one", "shorter", "table", "again"]
"""Of the last answer: one sentence, fewer sentences, a table, the same."""
About = Literal["privacy", "adding", "complaint", "thanks", "goodbye", "assent", "identity"]

# In the order in which they are tried. Each alternative as it is written.
_FORMS: tuple[tuple[Form, str], ...] = (
    ("one", r"\b(?:in|into|as|to) (?:just |only )?(?:one|a single) (?:short )?(?:sentence|line)\b"),
    (
        "table",
        r"\b(?:as|in|into|format|make) (?:it |that |this )?(?:as |in |into )?(?:an? )?"
        r"(?:table|list|rows|columns|bullets?|bullet points?|bullet list)\b|\bbullet points?\b"
        r"|\b(?:are you|how) (?:really |quite )?(?:sure|certain)\b|\bdo you really believe\b"
        r"|\byour answer based on\b|\byou (?:get that from|come to that answer)\b",
    ),
    (
        "shorter",
        r"\b(?:shorter|shorten|too long|briefer|more briefly|simpler|more simply|keep it short|cut it down)\b"
        r"|\bsummari[sz]e your answer\b|\bwhat did you mean\b"
        r"|\b(?:do not|don't|didn't|did not) (?:understand|get) (?:that|it|your)\b",
    ),
    (
        "again",
        r"\b(?:say|tell|write|give|show)\b.{0,20}\bagain\b|^\W*(?:again|once more|repeat)\b"
        r"|\brepeat (?:that|it|your)\b",
    ),
)
# The first that is found decides. Each alternative as it is written.
_ABOUT: tuple[tuple[About, str], ...] = (
    ("privacy", r"\b(?:internet|safe|private|privacy|online|cloud|keep what|anyone else|see my)\b"),
    ("adding", r"\b(?:add|upload|drop|put|index)\b.{0,40}\b(?:documents?|files?|folders?|pdfs?|mails?)\b"),
    (
        "complaint",
        r"\b(?:wrong|not (?:right|what i)|incorrect|useless|rubbish|disappointed|stupid|not much help"
        r"|why (?:did|do|can)(?: you|n['’]t you))\b",
    ),
    ("thanks", r"\b(?:thanks?|thx|cheers|well done|great|perfect|excellent|awesome|nice one|helpful)\b"),
    ("goodbye", r"\b(?:goodbye|bye|see you|good night)\b"),
    ("assent", r"^\W*(?:ok(?:ay)?|alright|fine|i see|sure|yes|no|never mind|forget it|sorry|oops|got it)\b"),
    ("identity", r"\b(?:model|chatgpt|your name|a name|who made you|call you)\b"),
)


@dataclass(frozen=True, slots=True)
class Remark:
    """form: of the last answer that is asked for. about: what else it is about. None where it is not, or not known."""

    form: Form | None
    about: About | None


def read_remark(text: str) -> Remark:
    """Read a remark."""
    form = next((form for form, pattern in _FORMS if re.search(pattern, text, re.IGNORECASE)), None)
    about = next((about for about, pattern in _ABOUT if re.search(pattern, text, re.IGNORECASE)), None)
    return Remark(form, about)
