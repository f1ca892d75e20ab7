"""Who did something to whom, between names: "Putin attacked Assad" is not "Assad attacked Putin".

A model that reads both texts finds all the same words in them and overlooks the exchange.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from askive.rag.text.words import STOP_WORDS, stem

# "didn't", "U.S", "no-fly"; ","
_TOKEN = re.compile(r"[^\W_]+(?:[.'’-][^\W_]+)*|[.,;:!?()—–]")
_BREAKS = frozenset(". , ; : ! ? ( ) — – and or but although though while whereas because however".split())
_MAX_BETWEEN = 6


def swapped_roles(claim: str, source: str, names: Sequence[str]) -> tuple[str, str, str] | None:
    """`(agent, stem of the verb, patient)` of the claim when the source swaps agent and patient; None otherwise.

    names: single words in lower case that both texts have. "X killed Y" against "Y killed X", also in the passive.
    """
    for agent, verb, patient in _roles(claim, names):
        for other_agent, other_verb, other_patient in _roles(source, names):
            if other_verb == verb and (other_agent, other_patient) == (patient, agent):
                return agent, verb, patient
    return None


def _roles(text: str, names: Sequence[str]) -> list[tuple[str, str, str]]:
    """`(agent, stem, patient)` for each word between two neighbouring names; a passive swaps the names."""
    tokens = [token.removesuffix("'s") for token in _TOKEN.findall(text.lower().replace("’", "'"))]
    places = [at for at, token in enumerate(tokens) if token in names]
    roles: list[tuple[str, str, str]] = []
    for first, second in pairwise(places):
        between = tokens[first + 1 : second]
        if tokens[first] == tokens[second] or len(between) > _MAX_BETWEEN or set(between) & _BREAKS:
            continue
        passive = "by" in between
        agent, patient = (tokens[second], tokens[first]) if passive else (tokens[first], tokens[second])
        roles += [(agent, stem(word), patient) for word in between if word not in STOP_WORDS]
    return roles
