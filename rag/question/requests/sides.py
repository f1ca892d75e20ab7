"""The sides of a comparison: "Reuters" and "VOA" in "What do Reuters and VOA say about Sinjar?"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from askive.rag.text.words import STOP_WORDS

MAX_SIDES = 4
_ASIDE = r"(?:(?:please|just|quickly|can|could|would|will|you|me|us|the|of|on|in)\s+)*"
_SAY = (
    r"(?:say|says|said|write|writes|wrote|report|reports|reported|think|thinks|claim|claims|propose|proposes|tell|want"
    r"|describe|describes|earn|cost|agree|disagree|differ|compare|contradict|have\s+in\s+common|depart|stack\s+up)"
)
_AUX = r"(?:do|does|did|is|are|was|were|has|have)"
_TO = r"(?:and|or|with|to|from|against|as\s+against|than|versus|vs\.?)"
# The whole question without its final mark. Each with an example.
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # "what is the difference in price between |oak| and |pine|", "what changed between |May| and |June|"
        r"^.*?(?:\s+(?:in|of)\s+(?P<aspect>(?:\w+\s+){1,3}?))?\bbetween\s+(?P<sides>.+?\s+and\s+.+)$",
        # "how does |lease A| differ from |lease B|", "how is |the new rule| different from |the old rule|"
        rf"^.*?\b{_AUX}\s+(?P<sides>.+?\s+(?:differ(?:s|ent)?|unlike|compare[ds]?|stand|measure\s+up|depart)\s+"
        r"(?:from|to|with|against)\s+.+)$",
        # "what do |Reuters and VOA| say about the strikes", "how do |oak and pine| differ in price"
        rf"^.*?\b{_AUX}\s+(?P<sides>.+?)\s+(?:each\s+|both\s+)?{_SAY}\b(?:\s+each\s+other)?(?P<aspect>.*)$",
        # "compare prices of |Petrie and Lowmoor|", "set |the union| against |the management|"
        rf"^.*?\b(?:compare|comparing|contrast|weigh|match|set|put|comparison\s+of|comparison\s+between)\s+(?P<sides>.+?\s+{_TO}\s+.+)$",
        # "|oak| compared with |larch| for decking", "|lease 2019| vs |lease 2023|"
        r"^(?P<sides>.+?\s+(?:vs\.?|versus|compared\s+(?:with|to)|in\s+comparison\s+(?:with|to)|(?:as\s+)?against)\s+.+)$",
        # "|Reuters and Kommersant| on the talks"
        r"^(?P<sides>.+?\s+(?:and|or)\s+.+)$",
    )
)
_BORDER = re.compile(
    r",?\s+(?:and|or|vs\.?|versus|with|to|from|as\s+against|against|than|compared\s+(?:with|to)"
    r"|in\s+comparison\s+(?:with|to)|(?:differ(?:s|ent)?|unlike|compare[ds]?|stand|measure\s+up|depart)\s+"
    r"(?:from|to|with|against))\s+|,\s+",
    re.IGNORECASE,
)
# "|VOA| on Sinjar", "|Ireland|: vat on books", "|pine| in price"; not "Petrie in London"
_ASPECT = re.compile(
    r"(?:\s+(?:on|about|over|regarding|concerning|in\s+terms\s+of|with\s+regard\s+to|by|for|when\s+it\s+comes\s+to)\s+"
    r"|\s+in\s+(?=(?-i:[a-z]))|[:,]\s+)(?P<aspect>.+)$",
    re.IGNORECASE,
)
# "Sinjar |were retaken|", "the bishop |see the land sale|"
_VERB = re.compile(
    r"\s+(?P<aspect>(?:is|are|was|were|has|have|had|can|could|will|would|should|see|sees|saw|each|both)\s+.+)$"
)
# "prices of |Petrie|", "the views of |Olsen|": what is compared, before the first side
_OF = re.compile(r"^(?P<aspect>(?:\w+\s+){1,3})of\s+(?P<side>.+)$", re.IGNORECASE)
_PAIR = re.compile(r"\b(?:the\s+)?(?:two|both|three)\s+(?P<what>[\w\s-]+)", re.IGNORECASE)

_YEAR = r"(?:19|20)\d\d"
# "the rules of |2021| and of |2022|", "staff survey |2021| versus |2023|", "turnover |2021| and |2022| side by side"
_BY_YEAR = re.compile(
    rf"^(?P<what>\S.*?)\s+(?:(?:of|in|from|for|between|by)\s+)?(?P<one>{_YEAR})\s*(?:,\s*|\s{_TO}\s+)"
    rf"(?:(?:the|that|those|ones?)\s+)*(?:(?:of|in|from|for)\s+)?(?P<other>{_YEAR})\b(?P<behind>.*)$",
    re.IGNORECASE,
)
# "What is the difference between the", "How do", "Compare", "what changed in"
_ASKING = re.compile(
    r"^(?:(?:what|how|which|where|please|can you|could you|is|are|was|were|do|does|did|has|have|the|me|give|show|make"
    r"|an?|difference|differences|comparison|changes?|changed|compare|contrast|between|of|in|with|from|to)\s+)+",
    re.IGNORECASE,
)
_ASIDE_BEHIND = re.compile(
    r"\s*\b(?:side by side|differ(?:ent)?|compared?|change[ds]?|next to each other|respectively)\s*$",
    re.IGNORECASE,
)
# "one in Saltby", "that of the mayor"
_ONE = re.compile(r"(?:one|ones|that|those)\s+(?P<rest>(?:in|of|on|at|from|for|by)\s.+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sides:
    """What is compared. names: two to MAX_SIDES, in the question's words; empty when they are not named.

    aspect: what is compared of them; may be empty. several: "leases" in "compare the two leases"; may be empty.
    """

    names: tuple[str, ...]
    aspect: str
    several: str = ""


def sides_of(question: str, publishers: Sequence[str] = ()) -> Sides:
    """The sides of a comparison. publishers: those that the question names."""
    text = " ".join(question.split()).rstrip(" .?!…")
    if 2 <= len(publishers) <= MAX_SIDES:
        rest = text
        for publisher in publishers:
            rest = re.sub(rf"\b{re.escape(publisher)}\b", " ", rest, flags=re.IGNORECASE)
        return Sides(tuple(publishers), _aspect_of_publishers(rest))
    if years := _BY_YEAR.match(text):
        return Sides((years["one"], years["other"]), _bare_of_asking(f"{years['what']} {years['behind']}"))
    for pattern in _PATTERNS:
        match = pattern.match(text)
        if match is None:
            continue
        aspect = (match.groupdict().get("aspect") or "").strip()
        names, more = _names(match["sides"])
        if len(names) > 1:
            return Sides(tuple(names[:MAX_SIDES]), _bare(aspect or more))
    pair = _PAIR.search(text)
    return Sides((), "", _bare(pair["what"]) if pair else "")


def _names(sides: str) -> tuple[list[str], str]:
    """The sides, and what is compared of them."""
    parts = [part for part in _BORDER.split(sides) if part.strip()]
    aspect = ""
    if len(parts) > 1 and (behind := _ASPECT.search(parts[-1])):
        aspect, parts[-1] = behind["aspect"], parts[-1][: behind.start()]
    if len(parts) > 1 and (verb := _VERB.search(parts[-1])):
        aspect, parts[-1] = aspect or verb["aspect"], parts[-1][: verb.start()]
    if parts and (before := _OF.match(parts[0])):
        aspect, parts[0] = aspect or before["aspect"], before["side"]
    names = _completed([_bare(part) for part in parts])
    return [name for name in names if name and name.lower() not in _FILLERS], aspect


def _completed(names: list[str]) -> list[str]:
    """The sides as they are meant: `canteen in Saltby` for "the one in Saltby" after "the canteen in Kelbridge"."""
    if not names:
        return names
    head = re.split(r"\s+(?:in|of|on|at|from|for|by)\s", names[0], maxsplit=1)[0]
    return [f"{head} {match['rest']}" if (match := _ONE.match(name)) else name for name in names]


def _bare_of_asking(text: str) -> str:
    """What is compared, without the words that ask for it: `staff survey` of "compare the staff survey"."""
    bare = _bare(_ASKING.sub("", text.strip(), count=1))
    return re.sub(r"\s+(?:of|in|from|for|between|since)$", "", _bare(_ASIDE_BEHIND.sub("", bare)))


def _aspect_of_publishers(rest: str) -> str:
    """ "the strikes" in "What do and say about the strikes"."""
    behind = re.search(
        r"\b(?:about|on|over|of|regarding|concerning|covered?|describe[ds]?)\s+(?P<aspect>.+)$", rest
    )
    return _bare(behind["aspect"] if behind else rest)


def _bare(text: str) -> str:
    """Without words around it that name nothing."""
    words = text.strip(" ,;:()'\"“”‘’").split()
    while len(words) > 1 and _names_nothing(words[0]):
        words.pop(0)
    while len(words) > 1 and _names_nothing(words[-1]):
        words.pop()
    return " ".join(words).strip(" ,;:")


def _names_nothing(word: str) -> bool:
    lower = word.strip(",;:'’").lower()
    return not lower or (word[:1].islower() and (lower in STOP_WORDS or lower in _FILLERS))


_FILLERS = frozenset(
    """please compare compared comparison contrast side sides each two three differ differs different difference
    differences say says said write writes report reported common have gaps table tell""".split()
)
