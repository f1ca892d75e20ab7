"""Does this source say what this sentence says? Numbers, dates, names, denials and roles, by code alone.

Each claim of a sentence is held against one cited sentence with what is near it: its neighbours, where a
pronoun points there, and what heads the document. A name or number that stands elsewhere in the same passage
supports nothing: "the bomb was hidden in a French jet" must not pass because a French minister and a Russian
jet are both in the article.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.question.analysis import Question
from askive.rag.text.clauses import claims_of
from askive.rag.text.date_mentions import Day, conflicts, entails
from askive.rag.text.names import Name, has_name, is_office
from askive.rag.text.negation import (
    denial,
    opposite,
    replaced_denial,
    supports_denial,
    swapped_roles,
    unsupported_denial,
)
from askive.rag.text.quantities import Quantity, compare
from askive.rag.text.words import stem, stems
from askive.rag.types import Verdict
from askive.rag.verification.readings import FRAMING, ClaimReading, SourceReading

_MAX_JOINT = 3
_LEANS = 0.15
_NOT_NEAR = "does not stand near the words that carry the claim"
SAME_STATEMENT = 0.6
"""From this share of common words on, two sentences speak of the same thing, and differing is contradicting."""

_MARKER = re.compile(r"\[\d{1,3}\]")
_OPENING = re.compile(r"^\W*(?:yes|no)\b\s*[.,;:!—–-]+\s*(?=\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Check:
    """What the rules say of a sentence.

    verdict: `supported`, `unsupported` or `contradicted`.
    reasons: why not supported, in words for people; empty when it is.
    used: which of the sources bear its claims, in the order of the claims, each once.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    used: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Finding:
    verdict: Verdict
    reasons: tuple[str, ...]
    coverage: float


def check(
    sentence: str,
    sources: Sequence[SourceSentence],
    question: Question | None = None,
    slack: float = 0.125,
    known: str = "",
) -> Check:
    """Check every claim of the sentence against the sources, best first.

    question: a part of its words may be repeated without support, its names and numbers may not.
    slack: share of a claim's words that may be the writer's own (one word always may, when slack is above 0).
    known: text that tells who is who: where it has "Sergey Lavrov", a source may say "Lavrov".
    """
    if not sources:
        return Check("unsupported", ("no source was found for it",), ())
    read = [SourceReading(source) for source in sources]
    plain = {word for source in read for word in source.lower_case}
    reasons: list[str] = []
    used: list[int] = []
    verdicts: set[Verdict] = set()
    # Markers such as [2] are no numbers; what follows "No." is the claim.
    said = _OPENING.sub("", _MARKER.sub(lambda match: " " * len(match.group()), sentence))
    for text in claims_of(said):
        claim = ClaimReading(text, question, plain, known)
        findings = [_against(claim, source, slack) for source in read]
        good = next((i for i, f in enumerate(findings) if f.verdict == "supported"), None)
        denied = max((f.coverage for f in findings if f.verdict == "contradicted"), default=0.0)
        # A sentence that says nearly all of it counts for more than its neighbour, which only leans on it.
        if good is not None and denied > findings[good].coverage + _LEANS:
            good = None
        if good is None and len(read) > 1 and not denied:
            joint = _jointly(claim, read, slack)
            if joint is not None:
                used += joint
                continue
        if good is None:
            # The source that says most of it tells best what is amiss.
            worst = max(findings, key=lambda f: (round(f.coverage, 2), f.verdict == "contradicted"))
            verdicts.add(worst.verdict)
            reasons += worst.reasons
        else:
            used.append(good)
    verdict: Verdict = (
        "contradicted" if "contradicted" in verdicts else "unsupported" if verdicts else "supported"
    )
    return Check(verdict, tuple(dict.fromkeys(reasons)), tuple(dict.fromkeys(used)))


