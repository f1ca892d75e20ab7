"""Attribution: a statement that the source only reports is not presented as a fact."""

from __future__ import annotations

import re

from askive.rag.text.speakers import is_attributed, speaker_of
from askive.rag.text.words import stems
from askive.rag.types import Citation, Sentence

_DENIAL = re.compile(r"\b(?:denied|denies)\b")


def with_attribution(sentence: str, citation: Citation) -> str | None:
    """The sentence after the attribution of its source: `According to X, ...`; None when it needs none.

    It needs none when the source states it as a fact, when the sentence names the speaker or is attributed already,
    when the speaker is only a pronoun, and when the source denies it.
    """
    speaker = speaker_of(citation.quote)
    if speaker is None or is_attributed(sentence, speaker) or _DENIAL.search(citation.quote):
        return None
    # A sentence about the statement itself is not attributed: at least half of its words must be from the quote.
    words = set(stems(sentence))
    if len(words & set(stems(citation.quote))) * 2 < len(words):
        return None
    return f"According to {_lower_speaker(speaker)}, {_lower_opening(sentence)}"


def attributed_sentence(sentence: Sentence) -> str | None:
    """As `with_attribution` for the first citation, when every citation is a reported statement; else None."""
    if not sentence.citations or any(speaker_of(c.quote) is None for c in sentence.citations):
        return None
    return with_attribution(sentence.text, sentence.citations[0])


def _lower_speaker(speaker: str) -> str:
    """The speaker as written within a sentence."""
    first, _, rest = speaker.partition(" ")
    if first in ("The", "A", "An", "Officials", "Police", "Western", "Witnesses", "Some", "Many"):
        # "Western" is always capitalised.
        first = first if first == "Western" else first.lower()
    return f"{first} {rest}".strip()


def _lower_opening(sentence: str) -> str:
    """The sentence as written after a comma: a first word that is not a name loses its capital."""
    opening = re.match(r"[A-Z][a-z]+\b", sentence)
    if not opening:
        return sentence
    word = opening.group().lower()
    return word + sentence[opening.end() :] if word in _COMMON_OPENINGS else sentence


_COMMON_OPENINGS = frozenset(
    """the a an this that these those it its he she they his her their in on at by for from with as there some
    many most all no more about around at nearly almost over under one two three four five six seven eight nine ten
    eleven twelve both each every several few when while after before since if thousands hundreds dozens people
    police officials troops""".split()
)
