"""The publishers of an archive that a text names."""

from __future__ import annotations

import re
from collections.abc import Sequence

# "BBC News - Arts", "BBC News: Arts"
_SECTION = re.compile(r"\s+[|–-]\s+|:\s")


def named_publishers(text: str, publishers: Sequence[str]) -> list[str]:
    """Those of `publishers` that the text names, with or without a leading `The`.

    `BBC News` names all its sections (`BBC News - Arts`), unless the text names one in full. A name of one word
    (`Fortune`, `The Age`) must be capitalised, unless the whole text is in lower case.
    """
    in_full = [name for name in publishers if _names(text, name)]
    houses = {_SECTION.split(name)[0] for name in in_full}
    return [
        name
        for name in publishers
        if name in in_full
        or ((house := _SECTION.split(name)[0]) != name and house not in houses and _names(text, house))
    ]


def _names(text: str, name: str) -> bool:
    bare = re.sub(r"^the\s+", "", name, flags=re.IGNORECASE)
    if len(bare) < 2:
        return False
    matches = re.finditer(rf"(?<!\w){re.escape(bare)}(?!\w)", text, re.IGNORECASE)
    if len(bare.split()) > 1 or text.islower():
        return any(matches)
    return any(match.group()[0].isupper() or match.group()[0].isdigit() for match in matches)
