"""Whose words a stretch of a document is: those of a sender, of the writer of a letter, of the speaker of a turn."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import NamedTuple

from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.text.names import names_in
from askive.rag.text.speakers import writer_in

MAIL = ("message/", "application/mbox", "text/x-mail")
CAPTIONS = "text/vtt"
_MAX_SIGNATURE_CHARS = 200
# "From: Colin Marsh <c.marsh@brackwater.example>", "> *From:* Colin Marsh"
_SENDER = re.compile(
    r"^(?P<quoted>(?:[ \t]*>)*)[ \t*]*From\s?:[ \t*]*(?P<who>[^\n<>\[]{2,80}?)[ \t]*(?:[<\[][^\n]*)?$",
    re.MULTILINE,
)
# "On Mon, 3 May 2021 at 10:15, Rosa Lind <r@lind.example> wrote:", also over two lines: the quotation below it is hers
_WROTE = re.compile(
    r"^(?P<quoted>(?:[ \t]*>)*)[ \t]*On\b[^\n]{6,120}?[,\d](?:[ \t]*(?:AM|PM))?,?[ \t\n>]+"
    r"(?P<who>[^\W\d_][^\n<>,\d]{1,60}?)[ \t]*(?:<[^>\n]{1,80}>)?[ \t\n>]*wrote:",
    re.MULTILINE,
)
# The line that begins a signature, and what follows to the end of the message
_SIGNATURE = re.compile(r"^--[ \t]*$", re.MULTILINE)
# "> ", ">> "
_QUOTED = re.compile(r"[ \t]*((?:>[ \t]*)+)")
# "[00:01:02] Maria: we move", "**BERG:** no", "Anna Berg (chair): we need a pump"
_LABEL = re.compile(
    r"[\s\-*•|>_]*(?P<time>\[?\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?\]?[\s\-–—]*)?[*_]*"
    r"(?P<who>[A-Z][\w.’'-]*(?:\s+(?:(?:van|von|de|der|bin|al|el)\s+)?[A-Z][\w.’'-]*){0,3})"
    r"\s*(?:\([^)\n]{1,40}\))?[*_]*:[*_]*\s+(?=\S)"
)
# Labels of a form, not of a speaker
_NO_PERSON = frozenset(
    """present excused apologies absent date subject from to cc bcc sent note notes price prices item items total agenda
    product supplier decision decisions decided action actions title summary ref re attention warning page table figure
    annex place time location tel phone fax email e-mail address status type result question answer remark remarks
    background contents version published updated source sources conclusion next""".split()
)
_LINE_END = re.compile(r"\n")
# "Dear Mr Ehrlich,", "To whom it may concern": a letter, whose writer is named at its end
_OPENS_LETTER = re.compile(r"^(?:Dear\b|To whom it may concern)[^\n]{0,80}$", re.MULTILINE)
# "Nils Fabricius, purchasing"
_WRITER = re.compile(r"(?P<who>[A-Z][\w.’'-]*(?:\s+[A-Z][\w.’'-]*){1,3})\s*(?:[,(–-].{0,60})?")


class _Stretch(NamedTuple):
    """From `start` on the words at this depth of quotation are somebody's; who: empty when nobody is known."""

    start: int
    depth: int
    who: str


