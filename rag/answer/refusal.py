"""When not to answer, and what to say instead."""

from __future__ import annotations

import re
from collections.abc import Sequence

from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.types import Citation, Refusal, RefusalReason
from askive.rag.verification.citer import Citer

_MAX_NEARBY = 3
_MAX_ASKED_CHARS = 160
_MAX_MISSING = 3
_SAYS_NOTHING = re.compile(
    # At the head of a sentence only: "quoting sources it did not name" is an answer.
    r"(?:^|[.,:!]\s+)\W*(?:(?:the|these|your|provided|given|available|retrieved)\s+)*"
    r"(?:sources?|excerpts?|documents?|texts?|passages?|information|context)\b[^.]{0,60}"
    r"\b(?:do(?:es)? not|don't|doesn't|did not|is not|are not|no)\b"
    r"|\b(?:i )?(?:do not|don't|cannot|can't) (?:know|find|answer|determine|say)\b"
    r"|\bnot (?:mentioned|stated|specified|provided|given|available|found|said)\b"
    r"|(?:^\W*|\bthere (?:is|are|was) )no (?:information|mention|answer)\b"
    r"|(?:^\W*|\b(?:is|are|remains) )unknown\b",
    re.IGNORECASE,
)


def says_nothing(answer: str) -> bool:
    """Whether the model said that the sources hold no answer."""
    head = answer[:200]
    return not head.strip() or bool(_SAYS_NOTHING.search(head))


def refuse(
    reason: RefusalReason,
    question: str,
    scored: Sequence[ScoredSentence],
    citer: Citer | None,
    missing: Sequence[str] = (),
    filtered: str = "",
) -> Refusal:
    """A refusal that says what was looked for, which names in it no document has, and what was found near it.

    filtered: the filter in force, in words: what lies outside it may hold the answer, so the message names it.
    """
    shown = " ".join(question.split())
    shown = shown if len(shown) <= _MAX_ASKED_CHARS else shown[: _MAX_ASKED_CHARS - 1] + "…"
    nearby: tuple[Citation, ...] = ()
    if citer is not None and reason != "nothing_relevant":
        nearby = tuple(citer.citation(s.hit, s.start, s.end, s.score) for s in scored[:_MAX_NEARBY])
    unmentioned = f" Nothing found mentions {' or '.join(missing[:_MAX_MISSING])}." if missing else ""
    message = _MESSAGES[reason].format(asked=shown, rest=unmentioned)
    if not filtered or reason == "empty_archive":
        return Refusal(reason, message, nearby)
    within = f"Within your filter ({filtered}): {message[0].lower()}{message[1:]}"
    return Refusal(reason, within, nearby, filtered)


_MESSAGES: dict[RefusalReason, str] = {
    "empty_archive": "There are no documents to answer from yet. Add some with `askive index PATH`.",
    "nothing_relevant": "The documents hold nothing about “{asked}”.{rest} Other words or more documents may help.",
    "not_in_sources": "The documents do not say. Looked for: “{asked}”.{rest} The nearest finds are below.",
    "unsupported": "No answer to “{asked}” could be verified in the documents.{rest} The nearest finds are below.",
}
