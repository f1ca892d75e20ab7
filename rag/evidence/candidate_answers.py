"""The value that each document gives for what is asked: read by rules and by the trained reader.

Rules know what a number, a date or a name is and which stands nearest to the question's words; the reader knows
whether a sentence answers the question, and has an eye for sports, parties and genres. Neither is enough alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.evidence.asked import Kind, Value, asked_kind, values_in, wanted
from rag.evidence.scoring import ScoredSentence, logistic
from rag.evidence.source_sentences import Candidate, candidates_of
from rag.text.names import Name, has_name, lower_words, names_in
from rag.text.speakers import speaker_of
from rag.text.words import stems

LEAST_READ = 0.20
LIKELY_READ = 0.40
"""Probability from which on a value that the reader and the rules found may be told, and from which on without a
second look."""
_LEAST_READ_OF_ANY_KIND, _LIKELY_READ_OF_ANY_KIND = 0.35, 0.55
LEAST_RULED = 0.62
"""Score from which on a value is taken for one by rules alone, when there is no reader."""
LEAST_RULED_BESIDE = 0.60
LIKELY_RULED_BESIDE = 0.70
"""The same beside a reader, which passed over it; from the second on without a second look."""
_COVERED = 0.4
_COVERED_UNNAMED = 0.85
_COVERED_BY_RULES = 0.65
_COUNTS_WHAT_IS_ASKED = 0.6
_MAX_WORDS = 8
_MOST_NAME_WORDS = 5
# A logistic regression over the values of 150 questions of RAMDocs: is it an accepted answer, or one that
# a misinforming document gives (which answers as well)?
_BIAS = -2.63
_OF_ANSWERABLE, _OF_SPAN, _OF_RULE, _OF_READ, _OF_BOTH, _OF_TOPIC = 0.33, 0.26, 2.07, 1.39, 0.35, 1.31
_OF_KIND = {None: 0.2, "number": -0.82, "name": -0.6, "date": 0.0}
_USUAL_SPAN, _SPREAD_OF_SPANS = 8.0, 3.0
_WHO = re.compile(r"\b(?:who|whose|whom)\b", re.IGNORECASE)
_NOBODY = re.compile(
    r"\b(?:Records|Pictures|Entertainment|Studios|Released|Search|Live)\b|^(?:[A-Z]{2,3}|Op|Pop|[A-Z][a-z]+(?:ish|ese|ican))$"
)
# An answer to these is a list: what another document adds does not differ.
_SEVERAL = re.compile(
    r"^\W*(?:list|name)\b|\b(?:what|which|who)\s+(?:are|were|have)\b|\bdid\s+\w+\s+both\b"
    r"|\b(?:what|which)\s+(?:\w+\s+){0,2}\w+[^s\W]s\s+(?:are|were|did|do|have|had)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Given:
    """A value as a document gives it.

    score: how surely it answers the question, 0 to 1. is_likely: whether that is enough without a second look.
    speaker: who counts so; empty when it is the document itself.
    """

    value: str
    candidate: Candidate
    score: float
    speaker: str = ""
    is_likely: bool = True


def asks_for_several(question: str) -> bool:
    """Whether the answer is a list, in which no value contradicts another."""
    return bool(_SEVERAL.search(question))


def given_values(question: str, scored: Sequence[ScoredSentence]) -> list[Given]:
    """The likeliest values of each document, and of each speaker in it who counts what was asked; best first.

    At most two of each: what the rules found, and what the reader did.
    scored: from `rag.evidence.assessment`. Documents that do not have every name of the question near the value
    speak of
    something else. Empty for a question that wants several things at once.
    """
    if asks_for_several(question):
        return []
    hits = list({item.hit.passage.passage_id: item.hit for item in scored}.values())
    by_place = {(c.hit.passage.doc_id, c.span.start): c for c in candidates_of(hits)}
    is_read = any(item.answerable is not None for item in scored)
    kind = asked_kind(question)
    least_ruled = (LEAST_RULED_BESIDE, LIKELY_RULED_BESIDE) if is_read else (LEAST_RULED, LEAST_RULED)
    least_read = (LEAST_READ, LIKELY_READ) if kind else (_LEAST_READ_OF_ANY_KIND, _LIKELY_READ_OF_ANY_KIND)
    named, asked = names_in(question), wanted(question)
    least_covered = _COVERED if named else _COVERED_UNNAMED
    best: dict[tuple[int, str, str], Given] = {}
    for item in scored:
        candidate = by_place.get((item.hit.passage.doc_id, item.start))
        covered = _covered(named, asked, candidate) if candidate else None
        if candidate is None or covered is None:
            continue
        found = [("rules", given, least_ruled) for given in _ruled(question, kind, candidate, covered)]
        if item.answerable is not None and covered >= least_covered:
            found += [("reader", given, least_read) for given in _read(question, kind, item, candidate)]
        for how, given, (least, likely) in found:
            key = (item.hit.passage.doc_id, given.speaker, how)
            if given.score >= least and (key not in best or given.score > best[key].score):
                best[key] = replace(given, is_likely=given.score >= likely)
    return sorted(best.values(), key=lambda given: -given.score)


def _covered(named: Sequence[Name], asked: Sequence[frozenset[str]], candidate: Candidate) -> float | None:
    """Share of the question's words that the sentence and what is near it have; None when it is another thing."""
    near = f"{candidate.source.about} {candidate.hit.passage.text}"
    words = lower_words(near) if named else frozenset()
    if any(not has_name(name, words, near) for name in named):
        return None
    own = set(stems(f"{candidate.text} {candidate.source.about}"))
    around = set(stems(f"{candidate.before} {candidate.after}"))
    return sum(1.0 if s & own else 0.5 if s & around else 0.0 for s in asked) / max(len(asked), 1)