class Turns:
    """Whose words stand where.

    text_of: the text of a document by its id. authors: of documents with one author, by document id.
    """

    def __init__(self, text_of: Callable[[int], str], authors: Mapping[int, str]) -> None:
        self._text_of = text_of
        self._authors = authors
        self._known: dict[int, tuple[str, list[_Stretch]]] = {}

    def author_of(self, sentence: SourceSentence) -> str:
        """The author of the document; empty when none or several are known."""
        return self._authors.get(sentence.hit.passage.doc_id, "")

    def is_message(self, sentence: SourceSentence) -> bool:
        """Whether the sentence stands in a mail."""
        return sentence.hit.source.media_type.startswith(MAIL)

    def writer_of(self, sentence: SourceSentence) -> str:
        """Who wrote the message or letter that the sentence is part of; empty when it is none, or nobody is known.

        Of a quoted line it is the sender of what is quoted. A signature is nobody's statement.
        """
        passage = sentence.hit.passage
        if (named := writer_in(passage.heading)) is not None:
            return _bare(named)
        is_mail = self.is_message(sentence)
        if is_mail and "Attachment: " in passage.heading:
            return ""
        if passage.doc_id not in self._known:
            text = self._text_of(passage.doc_id)
            first = self._authors.get(passage.doc_id, "")
            self._known[passage.doc_id] = text, _stretches(text, first) if is_mail else _letter(text, first)
        text, stretches = self._known[passage.doc_id]
        depth = _depth(text, sentence.span.start)
        place = bisect_right([stretch.start for stretch in stretches], sentence.span.start)
        return next((one.who for one in reversed(stretches[:place]) if one.depth == depth), "")


def label_of(sentence: SourceSentence) -> str:
    """The speaker whose name stands before the paragraph of a sentence: `Anna Berg` of "Anna Berg: We need a pump.".

    A single name counts in capitals, after a time ("[00:01:02] Maria: We move."), and in captions. Empty when there is
    none.
    """
    text, at = sentence.hit.passage.text, sentence.span.start - sentence.hit.passage.start
    start = text.rfind("\n\n", 0, max(at, 0)) + 2
    start = 0 if start == 1 else start
    is_captioned = sentence.hit.source.media_type == CAPTIONS
    lines = [start, *(match.end() for match in _LINE_END.finditer(text, start, at))]
    labels = (label_at(text[line:], is_captioned=is_captioned) for line in reversed(lines))
    return next(filter(None, labels), "")


def label_at(text: str, *, is_captioned: bool = False) -> str:
    """The speaker named at the beginning of a text, before a colon; empty when there is none."""
    match = _LABEL.match(text)
    if match is None or match["who"].split()[0].lower().rstrip(".") in _NO_PERSON:
        return ""
    who = match["who"]
    return who if " " in who or who.isupper() or match["time"] or is_captioned else ""


def _stretches(text: str, first: str) -> list[_Stretch]:
    """The stretches of a mail, by the headers and the lines "... wrote:" in it. first: the sender of the whole."""
    found = [_Stretch(0, 0, first)]
    found += (
        _Stretch(match.start(), match["quoted"].count(">"), _bare(match["who"]))
        for match in _SENDER.finditer(text)
    )
    found += (
        _Stretch(match.start(), match["quoted"].count(">") + 1, _bare(match["who"]))
        for match in _WROTE.finditer(text)
    )
    found += (_Stretch(match.start(), 0, "") for match in _SIGNATURE.finditer(text))
    return sorted(found)


def _letter(text: str, author: str) -> list[_Stretch]:
    """The one stretch of a letter: from its greeting to the end; none of another text.

    The writer is its author, else the name in the first short line at its end: "Nils Fabricius, purchasing".
    """
    opening = _OPENS_LETTER.search(text)
    if opening is None:
        return []
    if not author:
        end = text[opening.end() :].rstrip()
        tail = end[max(0, len(end) - _MAX_SIGNATURE_CHARS) :]
        lines = [line.strip() for line in tail.split("\n")[1:]]
        named = [
            match["who"]
            for line in lines
            if (match := _WRITER.fullmatch(line)) and names_in(f"x {match['who']}")
        ]
        author = named[0] if named else ""
    return [_Stretch(opening.end(), 0, author)]


def _depth(text: str, at: int) -> int:
    """How often the line at `at` is quoted: 1 for "> We move"."""
    start = text.rfind("\n", 0, at) + 1
    match = _QUOTED.match(text, start)
    return match[1].count(">") if match else 0


def _bare(name: str) -> str:
    """`Rosa Lind` for `"Lind, Rosa"`, quoted or not."""
    bare = name.strip(" \t\"'*")
    last, comma, firsts = bare.partition(", ")
    return f"{firsts} {last}" if comma and firsts and " " not in last else bare
