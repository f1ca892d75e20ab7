"""What a question for a list asks for: of which things, and whether who reports them belongs to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from askive.rag.question.answer_type import Kind, expected_kind
from askive.rag.question.subject import Subject, Term
from askive.rag.text.words import STOP_WORDS, stem

# Words of a question that only ask for a list.
_ASKING = frozenset(
    map(
        stem,
        """list lists name names named give show tell find enumerate complete whole full every each everything everyone
        everybody anyone anybody people person persons item items thing things mention mentioned report reported
        document documents archive file files please need want know total exact various different existing one
        together along respective take took taken part""".split(),
    )
)
# ", with who reported it", "and who said so", "together with their sources"
_WITH_SPEAKER = re.compile(
    r",?\s*(?:and|(?:(?:together|along) )?with)\s+(?:(?:by\s+)?whom?\s+(?:\w+\s+)?(?:said|says|reported|reports|claimed"
    r"|claims|stated|states|told|tells)(?:\s+(?:it|so|that|them|this))?|(?:the|their)\s+sources?)\b",
    re.IGNORECASE,
)
# "all |dates|", "which |deadlines|", "|sums| paid", "|prices|": each as it is written
_DATES = re.compile(r"\b(?:dates|deadlines|birthdays|days|years)\b", re.IGNORECASE)
_AMOUNTS = re.compile(
    r"^\W*(?:(?:list|give|show|name|what|which|are|were|me|all|the|of|every)\s+)*(?:sums|amounts|prices|costs|figures"
    r"|payments|numbers|totals)\b",
    re.IGNORECASE,
)

# "list the |people| who", "all |members|", "which |companies|": each as it is written
_NAMED = re.compile(
    r"^\W*(?:(?:please|list|give|show|name|what|which|are|were|me|all|the|of|every|other)\s+)*(?:people|persons?|names|members"
    r"|everyone|everybody|anyone|companies|firms|suppliers|customers|agencies|organisations|organizations|countries|towns"
    r"|cities|villages|places|employees|colleagues|victims|attendees|participants|guests|speakers)\b",
    re.IGNORECASE,
)
_MAX_THINGS = 2
"""What follows a noun of two words is mostly a verb and its object: "companies supply motors"."""


@dataclass(frozen=True, slots=True)
class AskedList:
    """What is listed.

    text: the question without the request for speakers. kind: of the values; None for anything. subject: what the
    sentences are about. things: the words of the subject that may be the head of a column: the first ones, "serial
    numbers" of "serial numbers of all pumps". with_speaker: whether who reports each value is asked too.
    """

    text: str
    kind: Kind | None
    subject: Subject
    things: tuple[Term, ...]
    with_speaker: bool

    @classmethod
    def read(cls, question: str, restrictions: Sequence[str] = ()) -> AskedList:
        """restrictions: stretches of the question that name a time or a publisher."""
        text = _WITH_SPEAKER.sub("", question).rstrip()
        kind = expected_kind(text)
        if _DATES.search(text):
            kind = "date"
        elif _AMOUNTS.search(text):
            kind = "number"
        elif _NAMED.search(text):
            kind = "name"
        subject = Subject.read(text, _ASKING, restrictions)
        return cls(text, kind, subject, _things(text, subject), text.rstrip(" .?") != question.rstrip(" .?"))


def _things(text: str, subject: Subject) -> tuple[Term, ...]:
    """The first words of the subject that are no names, as far as they stand together."""
    terms = {term.text.lower(): term for term in subject.terms if not term.is_name}
    found: list[Term] = []
    for word in re.findall(r"\w[\w'’-]*", text):
        if term := terms.get(word.lower()):
            found.append(term)
        elif found and word.lower() in STOP_WORDS:
            break
    return tuple(found[:_MAX_THINGS])