def _against(claim: ClaimReading, source: SourceReading, slack: float) -> _Finding:
    coverage = claim.coverage(source)
    same = coverage >= SAME_STATEMENT
    missing: list[str] = []
    against: list[str] = []
    for quantity in claim.quantities:
        _quantity(quantity, source, missing, against)
    for day in claim.days:
        _day(day, source, missing, against)
    missing += [reason for name in claim.names if (reason := _name(name, claim, source))]
    missing += _denials(claim, source)
    if same:
        against += _turned(claim, source)
    if same and against:
        return _Finding("contradicted", tuple(against + missing), coverage)
    if new := claim.unheard(source.near_stems, source.about_stems, slack):
        missing.append(f"not in the source: {', '.join(_spoken(word, claim.text) for word in new[:6])}")
    if missing or against:
        return _Finding("unsupported", tuple(against + missing), coverage)
    return _Finding("supported", (), coverage)


def _quantity(quantity: Quantity, source: SourceReading, missing: list[str], against: list[str]) -> None:
    if any(compare(quantity, held) == "agrees" for held in source.near_quantities):
        return
    other = next((held for held in source.quantities if compare(quantity, held) == "differs"), None)
    # The same figure with another sign, currency or unit is no support.
    turned = other is not None and abs(other.value) == abs(quantity.value)
    if (
        not turned
        and quantity.unit != "%"
        and any(float(v) == quantity.value for v in source.near_numbers if _is_plain(v))
    ):
        return
    if other is not None:
        in_full = abs(quantity.value) == abs(other.value)
        against.append(f"says {_bounded(quantity, in_full)}, the source says {_bounded(other, in_full)}")
    else:
        missing.append(f"the number {quantity.text} is not in the source")


def _day(day: Day, source: SourceReading, missing: list[str], against: list[str]) -> None:
    # A year is also borne by any equal number: "the 2015 season".
    if any(entails(held, day) for held in source.near_days) or (
        day.month is None and day.year is not None and str(day.year) in source.near_numbers
    ):
        return
    other = next((held for held in source.days if conflicts(held, day)), None)
    if other is not None:
        told = f"{other.text} ({other.iso})" if other.resolved and other.iso else other.text
        against.append(f"says {day.text}, the source says {told}")
    else:
        missing.append(f"the date {day.text} is not in the source")


def _name(name: Name, claim: ClaimReading, source: SourceReading) -> str | None:
    """Why the name is not borne by the source; None when it is."""
    if not has_name(name, source.named, source.near_text) and not _is_known_as(name, claim, source):
        return f"“{name.text}” {_NOT_NEAR}"
    follows = stem(name.follows)
    if name.follows and follows not in FRAMING and follows in source.near_stems | source.about_stems:
        # In "the bridge" under the title "Aldermoor" the name is understood.
        headed = follows in source.stems or any(
            has_name(name, titled.words) and follows in map(stem, (*titled.words, titled.follows))
            for titled in source.titled
        )
        if not headed and not any(
            has_name(name, unit) and follows in map(stem, unit) for unit in source.units
        ):
            return f"“{name.text} {name.follows}”: the source has both words, but not together"
    return None


def _is_known_as(name: Name, claim: ClaimReading, source: SourceReading) -> bool:
    """Whether the source has the name in short, or the person whose office it is, and `known` says so."""
    if len(name.words) < 2 and name.text == name.text.split()[0]:
        return False
    if name.words[-1] in source.named and name.text in claim.known:
        return True
    if not is_office(name):
        return False
    for holder in claim.names:
        last = holder.words[-1]
        if holder is not name and last in source.named:
            office, last = re.escape(name.text), re.escape(last)
            pattern = rf"{office}\W[^.]{{0,60}}\b{last}\b|\b{last}\b,? (?:the )?{office}"
            if re.search(pattern, claim.known, re.IGNORECASE):
                return True
    return False


