"""What a follow-up means: "And in 2016?" after "How many jets did Russia have in 2015?"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from askive.rag.text.names import Name, names_in
from askive.rag.text.quantities import quantities
from askive.rag.text.time_expressions import named_times
from askive.rag.text.words import STOP_WORDS, words
from askive.rag.types import QuestionKind, Turn

_PREPOSITION = r"(?:from|in|by|since|before|after|until|during|on|at|of|for|with|without|about)"
# "And in Mosul?", "what about 2016", "but by Reuters"
_LINKED = re.compile(
    r"^\W*(?:(?:and|but|or|so|then|now)\s+)?(?:(?:and|but|or|so|then|now|what about|how about)\s+)"
    rf"(?P<rest>(?:{_PREPOSITION}\s+)?[\w'’.-]+(?:\s+[\w'’.-]+){{0,3}})\W*$",
    re.IGNORECASE,
)
# "only the ones from 2016", "just those that name Putin", "now only by Reuters"
_NARROWED = re.compile(
    r"^\W*(?:(?:and|but|now|show|list|me|please|of those|of these)\s+)*(?:only|just)\s+(?:(?:the|those|these)\s+)?"
    rf"(?:(?:ones?|documents?|articles?|reports?|files?|letters?|events?)\s+)?(?P<rest>(?:{_PREPOSITION}|that|which|who)\s.+)$",
    re.IGNORECASE,
)
# "And compared with |Soup Yard|?", "how does that compare to |last year|"
_COMPARED = re.compile(
    r"^\W*(?:(?:and|but|now)\s+)?(?:how\s+do(?:es)?\s+(?:that|this|it|they|these|those)\s+)?"
    r"(?:compared?|in\s+comparison|versus|vs\.?|as\s+against)\s+(?:(?:it|that|this|them)\s+)?(?:with|to|against)?\s*"
    r"(?P<rest>.+?)\W*$",
    re.IGNORECASE,
)
# "And who denied it?", "but why"
_OPENING = re.compile(r"^\W*(?:and|but|or|so|also|then|what about|how about)\b", re.IGNORECASE)
# "it", "they", "the same", "the other one", "those"; not "that the bridge is safe" or "it rains"
_REFERENCE = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers|this|these|those|there|one|ones|else"
    r"|the same|the other|the others|the former|the latter|the second|the first|that)(?=\W*$|\s)",
    re.IGNORECASE,
)
# "Which |of them| cost more?", "how many |of these| were sold"
_OF_THEM = re.compile(
    r"\bof\s+(?:them\b|(?:these|those)(?=\W*$|\s+(?:is|are|was|were|has|have|had|did|do|can|could|will|cost)\b))",
    re.IGNORECASE,
)
# "Which |pumps| |are in the list|?", "|who| |was there|?", "List all |caterers that made offers|"
_THINGS = re.compile(
    r"^\W*(?:and\s+)?(?:(?:which|what)\s+(?P<which>[\w-]+(?:\s+[\w-]+)?)|(?P<who>who))\s+"
    r"(?P<rest>(?:is|are|was|were|has|have|had|did|do|does|can|could|will)\b.*?)\W*$"
    r"|^\W*(?:please\s+)?(?:list|name|show|give)\s+(?:me\s+)?(?:all\s+)?(?:the\s+)?(?P<listed>\w.*?)\W*$",
    re.IGNORECASE,
)
_OF_SEVERAL = {"is": "are", "was": "were", "has": "have", "does": "do"}
_PERSON = re.compile(r"\b(?:he|she|him|her|his|hers)\b", re.IGNORECASE)
_MAX_PERSON_WORDS = 3
# "And |the deck|?", "what about |the main beam|"
_OTHER_THING = re.compile(
    r"^\W*(?:and|but|(?:and\s+)?(?:what|how) about)\s+"
    r"(?P<thing>(?:the|a|an|its|his|her|their)\s+[a-z][\w-]*(?:\s+[a-z][\w-]*)?)\W*$",
    re.IGNORECASE,
)
# "What is |the grand total|?", "the condition of |the main beam|?": all words to the end; "When was |the pier| built?"
_THING_AT_END = re.compile(
    r"(?:^\W*(?:what|which)\s+(?:is|are|was|were)|\bof)\s+(?P<thing>(?:the|an?)\s+(?:(?!of\b)[a-z][\w-]*\s*)+)\W*$",
    re.IGNORECASE,
)
_THING = re.compile(r"\b(?P<thing>(?:the|an?|its|their)\s+[a-z][\w-]*)")
_BETWEEN_TWO = re.compile(r"\b(?:and|with|to|vs\.?|versus)\b", re.IGNORECASE)
_MAX_WORDS_ALONE = 3
"""A question without a name and with at most so many content words does not stand alone: "What is the grand total?"."""
# Words of a question about which nothing can be asked.
_ASKING = STOP_WORDS | frozenset(
    "much many long old often tell show give list name please was did does".split()
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """A question as it is meant after earlier turns.

    text: a question that stands alone. context: the turns that it follows; empty for a new topic. kind: that of the
    answer that it narrows. is_changed: whether `text` is more than what was asked.
    """

    text: str
    context: tuple[Turn, ...] = ()
    kind: QuestionKind | None = None
    is_changed: bool = False


def meaning_of(question: str, history: Sequence[Turn]) -> Meaning:
    """What a question means after the earlier turns.

    A restriction ("only those from 2016", "and in Mosul?") is joined to the question before. Another follow-up without
    a name of its own gets the names and codes of that question, which it may have from still earlier ones. A question
    that stands alone means a new topic and has no context.
    """
    if not history:
        return Meaning(question)
    before = meaning_of(history[-1].question, history[:-1])
    if match := _NARROWED.match(question):
        return Meaning(_joined(before.text, match["rest"]), tuple(history), history[-1].kind, True)
    if (match := _LINKED.match(question)) and _is_restriction(match["rest"]):
        return Meaning(_joined(before.text, match["rest"]), tuple(history), history[-1].kind, True)
    match = _COMPARED.match(question)
    if match and not _BETWEEN_TWO.search(match["rest"]) and (topic := _identifying(before.text)):
        return Meaning(f"Compare {topic[0]} with {match['rest']}", tuple(history), "comparison", True)
    if _OF_THEM.search(question) and (things := _things_of(before.text)):
        return Meaning(_OF_THEM.sub(f"of {things}", question, count=1), tuple(history), None, True)
    if _stands_alone(question):
        return Meaning(question)
    own = names_in(question)
    if any(not name.opens for name in own):
        return Meaning(question, tuple(history))
    if not (_OPENING.match(question) or _REFERENCE.search(question)):
        return Meaning(question, tuple(history))
    if _PERSON.search(question) and (person := _person_of(before.text, history[-1].answer)):
        return Meaning(_with_person(question, person), tuple(history), None, True)
    topic = [wording for wording in _identifying(before.text) if wording.lower() not in question.lower()]
    if not topic:
        if (match := _OTHER_THING.match(question)) and (text := _with_thing(before.text, match["thing"])):
            return Meaning(text, tuple(history), None, True)
        return Meaning(question, tuple(history))
    mark = "?" if question.rstrip().endswith("?") else ""
    return Meaning(f"{question.rstrip(' ?')} ({', '.join(topic)}){mark}", tuple(history), None, True)


def _person_of(question: str, answer: str) -> str:
    """The first person whom the last turn names in full, in its question or else its answer; empty without one."""
    for text in (question, answer):
        for name in names_in(f"x {text}"):
            spelled = tuple(name.text.lower().split())
            if 2 <= len(name.words) <= _MAX_PERSON_WORDS and name.words == spelled[-len(name.words) :]:
                return name.text
    return ""


def _things_of(question: str) -> str:
    """What a question for several things asks for: "the pumps that are in the list"; empty when it asks for none."""
    match = _THINGS.match(question)
    if match is None:
        return ""
    if match["listed"]:
        return f"the {match['listed']}"
    if match["who"]:
        verb, _, rest = match["rest"].partition(" ")
        return f"those who {_OF_SEVERAL.get(verb.lower(), verb)} {rest}".rstrip()
    return f"the {match['which']} that {match['rest']}"


def _with_person(question: str, person: str) -> str:
    """The question with the name in place of its first pronoun: "What did |she| measure?"."""

    def name_for(match: re.Match[str]) -> str:
        word = match.group().lower()
        owns = word in ("his", "hers") or (word == "her" and re.match(r"\s+[a-z]", question[match.end() :]))
        return f"{person}'s" if owns else person

    return _PERSON.sub(name_for, question, count=1)


def _with_thing(before: str, thing: str) -> str:
    """The question before with another thing in place of the last one that it names: "When was |the pier| built?"."""
    found = [match for match in (*_THING.finditer(before), _THING_AT_END.search(before)) if match]
    if not found:
        return ""
    return f"{before[: found[-1].start('thing')]}{thing}{before[found[-1].end('thing') :]}"


def _stands_alone(question: str) -> bool:
    """Whether nothing in the question points to an earlier one: it names something, or asks about enough."""
    if _OPENING.match(question) or _REFERENCE.search(question):
        return False
    if any(not name.opens for name in names_in(question)) or re.search(r"\d|[\"“„«]", question):
        return True
    return sum(word not in _ASKING for word in words(question)) > _MAX_WORDS_ALONE


def _is_restriction(rest: str) -> bool:
    """Whether it is a preposition with a time or a name, or one of these alone: "in 2016", "Mosul", "by Reuters"."""
    first, _, after = rest.partition(" ")
    what = after if re.fullmatch(_PREPOSITION, first, re.IGNORECASE) else rest
    bare = re.sub(r"^(?:the|early|late)\s+", "", what, flags=re.IGNORECASE)
    times = [time.wording for time in named_times(rest)]
    return bare in times or what in times or what.isdigit() or (bare[:1].isupper() and bare[1:2].islower())


def _joined(before: str, rest: str) -> str:
    """The earlier question with the restriction, which replaces one of the same sort."""
    rest = rest.rstrip(" .?!")
    text = before.rstrip(" .?!")
    preposition, _, value = rest.partition(" ")
    has_preposition = bool(value) and bool(re.fullmatch(_PREPOSITION, preposition, re.IGNORECASE))
    if times := named_times(rest):
        for time in named_times(text):
            text = re.sub(
                rf"\s*(?:\b{_PREPOSITION}\s+)?{re.escape(time.wording)}", "", text, flags=re.IGNORECASE
            )
        return f"{text} {rest if has_preposition or len(rest) > len(times[0].wording) else f'in {rest}'}?"
    name = _last_name(text, preposition if has_preposition else "")
    if name and names_in(f"x {rest}"):
        return f"{text[: name.start]}{value if has_preposition else rest}{text[name.end :]}?"
    return f"{text} {rest}?"


def _last_name(text: str, preposition: str) -> Name | None:
    """The last name in the text, of those after the preposition if there is one."""
    found = [
        name
        for name in names_in(text)
        if not preposition
        or re.search(rf"\b{re.escape(preposition)}\s+(?:the\s+)?$", text[: name.start], re.IGNORECASE)
    ]
    return found[-1] if found else None


def _identifying(text: str) -> list[str]:
    """The names, codes and quoted words of a question, in its own words."""
    wordings = [name.text for name in names_in(text) if not name.opens or len(name.words) > 1]
    wordings += re.findall(r"\b(?=[\w/-]*\d)(?=[\w/-]*[A-Za-z/-])[\w/-]+\b", text)
    wordings += re.findall(r"[\"“„«]([^\"“”„«»]{2,})[\"“”»]", text)
    amounts = {text[q.start : q.end] for q in quantities(text, [])}
    unique = dict.fromkeys(w for w in wordings if w not in amounts)
    return [w for w in unique if not any(w != other and w in other for other in unique)]
