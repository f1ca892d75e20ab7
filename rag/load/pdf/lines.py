"""Lines of PDF pages -> paragraphs.

A page of a PDF consists of lines. This module removes running heads, joins words that are hyphenated at a line's end,
and joins lines to paragraphs; each text stays on its page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

_LIGATURES = {
    0xFB00: "ff",
    0xFB01: "fi",
    0xFB02: "fl",
    0xFB03: "ffi",
    0xFB04: "ffl",
    0xFB05: "st",
    0xFB06: "st",
}
_UNSEEN = dict.fromkeys(
    (*range(3), *range(4, 9), *range(0x0B, 0x0D), *range(0x0E, 0x20), 0x7F, 0x200B, 0x2060, 0xFEFF)
)
_HYPHENS = "\ufffe\u00ad"
"""Characters for a hyphen that is only there because the line ended; viewers may hide them elsewhere."""
BLOCK_END = "\x03"
"""Ends a line after which another block of the page begins, so that a paragraph ends there too."""
_Slot = tuple[str, str, int]
_MARGIN_LINES = 2
_MIN_LINES = 5
_MIN_REPEATS = 3
_HEAD_SHARE = 0.3
_MAX_HEAD_CHARS = 100
_FULL_LINE = 0.85
_FEW_LINES = 10
_USUAL_WIDTH = 45
# "harbour", "well-known".
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
# "har-" at the end of a line.
_BROKEN = re.compile(rf"(?P<left>[^\W_]+)[-{_HYPHENS}]$")
# The first word of a line: "bour" of "bour master".
_FIRST_WORD = re.compile(r"[^\W\d_]+")
# "• one", "(1) one", "12. one", "(a) one", "b) one"; "| Ship: Aurora", the row of a table.
_ITEM = re.compile(r"(?:[|•◦▪●○■‣·–*-]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s")
# "3 Results", "2.1. Method of survey".
_NUMBERED_HEADING = re.compile(r"\d{1,2}(?:\.\d{1,2})*\.? [A-Z][^.]{2,60}$")
_OPENING = "\"'“‘«([ "
_HYPHENATED_PREFIXES = frozenset(
    "all anti co cross eight ex far five four half high ill long low mid multi nine non one pre pro re self semi seven"
    " short six so ten three two ultra vice well".split()
)


def rebuild_paragraphs(pages: Sequence[str]) -> list[str]:
    """The text of each page, with blank lines between paragraphs; as many strings as pages.

    A word that is hyphenated at the end of a page goes to that page as a whole.
    """
    rows = _without_running_heads([_rows(page) for page in pages])
    known = {
        word.lower()
        for lines in rows
        for line in lines
        for word in _WORD.findall(line.replace("\ufffe", "-"))
    }
    _join_across_pages(rows, known)
    return ["\n\n".join(_paragraphs(lines, known)) for lines in rows]


def _rows(page: str) -> list[str]:
    text = page.translate(_LIGATURES).replace("\r\n", "\n").replace("\r", "\n")
    # As PDFium marks such a hyphen in the text of a part of a page.
    text = text.replace("\x02\n", "\ufffe").translate(_UNSEEN)
    # PDFium puts its mark for such a hyphen in place of the line end.
    text = text.replace("\ufffe", "\ufffe\n")
    # Lone surrogates cannot be encoded in UTF-8.
    text = re.sub(r"[\ud800-\udfff]", "\ufffd", text)
    return [line for raw in text.split("\n") if (line := " ".join(raw.split()))]


def _without_running_heads(pages: list[list[str]]) -> list[list[str]]:
    """Remove lines that recur at the top or bottom of the pages (apart from numbers), and page numbers.

    The top of the first page stays: a running head is often the title.
    """
    full = [lines for lines in pages if len(lines) >= _MIN_LINES]
    least = max(_MIN_REPEATS, _HEAD_SHARE * len(full))
    n_pages_with = Counter(key for lines in full for key in {_key(line) for line in _margins(lines)})
    heads = {key for key, n in n_pages_with.items() if n >= least and not key.endswith((".", "!", "?"))}
    numbered = {slot for slot, n in Counter(_slots(pages)).items() if n >= least}
    remaining: list[list[str]] = []
    for index, lines in enumerate(pages):
        first, last = 0, len(lines)
        if last >= _MIN_LINES:
            if index and (_slots_of(lines[0], "top", index) & numbered or _key(lines[0]) in heads):
                first = 1
                first += _key(lines[1]) in heads
            if lines[-1] == str(index + 1) or _slots_of(lines[-1], "foot", index) & numbered:
                last -= 1
            while last > len(lines) - _MARGIN_LINES and _key(lines[last - 1]) in heads:
                last -= 1
        remaining.append(lines[first:last])
    return remaining


def _slots(pages: list[list[str]]) -> Iterator[_Slot]:
    for index, lines in enumerate(pages):
        if len(lines) >= _MIN_LINES:
            yield from _slots_of(lines[0], "top", index)
            yield from _slots_of(lines[-1], "foot", index)


def _slots_of(line: str, edge: str, index: int) -> set[_Slot]:
    """Positions of a possible page number in the line: edge, begin or end, and difference from the page's index."""
    if len(line) > _MAX_HEAD_CHARS:
        return set()
    numbers = {"begin": re.match(r"\d{1,5}(?!\S)", line), "end": re.search(r"(?<!\S)\d{1,5}$", line)}
    return {(edge, side, int(match.group()) - index) for side, match in numbers.items() if match}


