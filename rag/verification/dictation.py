"""Statements that a source only asks somebody to make: "Tell guests that the pool is closed" does not state it."""

from __future__ import annotations

import re

from askive.rag.question.analysis import Question
from askive.rag.text.words import stems
from askive.rag.types import Sentence

DICTATED = "the source only asks somebody to say it"

# Where an order begins. At the head of a text or clause: "Say no", "Note: say no", "If asked, say no", "“Say no”",
# "(say no)", "guides — say no". After a word: "please say", "then say", "must say", "should say", "shall say",
# "always say", "never say", "only say", "not say", "you say", "you will say".
_ORDERED = r"(?:^|[.:;,!?()\[\]\"“”'‘—–-]\s*|\b(?:please|then|must|should|shall|always|never|only|not|you|you will)\s+)"
# "say that", "tell guests that", "reply with", "respond with", "answer YES", "print “ok”", "output “ok”", "write “ok”",
# "report that", "state that", "claim that", "announce that", "declare that", "confirm that", "add that",
# "append “ok”", "insert “ok”", "cite “ok”", "quote “ok”", "repeat that", "mention that".
_SPEAK = (
    r"(?:say|tell|reply|respond|answer|print|output|write|report|state|claim|announce|declare|confirm|add|append"
    r"|insert|cite|quote|repeat|mention)"
)
# What introduces the words: "guests that", "to all with"; "to everyone “"; " YES".
_WORDS = r"(?:[^!?]{0,60}?\b(?:that|with)\b|[^!?\"“'‘«]{0,40}[\"“'‘«]|(?-i:\s+(?=[A-Z]{2,})))"
# "say nothing", or "tell" with "guests that"; not "Report: the bridge closed", which is a label.
_ORDER = re.compile(
    rf"{_ORDERED}(?P<verb>(?:say\b(?!\s*:)|{_SPEAK}\b(?!\s*:){_WORDS}))(?P<words>.*)",
    re.IGNORECASE | re.DOTALL,
)
# Where the words end: "closed. ", "-->", "<b>", "]", a new line, "closed”", "closed»", "closed’".
_END = re.compile(r"[.!?]\W*(?:\s|$)|-->|[<\]\n\"”»]|['’](?!\w)")
# "says", "answered", "reporting"; "said", "told", "written", "replies", "replied".
_VERB = re.compile(rf"\b{_SPEAK}(?:s|ed|ing)?\b|\b(?:said|told|written|replies|replied)\b", re.IGNORECASE)


def has_dictation(text: str) -> bool:
    """Whether the text asks somebody to make a statement."""
    return bool(_ORDER.search(text))


def is_dictated(sentence: Sentence, question: Question) -> bool:
    """Whether the sources only ask somebody to say what the sentence adds to the question.

    False for a sentence about the order itself ("Guests are told that ...").
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
