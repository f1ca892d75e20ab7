"""Rules that compare a sentence with its sources: numbers, dates, names and their roles, words. No model is used.

Each claim of a sentence is compared with one source sentence and its context: its neighbours, when a pronoun refers to
them, and the title and headings. A name or number elsewhere in the same passage supports nothing: "the bomb was hidden
in a French jet" must not pass because the article mentions a French minister and a Russian jet.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.passage_context import file_words
from askive.rag.question.analysis import Question
from askive.rag.text.clauses import claims_of
from askive.rag.text.date_mentions import Day, conflicts, entails
from askive.rag.text.names import Name, has_name, is_office, lower_words, names_in
from askive.rag.text.quantities import Quantity, compare
from askive.rag.text.roles import swapped_roles
from askive.rag.text.words import stem
from askive.rag.types import Verdict
from askive.rag.verification.readings import FRAMING, ClaimReading, SourceReading, lower_case_words

_MAX_JOINT = 3
_CONTRADICTION_MARGIN = 0.15
_NOT_MENTIONED = "is not mentioned in or near the cited text"
SAME_STATEMENT = 0.6
"""From this share of common words on, two sentences are about the same thing, so a difference is a contradiction."""

_MARKER = re.compile(r"\[\d{1,3}\]")  # [2]
# "No. ", "Yes - ", "No! "
_OPENING = re.compile(r"^\W*(?:yes|no)\b\s*[.,;:!—–-]+\s*(?=\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Check:
    """The result of the rules for a sentence.

    verdict: `supported`, `unsupported` or `contradicted`.
    reasons: why it is not supported, in words for users; empty when it is.
    used: indices of the sources that support its claims, in the order of the claims, each once.
    values_differ: a number, a date or a name is not as in the sources, or two names are exchanged. When it is not
    supported and they do not differ, the rules object to its wording alone, which a model that reads both judges.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    used: tuple[int, ...]
    values_differ: bool = False


@dataclass(frozen=True, slots=True)
class _Finding:
    verdict: Verdict
    reasons: tuple[str, ...]
    coverage: float
    values_differ: bool = False


def check(
    sentence: str,
    sources: Sequence[SourceSentence],
    question: Question | None = None,
    slack: float = 0.125,
    known: str = "",
) -> Check:
    """Check every claim of the sentence against the sources, best first.

    question: a part of its words may be repeated without support, but not its names and numbers.
    slack: the share of a claim's words that no source needs to have; above 0, at least one word is allowed.
    known: text that identifies people: when it has "Sergey Lavrov", a source may say "Lavrov". A word that it has in
    lower case is no name where it opens a claim.
    """
    if not sources:
        return Check("unsupported", ("no source sentence was found for it",), ())
    readings = [SourceReading(source) for source in sources]
    lower_case = lower_case_words(known).union(*(source.lower_case for source in readings))
    reasons: list[str] = []
    used: list[int] = []
    verdicts: set[Verdict] = set()
    values_differ = False
    # Markers such as [2] are not numbers; the claim follows "No.".
    statement = _OPENING.sub("", _MARKER.sub(lambda match: " " * len(match.group()), sentence))
    for text in claims_of(statement):
        claim = ClaimReading(text, question, lower_case, known)
        findings = [_compare(claim, source, slack, _beside(source, readings)) for source in readings]
        best = next((i for i, f in enumerate(findings) if f.verdict == "supported"), None)
        contradicted = max((f.coverage for f in findings if f.verdict == "contradicted"), default=0.0)
        # A source that has nearly all words of the claim outweighs a neighbour that needs it as context.
        if best is not None and contradicted > findings[best].coverage + _CONTRADICTION_MARGIN:
            best = None
        if best is None and len(readings) > 1 and not contradicted:
            joint = _joint_support(claim, readings, slack)
            if joint is not None:
                used += joint
                continue
        if best is None:
            # The source with most of the claim gives the most useful reason.
            closest = max(findings, key=lambda f: (round(f.coverage, 2), f.verdict == "contradicted"))
            verdicts.add(closest.verdict)
            reasons += closest.reasons
            # Another source may have the values, unless this one says the same with other values.
            values_differ |= all(finding.values_differ for finding in findings) or (
                closest.verdict == "contradicted" and closest.values_differ
            )
        else:
            used.append(best)
    verdict: Verdict = (
        "contradicted" if "contradicted" in verdicts else "unsupported" if verdicts else "supported"
    )
    return Check(verdict, tuple(dict.fromkeys(reasons)), tuple(dict.fromkeys(used)), values_differ)


