"""The several things that one question asks for: "When did X die, and who succeeded him?" asks for two.

Only what is surely asked by itself is split off: what is asked together ("What did A and B say?"), told of somebody
("the man who ...") or asked about another question ("What did A say about who ...?") stays whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from askive.rag.question.clauses import QUESTION_WORD, clause_borders
from askive.rag.text.names import Name, names_in
from askive.rag.text.words import STOP_WORDS, words

_MAX_PARTS = 4
_AUX = r"(?:is|are|was|were|has|have|had|do|does|did|will|would|can|could|should)"
_LINK = r"(?:in|on|at|to|from|by|of|for|with|under|about|until|since|during|after|before)"
_WH = QUESTION_WORD
_LEAD = r"(?:(?:and|but|also|then|so)\s+)*"
_ASKS = re.compile(rf"{_LEAD}(?:{_LINK}\s+)?{_WH}\b(?!\s+(?:ever|if)\b)", re.IGNORECASE)
_ORDERS = re.compile(rf"{_LEAD}(?:please\s+)?(?:tell|name|list|give|explain)\b", re.IGNORECASE)
_ASKED = re.compile(rf"\b{_WH}\b", re.IGNORECASE)
_INSIDE = re.compile(rf"\b(?:{_WH}|that)\b", re.IGNORECASE)
# "When the war ended, ..." asks nothing; "which year" and "do you know when" are no whole questions.
_SETS_OUT = re.compile(rf"\W*(?:when|where|while|whatever)\s+(?!{_AUX}\b)", re.IGNORECASE)
_UNFINISHED = re.compile(rf"(?:^\W*(?:{_LINK}\s+)?(?:which|what|whose)\s+\w+|\b{_WH})\W*$", re.IGNORECASE)
# "When did", "how many people did": a question of its own wherever it stands; "who did" may tell of somebody.
_DIRECT = re.compile(
    rf"{_LEAD}(?:{_LINK}\s+)?(?:(?:what|when|where|why)\s+{_AUX}|how(?:\s+\w+){{0,3}}?\s+{_AUX}"
    rf"|(?:which|what|whose)(?:\s+\w+){{1,3}}?\s+(?:do|does|did)|whom\s+{_AUX})\b",
    re.IGNORECASE,
)
_TELLS_OF = re.compile(
    rf"{_LEAD}(?:{_LINK}\s+)?(?:which|whom?)\s+(?:also\b|{_AUX}\b(?!\s+(?:the\b|an?\b|(?-i:[A-Z])))|\w+ed\b)",
    re.IGNORECASE,
)
_OF_SOMEBODY = re.compile(r"\b(?:who|which|what|whose|whom)\b", re.IGNORECASE)
_TOGETHER = re.compile(
    r"\b(?:between|compar\w*|differ\w*|relat\w+|connect\w*|both|versus|vs|same)\b", re.IGNORECASE
)
_JOINED = re.compile(r"\b(?:and|but)\b|;", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[?!.]+[\"”’')]*\s+")
_TWO_AT_ONCE = re.compile(
    rf"(?P<first>(?:when|where|why|how))\s+and\s+(?P<second>(?:when|where|why|how))\s+(?P<rest>{_AUX}\s.+)",
    re.IGNORECASE | re.DOTALL,
)
_ADDED = re.compile(
    rf"(?P<first>(?:when|where|why|how))\s+(?P<rest>{_AUX}\s.+?),?\s+and\s+(?P<second>when|where|why|how|by whom)\W*",
    re.IGNORECASE | re.DOTALL,
)
_PRONOUN = re.compile(
    r"\b(?:he|him|his|she|her|hers|it|its|they|them|their|theirs|there|this|these|that|those|one)\b",
    re.IGNORECASE,
)
_OF_ONE = re.compile(r"\b(?:he|him|his|she|her|it|its)\b", re.IGNORECASE)
_OWNED = re.compile(r"(?:his|its|her(?=\s+\w))", re.IGNORECASE)
_BEFORE_SUBJECT = re.compile(rf"\b{_AUX}\s+(?:the\s+)?$", re.IGNORECASE)
_OF_A_PEOPLE = re.compile(r"(?:ish|ian|ean|ese|can|qi|eli|tch|nch)$")
_OTHER_THING = re.compile(r"\b(?:a|an|the|its|his|her|their|this|that)\s", re.IGNORECASE)
_OPENING = re.compile(
    rf"^\W*{_LEAD}(?:{_LINK}\s+)?{_WH}\b(?:\s+(?:many|much|long|old|often|far))?(?:\s+{_AUX}\b)?\s*",
    re.IGNORECASE,
)
_EDGES = ' \t\n,;:?!."“”'


@dataclass(frozen=True, slots=True)
class Part:
    """One of the things that a question asks for.

    text: in the user's words. meant: the same, as it is understood without the rest.
    stands: whether `meant` is a question that can be put to somebody; if not, it is only good for a search.
    """

    text: str
    meant: str
    stands: bool = True


def question_parts(question: str) -> list[Part]:
    """The things that a question asks for, two to four; none when it asks for one, or for more than four."""
    pieces = _two_at_once(question) or _pieces(question)
    if not 2 <= len(pieces) <= _MAX_PARTS:
        return []
    first = pieces[0]
    return [Part(first, first + "?"), *(_understood(piece, first) for piece in pieces[1:])]


def _two_at_once(question: str) -> list[str]:
    """`When and where was X born?` and `When was X born, and where?`."""
    bare = question.strip(_EDGES)
    if _SENTENCE_END.search(bare):
        return []
    if found := _TWO_AT_ONCE.fullmatch(bare):
        return [f"{found[which]} {found['rest']}" for which in ("first", "second")]
    if found := _ADDED.fullmatch(bare):
        if _INSIDE.search(found["rest"]):
            return []
        return [f"{found[which]} {found['rest']}" for which in ("first", "second")]
    return []


def _pieces(question: str) -> list[str]:
    """The question, cut where something else is asked; without what joins the pieces."""
    ends = [(*match.span(), True) for match in _SENTENCE_END.finditer(question)]
    borders = [*ends, *((*span, False) for span in clause_borders(question))]
    pieces = []
    start = 0
    for a, b, is_end in sorted(borders):
        if a < start:
            continue
        if _asks_anew(question[start:a], question[a:b], question[b:], is_end=is_end):
            pieces.append(question[start:a])
            start = b
    pieces.append(question[start:])
    return [re.sub(rf"^{_LEAD}", "", piece.strip(_EDGES), flags=re.IGNORECASE) for piece in pieces]


def _asks_anew(before: str, between: str, behind: str, *, is_end: bool) -> bool:
    """Whether something is asked before a border, and something else behind it."""
    asked = _ASKED.findall(before)
    if asked and _SETS_OUT.match(before):
        asked = asked[1:]
    if is_end:
        asks = asked if "?" in between else _ORDERS.match(before.lstrip())
        return bool(asks) and bool(_ORDERS.match(behind) or (_ASKS.match(behind) and _says_more(behind)))
    if not asked or _UNFINISHED.search(before) or not _ASKS.match(behind) or not _says_more(behind):
        return False
    if _DIRECT.match(behind):
        return True
    if not _JOINED.search(between) or len(_INSIDE.findall(before)) > 1 or _TOGETHER.search(before):
        return False
    # "Who is the man charged with fraud, and who was arrested" may tell of the man; "when did ..., and who was" cannot.
    return not (_TELLS_OF.match(behind) and _OF_SOMEBODY.search(before))


def _says_more(behind: str) -> bool:
    """Whether there is a question behind the border, and not only its first word."""
    return len(words(behind.split("?")[0])) > 2


def _understood(piece: str, first: str) -> Part:
    """The piece with the first one's subject in place of a pronoun; with all of it in front when that is not sure."""
    pronouns = _PRONOUN.findall(piece)
    if not pronouns and (names_in(piece) or sum(word not in STOP_WORDS for word in words(piece)) > 2):
        return Part(piece, piece + "?")
    subject = _subject(first)
    if pronouns and subject is not None and all(_OF_ONE.fullmatch(pronoun) for pronoun in pronouns):

        def named(match: re.Match[str]) -> str:
            owns = _OWNED.match(piece, match.start()) is not None
            return f"{subject.text}’s" if owns else subject.text

        return Part(piece, _OF_ONE.sub(named, piece) + "?")
    topic = _OPENING.sub("", first)
    return Part(piece, f"{topic}: {piece}?", stands=False)


def _subject(first: str) -> Name | None:
    """Whom a pronoun behind this question must mean: the only name in it, and nothing else beside it."""
    named = names_in(first)
    if len(named) != 1 or not _BEFORE_SUBJECT.search(first[: named[0].start]):
        return None
    # "Did Kurdish forces take the town": neither the forces nor the town are "Kurdish".
    others = _OF_A_PEOPLE.search(named[0].text) or _OTHER_THING.search(first[named[0].end :])
    return None if others else named[0]
