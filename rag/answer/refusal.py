"""Refusals: when the model found no answer, and the message for each reason."""

from __future__ import annotations

import re
from collections.abc import Sequence

from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.types import Citation, Refusal, RefusalReason
from askive.rag.verification.citer import Citer

ADD_BY_COMMAND = "Add some with `askive index PATH`."
"""Ends the refusals for want of documents; a page with a button for it leaves it out."""
_MAX_NEARBY = 3
_MAX_MISSING = 3
_SAYS_NOTHING = re.compile(
    # "The excerpts do not give a date"; only at the start of a clause: "quoting sources it did not name" is an answer.
    r"(?:^|[.,:!]\s+)\W*(?:(?:the|these|your|provided|given|available|retrieved)\s+)*"
    r"(?:sources?|excerpts?|documents?|texts?|passages?|information|context)\b[^.]{0,60}"
    r"\b(?:do(?:es)? not|don't|doesn't|did not|is not|are not|no)\b"
    # "I cannot determine who"
    r"|\b(?:i )?(?:do not|don't|cannot|can't) (?:know|find|answer|determine|say)\b"
    # "the date is not mentioned"
    r"|\bnot (?:mentioned|stated|specified|provided|given|available|found|said)\b"
    # "No information", "there is no mention of it"
    r"|(?:^\W*|\bthere (?:is|are|was) )no (?:information|mention|answer)\b"
    # "Unknown.", "the cause remains unknown"
    r"|(?:^\W*|\b(?:is|are|remains) )unknown\b",
    re.IGNORECASE,
)


def says_nothing(answer: str) -> bool:
    """Whether the model wrote nothing, or that the sources hold no answer."""
    opening = answer[:200]
    return not opening.strip() or bool(_SAYS_NOTHING.search(opening))


def refuse(
    reason: RefusalReason,
    scored: Sequence[ScoredSentence],
    citer: Citer | None,
    missing: Sequence[str] = (),
    filtered: str = "",
) -> Refusal:
    """A refusal that says what was looked at, with the nearest sentences; not the question, which stands above it.

    scored: sentences, the best first. missing: names of the question that no retrieved passage mentions. filtered: the
    filter in force, in words. Documents outside it may hold the answer, so the message names it.
    """
    nearby: tuple[Citation, ...] = ()
    if citer is not None and reason != "nothing_relevant":
        nearby = tuple(citer.citation(s.hit, s.start, s.end, s.score) for s in scored[:_MAX_NEARBY])
    unmentioned = f" No retrieved passage mentions {' or '.join(missing[:_MAX_MISSING])}." if missing else ""
    message = _MESSAGES[reason].format(rest=unmentioned)
    if not filtered or reason == "empty_archive":
        return Refusal(reason, message, nearby)
    within = f"Within your filter ({filtered}), {message[0].lower()}{message[1:]}"
    return Refusal(reason, within, nearby, filtered)


_MESSAGES: dict[RefusalReason, str] = {
    "empty_archive": f"There are no documents to answer from yet. {ADD_BY_COMMAND}",
    "nothing_relevant": "No passage of the documents is about this.{rest} Other words or more documents may help.",
    "not_in_sources": "The documents do not say: the nearest passages do not answer it.{rest} They are below.",
    "unsupported": "An answer was written, but the nearest passages do not support it.{rest} They are below.",
}
