"""Which rows of labelled sets the reader is not trained on, so that figures and thresholds can be taken from them.

Many of these sets are made of contrasts: rows that share a text, a claim or a question form a group, which is withheld
or trained on as a whole. To withhold single rows would show how well a reader remembers, not how well it reads.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]

_ONE_OF = 16


def groups_of(path: Path) -> list[list[Row]]:
    """The rows of a JSON lines file in groups that share no `text`, `claim` or `question` with each other.

    Raises OSError; ValueError for a line that is not JSON.
    """
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    parents = list(range(len(rows)))

    def root(at: int) -> int:
        while parents[at] != at:
            parents[at] = parents[parents[at]]
            at = parents[at]
        return at

    first: dict[str, int] = {}
    for at, row in enumerate(rows):
        for key in (row.get("text"), row.get("claim"), row.get("question")):
            if key:
                parents[root(at)] = root(first.setdefault(key, at))
    groups: dict[int, list[Row]] = defaultdict(list)
    for at, row in enumerate(rows):
        groups[root(at)].append(row)
    return list(groups.values())


def is_held_out(group: Sequence[Row]) -> bool:
    """Decided by the text of its first row, so that it does not depend on other groups."""
    return hashlib.sha256(group[0]["text"].encode()).digest()[0] % _ONE_OF == 0
