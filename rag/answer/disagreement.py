"""Sources that give different values for what a question asks: which source gives which value, and when.

No value is preferred: each is listed with its sources, newest first, also when several things share a name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from askive.rag.evidence.candidate_answers import CandidateAnswer, candidate_answers
from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.evidence.values import fullest, kind_of, same_value
from askive.rag.passage_context import named_source
from askive.rag.question.analysis import Question
from askive.rag.text.names import names_in
from askive.rag.types import Account, Citation, Hit
from askive.rag.verification.support import GIVES_FROM

Cite = Callable[[Hit, int, int, float], Citation]
Gives = Callable[[str, Citation], float]
"""A value and its citation -> the log-odds that the citation gives this value as the answer."""

_MAX_ACCOUNTS = 6


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Different values for one thing.

    accounts: two or more, newest first.
    is_update: all sources are dated and the dates of no two values overlap: later values may replace earlier ones.
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

    scored: of `Assessment`, with the reader's answers when there is a reader.
    cite: makes a citation, such as `Citer.citation`. gives: scores a value again before it is listed.
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
    groups = _of_one_kind(_one_value_per_voice(groups))[:_MAX_ACCOUNTS]
    if len(groups) < 2:
        return None
    groups = [group for group in groups if _odds(group, gives) >= GIVES_FROM]
    if len(groups) < 2:
        return None
    accounts = [_account(group, cite) for group in groups]
    accounts.sort(key=lambda account: account.published or "", reverse=True)
    return Disagreement(tuple(accounts), _is_update(groups))


def _one_value_per_voice(groups: Sequence[list[CandidateAnswer]]) -> list[list[CandidateAnswer]]:
    """The groups with one value for each voice: a second one is another reading, not another account.

    Of two values, the one that more voices give is kept; on a tie, the one in the earlier group.
    """
    kept: list[list[CandidateAnswer]] = [[] for _ in groups]
    voices: set[tuple[int, str]] = set()
    for at in sorted(range(len(groups)), key=lambda at: -len({item.voice for item in groups[at]})):
        kept[at] = [item for item in groups[at] if item.voice not in voices]
        voices |= {item.voice for item in kept[at]}
    return [group for group in kept if group]


def _of_one_kind(groups: Sequence[list[CandidateAnswer]]) -> list[list[CandidateAnswer]]:
    """The groups with values of the kind that the best one has: a place is no other account of a number."""
    return [group for group in groups if kind_of(group[0].value) == kind_of(groups[0][0].value)]


def describe(differing: Disagreement) -> str:
    """The accounts in one sentence: `The sources differ: 35 (Reuters, 3 November 2015); 12 (...).`"""
    sources = [
        dict.fromkeys(named_source(citation.hit.source) for citation in account.citations)
        for account in differing.accounts
    ]
    parts = []
    for at, account in enumerate(differing.accounts):
        shown = list(sources[at])[:3]
        if any(sources[at].keys() & other.keys() for n, other in enumerate(sources) if n != at):
            # One document gives several: whom it names before the value tells them apart.
            shown = [", in ".join(filter(None, (_named_before(account), "; ".join(shown))))]
        parts.append(f"{account.value} ({'; '.join(shown)})")
    opening = "The figure changed over time" if differing.is_update else "The sources differ"
    if differing.is_update and not any(part[:1].isdigit() for part in parts):
        opening = "The accounts changed over time"
    ending = "; earlier: ".join([parts[0], "; ".join(parts[1:])]) if differing.is_update else "; ".join(parts)
    return f"{opening}: {ending}."


def _named_before(account: Account) -> str:
    """The first name in the quote before the value, as a rule whose count it is; empty when there is none."""
    quote = account.citations[0].quote
    before = quote.partition(account.value)[0]
    return next((name.text for name in names_in(before)), "") if before != quote else ""


def _is_same(one: CandidateAnswer, other: CandidateAnswer) -> bool:
    dates = one.candidate.hit.source.published, other.candidate.hit.source.published
    return same_value(one.value, other.value, dates)


def _account(group: Sequence[CandidateAnswer], cite: Cite) -> Account:
    """The account of a group, its citations in the order that `Account` documents."""
    value = fullest([item.value for item in group])
    newest = sorted(group, key=lambda item: item.candidate.hit.source.published or "", reverse=True)
    published = newest[0].candidate.hit.source.published
    newest.sort(key=lambda item: item.value != value)
    citations = tuple(
        cite(item.candidate.hit, item.candidate.span.start, item.candidate.span.end, min(item.score, 1.0))
        for item in newest
    )
    return Account(value, citations, published)


def _odds(group: Sequence[CandidateAnswer], gives: Gives) -> float:
    return gives(fullest([item.value for item in group]), _best(group))


def _best(group: Sequence[CandidateAnswer]) -> Citation:
    """The citation of the best-scored answer, without a number."""
    best = max(group, key=lambda item: item.score)
    hit, (start, end) = best.candidate.hit, best.candidate.span
    return Citation(0, hit, start, end, hit.passage.between(start, end), min(best.score, 1.0))


def _is_update(groups: Sequence[Sequence[CandidateAnswer]]) -> bool:
    """Whether all sources are dated and the date ranges of the values do not overlap."""
    dates = [[item.candidate.hit.source.published for item in group] for group in groups]
    if any(date is None for group in dates for date in group):
        return False
    ranges = sorted((min(d for d in group if d), max(d for d in group if d)) for group in dates)
    return all(earlier[1] < later[0][: len(earlier[1])] for earlier, later in pairwise(ranges))
