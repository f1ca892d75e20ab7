"""Texts for measurements: made of seeded words, so that each run has the same."""

from __future__ import annotations

import random
from collections.abc import Iterator

_N_WORDS = 20_000


def texts(n: int, n_bytes: int) -> Iterator[str]:
    """Texts of about so many bytes of seeded words, in sentences and paragraphs."""
    chance = random.Random(16)
    words = [
        f"{chance.choice('bdfgklmnprstv')}{chance.choice('aeiou')}{number:x}" for number in range(_N_WORDS)
    ]
    for _ in range(n):
        parts: list[str] = []
        size = 0
        while size < n_bytes:
            sentence = " ".join(chance.choices(words, k=14)).capitalize() + ". "
            if len(parts) % 6 == 5:
                sentence += "\n\n"
            parts.append(sentence)
            size += len(sentence)
        yield "".join(parts)
