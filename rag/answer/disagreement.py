"""Sources that give different values for the same asked-for thing: who says what, and since when.

Nothing is chosen: every value is given with its sources, newest first, also when several things share a name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from askive.rag.evidence.candidate_answers import CandidateAnswer, candidate_answers
from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.evidence.values import fullest, same_value
from askive.rag.question.analysis import Question
from askive.rag.text.dates import spelled_date
from askive.rag.types import Account, Citation, Hit

Cite = Callable[[Hit, int, int, float], Citation]
Gives = Callable[[str, Citation], float]
"""A value and where it stands -> how surely that is said there of what is asked, as log-odds."""

_MAX_ACCOUNTS = 6
_GIVEN_FROM = -0.3
"""Log-odds from which on a value is named beside two that are surer."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Different values for one thing.

    accounts: two or more, newest first.
    is_update: the sources are dated apart and no date has two values: the later ones may replace the earlier.
    """

    accounts: tuple[Account, ...]
    is_update: bool


def disagreement(
    question: Question,
    scored: Sequence[ScoredSentence],
    cite: Cite,
    gives: Gives = lambda _value, _citation: math.inf,
) -> Disagreement | None:
    """The differing values in the sentences, at most six; None when they agree or the question asks for no value.

    scored: of `Assessment`, with the reader's finds where there is a reader.
    cite: makes a citation, such as `Citer.citation`. gives: looks again at what would be told.
    """
    if question.is_yes_no or (question.wants_explanation and not question.wants_the_one):
        return None
    groups: list[list[CandidateAnswer]] = []
    for item in candidate_answers(question, scored):
        for group in groups:
            if any(_is_same(other, item) for other in group):
                group.append(item)
                break
        else:
            groups.append([item])
    groups = _one_each(groups)[:_MAX_ACCOUNTS]
    if len(groups) < 2:
        return None
    groups = _confirmed_answers(groups, gives)
    if len(groups) < 2:
        return None
    accounts = [_account(group, cite) for group in groups]
    accounts.sort(key=lambda account: account.published or "", reverse=True)
    return Disagreement(tuple(accounts), _is_update(groups))


def _one_each(groups: Sequence[list[CandidateAnswer]]) -> list[list[CandidateAnswer]]:
    """The groups with one value of each document and speaker: two are two readings of it, not two accounts.

    Of two, the one that others give too; else the likelier.
    """
    kept: list[list[CandidateAnswer]] = [[] for _ in groups]
    voices: set[tuple[int, str]] = set()
    for at in sorted(range(len(groups)), key=lambda at: -len({_voice(item) for item in groups[at]})):
        kept[at] = [item for item in groups[at] if _voice(item) not in voices]
        voices |= {_voice(item) for item in kept[at]}
    return [group for group in kept if group]


def _voice(item: CandidateAnswer) -> tuple[int, str]:
    return item.candidate.hit.passage.doc_id, item.speaker


def describe(differing: Disagreement) -> str:
    """The accounts as a text, one sentence: `The sources differ: 35 (Reuters, 3 November 2015); 12 (...).`"""
    parts = []
    for account in differing.accounts:
        sources = list(dict.fromkeys(_source(citation) for citation in account.citations))
        parts.append(f"{account.value} ({'; '.join(sources[:3])})")
    opening = "The figure changed over time" if differing.is_update else "The sources differ"
    if differing.is_update and not any(part[:1].isdigit() for part in parts):
        opening = "The accounts changed over time"
    ending = "; earlier: ".join([parts[0], "; ".join(parts[1:])]) if differing.is_update else "; ".join(parts)
    return f"{opening}: {ending}."


def _is_same(one: CandidateAnswer, other: CandidateAnswer) -> bool:
    dates = one.candidate.hit.source.published, other.candidate.hit.source.published
    return same_value(one.value, other.value, dates)


def _account(group: Sequence[CandidateAnswer], cite: Cite) -> Account:
    """The citations as `Account` has them."""
    value = fullest([f.value for f in group])
    newest = sorted(group, key=lambda f: f.candidate.hit.source.published or "", reverse=True)
    published = newest[0].candidate.hit.source.published
    newest.sort(key=lambda f: f.value != value)
    citations = tuple(
        cite(f.candidate.hit, f.candidate.span.start, f.candidate.span.end, min(f.score, 1.0)) for f in newest
    )
    return Account(value, citations, published)


def _confirmed_answers(groups: Sequence[list[CandidateAnswer]], gives: Gives) -> list[list[CandidateAnswer]]:
    """What stands when looked at again: of two those that are not likely anyway, of more all but the two surest."""
    if len(groups) == 2:
        return [
            group for group in groups if any(f.is_likely for f in group) or _odds(group, gives) >= _GIVEN_FROM
        ]
    odds = [_odds(group, gives) for group in groups]
    surest = sorted(range(len(groups)), key=lambda at: -odds[at])[:2]
    return [group for at, group in enumerate(groups) if at in surest or odds[at] >= _GIVEN_FROM]


def _odds(group: Sequence[CandidateAnswer], gives: Gives) -> float:
    return gives(fullest([item.value for item in group]), _best(group))


def _best(group: Sequence[CandidateAnswer]) -> Citation:
    """Where the value stands most surely; a citation without a number."""
    best = max(group, key=lambda item: item.score)
    hit, (start, end) = best.candidate.hit, best.candidate.span
    return Citation(0, hit, start, end, hit.passage.between(start, end), min(best.score, 1.0))


def _is_update(groups: Sequence[Sequence[CandidateAnswer]]) -> bool:
    """Whether all sources are dated and each value has days of its own, none between those of another."""
    dates = [[f.candidate.hit.source.published for f in group] for group in groups]
    if any(date is None for group in dates for date in group):
        return False
    ranges = sorted((min(d for d in group if d), max(d for d in group if d)) for group in dates)
    return all(earlier[1] < later[0][: len(earlier[1])] for earlier, later in pairwise(ranges))


def _source(citation: Citation) -> str:
    source = citation.hit.source
    date = spelled_date(source.published).partition(" ")[2]
    return ", ".join(part for part in (source.publisher or source.title, date) if part) or source.uri
