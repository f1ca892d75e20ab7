"""Sentences of a text by number, for gold data that identifies them by number or offset.

Independent of `askive.rag.text.sentences` on purpose: gold evidence must not change with the product's splitter.
"""

from __future__ import annotations

import re

# SciFact's abstracts end paragraphs with a literal backslash and n.
# 'left. "Then', "sank.\n2019", "(it sank.) The".
_BOUNDARY = re.compile(r"(?<=[.!?])([\"')\]]*)(?:\s|\\n)+(?=[\"'(\[]*[A-Z0-9])")
# "vs.", "e.g.", "Fig.", "Dr.", "Mrs.", "spp."; "J.".
_NOT_AN_END = re.compile(r"(?:\b(?:vs|al|cf|ca|approx|e\.g|i\.e|Fig|No|Dr|Mr|Mrs|Ms|St|spp?)\.|\b[A-Z]\.)$")


def numbered_sentences(text: str) -> list[tuple[int, int]]:
    """`(start, end)` of each sentence, in order; number 0 is the first."""
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _BOUNDARY.finditer(text):
        if _NOT_AN_END.search(text[start : match.start()]):
            continue
        spans.append((start, match.end(1)))
        start = match.end()
    if text[start:].strip():
        spans.append((start, len(text.rstrip())))
    return spans


def sentence_around(text: str, at: int) -> str:
    """The sentence at offset `at`; the whole text when there is none."""
    for start, end in numbered_sentences(text):
        if start <= at < end:
            return text[start:end]
    return text
