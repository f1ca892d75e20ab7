"""Hits that differ in nothing but their number, score and publisher."""

from __future__ import annotations

from collections.abc import Sequence

from askive.rag.types import Hit, Passage, Source


def hits(*scores: float, publishers: Sequence[str] = ()) -> list[Hit]:
    return [
        Hit(
            Passage(f"text {n}", 0, 6, "", None, n, n),
            Source(n, f"{n}", "", "", None, publishers[n] if n < len(publishers) else None),
            score,
            n + 1,
            "fused",
        )
        for n, score in enumerate(scores)
    ]
