"""Who said it: a report that stands behind someone's word does not become a bare fact."""

from __future__ import annotations

import re

from rag.text.names import names_in
from rag.text.words import stems
from rag.types import Citation, Sentence

_SAID = (
    r"said|says|say|claimed|claims|claim|alleged|alleges|argued|argues|argue|insisted|insists|maintained|maintains|asserted|reported"
    r"|reports|told\s+\w+(?:\s+\w+){0,3}?|believes?|estimated|estimates|denied|denies|acknowledged|warned|warns|added"
    r"|suggested|suggests|predicted|stated|states|announced|confirmed"
)
_SPEAKER = r"[A-Z][\w.’'-]*(?:\s+(?:of\s+|the\s+|for\s+|and\s+)?[A-Za-z][\w.’'-]*){0,7}?"
_PREFIX = re.compile(
    rf"^(?P<who>{_SPEAKER}|[Tt]he\s+[\w’'-]+(?:\s+[\w’'-]+){{0,5}}?|[A-Z]?[a-z]+(?:\s+[a-z]+){{0,2}}?)"
    rf"(?:,[^,]{{3,90}},)?\s+(?:has\s+|had\s+|have\s+|also\s+)?(?P<verb>{_SAID})(?:\s+on\s+[A-Z]\w+)?,?\s+(?:that\s+)?(?=\S)"
)
_ACCORDING = re.compile(r"\b[Aa]ccording to (?P<who>[^,.;:]{2,80}?)(?=\s*[,.;:]|\s+(?:who|which)\b|$)")
_SUFFIX = re.compile(
    rf",\s+(?P<who>{_SPEAKER}|(?:the\s+)?[a-z]+(?:\s+[a-z]+){{0,3}}?)\s+(?P<verb>said|says|claimed|reported)\s*[.;]?\s*$"
)
_DENIAL = re.compile(r"\b(?:denied|denies)\b")
_PRONOUNS = frozenset("he she it they we i you who this that these those there".split())
_ATTRIBUTED = re.compile(
    rf"\b(?:according to|{_SAID}|accused|accuses|in the words of|as quoted|quoted|in his view|in her view|described)\b",
    re.IGNORECASE,
)


def speaker_of(quote: str) -> str | None:
    """Who the quoted sentence is attributed to, as it names them; None for a plain statement or a pronoun."""
    text = " ".join(quote.split())
    match = _ACCORDING.search(text) or _SUFFIX.search(text) or _PREFIX.search(text)
    if match is None:
        return None
    who = match["who"].strip(" ,")
    if who.split()[0].lower() in _PRONOUNS or len(who) > 80:
        return None
    return who


def is_attributed(sentence: str, speaker: str = "") -> bool:
    """Whether the sentence says whose word it is: with a verb of saying, or by naming the speaker."""
    if _ATTRIBUTED.search(sentence):
        return True
    last = speaker.split()[-1].lower().strip(".") if speaker else ""
    return bool(last) and any(last in name.words for name in names_in(sentence))


def attributed(sentence: str, citation: Citation) -> str | None:
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
    """As `attributed`, when every citation of the sentence is somebody's word; then the first one's."""
    if not sentence.citations or any(speaker_of(c.quote) is None for c in sentence.citations):
        return None
    return attributed(sentence.text, sentence.citations[0])


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
