"""Query expansion with names that the first hits share: the bridge of a question with several steps.

"Who is accused by one paper and praised by another?" has no name; the first hits do. Searching again with their names
is pseudo-relevance feedback (Rocchio 1971) with names as terms.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from askive.rag.text.date_mentions import MONTHS
from askive.rag.text.words import STOP_WORDS
from askive.rag.types import Passage, Source

N_READ = 5
"""The number of first hits whose names count."""
_MIN_HITS = 2
_MAX_NAMES = 3
# "Raqqa", "Port Authority".
_NAME = re.compile(r"\b[A-Z][\w’'-]+(?:\s+[A-Z][\w’'-]+)*")
# " (Reuters, 2015-10)" after a title
_NOTE = re.compile(r"\s*\([^()]*\)$")
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_NO_NAMES = STOP_WORDS.union(MONTHS, _DAYS)


def bridging_names(question: str, passages: Sequence[tuple[Passage, Source]]) -> list[str]:
    """Names in at least two of the first hits but not in the question, the most frequent first; at most three."""
    asked = question.lower()
    frequency: Counter[str] = Counter()
    for passage, source in passages[:N_READ]:
        publisher = (source.publisher or "").lower()
        title = _NOTE.sub("", source.title)
        names = {_bare(match.group()) for match in _NAME.finditer(f"{passage.text} . {title}")}
        frequency.update(
            name
            for name in names
            if len(name) > 2 and name.lower() not in asked and name.lower() not in publisher
        )
    shared = [(name, n) for name, n in frequency.items() if n >= _MIN_HITS]
    shared.sort(key=lambda item: (-item[1], -len(item[0]), item[0]))
    return [name for name, _ in shared[:_MAX_NAMES]]


def _bare(name: str) -> str:
    """The name without leading stop words and genitive; empty when nothing is left."""
    parts = name.removesuffix("'s").removesuffix("’s").split()
    while parts and parts[0].lower() in _NO_NAMES:
        parts.pop(0)
    return " ".join(parts)
