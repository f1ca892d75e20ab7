"""How an answer is to be written: a fact in a sentence or two, as the system text says, an explanation in several.

A small model writes one sentence, whatever it is asked for; so an explanation may not end after its first words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.evidence.asked import asked_kind
from rag.question.analysis import QUESTION_WORD, is_yes_no

_ASKS = re.compile(rf"\b{QUESTION_WORD}\b", re.IGNORECASE)
_EXPLAIN = re.compile(
    r"^\W*(?:(?:can|could|would|will) you (?:please )?)?(?:please )?(?:explain|describe|summari[sz]e|tell me about)\b"
    r"|\bwhy\b|\bhow (?:do|does|did|is|are|was|were|can|could|should|would|to)\b"
    r"|\bwhat (?:happen|kinds?\b|types?\b|sorts?\b|about\b|determine|cause)"
    r"|\bwhat (?:do|does|did)\b[^?]{1,60}\b(?:do|mean|involve|offer)\b"
    r"|\bmeaning\b|\babout\W*$|\bdifferences?\b|\bpurpose\b",
    re.IGNORECASE,
)
# "What is a lock", not "what was it hidden in" or "what is the name of ...".
_DEFINE = re.compile(
    r"^\W*what (?:is|are|was|were)(?! (?:it|he|she|they)\b)(?: (?!(?:of|that|which|who|whose|by)\b)[\w'’.-]+){1,6}"
    r"(?<! in)(?<! on)(?<! at)(?<! to)(?<! for)(?<! with)(?<! from)(?<! by)\W*$",
    re.IGNORECASE,
)
# "And the one that flew?", "is it north or south": short answers to questions without a question word.
_SHORT = re.compile(
    r"^\W*(?:and|or|but|is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)\b",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^(?:according to|based on|as (?:stated|mentioned|described) in|in) (?:the |these |your )?"
    r"(?:(?:first|second|third|fourth|fifth|last|given|provided) )?(?:excerpts?|documents?|sources?)"
    r"(?: \[?\d+\]?)?,\s+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Manner:
    """What the model is asked to write.

    request: what is said behind the question; mostly nothing. min_tokens: fewer are not taken for an answer.
    """

    request: str
    min_tokens: int = 0


_POLAR = Manner("Begin with Yes or No.", min_tokens=12)
_EXPLANATION = Manner("Answer in two to four sentences, close to the words of the excerpts.", min_tokens=70)
_FACT = Manner("")


def manner_of(question: str) -> Manner:
    """How this question is to be answered."""
    if is_yes_no(question):
        return _POLAR
    if is_open(question):
        return _EXPLANATION
    return _FACT


def is_open(question: str) -> bool:
    """Whether an explanation is asked for, not a name, a number, a date or a choice: "why", "how does", "what is"."""
    if asked_kind(question) or is_yes_no(question):
        return False
    if _EXPLAIN.search(question) or _DEFINE.match(question):
        return True
    return not _ASKS.search(question) and not _SHORT.match(question)


def without_preamble(sentence: str) -> str:
    """The sentence without "According to the first excerpt": its citation says which one, and nobody sees a first."""
    bare = _OPENING.sub("", sentence)
    return sentence if bare == sentence else bare[:1].upper() + bare[1:]
