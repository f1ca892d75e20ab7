"""Lines as a page shows them -> paragraphs as they were written.

A page of a PDF is only lines. Running heads go, words that were broken at a line's end are joined, and lines are
joined to paragraphs; what stands on which page stays known.
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
_UNSEEN = dict.fromkeys((*range(9), *range(0x0B, 0x0D), *range(0x0E, 0x20), 0x7F, 0x200B, 0x2060, 0xFEFF))
_HYPHENS = "\ufffe\u00ad"
"""Stand for a hyphen that was set only because the line ended; elsewhere they are shown as a hyphen or not."""
_Slot = tuple[str, str, int]
_MARGIN_LINES = 2
_MIN_LINES = 5
_MIN_REPEATS = 3
_HEAD_SHARE = 0.3
_MAX_HEAD_CHARS = 100
_FULL_LINE = 0.85
_FEW_LINES = 10
_USUAL_WIDTH = 45
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_BROKEN = re.compile(rf"(?P<left>[^\W_]+)[-{_HYPHENS}]$")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
# "• one", "(1) one", "12. one", "(a) one", "b) one".
_ITEM = re.compile(r"(?:[•◦▪●○■‣·–*-]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s")
# "3 Results", "2.1. Method of survey".
_NUMBERED_HEADING = re.compile(r"\d{1,2}(?:\.\d{1,2})*\.? [A-Z][^.]{2,60}$")
_OPENING = "\"'“‘«([ "
_HYPHENATED_PREFIXES = frozenset(
    "all anti co cross eight ex far five four half high ill long low mid multi nine non one pre pro re self semi seven"
    " short six so ten three two ultra vice well".split()
)


def mend_pages(pages: Sequence[str]) -> list[str]:
    """The pages' text, paragraphs set apart by blank lines; as many as came in.

    A word that is broken at the end of a page is put on that page as a whole.
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
    text = page.translate(_LIGATURES).replace("\r\n", "\n").replace("\r", "\n").translate(_UNSEEN)
    # PDFium puts its mark for such a hyphen where the line ended, and no line end.
    text = text.replace("\ufffe", "\ufffe\n")
    # Halves of surrogate pairs have no UTF-8.
    text = re.sub(r"[\ud800-\udfff]", "\ufffd", text)
    return [line for raw in text.split("\n") if (line := " ".join(raw.split()))]


def _without_running_heads(pages: list[list[str]]) -> list[list[str]]:
    """Drops what stands at the top or foot of page after page (its figures aside), and the numbers of pages.

    The top of the first page stays: what heads all pages is often the title.
    """
    full = [lines for lines in pages if len(lines) >= _MIN_LINES]
    least = max(_MIN_REPEATS, _HEAD_SHARE * len(full))
    seen = Counter(key for lines in full for key in {_key(line) for line in _margins(lines)})
    heads = {key for key, n in seen.items() if n >= least and not key.endswith((".", "!", "?"))}
    numbered = {slot for slot, n in Counter(_slots(pages)).items() if n >= least}
    kept: list[list[str]] = []
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
        kept.append(lines[first:last])
    return kept


def _slots(pages: list[list[str]]) -> Iterator[_Slot]:
    for index, lines in enumerate(pages):
        if len(lines) >= _MIN_LINES:
            yield from _slots_of(lines[0], "top", index)
            yield from _slots_of(lines[-1], "foot", index)


def _slots_of(line: str, edge: str, index: int) -> set[_Slot]:
    """Where the line has a number that may be the page's: at which edge, its begin or end, and how far from ours."""
    if len(line) > _MAX_HEAD_CHARS:
        return set()
    found = {"begin": re.match(r"\d{1,5}(?!\S)", line), "end": re.search(r"(?<!\S)\d{1,5}$", line)}
    return {(edge, side, int(match.group()) - index) for side, match in found.items() if match}


def _margins(lines: list[str], n: int = _MARGIN_LINES) -> list[str]:
    return lines[:n] + lines[-n:]


def _key(line: str) -> str:
    return re.sub(r"\d+", "#", line.casefold())


def _join_across_pages(pages: list[list[str]], known: set[str]) -> None:
    for lines, following in pairwise(pages):
        if lines and following and _broken(lines[-1]) and following[0][0].islower():
            word, _, rest = following[0].partition(" ")
            lines[-1] = _joined(lines[-1], word, known)
            following[:1] = [rest] if rest else []


def _paragraphs(lines: Sequence[str], known: set[str]) -> list[str]:
    """Lines joined; a new paragraph begins where a line ended although the next word would have fitted."""
    lengths = sorted(map(len, lines))
    width = lengths[int(0.8 * (len(lengths) - 1))] if lengths else 0
    if len(lines) < _FEW_LINES:
        # A title page, a slide: how wide a full line would be cannot be seen from them.
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
    if _ITEM.match(following) or (_NUMBERED_HEADING.match(following) and line[-1] in ".:!?"):
        return True
    if line[-1] in f",-{_HYPHENS}" or following.lstrip(_OPENING)[:1].islower():
        return False
    return len(line) + 1 + len(following.split(" ", 1)[0]) < _FULL_LINE * width


def _broken(text: str) -> re.Match[str] | None:
    # Near the end only: a line can be one endless word.
    return _BROKEN.search(text, max(0, len(text) - 40))


def _joined(text: str, line: str, known: set[str]) -> str:
    """Two lines as one. Whether a hyphen between them belongs to the word is seen from the rest of the document."""
    broken = _broken(text)
    if broken is None:
        return f"{text} {line}"
    left, stem = broken["left"], text[:-1]
    right = _FIRST_WORD.match(line)
    whole = f"{left}{right.group()}".lower() if right else ""
    if whole in known and (line[0].islower() or left.isupper()):
        return stem + line
    if right is None or not line[0].islower():
        return f"{stem}-{line}"
    if f"{left}-{right.group()}".lower() in known or left.lower() in _HYPHENATED_PREFIXES:
        return f"{stem}-{line}"
    return stem + line


def _shown(paragraph: str) -> str:
    return paragraph.replace("\ufffe", "-").replace("\u00ad", "")
