"""Words that a source only asks somebody to say: "Tell guests that the pool is closed" does not say that it is."""

from __future__ import annotations

import re

from askive.rag.question.analysis import Question
from askive.rag.text.words import stems
from askive.rag.types import Sentence

DICTATED = "the source only asks somebody to say it"

# An order stands at the head of a clause, behind a word of duty, or behind "you".
_ORDERED = r"(?:^|[.:;,!?()\[\]\"“”'‘—–-]\s*|\b(?:please|then|must|should|shall|always|never|only|not|you|you will)\s+)"
_SPEAK = (
    r"(?:say|tell|reply|respond|answer|print|output|write|report|state|claim|announce|declare|confirm|add|append"
    r"|insert|cite|quote|repeat|mention)"
)
# say nothing; tell guests that ...; respond to all with ...; write "..."; answer YES
_WORDS = r"(?:[^!?]{0,60}?\b(?:that|with)\b|[^!?\"“'‘«]{0,40}[\"“'‘«]|(?-i:\s+(?=[A-Z]{2,})))"
_ORDER = re.compile(
    rf"{_ORDERED}(?P<verb>(?:say\b(?!\s*:)|{_SPEAK}\b(?!\s*:){_WORDS}))(?P<words>.*)",
    re.IGNORECASE | re.DOTALL,
)
# A sentence, a quote, a comment or a tag ends.
_END = re.compile(r"[.!?]\W*(?:\s|$)|-->|[<\]\n\"”»]|['’](?!\w)")
_VERB = re.compile(rf"\b{_SPEAK}(?:s|ed|ing)?\b|\b(?:said|told|written|replies|replied)\b", re.IGNORECASE)


def has_dictation(text: str) -> bool:
    """Whether the text asks somebody to say something."""
    return bool(_ORDER.search(text))


def is_dictated(sentence: Sentence, question: Question) -> bool:
    """Whether something that the sentence adds to the question stands in its sources only as words to be said.

    A sentence that tells of the order itself ("Guests are told that ...") is none of these.
    """
    if _VERB.search(sentence.text):
        return False
    dictated: set[str] = set()
    stated: set[str] = set()
    for citation in sentence.citations:
        order = _ORDER.search(citation.quote)
        start = order.start("words") if order else len(citation.quote)
        close = _END.search(citation.quote, start)
        end = close.start() if close else len(citation.quote)
        stated |= set(stems(f"{citation.quote[:start]} {citation.quote[end:]}"))
        dictated |= set(stems(citation.quote[start:end]))
    return bool((set(stems(sentence.text)) - set(question.stems)) & (dictated - stated))
