"""Attribution: a statement that the source only reports is not presented as a fact."""

from __future__ import annotations

import re

from askive.rag.evidence.source_sentences import source_sentences
from askive.rag.text.speakers import names_speaker, speaker_of
from askive.rag.text.words import stems
from askive.rag.types import Citation, Sentence
from askive.rag.verification.reported import reports

ONLY_REPORTED = "the cited text only reports this as somebody's word"
OTHER_SPEAKER = "in the cited text somebody else says this"
_OPENING_QUOTE = "“"
_DENIAL = re.compile(r"\b(?:denied|denies)\b")


def with_attribution(sentence: str, citation: Citation) -> str | None:
    """The sentence after the attribution of its source: `According to X, ...`; None when it needs none.

    It needs none when the source states it as a fact, when the sentence names the speaker or is attributed already,
    when the speaker is only a pronoun, and when the source denies it.
    """
    speaker = speaker_of(citation.quote)
    if (
        speaker is None
        or _is_report(sentence)
        or names_speaker(sentence, speaker)
        or _DENIAL.search(citation.quote)
    ):
        return None
    # A sentence about the statement itself is not attributed: at least half of its words must be from the quote.
    words = set(stems(sentence))
    if len(words & set(stems(citation.quote))) * 2 < len(words):
        return None
    return f"According to {lower_speaker(speaker)}, {_lower_opening(sentence)}"


def attributed_sentence(sentence: Sentence) -> str | None:
    """As `with_attribution` for the first citation, when every citation only reports the sentence; else None."""
    return with_attribution(sentence.text, sentence.citations[0]) if loses_speaker(sentence) else None


def loses_speaker(sentence: Sentence) -> bool:
    """Whether the sentence states as a fact what all its citations only report."""
    text = sentence.text
    if not sentence.citations or text.startswith(_OPENING_QUOTE) or _is_report(text):
        return False
    return all(_is_report(one.quote) and not _names_speaker_of(one, text) for one in sentence.citations)


def exchanges_speaker(sentence: Sentence) -> bool:
    """Whether the sentence attributes to one speaker of its sources what another one says there.

    Somebody who says nothing else there may be the same person under another name: "Putin", "the Russian president".
    """
    speaker = speaker_of(sentence.text)
    if speaker is None or not sentence.citations or sentence.text.startswith(_OPENING_QUOTE):
        return False
    claimed, said = set(stems(speaker)), set(stems(sentence.text)) - set(stems(speaker))
    nearest = max(sentence.citations, key=lambda one: len(said & set(stems(one.quote))))
    source = nearest.hit.source
    here = set(stems(f"{nearest.quote} {source.title} {source.publisher or ''}"))
    if speaker_of(nearest.quote) is None or claimed & here:
        return False
    others = (other for one in sentence.citations for other in source_sentences(one.hit))
    return any(claimed & set(stems(speaker_of(other.text) or "")) for other in others)


def _is_report(text: str) -> bool:
    return speaker_of(text) is not None or reports(text)


def _names_speaker_of(citation: Citation, text: str) -> bool:
    speaker = speaker_of(citation.quote)
    return speaker is not None and names_speaker(text, speaker)


def lower_speaker(speaker: str) -> str:
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