def _margins(lines: list[str], n: int = _MARGIN_LINES) -> list[str]:
    return lines[:n] + lines[-n:]


def _key(line: str) -> str:
    return re.sub(r"\d+", "#", line.casefold()).rstrip(BLOCK_END)


def _join_across_pages(pages: list[list[str]], known: set[str]) -> None:
    for lines, following in pairwise(pages):
        if lines and following and _broken(lines[-1]) and following[0][0].islower():
            word, _, rest = following[0].partition(" ")
            lines[-1] = _joined(lines[-1], word, known)
            following[:1] = [rest] if rest else []


def _paragraphs(lines: Sequence[str], known: set[str]) -> list[str]:
    """Join lines; a paragraph ends where the next word would have fitted on the line."""
    lengths = sorted(map(len, lines))
    width = lengths[int(0.8 * (len(lengths) - 1))] if lengths else 0
    if len(lines) < _FEW_LINES:
        # On a title page or a slide the width of a full line is unknown.
        width = max(width, _USUAL_WIDTH)
    paragraphs: list[str] = []
    previous = ""
    for line in lines:
        if previous and not _ends_paragraph(previous, line, width):
            paragraphs[-1] = _joined(paragraphs[-1], line, known)
        else:
            paragraphs.append(line)
        previous = line
    return [_shown(paragraph) for paragraph in paragraphs]


def _ends_paragraph(line: str, following: str, width: int) -> bool:
    if (
        line.startswith("| ")
        or line.endswith(BLOCK_END)
        or _ITEM.match(following)
        or (_NUMBERED_HEADING.match(following) and line[-1] in ".:!?")
    ):
        return True
    if line[-1] in f",-{_HYPHENS}" or following.lstrip(_OPENING)[:1].islower():
        return False
    return len(line) + 1 + len(following.split(" ", 1)[0]) < _FULL_LINE * width


def _broken(text: str) -> re.Match[str] | None:
    # Near the end only, since a line can be one very long word.
    return _BROKEN.search(text, max(0, len(text) - 40))


def _joined(text: str, line: str, known: set[str]) -> str:
    """Join two lines. Other occurrences in the document show whether the word has a hyphen."""
    broken = _broken(text)
    if broken is None:
        return f"{text} {line}"
    left, stem = broken["left"], text[:-1]
    right = _FIRST_WORD.match(line)
    joined_word = f"{left}{right.group()}".lower() if right else ""
    if joined_word in known and (line[0].islower() or left.isupper()):
        return stem + line
    if right is None or not line[0].islower():
        return f"{stem}-{line}"
    if f"{left}-{right.group()}".lower() in known or left.lower() in _HYPHENATED_PREFIXES:
        return f"{stem}-{line}"
    return stem + line


def _shown(paragraph: str) -> str:
    return paragraph.replace("\ufffe", "-").replace("\u00ad", "").replace(BLOCK_END, "")