def _beside(source: SourceReading, readings: Sequence[SourceReading]) -> list[SourceReading]:
    """The other sources from the same document."""
    doc_id = source.source.hit.passage.doc_id
    return [other for other in readings if other is not source and other.source.hit.passage.doc_id == doc_id]


def _compare(
    claim: ClaimReading, source: SourceReading, slack: float, beside: Sequence[SourceReading]
) -> _Finding:
    """beside: what else the sentence cites of the source's document."""
    coverage = claim.coverage(source)
    is_same = coverage >= SAME_STATEMENT
    missing: list[str] = []
    against: list[str] = []
    for quantity in claim.quantities:
        _check_quantity(quantity, source, missing, against)
    for day in claim.days:
        _check_day(day, source, missing, against)
    last_names = [name.words[-1] for name in claim.names]
    if is_same and (roles := swapped_roles(claim.text, source.source.text, last_names)):
        against.append(f"the roles are swapped: “{roles[0]} … {roles[2]}”")
    values_differ = bool(missing or against) or any(
        _is_foreign(name, claim, source) and not _is_given(name, claim, source, beside)
        for name in claim.names
    )
    missing += [reason for name in claim.names if (reason := _missing_name(name, claim, source))]
    if is_same and against:
        return _Finding("contradicted", tuple(against + missing), coverage, values_differ)
    if new := claim.unsupported_stems(source.near_stems, source.about_stems, slack):
        missing.append(f"not in the source: {', '.join(_word_for(word, claim.text) for word in new[:6])}")
    if missing or against:
        return _Finding("unsupported", tuple(against + missing), coverage, values_differ)
    return _Finding("supported", (), coverage)


def _check_quantity(
    quantity: Quantity, source: SourceReading, missing: list[str], against: list[str]
) -> None:
    if any(compare(quantity, stated) == "agrees" for stated in source.near_quantities):
        return
    other = next((stated for stated in source.quantities if compare(quantity, stated) == "differs"), None)
    # The same figure with another sign, currency or unit is no support.
    same_figure = other is not None and abs(other.value) == abs(quantity.value)
    if (
        not same_figure
        and quantity.unit != "%"
        and any(float(v) == quantity.value for v in source.near_numbers if _is_plain(v))
    ):
        return
    if other is not None:
        in_full = abs(quantity.value) == abs(other.value)
        against.append(f"says {_bounded(quantity, in_full)}, the source says {_bounded(other, in_full)}")
    else:
        missing.append(f"the number {quantity.text} is not in the source")


def _check_day(day: Day, source: SourceReading, missing: list[str], against: list[str]) -> None:
    # An equal number also supports a year: "the 2015 season".
    if any(entails(stated, day) for stated in source.near_days) or (
        day.month is None and day.year is not None and str(day.year) in source.near_numbers
    ):
        return
    other = next((stated for stated in source.days if conflicts(stated, day)), None)
    if other is not None:
        wording = f"{other.text} ({other.iso})" if other.resolved and other.iso else other.text
        against.append(f"says {day.text}, the source says {wording}")
    else:
        missing.append(f"the date {day.text} is not in the source")


def _is_foreign(name: Name, claim: ClaimReading, source: SourceReading) -> bool:
    """Whether the name is neither in the source, nor beside it, nor above it."""
    known = has_name(name, lower_words(source.near_text), source.near_text)
    return not known and not _is_known_as(name, claim, source)


def _is_given(
    name: Name, claim: ClaimReading, source: SourceReading, beside: Sequence[SourceReading]
) -> bool:
    """Whether the question gives the name, the cited text may refer to it, and it displaces no other.

    It may when another cited sentence of the document, the file or its folder has the name, or when it has a pronoun or
    no name at all and stands in a passage that has it: "the ferry", "she", or whoever "went back in", may be the
    "Aldis" of an earlier sentence. Whether it is, no rule can tell. But where the source has a name that the claim
    leaves out, the claim may have exchanged them.
    """
    question = claim.question
    if question is None or not has_name(name, question.words, question.text):
        return False
    texts = [file_words(source.source.hit.source), *(other.source.text for other in beside)]
    own_names = names_in(source.source.text)
    if source.has_pronoun or not own_names:
        texts.append(source.source.hit.passage.text)
    claim_words = lower_words(claim.text)
    return any(has_name(name, lower_words(text), text) for text in texts) and all(
        has_name(own, claim_words, claim.text) for own in own_names
    )


