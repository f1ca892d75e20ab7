"""What a text denies, turns round, or says the other way: the differences that shared words hide."""

from __future__ import annotations

import re
from itertools import pairwise

from askive.rag.text.words import STOP_WORDS, stem

_TOKEN = re.compile(r"[^\W_]+(?:[.'’-][^\W_]+)*|[.,;:!?()—–]")
_BUT_NOT = re.compile(r"(?:\bbut|\band|,)\s+not\s+([^.,;:!?()—–]+)")
_MAX_SCOPE = 8
_CUES = frozenset(
    """not no never none nobody nothing neither nor without cannot deny denies denied denying refuse refuses
    refused unwilling refusing reject rejects rejected rejecting fail fails failed failing decline declines declined
    unable dismiss dismisses dismissed lack lacks lacked""".split()
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
    strengthened/weakened advance/retreat advanced/retreated attacked/defended convicted/acquitted rise/fell fall/rose
    win/lost lose/won buy/sold sell/bought begin/ended end/began leave/arrived grow/shrank""".split():
    _one, _other = (stem(_word) for _word in _pair.split("/"))
    _ANTONYMS.setdefault(_one, set()).add(_other)
    _ANTONYMS.setdefault(_other, set()).add(_one)
_NEGATING = ("un", "in", "im", "il", "ir", "dis", "non", "non-")
# What a sentence says is not so, without a word of denial: each may stand behind a "did not" or "no longer".
_EXCLUDES = frozenset(
    """only solely except excluding instead rather unlike hardly barely scarcely seldom rarely false untrue wrong
    incorrect myth former formerly ex until cancel cancels cancelled canceled postponed scrapped abandoned stop stops
    stopped cease ceased end ended halt halted prevent prevents prevented avoid avoids avoided ban bans banned
    prohibit prohibits prohibited forbid forbids forbidden block blocked exclude excludes excluded omit omits omitted
    absent absence exempt resign resigned stepped withdrew withdrawn withdraw quit rebuffed spurned oppose opposes
    opposed impossible unknown unclear uncertain unlikely doubt doubts doubted doubtful differ differs differed
    different distinct ignore ignores ignored silent""".split()
)
# Words that stop lists drop and that turn a meaning round.
_KEPT = frozenset({"up", "down", "before", "after", "more", "fewer", "above", "below"})
_SMALL = frozenset(stem(word) for word in STOP_WORDS | _CUES)


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
        # "Neither ... nor" is one denial, not two that undo each other.
        reach = [] if token == "nor" else [left - 1 for left in reach if left > 1]
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


def find_undenied(claim: str, source: str, question: str = "") -> str | None:
    """What the claim denies and the source does not (the word behind the cue); None when it denies nothing else.

    A source bears a denial that denies the same word, holds its opposite, or, where it lacks the word, denies or
    excludes something in a clause with another word of the claim. A mere "No." denies what the question asks.
    """
    heads = _denied(claim)
    if not heads and _has_cue(claim):
        return None if _excludes(source, f"{claim} {question}") else "no"
    if bears_denial(claim, source):
        return None
    held = polarities(source)
    for word in heads:
        if word in held:
            if True not in held[word]:
                return word
        elif not (
            any(False in held.get(other, ()) for other in _ANTONYMS.get(word, ()))
            or any(f"{prefix}{word}" in held for prefix in _NEGATING)
            or _excludes(source, claim)
        ):
            return word
    return None


def bears_denial(claim: str, source: str) -> bool:
    """Whether the source expressly denies what the claim denies: the same words, or "in Iraq but not in Syria"."""
    heads, held = _denied(claim), polarities(source)
    if not heads:
        return False
    said = {stem(token) for token in _TOKEN.findall(claim.lower())}
    contrasted = (
        {stem(token) for token in _TOKEN.findall(match.group(1))} - _SMALL
        for match in _BUT_NOT.finditer(source.lower())
    )
    return all(True in held.get(word, ()) for word in heads) or any(
        words and words <= said for words in contrasted
    )


def denied_by(claim: str, clause: str) -> str | None:
    """The word that a clause of the source denies, when the claim puts its own word in its place.

    "Voss starred in Finsk" where the source has "Voss did not appear in Finsk": nothing that they share is turned
    round but what stands behind the denied word. None when the claim has that word, or denies something itself.
    """
    if _has_cue(claim):
        return None
    said, held = polarities(claim), polarities(clause)
    if not any(marks == {True} and word in said for word, marks in held.items()):
        return None
    return next((word for word in _denied(clause) if word not in said), None)


def _has_cue(text: str) -> bool:
    tokens = _TOKEN.findall(text.lower().replace("’", "'"))
    return any(_is_cue(tokens, at) for at in range(len(tokens)))


def _excludes(source: str, about: str) -> bool:
    """Whether a clause of the source denies or excludes something and shares a word with what it is about."""
    wanted = {stem(token) for token in _TOKEN.findall(about.lower().replace("’", "'"))} - _SMALL
    tokens = _TOKEN.findall(source.lower().replace("’", "'"))
    cues = {at for at, token in enumerate(tokens) if token in _EXCLUDES or _is_cue(tokens, at)}
    start = 0
    for end in [at for at, token in enumerate(tokens) if token in _BREAKS] + [len(tokens)]:
        inside = range(start, end)
        if any(at in cues for at in inside) and any(
            at not in cues and stem(tokens[at]) in wanted for at in inside
        ):
            return True
        start = end + 1
    return False


def _denied(text: str) -> list[str]:
    """The stem right behind each cue that no other cue undoes."""
    found: list[str] = []
    tokens = _TOKEN.findall(text.lower().replace("’", "'"))
    waiting = False
    for at, token in enumerate(tokens):
        if token in _BREAKS or (token == "," and at and tokens[at - 1] in ("no", "yes")):
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


def swapped_roles(claim: str, source: str, names: list[str]) -> tuple[str, str, str] | None:
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
