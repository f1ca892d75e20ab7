"""Negation, antonyms and swapped roles: differences between texts that share their words."""

from __future__ import annotations

import re
from itertools import pairwise

from askive.rag.text.words import STOP_WORDS, stem

# "didn't", "U.S", "no-fly"; ","
_TOKEN = re.compile(r"[^\W_]+(?:[.'’-][^\W_]+)*|[.,;:!?()—–]")
# "but not in Syria", "and not Syria", ", not the mayor"
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
# Words that exclude something without a negation: each can support a claim with "did not" or "no longer".
_EXCLUDES = frozenset(
    """only solely except excluding instead rather unlike hardly barely scarcely seldom rarely false untrue wrong
    incorrect myth former formerly ex until cancel cancels cancelled canceled postponed scrapped abandoned stop stops
    stopped cease ceased end ended halt halted prevent prevents prevented avoid avoids avoided ban bans banned
    prohibit prohibits prohibited forbid forbids forbidden block blocked exclude excludes excluded omit omits omitted
    absent absence exempt resign resigned stepped withdrew withdrawn withdraw quit rebuffed spurned oppose opposes
    opposed impossible unknown unclear uncertain unlikely doubt doubts doubted doubtful differ differs differed
    different distinct ignore ignores ignored silent""".split()
)
# Stop words that change the meaning.
_KEPT = frozenset({"up", "down", "before", "after", "more", "fewer", "above", "below"})
_SMALL = frozenset(stem(word) for word in STOP_WORDS | _CUES)


def polarities(text: str) -> dict[str, set[bool]]:
    """Stem -> the polarities of its occurrences: True when negated, False when not.

    The scope of a cue ends with its clause, after eight words at most; two cues cancel out.
    """
    result: dict[str, set[bool]] = {}
    scopes: list[int] = []
    tokens = _TOKEN.findall(text.lower().replace("’", "'"))
    for at, token in enumerate(tokens):
        if token in _BREAKS or (token == "," and not _is_in_list(tokens, at)):
            scopes = []
            continue
        if token == ",":
            continue
        # "Neither ... nor" is one negation, not two that cancel out.
        scopes = [] if token == "nor" else [left - 1 for left in scopes if left > 1]
        if not (token in STOP_WORDS and token not in _KEPT) and token not in _CUES:
            result.setdefault(stem(token), set()).add(len(scopes) % 2 == 1)
        if _is_cue(tokens, at):
            scopes.append(_MAX_SCOPE)
    return result


def denial(claim: str, source: str) -> str | None:
    """The stem that one of the two negates and the other does not; None when they agree.

    The word right after a cue decides first: "was not filmed", "denies that it targets".
    """
    ours, theirs = polarities(claim), polarities(source)
    for word in [*_negated(claim), *_negated(source)]:
        if word in ours and word in theirs and not ours[word] & theirs[word]:
            return word
    shared = [word for word in ours if word in theirs]
    opposed = [word for word in shared if not ours[word] & theirs[word]]
    return opposed[0] if opposed and len(opposed) * 2 >= len(shared) else None


def unsupported_denial(claim: str, source: str, question: str = "") -> str | None:
    """The stem that the claim negates and the source does not; None when the source supports all its negations.

    A source supports a negation when it negates the same word, has its antonym, or lacks the word and negates or
    excludes something in a clause with another word of the claim. A bare "No." negates what the question asks.
    """
    heads = _negated(claim)
    if not heads and _has_cue(claim):
        return None if _excludes(source, f"{claim} {question}") else "no"
    if supports_denial(claim, source):
        return None
    theirs = polarities(source)
    for word in heads:
        if word in theirs:
            if True not in theirs[word]:
                return word
        elif not (
            any(False in theirs.get(other, ()) for other in _ANTONYMS.get(word, ()))
            or any(f"{prefix}{word}" in theirs for prefix in _NEGATING)
            or _excludes(source, claim)
        ):
            return word
    return None


