"""What a text denies, turns round, or says the other way: the differences that shared words hide."""

from __future__ import annotations

import re
from itertools import pairwise

from rag.words import STOP_WORDS, stem

_TOKEN = re.compile(r"[^\W_]+(?:[.'’-][^\W_]+)*|[.,;:!?()—–]")
_MAX_SCOPE = 8
_CUES = frozenset(
    """not no never none nobody nothing neither nor without cannot deny denies denied denying refuse refuses
    refused refusing reject rejects rejected rejecting fail fails failed failing decline declines declined unable
    dismiss dismisses dismissed lack lacks lacked""".split()
)
_BREAKS = frozenset(". ; : ! ? ( ) — – but although though while whereas because however".split())
_ANTONYMS: dict[str, set[str]] = {}
for _pair in """rise/fall rose/fell increase/decrease increased/decreased grew/shrank gain/loss gained/lost
    accept/reject accepted/rejected agreed/refused approve/reject approved/rejected win/lose won/lost more/fewer
    more/less support/oppose supported/opposed supports/opposes open/close opened/closed alive/dead survived/died
    highest/lowest higher/lower arrive/leave arrived/left legal/illegal guilty/innocent north/south east/west
    northern/southern eastern/western before/after first/last began/ended begin/end started/stopped entered/left
    bought/sold buy/sell hired/fired confirmed/denied raised/lowered raised/cut success/failure succeeded/failed
    allowed/banned allow/ban legal/unlawful up/down above/below male/female present/absent safe/dangerous
    largest/smallest oldest/youngest longest/shortest friend/enemy victory/defeat strengthen/weaken
    strengthened/weakened advance/retreat advanced/retreated attacked/defended convicted/acquitted""".split():
    _one, _other = (stem(_word) for _word in _pair.split("/"))
    _ANTONYMS.setdefault(_one, set()).add(_other)
    _ANTONYMS.setdefault(_other, set()).add(_one)
# Words that stop lists drop and that turn a meaning round.
_KEPT = frozenset({"up", "down", "before", "after", "more", "fewer", "above", "below"})


def polarities(text: str) -> dict[str, set[bool]]:
    """Stem -> whether it is denied where it stands (True) or not (False); both when it stands twice.

    A cue reaches to the end of its clause, at most eight words far; two cues undo each other.
    """
    found: dict[str, set[bool]] = {}
    reach: list[int] = []
    tokens = _TOKEN.findall(text.lower().replace("’", "'"))
    for at, token in enumerate(tokens):
        if token in _BREAKS or (token == "," and not _goes_on(tokens, at)):
            reach = []
            continue
        if token == ",":
            continue
        reach = [left - 1 for left in reach if left > 1]
        if not (token in STOP_WORDS and token not in _KEPT) and token not in _CUES:
            found.setdefault(stem(token), set()).add(len(reach) % 2 == 1)
        if _is_cue(tokens, at):
            reach.append(_MAX_SCOPE)
    return found


def denial(claim: str, source: str) -> str | None:
    """The word that one of the two denies and the other does not; None when they agree.

    What is denied first and foremost is the word behind the cue: "was not filmed", "denies that it targets".
    """
    said, held = polarities(claim), polarities(source)
    for word in [*_denied(claim), *_denied(source)]:
        if word in said and word in held and not said[word] & held[word]:
            return word
    shared = [word for word in said if word in held]
    turned = [word for word in shared if not said[word] & held[word]]
    return turned[0] if turned and len(turned) * 2 >= len(shared) else None


def _denied(text: str) -> list[str]:
    """The stem right behind each cue that no other cue undoes."""
    found: list[str] = []
    tokens = _TOKEN.findall(text.lower().replace("’", "'"))
    waiting = False
    for at, token in enumerate(tokens):
        if token in _BREAKS:
            waiting = False
        elif _is_cue(tokens, at):
            waiting = not waiting
        elif waiting and token[0].isalnum() and (token not in STOP_WORDS or token in _KEPT):
            found.append(stem(token))
            waiting = False
    return found


def opposite(claim: str, source: str) -> tuple[str, str] | None:
    """`(stem said, its opposite in the source)` when the source has only the opposite; None otherwise."""
    said, held = polarities(claim), polarities(source)
    for word, marks in said.items():
        for other in sorted(_ANTONYMS.get(word, ())):
            if other in held and word not in held and other not in said and marks & held[other]:
                return word, other
    return None


def swapped(claim: str, source: str, names: list[str]) -> tuple[str, str, str] | None:
    """`(doer, stem of the verb, done to)` as the claim has it and the source has it the other way round.

    names: single words in lower case that both texts hold. "X killed Y" against "Y killed X", and the passive.
    """
    for doer, verb, other in _roles(claim, names):
        for his, what, hers in _roles(source, names):
            if what == verb and (his, hers) == (other, doer):
                return doer, verb, other
    return None


def _roles(text: str, names: list[str]) -> list[tuple[str, str, str]]:
    """`(doer, verb, done to)` for each word between two neighbouring names; a passive is turned round."""
    tokens = [t.removesuffix("'s") for t in _TOKEN.findall(text.lower().replace("’", "'"))]
    places = [at for at, token in enumerate(tokens) if token in names]
    roles: list[tuple[str, str, str]] = []
    for first, second in pairwise(places):
        between = tokens[first + 1 : second]
        if (
            tokens[first] == tokens[second]
            or len(between) > 6
            or set(between) & (_BREAKS | {",", "and", "or"})
        ):
            continue
        passive = "by" in between
        doer, other = (tokens[second], tokens[first]) if passive else (tokens[first], tokens[second])
        roles += [(doer, stem(word), other) for word in between if word not in STOP_WORDS]
    return roles


def _is_cue(tokens: list[str], at: int) -> bool:
    token = tokens[at]
    following = tokens[at + 1 : at + 12]
    if token == "not" and following[:1] == ["only"]:
        return False
    if token == "ruled" or token == "rules" or token == "rule":
        return following[:1] == ["out"]
    if token in _CUES or token.endswith("n't"):
        clause = following[: next((n for n, t in enumerate(following) if t in _BREAKS), len(following))]
        # "Not until" and "no fewer than" deny nothing.
        return not (set(clause) & {"until", "unless"}) and following[:1] not in (
            ["fewer"],
            ["less"],
            ["doubt"],
        )
    return False


def _goes_on(tokens: list[str], at: int) -> bool:
    """Whether a comma only stands in a list: "no food, water or power"."""
    following = tokens[at + 1 : at + 3]
    return len(following) == 2 and following[1] in (",", "or", "nor")
