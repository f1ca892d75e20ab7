"""The parts of a compound question: "When did X die, and who succeeded him?" has two.

Only parts that clearly are questions of their own are split off. Joint questions ("What did A and B say?"), relative
clauses ("the man who ...") and indirect questions ("What did A say about who ...?") stay whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from askive.rag.question.clauses import QUESTION_WORD, clause_borders
from askive.rag.text.names import Name, names_in
from askive.rag.text.words import STOP_WORDS, words

_MAX_PARTS = 4
# Parts of the patterns below. Each alternative as it is written: "did", "since", "and also"
_AUX = r"(?:is|are|was|were|has|have|had|do|does|did|will|would|can|could|should)"
_LINK = r"(?:in|on|at|to|from|by|of|for|with|under|about|until|since|during|after|before)"
_WH = QUESTION_WORD
_LEAD = r"(?:(?:and|but|also|then|so)\s+)*"
# "and in which year"; not "whatever" or "what if"
_ASKS = re.compile(rf"{_LEAD}(?:{_LINK}\s+)?{_WH}\b(?!\s+(?:ever|if)\b)", re.IGNORECASE)
# "and please list", "explain"
_ORDERS = re.compile(rf"{_LEAD}(?:please\s+)?(?:tell|name|list|give|explain)\b", re.IGNORECASE)
# "who", "how"; each alternative as it is written
_QUESTION_WORDS = re.compile(rf"\b{_WH}\b", re.IGNORECASE)
_SUBORDINATE = re.compile(rf"\b(?:{_WH}|that)\b", re.IGNORECASE)
# "When the war ended, ..." is no question; "in which year" and "do you know when" are not complete.
_TIME_CLAUSE = re.compile(rf"\W*(?:when|where|while|whatever)\s+(?!{_AUX}\b)", re.IGNORECASE)
_UNFINISHED = re.compile(rf"(?:^\W*(?:{_LINK}\s+)?(?:which|what|whose)\s+\w+|\b{_WH})\W*$", re.IGNORECASE)
# A question of its own in any position; "who did" may be a relative clause.
_DIRECT = re.compile(
    # "and when did", "how many people were"
    rf"{_LEAD}(?:{_LINK}\s+)?(?:(?:what|when|where|why)\s+{_AUX}|how(?:\s+\w+){{0,3}}?\s+{_AUX}"
    # "which old ship did", "whom did"
    rf"|(?:which|what|whose)(?:\s+\w+){{1,3}}?\s+(?:do|does|did)|whom\s+{_AUX})\b",
    re.IGNORECASE,
)
# Perhaps a relative clause: "who also", "who was arrested" (not "who was the mayor"), "who resigned"
_MAYBE_RELATIVE = re.compile(
    rf"{_LEAD}(?:{_LINK}\s+)?(?:which|whom?)\s+(?:also\b|{_AUX}\b(?!\s+(?:the\b|an?\b|(?-i:[A-Z])))|\w+ed\b)",
    re.IGNORECASE,
)
# Each alternative as it is written: "who", "whose"
_RELATIVE_PRONOUN = re.compile(r"\b(?:who|which|what|whose|whom)\b", re.IGNORECASE)
# "the difference between", "compared with", "are both"
_JOINT = re.compile(
    r"\b(?:between|compar\w*|differ\w*|relat\w+|connect\w*|both|versus|vs|same)\b", re.IGNORECASE
)
# ", and ", "; "
_JOINED = re.compile(r"\b(?:and|but)\b|;", re.IGNORECASE)
# '? ', '." '
_SENTENCE_END = re.compile(r"[?!.]+[\"”’')]*\s+")
# "When and where was X born"
_TWO_QUESTION_WORDS = re.compile(
    rf"(?P<first>(?:when|where|why|how))\s+and\s+(?P<second>(?:when|where|why|how))\s+(?P<rest>{_AUX}\s.+)",
    re.IGNORECASE | re.DOTALL,
)
# "When was X born, and where?", "When was it built and by whom?"
_TRAILING_QUESTION_WORD = re.compile(
    rf"(?P<first>(?:when|where|why|how))\s+(?P<rest>{_AUX}\s.+?),?\s+and\s+(?P<second>when|where|why|how|by whom)\W*",
    re.IGNORECASE | re.DOTALL,
)
# Each alternative as it is written: "his", "theirs", "one"
_PRONOUN = re.compile(
    r"\b(?:he|him|his|she|her|hers|it|its|they|them|their|theirs|there|this|these|that|those|one)\b",
    re.IGNORECASE,
)
# The singular ones: "his", "it"
_SINGULAR = re.compile(r"\b(?:he|him|his|she|her|it|its)\b", re.IGNORECASE)
# "his", "its"; "her" before a noun
_POSSESSIVE = re.compile(r"(?:his|its|her(?=\s+\w))", re.IGNORECASE)
# "did ", "was the "
_BEFORE_SUBJECT = re.compile(rf"\b{_AUX}\s+(?:the\s+)?$", re.IGNORECASE)
# Turkish, Syrian, Chilean, Lebanese, American, Iraqi, Israeli, Dutch, French
_NATIONALITY = re.compile(r"(?:ish|ian|ean|ese|can|qi|eli|tch|nch)$")
# "the town", "his brother"
_OTHER_NOUN = re.compile(r"\b(?:a|an|the|its|his|her|their|this|that)\s", re.IGNORECASE)
# "And in what", "How many were", "When did "
_OPENING = re.compile(
    rf"^\W*{_LEAD}(?:{_LINK}\s+)?{_WH}\b(?:\s+(?:many|much|long|old|often|far))?(?:\s+{_AUX}\b)?\s*",
    re.IGNORECASE,
)
_EDGES = ' \t\n,;:?!."“”'


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a compound question.

    text: in the user's words. meant: the same as a question that is clear without the other parts.
    stands: whether `meant` is a proper question; if not, it can only be searched for.
    """

    text: str
    meant: str
    stands: bool = True


