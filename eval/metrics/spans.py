"""Spans of documents: find a quote, compare two spans."""

from __future__ import annotations

Span = tuple[int, int]


def locate(text: str, quote: str) -> Span | None:
    """Offsets of the first occurrence of `quote`, verbatim or else ignoring white space; None if absent."""
    at = text.find(quote) if quote.strip() else -1
    if at >= 0:
        return at, at + len(quote)
    places = [i for i, ch in enumerate(text) if not ch.isspace()]
    bare = "".join(text[i] for i in places)
    letters = "".join(quote.split())
    at = bare.find(letters) if letters else -1
    return None if at < 0 else (places[at], places[at + len(letters) - 1] + 1)


def overlaps(a: Span, b: Span) -> bool:
    """Whether the overlap is at least half of the shorter span."""
    shared = min(a[1], b[1]) - max(a[0], b[0])
    return shared > 0 and 2 * shared >= min(a[1] - a[0], b[1] - b[0])