def _ruled(question: str, kind: Kind | None, candidate: Candidate, covered: float) -> Iterator[Given]:
    """The value nearest to the question's words."""
    if kind is not None and covered >= _COVERED_BY_RULES:
        for value in _values(question, kind, candidate)[:1]:
            score = 0.5 * covered + 0.5 * value.score
            yield Given(value.text, candidate, score, _speaker(candidate, kind, value.score))


def _read(question: str, kind: Kind | None, item: ScoredSentence, candidate: Candidate) -> Iterator[Given]:
    """The nearest value by rules and the reader's, or the one on which both agree."""
    nearest = _values(question, kind, candidate)[:1] if kind else []
    marked = _marked(question, kind, item)
    for value in nearest:
        agreed = bool(marked) and bool(set(stems(value.text)) & set(stems(marked)))
        text = value.text
        if agreed and not (kind == "date" and len(marked) < len(text)):
            text = marked
        score = _probability(item, kind, value.score, is_marked=agreed)
        yield Given(text, candidate, score, _speaker(candidate, kind, value.score))
        if agreed:
            return
    if marked:
        yield Given(marked, candidate, _probability(item, kind, 0.0, is_marked=True))


def _marked(question: str, kind: Kind | None, item: ScoredSentence) -> str:
    """What the reader marked in this sentence, cut down to the kind that is asked for; empty when it is no value."""
    if item.answer is None or not item.start <= item.answer.start < item.end:
        return ""
    text = item.hit.passage.between(*item.answer)
    text = " ".join(text.split()).strip(" .,;:")
    if len(text.split()) > _MAX_WORDS:
        return ""
    if kind is not None:
        held = values_in(question, kind, text, item.hit.source.published)
        text = max((value.text for value in held), key=len, default="")
    return text if set(stems(text)) - set(stems(question)) else ""


def _values(question: str, kind: Kind, candidate: Candidate) -> list[Value]:
    """As `values_in`; of names none that are rows of headings and links, and for "who" no labels and no peoples."""
    found = values_in(question, kind, candidate.text, candidate.hit.source.published)
    if kind != "name":
        return found
    found = [value for value in found if len(value.text.split()) <= _MOST_NAME_WORDS]
    return [value for value in found if not (_WHO.search(question) and _NOBODY.search(value.text))]


def _probability(item: ScoredSentence, kind: Kind | None, nearness: float, *, is_marked: bool) -> float:
    logit = _BIAS + _OF_KIND[kind] + _OF_ANSWERABLE * (item.answerable or 0.0) + _OF_RULE * nearness
    logit += _OF_TOPIC * (item.topical or 0.0)
    if is_marked:
        logit += _OF_READ + _OF_SPAN * ((item.answer_score or 0.0) - _USUAL_SPAN) / _SPREAD_OF_SPANS
        logit += _OF_BOTH * (nearness > 0)
    return logistic(logit)


def _speaker(candidate: Candidate, kind: Kind | None, nearness: float) -> str:
    """Who gives the number, when it counts what was asked for; `` is the document itself.

    One article may report two accounts, each with its speaker.
    """
    if kind != "number" or nearness < _COUNTS_WHAT_IS_ASKED:
        return ""
    who = speaker_of(candidate.text)
    return who.split()[-1].lower() if who else ""
