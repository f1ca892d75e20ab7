"""Sentence boundaries, as exact offsets.

These are rules instead of a trained splitter: every boundary must be explainable, and offsets must never change.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_SENTENCE_CHARS = 1200


class Span(NamedTuple):
    """Offsets into a text: `text[start:end]`."""

    start: int
    end: int


_ABBREVIATIONS = frozenset(
    """mr mrs ms dr prof rev hon st sgt lt col gen maj capt cmdr adm sen rep gov pres supt insp jr sr
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
    inc ltd co corp llc plc bros dept univ assn est vs etc al eg ie cf ca approx no nos vol vols fig figs
    eq eqs sec ch pp ed eds trans art para ref refs tab mt ft ave blvd rd hwy max min temp wt
    u.s u.k u.n e.u u.a.e d.c a.m p.m e.g i.e ph.d m.d b.a m.a b.sc m.sc""".split()
)
# Titles and references never end a sentence; other abbreviations do before a word that often opens one.
_NEVER_FINAL = frozenset(
    """mr mrs ms dr prof rev hon st sgt lt col gen maj capt cmdr adm sen rep gov pres supt insp
    vs eg ie cf ca approx nos vol vols fig figs eq eqs pp e.g i.e
    jan feb mar apr jun jul aug sep sept oct nov dec""".split()
)
# Possessive quantifiers and lookbehinds: a run of a million dots is matched once, not from each dot.
# `sank." `, `漏れた……」 ` before white space; `漏れた。` before anything
_END = re.compile(
    r"""(?:(?<![.!?])[.!?]++|(?<![。！？…])[。！？…]++)["'”’»)\]}*_]*+(?=\s|$)|[。！？]["'”’»）」』]*+"""
)
# A blank line; or a line break before "- item", "2. item", "## Title", "| cell"
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*|\n(?=[ \t]*(?:[-*+•] |\d{1,3}[.)] |#{1,6} |\|))")
_LIST_NUMBER = re.compile(r"\d{1,2}")
# The "Dr" of "(Dr."
_WORD_BEFORE = re.compile(r"([^\s(\[\"'“‘]+)$")
_SPACE = re.compile(r"\s+")


def split_sentences(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Sentences of `text[start:end]`, in order, without surrounding white space.

    Blank lines, list items and headings always end a sentence; the number of a list item is part of it. A longer
    sentence is split at white space after at most MAX_SENTENCE_CHARS characters. Every non-space character is in
    exactly one span.
    """
    end = len(text) if end is None else end
    spans: list[Span] = []
    at = start
    for match in _PARAGRAPH.finditer(text, start, end):
        _split_paragraph(text, at, match.start(), spans)
        at = match.end()
    _split_paragraph(text, at, end, spans)
    return spans


def _split_paragraph(text: str, start: int, end: int, spans: list[Span]) -> None:
    at = _after_space(text, start, end)
    for match in _END.finditer(text, start, end):
        if _ends_sentence(text, at, match, end):
            _add(text, at, match.end(), spans)
            at = _after_space(text, match.end(), end)
    _add(text, at, end, spans)


def _ends_sentence(text: str, start: int, match: re.Match[str], end: int) -> bool:
    rest = text[match.end() : min(match.end() + 40, end)].lstrip()
    if not rest:
        return True
    following = rest[0]
    if match.group()[0] != ".":
        return not following.islower()
    if _LIST_NUMBER.fullmatch(text, start, match.start()):
        return False
    if following.islower():
        return False
    word = _WORD_BEFORE.search(text, max(start, match.start() - 30), match.start())
    before = word.group(1).lower() if word else ""
    if before in _NEVER_FINAL:
        return False
    if before == "no" and following.isdigit():
        return False
    if len(before) == 1 and before.isalpha():
        return False
    if before in _ABBREVIATIONS or re.fullmatch(r"(?:[a-z]\.)+[a-z]", before):
        return _opens_like_a_sentence(rest)
    return True


def is_finished(text: str) -> bool:
    """Whether the last sentence of `text` has ended, whatever text may follow.

    Also False for a possible end: `210.` may become `210.50`, and a sentence may continue after `U.S.` or `"Stop!"`.
    """
    body = text.rstrip()
    last = next((match for match in _END.finditer(body) if match.end() == len(body)), None)
    if last is None:
        return False
    mark = last.group().rstrip("\"'”’»)]}*_")
    if mark != ".":
        return mark == last.group() and mark[-1] in "!?。！？"
    word = _WORD_BEFORE.search(body, max(0, last.start() - 30), last.start())
    before = word.group(1).lower() if word else ""
    if not before or before in _NEVER_FINAL | _ABBREVIATIONS or re.fullmatch(r"(?:[a-z]\.)*[a-z]", before):
        return False
    if before[-1].isdigit() and mark == last.group():
        start = split_sentences(body)[-1].start
        return len(body) < len(text) and not _LIST_NUMBER.fullmatch(body, start, last.start())
    return True


# Words that often open a sentence.
_OPENERS = frozenset(
    """the a an this that these those it its he she they we you i his her their our in on at by for from with
    as but and so when while after before since if although however meanwhile then there here some many most
    all no not according one two""".split()
)


def _opens_like_a_sentence(rest: str) -> bool:
    # "The", '“The'
    first = re.match(r"[\"'“‘(\[]*([^\W\d_]+)", rest)
    return bool(first) and first.group(1).lower() in _OPENERS if first else False


def _after_space(text: str, start: int, end: int) -> int:
    while start < end and text[start].isspace():
        start += 1
    return start


def _add(text: str, start: int, end: int, spans: list[Span]) -> None:
    start = _after_space(text, start, end)
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > MAX_SENTENCE_CHARS:
        cut = start + MAX_SENTENCE_CHARS
        gaps = [m.start() for m in _SPACE.finditer(text, start + MAX_SENTENCE_CHARS // 2, cut)]
        cut = gaps[-1] if gaps else cut
        spans.append(Span(start, cut))
        start = _after_space(text, cut, end)
    if end > start:
        spans.append(Span(start, end))
