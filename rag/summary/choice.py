"""Which passages and sentences a summary is made of: central, new, and about what is asked.

Each next one is the one with the best balance of its own worth and its distance from those already chosen (maximal
marginal relevance: Carbonell & Goldstein, 1998). Worth is nearness to what is asked and to the centre of all (MEAD:
Radev et al., 2004).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from askive.models.protocols import Embedder, Vectors
from askive.rag.evidence.source_sentences import SourceSentence, candidates_of
from askive.rag.text.numbers import numbers
from askive.rag.text.sentences import is_finished
from askive.rag.text.words import words
from askive.rag.types import Hit
from askive.rag.verification.dictation import has_dictation

_NOVELTY = 0.4
_REPEATED = 0.86
"""From this cosine on two sentences say the same, unless their numbers differ."""
_SAME_DOCUMENT = 0.2
"""What is of one document counts as this much alike, so that a summary goes through several."""
_MUCH_LESS = 0.4
"""Sentences that are less about what is asked than this share of the best one are passed over."""
_MIN_WORDS, _MAX_WORDS = 4, 70
_LEAD, _UNFINISHED, _REFERS_BACK = 0.2, 0.3, 0.1
_DETAIL = 0.05
# "To: Colin Mabey"
_MAIL_HEADER = re.compile(r"(?:from|to|cc|bcc|date|sent|subject|reply-to|message-id):\s", re.IGNORECASE)
# "He said", "But the", "That is"; the reader of a summary does not know who or what.
_BACK_REFERENCE = re.compile(
    r"[\"“‘']?(?:he|she|they|it|his|her|their|its|this|that|these|those|but|and|however|also|so|then|there|such)\b",
    re.IGNORECASE,
)


def central(vectors: Vectors) -> Vectors:
    """The cosine of each row to the mean of all, shape (n,). vectors: unit rows, shape (n, dimension)."""
    mean = vectors.mean(axis=0)
    nearness: Vectors = vectors @ (mean / max(float(np.linalg.norm(mean)), 1e-9))
    return nearness


def diverse(vectors: Vectors, worth: Vectors) -> Iterator[tuple[int, float]]:
    """Row numbers, the next best one first, each with its highest cosine to the rows before it; all rows, once.

    vectors: unit rows, shape (n, dimension). worth: shape (n,).
    """
    nearest = np.zeros(len(vectors), dtype=np.float32)
    is_left = np.ones(len(vectors), dtype=bool)
    while is_left.any():
        balance = np.where(is_left, (1 - _NOVELTY) * worth - _NOVELTY * nearest, -np.inf)
        best = int(np.argmax(balance))
        yield best, float(nearest[best])
        is_left[best] = False
        nearest = np.maximum(nearest, vectors @ vectors[best])


def spread(vectors: Vectors, n: int) -> list[int]:
    """The n most central and diverse rows; all of them when there are no more than n."""
    if len(vectors) <= n:
        return list(range(len(vectors)))
    every = diverse(vectors, central(vectors))
    return [at for at, _ in (next(every) for _ in range(n))]


def statements(hits: Sequence[Hit]) -> list[SourceSentence]:
    """The sentences of the passages that can stand in a summary: no heading, no scrap, no question, nothing that asks
    somebody to say something."""
    return [sentence for sentence in candidates_of(hits) if _is_statement(sentence)]


def choose_sentences(
    sentences: Sequence[SourceSentence], embedder: Embedder, n_words: int, about: Vectors | None = None
) -> list[SourceSentence]:
    """Those of the sentences, with together about n_words words, that matter most, the best first; each statement once.

    about: how much each is about what is asked, shape (n,), 0 to about 1; None: nothing is asked.
    """
    if not sentences:
        return []
    vectors = embedder.embed([sentence.text for sentence in sentences])
    worth = central(vectors) + np.array([_form(sentence) for sentence in sentences], dtype=np.float32)
    if about is not None:
        kept = np.flatnonzero(about >= _MUCH_LESS * about.max()).tolist()
        sentences, vectors = [sentences[at] for at in kept], vectors[kept]
        worth = 0.5 * worth[kept] + about[kept]
    chosen: list[int] = []
    left = n_words
    for at, _ in diverse(_by_document(sentences, vectors), worth):
        says_it = np.flatnonzero(vectors[chosen] @ vectors[at] >= _REPEATED).tolist()
        if any(_same_numbers(sentences[at], sentences[chosen[other]]) for other in says_it):
            continue
        n = len(words(sentences[at].text))
        if chosen and n > left:
            break
        chosen.append(at)
        left -= n
    return [sentences[at] for at in chosen]


def _by_document(sentences: Sequence[SourceSentence], vectors: Vectors) -> Vectors:
    """The vectors with more dimensions, in which sentences of one document are alike: unit rows, shape (n, larger)."""
    documents = list(dict.fromkeys(sentence.hit.source.doc_id for sentence in sentences))
    own = np.zeros((len(sentences), len(documents)), dtype=np.float32)
    for row, sentence in zip(own, sentences, strict=True):
        row[documents.index(sentence.hit.source.doc_id)] = _SAME_DOCUMENT**0.5
    return np.hstack([vectors * (1 - _SAME_DOCUMENT) ** 0.5, own])


def _is_statement(sentence: SourceSentence) -> bool:
    n = len(words(sentence.text))
    if not _MIN_WORDS <= n <= _MAX_WORDS or has_dictation(sentence.text) or sentence.text.endswith("?"):
        return False
    if _MAIL_HEADER.match(sentence.text):
        return False
    return sentence.text.strip(" #*") not in (sentence.hit.passage.heading, sentence.hit.source.title)


def _form(sentence: SourceSentence) -> float:
    """What its place and wording add to its worth: at the beginning of the document, with figures, complete."""
    passage, text = sentence.hit.passage, sentence.text
    worth = _LEAD / (1 + sentence.span.start / 400) if passage.doc_id else 0.0
    worth += _DETAIL * bool(numbers(text))
    worth -= _UNFINISHED * (not is_finished(text))
    return worth - _REFERS_BACK * bool(_BACK_REFERENCE.match(text))


def _same_numbers(one: SourceSentence, other: SourceSentence) -> bool:
    return numbers(one.text) == numbers(other.text)