def question_parts(question: str) -> list[Part]:
    """The parts of a question, two to four; none when it has only one, or more than four."""
    pieces = _shared_clause_parts(question) or _pieces(question)
    if not 2 <= len(pieces) <= _MAX_PARTS:
        return []
    first = pieces[0]
    return [Part(first, first + "?"), *(_standalone(piece, first) for piece in pieces[1:])]


def _shared_clause_parts(question: str) -> list[str]:
    """`When and where was X born?` and `When was X born, and where?`."""
    bare = question.strip(_EDGES)
    if _SENTENCE_END.search(bare):
        return []
    if match := _TWO_QUESTION_WORDS.fullmatch(bare):
        return [f"{match[which]} {match['rest']}" for which in ("first", "second")]
    if match := _TRAILING_QUESTION_WORD.fullmatch(bare):
        if _SUBORDINATE.search(match["rest"]):
            return []
        return [f"{match[which]} {match['rest']}" for which in ("first", "second")]
    return []


def _pieces(question: str) -> list[str]:
    """The question, split where another question begins, without the words between."""
    ends = [(*match.span(), True) for match in _SENTENCE_END.finditer(question)]
    borders = [*ends, *((*span, False) for span in clause_borders(question))]
    pieces = []
    start = 0
    for a, b, is_end in sorted(borders):
        if a < start:
            continue
        if _is_new_question(question[start:a], question[a:b], question[b:], is_end=is_end):
            pieces.append(question[start:a])
            start = b
    pieces.append(question[start:])
    return [re.sub(rf"^{_LEAD}", "", piece.strip(_EDGES), flags=re.IGNORECASE) for piece in pieces]


def _is_new_question(before: str, between: str, after: str, *, is_end: bool) -> bool:
    """Whether the texts before and after a border are two questions. is_end: a sentence ends there."""
    question_words = _QUESTION_WORDS.findall(before)
    if question_words and _TIME_CLAUSE.match(before):
        question_words = question_words[1:]
    if is_end:
        asks = question_words if "?" in between else _ORDERS.match(before.lstrip())
        return bool(asks) and bool(_ORDERS.match(after) or (_ASKS.match(after) and _is_long_enough(after)))
    if (
        not question_words
        or _UNFINISHED.search(before)
        or not _ASKS.match(after)
        or not _is_long_enough(after)
    ):
        return False
    if _DIRECT.match(after):
        return True
    if not _JOINED.search(between) or len(_SUBORDINATE.findall(before)) > 1 or _JOINT.search(before):
        return False
    # "Who is the man charged with fraud, and who was arrested" may end with a relative clause; "when did it sink, and
    # who was arrested" cannot.
    return not (_MAYBE_RELATIVE.match(after) and _RELATIVE_PRONOUN.search(before))


def _is_long_enough(after: str) -> bool:
    """Whether a question follows the border, not only a question word."""
    return len(words(after.split("?")[0])) > 2


def _standalone(piece: str, first: str) -> Part:
    """The piece with its pronouns replaced by the subject of the first one, or else with the first one in front."""
    pronouns = _PRONOUN.findall(piece)
    if not pronouns and (names_in(piece) or sum(word not in STOP_WORDS for word in words(piece)) > 2):
        return Part(piece, piece + "?")
    subject = _subject(first)
    if pronouns and subject is not None and all(_SINGULAR.fullmatch(pronoun) for pronoun in pronouns):

        def replacement(match: re.Match[str]) -> str:
            is_possessive = _POSSESSIVE.match(piece, match.start()) is not None
            return f"{subject.text}’s" if is_possessive else subject.text

        return Part(piece, _SINGULAR.sub(replacement, piece) + "?")
    topic = _OPENING.sub("", first)
    return Part(piece, f"{topic}: {piece}?", stands=False)


def _subject(first: str) -> Name | None:
    """The only possible antecedent of a later pronoun: the single name in the question, with no other noun after it."""
    names = names_in(first)
    if len(names) != 1 or not _BEFORE_SUBJECT.search(first[: names[0].start]):
        return None
    # "Did Kurdish forces take the town": neither the forces nor the town are "Kurdish".
    others = _NATIONALITY.search(names[0].text) or _OTHER_NOUN.search(first[names[0].end :])
    return None if others else names[0]
