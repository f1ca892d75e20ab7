"""Articles one after the other, and letters of a letter book: where each begins in a text without markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from askive.rag.load.byline import find_byline
from askive.rag.text.date_mentions import days

ARTICLES = "articles"
LETTERS = "letters"
_MAX_TITLE_CHARS = 120
_MIN_TITLE_WORDS = 4
_MIN_HEADLINE_WORDS = 6
"""A shorter line above a text is a headline only if a dateline follows; otherwise it may be a heading of a section."""
_MIN_PROSE_CHARS = 100
_MIN_ARTICLES = 2
_MIN_LETTERS = 3
_MOSTLY = 0.8
_MAX_HEAD_LINES = 5
_MAX_HEAD_CHARS = 80
# "By Chine Labbé and Crispian Balmer".
_BYLINE = re.compile(r"By\s?[A-Z][^\n.!?]{2,80}$")
# "-----", "=====", "* * *", alone between blank lines.
_RULE = re.compile(r"(?<=\n\n)[ \t]*(?:[-=_#~]{5,}|(?:\*[ \t]?){3,}|[-=_#~*]{3})[ \t]*(?=\n\n)")
# "Dear Mrs Holt,", "My dearest Anna -", "Sir,", "Gentlemen:".
_SALUTATION = re.compile(
    r"^[ \t]*(?:(?:my |very )?dear(?:est)?\b[^\n.?]{1,60}|sirs?|madam|gentlemen)[,:—–-]+[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
# "LETTER XIV", "Letter 14. To Mrs. Saville", "No. 12", "To Mrs. Saville, England".
_LETTER_HEAD = re.compile(r"[ \t]*(?:LETTER\b|Letter\b|No\. ?\d|TO\b|To [A-Z])")


class Start(NamedTuple):
    """The place where a document begins. published: the date in its heading; None when there is none."""

    at: int
    title: str
    published: str | None = None


class _Block(NamedTuple):
    """Lines without a blank line between them."""

    start: int
    text: str


def find_documents(text: str) -> tuple[str, list[Start]]:
    """The rule and the beginnings of the documents in a text; no beginnings when it is one document."""
    for rule, find in _RULES.items():
        if starts := find(text):
            return rule, starts
    return "", []


def _articles(text: str) -> list[Start]:
    """The headlines of articles: lines between blank lines, above prose, at least two of them above a dateline.

    Where only some have a dateline, the others must be longer than headings of sections are.
    """
    blocks = _blocks(text)
    titles = [n for n in range(len(blocks)) if _is_headline(blocks, n)]
    dated = [n for n in titles if _has_dateline(blocks, n)]
    divided = _divided(text, blocks)
    if not divided and (len(dated) < _MIN_ARTICLES or titles[0] != 0):
        return []
    if divided:
        titles = divided
    elif len(dated) >= _MOSTLY * len(titles):
        titles = dated
    else:
        titles = [
            n for n in titles if n in dated or len(blocks[n].text.split()) >= _MIN_HEADLINE_WORDS or not n
        ]
    return [Start(blocks[n].start, blocks[n].text) for n in titles]


def _divided(text: str, blocks: Sequence[_Block]) -> list[int]:
    """The blocks below lines that divide the text, if each is a headline, and so is the first block."""
    ends = [match.end() for match in _RULE.finditer(text)]
    below = [0, *(n for n in range(1, len(blocks)) if _RULE.match(text, blocks[n - 1].start))]
    found = len(below) > 1 and len(below) > len(ends) and all(_is_headline(blocks, n) for n in below)
    return below if found else []


def _is_headline(blocks: Sequence[_Block], n: int) -> bool:
    """Whether a block is a headline: one line like a title, above prose, and not below another one."""
    if n + 1 >= len(blocks) or not _is_title(blocks[n].text) or (n and _is_title(blocks[n - 1].text)):
        return False
    following = next((block.text for block in blocks[n + 1 : n + 4] if not _is_head(block.text)), "")
    return len(following) >= _MIN_PROSE_CHARS


def _has_dateline(blocks: Sequence[_Block], n: int) -> bool:
    """Whether a dateline, a date or the name of an author stands directly below a headline."""
    below = []
    for block in blocks[n + 1 : n + 4]:
        below.append(block.text)
        if not _is_head(block.text):
            break
    byline = find_byline(blocks[n].text, "\n\n".join(below))
    return bool(byline.publisher or byline.published or any(map(_BYLINE.match, below)))


def _is_title(line: str) -> bool:
    words = line.split()
    return (
        "\n" not in line
        and len(words) >= _MIN_TITLE_WORDS
        and len(line) <= _MAX_TITLE_CHARS
        and line[-1] not in ".,;:!…)"
        and not line.endswith((".”", '."', "?”", '?"'))
        and line[0] not in "(|-*•"
        and not line.isupper()
        and not line[0].islower()
        and not _BYLINE.match(line)
    )


def _is_head(line: str) -> bool:
    """Whether a line may stand between a headline and its article: an author, a date, the source of a picture."""
    return "\n" not in line and len(line) < _MIN_PROSE_CHARS and line[-1] not in '.!?”"'


def _blocks(text: str) -> list[_Block]:
    # "first line\nsecond line" up to a line without visible characters.
    return [
        _Block(match.start(), match.group())
        for match in re.finditer(r"\S[^\n]*+(?:\n[^\S\n]*+\S[^\n]*+)*+", text)
        if not match.group().isspace()
    ]


def _letters(text: str) -> list[Start]:
    """The salutations of letters with the date and the heading above them; most must have one of both."""
    starts: list[Start] = []
    n_dated = 0
    for match in _SALUTATION.finditer(text):
        head = _letter_head(text, starts[-1].at if starts else 0, match.start())
        lines = [" ".join(line.split()) for line in text[head : match.start()].split("\n") if line.strip()]
        dates = (day.iso for day in days("\n".join(lines)) if not day.resolved)
        published = next((date for date in dates if date), None)
        n_dated += bool(lines)
        title = ", ".join(line.rstrip(".,") for line in (*lines, match.group().strip().rstrip(",:—–-")))
        starts.append(Start(head, title[:_MAX_TITLE_CHARS], published))
    return starts if len(starts) >= _MIN_LETTERS and n_dated >= _MOSTLY * len(starts) else []


def _letter_head(text: str, after: int, salutation: int) -> int:
    """The first of the short lines above a salutation that has a date or is a heading; else the salutation."""
    head = at = salutation
    for _ in range(_MAX_HEAD_LINES):
        lines = text[after:at].rstrip()
        at = after + lines.rfind("\n") + 1
        line = lines[at - after :]
        if not line or len(line) > _MAX_HEAD_CHARS:
            break
        if _LETTER_HEAD.match(line) or any(day.year for day in days(line)):
            head = at
        if at <= after:
            break
    return head


_RULES: dict[str, Callable[[str], list[Start]]] = {LETTERS: _letters, ARTICLES: _articles}