def _turned(claim: ClaimReading, source: SourceReading) -> list[str]:
    """Denials, opposites and swapped roles of a source clause that says the same."""
    nearest = _nearest(claim, source)
    said = [name.words[-1] for name in claim.names]
    if len(claim.words & set(stems(nearest))) < 0.5 * len(claim.words):
        return []
    if (word := denial(claim.text, nearest)) and not supports_denial(claim.text, source.source.text):
        return [f"the source says the opposite of it (“{_spoken(word, claim.text, nearest)}”)"]
    if pair := opposite(claim.text, nearest):
        words = [_spoken(word, claim.text, nearest) for word in pair]
        return [f"says “{words[0]}”, the source says “{words[1]}”"]
    if roles := swapped_roles(claim.text, source.source.text, said):
        return [f"who did it to whom is turned round: “{roles[0]} … {roles[2]}”"]
    return []


def _denials(claim: ClaimReading, source: SourceReading) -> list[str]:
    """A denial that the source does not bear, and one in the source that the claim passes over."""
    text = f"{source.source.text} ; {source.source.about}"
    if word := unsupported_denial(claim.text, text, claim.question.text if claim.question else ""):
        return [f"the source does not deny it (“{_spoken(word, claim.text)}”)"]
    if claim.words - source.stems and (word := replaced_denial(claim.text, _nearest(claim, source))):
        return [f"the source denies something of it (“{_spoken(word, source.source.text)}”)"]
    return []


def _nearest(claim: ClaimReading, source: SourceReading) -> str:
    """The clause of the source that shares most with the claim."""
    wanted = claim.words | _name_stems(claim)
    return max(claims_of(source.source.text), key=lambda clause: len(wanted & set(stems(clause))))


def _jointly(claim: ClaimReading, read: Sequence[SourceReading], slack: float) -> tuple[int, ...] | None:
    """A source and those that complete it; None when nothing bears the claim.

    Names, numbers and dates must all stand with the one: what two sentences say of two people must not be
    joined to a third thing. The others, which share a name with the claim, only bring words.
    """
    for first, source in enumerate(read):
        others = [i for i in range(len(read)) if i != first and _shares_name(claim, read[i])]
        half = len(claim.words & source.stems) * 2 >= len(claim.words)
        if not others or not half or claim.coverage(source) < SAME_STATEMENT:
            continue
        missing: list[str] = []
        against: list[str] = [*_turned(claim, source), *_denials(claim, source)]
        for quantity in claim.quantities:
            _quantity(quantity, source, missing, against)
        for day in claim.days:
            _day(day, source, missing, against)
        used = [first]
        missing += [name.text for name in claim.names if _name(name, claim, source)]
        heard = set(source.near_stems)
        for i in others:
            if (claim.words - heard) & read[i].stems and len(used) < _MAX_JOINT:
                used.append(i)
                heard |= read[i].stems
        if not missing and not against and not claim.unheard(heard, source.about_stems, slack):
            return tuple(dict.fromkeys(used))
    return None


def _shares_name(claim: ClaimReading, source: SourceReading) -> bool:
    return any(has_name(name, source.named) for name in claim.names)


def _name_stems(claim: ClaimReading) -> set[str]:
    return {stem(word) for name in claim.names for word in name.words}


def _spoken(stemmed: str, *texts: str) -> str:
    """A word as it stands in a text, for its stem."""
    return next((w for t in texts for w in re.findall(r"[\w'’-]+", t) if stem(w.lower()) == stemmed), stemmed)


def _bounded(quantity: Quantity, in_full: bool) -> str:
    """in_full: with sign, unit and measure, where the figures alone are the same."""
    sign = {"=": "", "~": "about ", ">": "more than ", "<": "less than "}[quantity.bound]
    if not in_full:
        return f"{sign}{quantity.text}"
    letter, factor = quantity.measure
    unit = quantity.unit if quantity.unit != "%" else ""
    measure = f" ({quantity.value * factor:g} {letter})" if letter else ""
    return f"{sign}{'-' if quantity.value < 0 else ''}{unit}{quantity.text}{measure}"


def _is_plain(value: str) -> bool:
    return value.replace(".", "", 1).isdigit()


def misplaced_names(reasons: Sequence[str]) -> list[str]:
    """The names that these reasons of a `Check` say are not where the claim is."""
    return [reason.removesuffix(_NOT_NEAR).strip(" “”") for reason in reasons if reason.endswith(_NOT_NEAR)]
