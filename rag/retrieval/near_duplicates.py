"""Merge near-duplicate and adjacent hits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

from askive.rag.text.names import names
from askive.rag.text.numbers import numbers
from askive.rag.text.sentences import split_sentences
from askive.rag.text.words import words
from askive.rag.types import Hit, Passage, Source

_SHINGLE_WORDS = 3
MIN_SHARED = 0.5
"""The minimum Jaccard similarity of the shingles of two near-copies."""
_SAME_SENTENCE = 0.6
MAX_MERGED_CHARS = 2400


@lru_cache(maxsize=4096)
def shingles(text: str) -> frozenset[str]:
    """Every run of three words of a text; the words themselves when it has fewer (Broder, 1997)."""
    every = words(text)
    if len(every) < _SHINGLE_WORDS:
        return frozenset(every)
    return frozenset(
        " ".join(every[at : at + _SHINGLE_WORDS]) for at in range(len(every) - _SHINGLE_WORDS + 1)
    )


def near_copies(one: str, other: str) -> bool:
    """Whether two passages are copies of one text: syndicated, with another first line, a sentence more or less.

    False when the same sentence has another name or number in each: two accounts are two sources.
    """
    a, b = shingles(one), shingles(other)
    return bool(a) and len(a & b) >= MIN_SHARED * len(a | b) and not _differ(one, other)


def _differ(one: str, other: str) -> bool:
    """Whether a sentence has another name or number in the other text."""
    others = [(text, set(words(text))) for text in _sentences(other)]
    for text in _sentences(one):
        own_words = set(words(text))
        for other_text, other_words in others:
            shared = own_words & other_words
            if own_words == other_words or len(shared) < _SAME_SENTENCE * len(own_words | other_words):
                continue
            for values_in in (numbers, names):
                own, others_values = values_in(text), values_in(other_text)
                if own - others_values and others_values - own:
                    return True
    return False


def _sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text)]


def collapse(hits: Sequence[Hit]) -> list[Hit]:
    """The hits without near-copies of a better one, whose `also` gets their sources; ranks do not change.

    Passages of one document are copies only when they are equal: neighbours share a sentence by design.
    """
    kept: list[Hit] = []
    also: list[list[Source]] = []
    holders: dict[str, list[int]] = {}
    for hit in hits:
        own = shingles(hit.passage.text)
        shared = Counter(at for shingle in own for at in holders.get(shingle, ()))
        for at in sorted(at for at, n in shared.items() if n >= MIN_SHARED * len(own)):
            other = kept[at]
            if _is_copy(hit, other):
                known = {other.source.doc_id, *(source.doc_id for source in also[at])}
                also[at] += [source for source in (hit.source, *hit.also) if source.doc_id not in known]
                break
        else:
            for shingle in own:
                holders.setdefault(shingle, []).append(len(kept))
            kept.append(hit)
            also.append(list(hit.also))
    return [replace(hit, also=tuple(sources)) for hit, sources in zip(kept, also, strict=True)]


def _is_copy(hit: Hit, other: Hit) -> bool:
    one, another = hit.passage.text, other.passage.text
    if hit.source.doc_id == other.source.doc_id:
        return words(one) == words(another)
    return near_copies(one, another)


def number_ranks(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The hits in this order, with ranks 1, 2, 3..."""
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(hits, start=1))


def merge_neighbours(hits: Sequence[Hit], text_of: Callable[[int], str]) -> tuple[Hit, ...]:
    """Merge passages of one document and section that touch or overlap into one hit, at the rank of the better one.

    text_of: a document's text by its id. A merged hit keeps the better one's passage id, score and page, and
    `document.text[start:end] == text`; it is at most MAX_MERGED_CHARS long.
    """
    merged: list[Hit] = []
    for hit in hits:
        for at, other in enumerate(merged):
            if _touch(other.passage, hit.passage, text_of):
                merged[at] = _joined(other, hit, text_of(hit.source.doc_id))
                break
        else:
            merged.append(hit)
    return number_ranks(merged)


def _touch(one: Passage, other: Passage, text_of: Callable[[int], str]) -> bool:
    if (one.doc_id, one.heading, one.page) != (other.doc_id, other.heading, other.page):
        return False
    first, second = sorted((one, other), key=lambda passage: (passage.start, passage.end))
    if max(first.end, second.end) - first.start > MAX_MERGED_CHARS:
        return False
    return second.start <= first.end or not text_of(one.doc_id)[first.end : second.start].strip()


def _joined(better: Hit, worse: Hit, text: str) -> Hit:
    start = min(better.passage.start, worse.passage.start)
    end = max(better.passage.end, worse.passage.end)
    known = {better.source.doc_id, *(source.doc_id for source in better.also)}
    return replace(
        better,
        passage=replace(better.passage, text=text[start:end], start=start, end=end),
        also=(*better.also, *(source for source in worse.also if source.doc_id not in known)),
    )
