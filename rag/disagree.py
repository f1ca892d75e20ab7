"""Sources that give different values for the same asked-for thing: who says what, and since when.

Values are read from the sources by rules, or by a reader that marks answer spans. Nothing is chosen: every
value stands with its sources, newest first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.asked import Kind, asked_kind, same_value, values_in, wanted
from rag.attribution import speaker_of
from rag.citable import Candidate, candidates_of
from rag.dates import spelled_date
from rag.named import has_name, lower_words, names_in
from rag.types import Account, Citation, Hit
from rag.words import stems

AnswerSpans = Callable[[str, Sequence[str]], Sequence[tuple[int, int, float]]]
"""A question and texts -> in each text the start and end of the answer, and its probability."""

Cite = Callable[[Hit, int, int, float], Citation]

MIN_SCORE = 0.62
MIN_SPAN_SCORE = 0.5
_COVERED = 0.65
_MAX_ACCOUNTS = 5
_COUNTS_WHAT_IS_ASKED = 0.6


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Different values for one thing.

    accounts: two or more, newest first.
    is_update: the sources are dated apart and no date has two values: the later ones may replace the earlier.
    """

    accounts: tuple[Account, ...]
    is_update: bool


@dataclass(frozen=True, slots=True)
class _Found:
    value: str
    candidate: Candidate
    score: float


def disagreement(
    question: str, hits: Sequence[Hit], cite: Cite, spans: AnswerSpans | None = None
) -> Disagreement | None:
    """The differing values in the hits, at most five; None when they agree or the question asks for no value.

    cite: makes a citation, such as `Citer.citation`. spans: a reader; without it numbers, dates and names only.
    """
    found = _read(question, hits, spans) if spans else _looked_up(question, hits)
    groups: list[list[_Found]] = []
    for item in sorted(found, key=lambda f: -f.score):
        for group in groups:
            first = group[0]
            dates = (first.candidate.hit.source.published, item.candidate.hit.source.published)
            if same_value(first.value, item.value, dates):
                group.append(item)
                break
        else:
            groups.append([item])
    if len(groups) < 2:
        return None
    accounts = [_account(group, cite) for group in groups[:_MAX_ACCOUNTS]]
    accounts.sort(key=lambda account: account.published or "", reverse=True)
    return Disagreement(tuple(accounts), _is_update(groups))


def told(found: Disagreement) -> str:
    """The accounts as a text, one sentence: `The sources differ: 35 (Reuters, 3 November 2015); 12 (...).`"""
    parts = []
    for account in found.accounts:
        sources = list(dict.fromkeys(_source(citation) for citation in account.citations))
        parts.append(f"{account.value} ({'; '.join(sources[:3])})")
    opening = "The figure changed over time" if found.is_update else "The sources differ"
    if found.is_update and not any(part[:1].isdigit() for part in parts):
        opening = "The accounts changed over time"
    ending = "; earlier: ".join([parts[0], "; ".join(parts[1:])]) if found.is_update else "; ".join(parts)
    return f"{opening}: {ending}."


def _account(group: Sequence[_Found], cite: Cite) -> Account:
    newest = sorted(group, key=lambda f: f.candidate.hit.source.published or "", reverse=True)
    best = max(group, key=lambda f: f.score)
    citations = tuple(
        cite(f.candidate.hit, f.candidate.span.start, f.candidate.span.end, min(f.score, 1.0)) for f in newest
    )
    return Account(best.value, citations, newest[0].candidate.hit.source.published)


def _is_update(groups: Sequence[Sequence[_Found]]) -> bool:
    """Whether all sources are dated and each value has days of its own, none between those of another."""
    dates = [[f.candidate.hit.source.published for f in group] for group in groups]
    if any(date is None for group in dates for date in group):
        return False
    ranges = sorted((min(d for d in group if d), max(d for d in group if d)) for group in dates)
    return all(earlier[1] < later[0][: len(earlier[1])] for earlier, later in pairwise(ranges))


def _looked_up(question: str, hits: Sequence[Hit]) -> list[_Found]:
    """The best value of each document by rules."""
    kind = asked_kind(question)
    if kind is None:
        return []
    asked = wanted(question)
    named = names_in(question)
    best: dict[tuple[int, str], _Found] = {}
    for candidate in candidates_of(hits):
        passage = candidate.hit.passage
        near = f"{candidate.source.about} {passage.text}"
        if any(not has_name(name, lower_words(near), near) for name in named):
            continue
        own = set(stems(f"{candidate.text} {candidate.source.about}"))
        around = set(stems(f"{candidate.before} {candidate.after}"))
        covered = sum(1.0 if s & own else 0.5 if s & around else 0.0 for s in asked) / max(len(asked), 1)
        if covered < _COVERED:
            continue
        for value in values_in(question, kind, candidate.text, candidate.hit.source.published)[:1]:
            score = 0.5 * covered + 0.5 * value.score
            # One article may report two accounts, each with its speaker.
            key = (passage.doc_id, _speaker(candidate, kind, value.score))
            if score >= MIN_SCORE and (key not in best or score > best[key].score):
                best[key] = _Found(value.text, candidate, score)
    return list(best.values())


def _speaker(candidate: Candidate, kind: Kind, score: float) -> str:
    """Who gives the number, when it counts what was asked for; `` is the document itself."""
    if kind != "number" or score < _COUNTS_WHAT_IS_ASKED:
        return ""
    who = speaker_of(candidate.text)
    return who.split()[-1].lower() if who else ""


def _read(question: str, hits: Sequence[Hit], spans: AnswerSpans) -> list[_Found]:
    """The best answer span of each document, as the reader marks it."""
    best: dict[int, _Found] = {}
    marked = spans(question, [hit.passage.text for hit in hits])
    for hit, (start, end, score) in zip(hits, marked, strict=True):
        value = hit.passage.text[start:end].strip(" .,;:\n")
        if score < MIN_SPAN_SCORE or not value:
            continue
        at = hit.passage.start + start
        for candidate in candidates_of([hit]):
            if candidate.span.start <= at < candidate.span.end:
                known = best.get(hit.passage.doc_id)
                if known is None or score > known.score:
                    best[hit.passage.doc_id] = _Found(value, candidate, score)
    return list(best.values())


def _source(citation: Citation) -> str:
    source = citation.hit.source
    date = spelled_date(source.published).partition(" ")[2]
    return ", ".join(part for part in (source.publisher or source.title, date) if part) or source.uri
