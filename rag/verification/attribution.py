"""Who said it: a report that stands behind someone's word does not become a bare fact."""

from __future__ import annotations

import re

from askive.rag.text.speakers import is_attributed, speaker_of
from askive.rag.text.words import stems
from askive.rag.types import Citation, Sentence

_DENIAL = re.compile(r"\b(?:denied|denies)\b")


def with_attribution(sentence: str, citation: Citation) -> str | None:
    """The sentence with the attribution of its source in front: `According to X, ...`; None if it needs none.

    None also when the source states it plainly, when the sentence names the speaker or says that it is
    somebody's word, when the speaker is only a pronoun, and for a denial, which is no report of the thing.
    """
    speaker = speaker_of(citation.quote)
    if speaker is None or is_attributed(sentence, speaker) or _DENIAL.search(citation.quote):
        return None
    # "Putin said" is no attribution of what is said about the saying: most words must be the speaker's.
    words = set(stems(sentence))
    if len(words & set(stems(citation.quote))) * 2 < len(words):
        return None
    return f"According to {_in_the_middle(speaker)}, {_lowered(sentence)}"


def attributed_sentence(sentence: Sentence) -> str | None:
    """As `with_attribution`, when every citation of the sentence is somebody's word; then the first one's."""
    if not sentence.citations or any(speaker_of(c.quote) is None for c in sentence.citations):
        return None
    return with_attribution(sentence.text, sentence.citations[0])


def _in_the_middle(speaker: str) -> str:
    first, _, rest = speaker.partition(" ")
    if first in ("The", "A", "An", "Officials", "Police", "Western", "Witnesses", "Some", "Many"):
        # "Western" is written with a capital anywhere.
        first = first if first == "Western" else first.lower()
    return f"{first} {rest}".strip()


def _lowered(sentence: str) -> str:
    """The sentence as it goes on after a comma: a first word that is no name loses its capital."""
    opening = re.match(r"[A-Z][a-z]+\b", sentence)
    if not opening:
        return sentence
    word = opening.group().lower()
    return word + sentence[opening.end() :] if word in _LOWERED else sentence


_LOWERED = frozenset(
    """the a an this that these those it its he she they his her their in on at by for from with as there some
    many most all no more about around at nearly almost over under one two three four five six seven eight nine ten
    eleven twelve both each every several few when while after before since if thousands hundreds dozens people
    police officials troops""".split()
)