def _missing_name(name: Name, claim: ClaimReading, source: SourceReading) -> str | None:
    """Why the source does not support the name; None when it does."""
    if not has_name(name, source.name_words, source.near_text) and not _is_known_as(name, claim, source):
        return f"“{name.text}” {_NOT_MENTIONED}"
    follows = stem(name.follows)
    if name.follows and follows not in FRAMING and follows in source.near_stems | source.about_stems:
        # Under the title "Aldermoor", "the bridge" means the Aldermoor bridge.
        is_in_heading = follows in source.stems or any(
            has_name(name, other.words) and follows in map(stem, (*other.words, other.follows))
            for other in source.heading_names
        )
        if not is_in_heading and not any(
            has_name(name, unit) and follows in map(stem, unit) for unit in source.units
        ):
            return f"“{name.text} {name.follows}”: the source has both words, but not together"
    return None


def _is_known_as(name: Name, claim: ClaimReading, source: SourceReading) -> bool:
    """Whether the source has the last name, or the holder of the office, and `known` connects the two."""
    if len(name.words) < 2 and name.text == name.text.split()[0]:
        return False
    if name.words[-1] in source.name_words and name.text in claim.known:
        return True
    if not is_office(name):
        return False
    for holder in claim.names:
        last = holder.words[-1]
        if holder is not name and last in source.name_words:
            office, last = re.escape(name.text), re.escape(last)
            # "Foreign Minister Sergey Lavrov"; "Lavrov, the Foreign Minister"
            pattern = rf"{office}\W[^.]{{0,60}}\b{last}\b|\b{last}\b,? (?:the )?{office}"
            if re.search(pattern, claim.known, re.IGNORECASE):
                return True
    return False


def _joint_support(
    claim: ClaimReading, readings: Sequence[SourceReading], slack: float
) -> tuple[int, ...] | None:
    """Indices of a main source and the sources that complete it; None when no set supports the claim.

    The main source must have all names, numbers and dates: statements about two people must not be combined to a third
    one. The other sources share a name with the claim and only add words.
    """
    for first, source in enumerate(readings):
        others = [i for i in range(len(readings)) if i != first and _shares_name(claim, readings[i])]
        has_half = len(claim.words & source.stems) * 2 >= len(claim.words)
        if not others or not has_half or claim.coverage(source) < SAME_STATEMENT:
            continue
        missing: list[str] = []
        against: list[str] = []
        for quantity in claim.quantities:
            _check_quantity(quantity, source, missing, against)
        for day in claim.days:
            _check_day(day, source, missing, against)
        used = [first]
        missing += [name.text for name in claim.names if _missing_name(name, claim, source)]
        supported = set(source.near_stems)
        for i in others:
            if (claim.words - supported) & readings[i].stems and len(used) < _MAX_JOINT:
                used.append(i)
                supported |= readings[i].stems
        if not missing and not against and not claim.unsupported_stems(supported, source.about_stems, slack):
            return tuple(dict.fromkeys(used))
    return None


def _shares_name(claim: ClaimReading, source: SourceReading) -> bool:
    return any(has_name(name, source.name_words) for name in claim.names)


def _word_for(stemmed: str, *texts: str) -> str:
    """The first word of the texts with this stem, as spelled; the stem itself when there is none."""
    return next((w for t in texts for w in re.findall(r"[\w'’-]+", t) if stem(w.lower()) == stemmed), stemmed)


def _bounded(quantity: Quantity, in_full: bool) -> str:
    """The quantity in words. in_full: with sign, unit and measure, because the figures alone are equal."""
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
    """The names that, by these reasons of a `Check`, the cited text does not mention."""
    return [
        reason.removesuffix(_NOT_MENTIONED).strip(" “”")
        for reason in reasons
        if reason.endswith(_NOT_MENTIONED)
    ]