def supports_denial(claim: str, source: str) -> bool:
    """Whether the source negates what the claim negates: the same words, or a contrast, "in Iraq but not in Syria"."""
    heads, theirs = _negated(claim), polarities(source)
    if not heads:
        return False
    claim_stems = {stem(token) for token in _TOKEN.findall(claim.lower())}
    contrasted = (
        {stem(token) for token in _TOKEN.findall(match.group(1))} - _SMALL
        for match in _BUT_NOT.finditer(source.lower())
    )
    return all(True in theirs.get(word, ()) for word in heads) or any(
        words and words <= claim_stems for words in contrasted
    )


def replaced_denial(claim: str, clause: str) -> str | None:
    """The stem that a clause of the source negates and for which the claim has another word.

    "Voss starred in Finsk" where the source has "Voss did not appear in Finsk": of the shared words, only those after
    the negated one differ in polarity. None when the claim has that stem, or has a negation itself.
    """
    if _has_cue(claim):
        return None
    ours, theirs = polarities(claim), polarities(clause)
    if not any(marks == {True} and word in ours for word, marks in theirs.items()):
        return None
    return next((word for word in _negated(clause) if word not in ours), None)


def _has_cue(text: str) -> bool:
    tokens = _TOKEN.findall(text.lower().replace("’", "'"))
    return any(_is_cue(tokens, at) for at in range(len(tokens)))


def _excludes(source: str, about: str) -> bool:
    """Whether a clause of the source negates or excludes something and shares a word with `about`."""
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


def _negated(text: str) -> list[str]:
    """The stem right after each cue that no other cue cancels."""
    heads: list[str] = []
    tokens = _TOKEN.findall(text.lower().replace("’", "'"))
    waiting = False
    for at, token in enumerate(tokens):
        if token in _BREAKS or (token == "," and at and tokens[at - 1] in ("no", "yes")):
            waiting = False
        elif _is_cue(tokens, at):
            waiting = not waiting
        elif waiting and token[0].isalnum() and (token not in STOP_WORDS or token in _KEPT):
            heads.append(stem(token))
            waiting = False
    return heads


def opposite(claim: str, source: str) -> tuple[str, str] | None:
    """`(stem in the claim, its antonym in the source)` when the source has only the antonym; None otherwise."""
    ours, theirs = polarities(claim), polarities(source)
    for word, marks in ours.items():
        for other in sorted(_ANTONYMS.get(word, ())):
            if other in theirs and word not in theirs and other not in ours and marks & theirs[other]:
                return word, other
    return None


def swapped_roles(claim: str, source: str, names: list[str]) -> tuple[str, str, str] | None:
    """`(agent, stem of the verb, patient)` of the claim when the source swaps agent and patient; None otherwise.

    names: single words in lower case that both texts have. "X killed Y" against "Y killed X", also in the passive.
    """
    for agent, verb, patient in _roles(claim, names):
        for other_agent, other_verb, other_patient in _roles(source, names):
            if other_verb == verb and (other_agent, other_patient) == (patient, agent):
                return agent, verb, patient
    return None


def _roles(text: str, names: list[str]) -> list[tuple[str, str, str]]:
    """`(agent, stem, patient)` for each word between two neighbouring names; a passive swaps the names."""
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
        agent, patient = (tokens[second], tokens[first]) if passive else (tokens[first], tokens[second])
        roles += [(agent, stem(word), patient) for word in between if word not in STOP_WORDS]
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
        # "Not until" and "no fewer than" negate nothing.
        return not (set(clause) & {"until", "unless"}) and following[:1] not in (
            ["fewer"],
            ["less"],
            ["doubt"],
        )
    return False


def _is_in_list(tokens: list[str], at: int) -> bool:
    """Whether a comma separates the items of a list: "no food, water or power"."""
    following = tokens[at + 1 : at + 3]
    return len(following) == 2 and following[1] in (",", "or", "nor")
