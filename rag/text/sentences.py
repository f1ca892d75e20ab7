"""Sentence boundaries, as exact offsets.

These are rules instead of a trained splitter: every boundary must be explainable, and offsets must never change.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_SENTENCE_CHARS = 400
_NARROWEST = 40
"""Prose is not set in narrower columns: a line that ends earlier was ended by its writer."""


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
# `sank." `, `sank.[5] `, `sank.[21][a] `, `漏れた……」 ` before white space; `漏れた。` before anything;
# `sank.12 `, `aged 85.2 ` for the number of a note
_END = re.compile(
    r"""(?:(?<![.!?])[.!?]++|(?<![。！？…])[。！？…]++)["'”’»)\]}*_]*+"""
    r"""(?:(?:\[[^\[\]]{1,20}\])*+(?=\s|$)|(?P<note>\d{1,2})(?=\s))"""
    r"""|[。！？]["'”’»）」』]*+"""
)
# A blank line; or a line break before "- item", "2. item", "## Title", "| cell"
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*|\n(?=[ \t]*(?:[-*+•] |\d{1,3}[.)] |#{1,6} |\|))")
# The end of a cell: "Ship: Aurora; Captain"
_CELL_END = re.compile(r"; ")
# The space between columns: "Anna Berg   room 220", "Anna\t220"
_GAP = re.compile(r"(?<=[^\s.!?])(?:\t| {3,}+)[ \t]*+\S")
# "Manager: Ines Roy", "E-mail (home): a@b.example", "2024-01-02 ", "14:32 "
_LABEL = re.compile(r"[ \t]*(?:[^\W\d_][\w /().'&-]{0,40}:[ \t]+\S|\d{1,4}[-/.:]\d\d?\S*\s)")
# "220" and "," of "Anna Berg, room 220"
_MARK = re.compile(r"(\d+)|[^\w\s'’-]")
# The end of a line that goes on: "the harbour,", "North-", "Report of the"; but not "5 kg"
_GOES_ON = re.compile(r"(?:[,–-]|(?:^|[^\d\s]\s+)[a-z]{1,3})$")
_LIST_NUMBER = re.compile(r"\d{1,2}")
# "aged 85" before ".2"
_AFTER_WORD = re.compile(r"[^\W\d_]\s+\d{1,3}$")
# "sank.[5]" -> "[5]"
_REFERENCES = re.compile(r"""(?<=[.!?"'”’)])(?:\[[^\[\]]{1,20}\])+$""")
# The "Dr" of "(Dr."
_WORD_BEFORE = re.compile(r"([^\s(\[\"'“‘]+)$")
# Where a long sentence is split, the best place first: "rent; the", "rent, and the", "the rent".
_CUTS = (re.compile(r"[;:—](?=\s)"), re.compile(r",(?=\s)"), re.compile(r"\S(?=\s)"))


def split_sentences(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Sentences of `text[start:end]`, in order, without surrounding white space.

    Blank lines, list items and headings always end a sentence; the number of a list item is part of it, and so are the
    reference marks after it. So does the end of a line that is a record of its own: a line with columns, a label and
    its value, a short line. A line that begins with a bar is a row of a table: one sentence, split between cells
    after at most MAX_SENTENCE_CHARS characters. A longer sentence is split after so many at the end of a clause, else
    at white space. Every non-space character is in exactly one span.
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
    at = start
    while (line_end := text.find("\n", at, end)) >= 0:
        # In a passage, the beginning of the first line may be missing.
        line_start = text.rfind("\n", 0, line_end) + 1
        following = text[line_end + 1 : _line_end(text, line_end + 1, end)]
        if _ends_record(text[line_start:line_end], following, is_first=line_start == 0):
            _split_record(text, start, line_end, spans)
            start = line_end + 1
        at = line_end + 1
    _split_record(text, start, end, spans)


def _line_end(text: str, start: int, end: int) -> int:
    found = text.find("\n", start, end)
    return end if found < 0 else found


def _ends_record(line: str, following: str, *, is_first: bool) -> bool:
    """Whether a line that stands directly above another is a record, not a part of the same prose."""
    line, following = line.rstrip(), following.rstrip()
    if line.lstrip().startswith("|"):
        return True
    if not line or not following:
        # A page break, after which a sentence may go on.
        return False
    if line.lstrip().startswith(">") != following.lstrip().startswith(">"):
        # A quotation in a mail begins or ends.
        return True
    if _GAP.search(line) or _GAP.search(following):
        return True
    if following.lstrip("\"'“‘«([ \t")[:1].islower() or _GOES_ON.search(line[-80:]):
        return False
    if _LABEL.match(line) and _LABEL.match(following):
        return True
    marks = _marks(line)
    if len(marks) > 1 and "9" in marks and marks == _marks(following):
        return True
    if is_first and len(following) > _NARROWEST:
        return False
    return len(line) + 1 + len(following.split(maxsplit=1)[0]) <= _NARROWEST


def _marks(line: str) -> list[str]:
    return ["9" if match[1] else match[0] for match in _MARK.finditer(line)]


def _split_record(text: str, start: int, end: int, spans: list[Span]) -> None:
    start = _after_space(text, start, end)
    if start < end and text[start] == "|":
        _split_row(text, start, end, spans)
    else:
        _split_prose(text, start, end, spans)


def _split_row(text: str, start: int, end: int, spans: list[Span]) -> None:
    """One sentence, or whole cells up to MAX_SENTENCE_CHARS; a longer cell is prose."""
    at = cut = start
    for cell_end in [*(match.end() for match in _CELL_END.finditer(text, start, end)), end]:
        if cell_end - at > MAX_SENTENCE_CHARS:
            _add(text, at, cut, spans)
            at = cut
        if cell_end - at > MAX_SENTENCE_CHARS:
            _split_prose(text, at, cell_end, spans)
            at = cell_end
        cut = cell_end
    _add(text, at, end, spans)


def _split_prose(text: str, start: int, end: int, spans: list[Span]) -> None:
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
    if match.group()[0] != "." and not match["note"]:
        return not following.islower()
    if _LIST_NUMBER.fullmatch(text, start, match.start()):
        return False
    if following.islower():
        return False
    word = _WORD_BEFORE.search(text, max(start, match.start() - 30), match.start())
    before = word.group(1).lower() if word else ""
    if before in _NEVER_FINAL:
        return False
    if match["note"]:
        return _precedes_note(text, start, match.start(), before, rest)
    if before == "no" and following.isdigit():
        return False
    if len(before) == 1 and before.isalpha():
        # "type A. The pump", but "J. R. Smith", and "A. The tenant" as an item of a list
        above = text[max(start, match.start() - 30) : match.start() - 1].rstrip()
        return above[-1:].islower() and rest[1:2] != "." and _opens_like_a_sentence(rest)
    if before in _ABBREVIATIONS or re.fullmatch(r"(?:[a-z]\.)+[a-z]", before):
        return _opens_like_a_sentence(rest)
    return True


def _precedes_note(text: str, start: int, at: int, before: str, rest: str) -> bool:
    """Whether the number after the stop at `at` is that of a note: `species.12 Some`, `aged 85.2 Some`.

    After a number it could be a decimal, so the next word must be one that opens a sentence.
    """
    if before[-1:].isdigit():
        is_value = _AFTER_WORD.search(text, max(start, at - 40), at)
        return is_value is not None and rest[:2].isalpha() and _opens_like_a_sentence(rest)
    return len(before) > 1 and before.isalpha() and before not in _ABBREVIATIONS and rest[0].isupper()


def ends_sentence(text: str) -> bool:
    """Whether the text ends like a sentence. Rows of tables, items of lists and headings do not."""
    return text.rstrip("\"'”’»)]}*_ \n").endswith((".", "!", "?", "…", "。", "！", "？"))


def is_finished(text: str) -> bool:
    """Whether the last sentence of `text` has ended, whatever text may follow.

    Also False for a possible end: `210.` may become `210.50`, and a sentence may continue after `U.S.` or `"Stop!"`.
    """
    body = _REFERENCES.sub("", text.rstrip())
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
        for pattern in _CUTS:
            gaps = [m.end() for m in pattern.finditer(text, start + MAX_SENTENCE_CHARS // 3, cut)]
            if gaps:
                cut = gaps[-1]
                break
        spans.append(Span(start, cut))
        start = _after_space(text, cut, end)
    if end > start:
        spans.append(Span(start, end))
