"""Texts for measurements: made of seeded words, so that each run has the same."""

from __future__ import annotations

import random
from collections.abc import Iterator

_N_WORDS = 20_000
_N_SENTENCES = 50_000
"""To put sentences together takes a tenth of the time of making them, and less than to read them."""
_N_WORDS_OF_SENTENCE = 14


def texts(n: int, n_bytes: int) -> Iterator[str]:
    """Texts of about so many bytes of seeded words, in sentences and paragraphs."""
    chance = random.Random(16)
    words = [
        f"{chance.choice('bdfgklmnprstv')}{chance.choice('aeiou')}{number:x}" for number in range(_N_WORDS)
    ]
    sentences = [
        " ".join(chance.choices(words, k=_N_WORDS_OF_SENTENCE)).capitalize() + "."
        for _ in range(_N_SENTENCES)
    ]
    n_chars = sum(map(len, sentences)) / _N_SENTENCES + 1
    for _ in range(n):
        chosen = chance.choices(sentences, k=int(n_bytes / n_chars) + 1)
        yield "\n\n".join(" ".join(chosen[at : at + 6]) for at in range(0, len(chosen), 6))
