"""How long an answer should be: one or two sentences for a fact, as the system text says, several for an explanation.

A small model writes one sentence whatever it is asked for, so an explanation has a minimum number of tokens.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from askive.rag.question.analysis import Question

# "According to the first excerpt, ", "As stated in document [2], ", "In your sources, "
_OPENING = re.compile(
    r"^(?:according to|based on|as (?:stated|mentioned|described) in|in) (?:the |these |your )?"
    r"(?:(?:first|second|third|fourth|fifth|last|given|provided) )?(?:excerpts?|documents?|sources?)"
    r"(?: \[?\d+\]?)?,\s+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class AnswerStyle:
    """How the model should answer.

    request: text added after the question; mostly empty. min_tokens: the fewest tokens to generate.
    """

    request: str
    min_tokens: int = 0


_POLAR = AnswerStyle("Begin with Yes or No.", min_tokens=12)
_EXPLANATION = AnswerStyle(
    "Answer in two to four sentences, close to the words of the excerpts.", min_tokens=70
)
_FACT = AnswerStyle("")


def style_of(question: Question) -> AnswerStyle:
    """The style for this question."""
    if question.is_yes_no:
        return _POLAR
    if question.wants_explanation:
        return _EXPLANATION
    return _FACT


def without_preamble(sentence: str) -> str:
    """The sentence without "According to the first excerpt": it has a citation, and users see no excerpt numbers."""
    bare = _OPENING.sub("", sentence)
    return sentence if bare == sentence else bare[:1].upper() + bare[1:]
