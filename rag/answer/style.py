"""How an answer is to be written: a fact in a sentence or two, as the system text says, an explanation in several.

A small model writes one sentence, whatever it is asked for; so an explanation may not end after its first words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from askive.rag.question.analysis import Question

_OPENING = re.compile(
    r"^(?:according to|based on|as (?:stated|mentioned|described) in|in) (?:the |these |your )?"
    r"(?:(?:first|second|third|fourth|fifth|last|given|provided) )?(?:excerpts?|documents?|sources?)"
    r"(?: \[?\d+\]?)?,\s+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class AnswerStyle:
    """What the model is asked to write.

    request: what is said behind the question; mostly nothing. min_tokens: fewer are not taken for an answer.
    """

    request: str
    min_tokens: int = 0


_POLAR = AnswerStyle("Begin with Yes or No.", min_tokens=12)
_EXPLANATION = AnswerStyle(
    "Answer in two to four sentences, close to the words of the excerpts.", min_tokens=70
)
_FACT = AnswerStyle("")


def style_of(question: Question) -> AnswerStyle:
    """How this question is to be answered."""
    if question.is_yes_no:
        return _POLAR
    if question.wants_explanation:
        return _EXPLANATION
    return _FACT


def without_preamble(sentence: str) -> str:
    """The sentence without "According to the first excerpt": its citation says which one, and nobody sees a first."""
    bare = _OPENING.sub("", sentence)
    return sentence if bare == sentence else bare[:1].upper() + bare[1:]
