"""Names that a sentence enumerates: "Present: Anna Berg (chair), Karl Kern and Rosa Lind"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from askive.rag.survey.list_values import ListValue
from askive.rag.survey.running_text import frames_text
from askive.rag.survey.sentences import SubjectSentence
from askive.rag.text.names import names_in

MIN_ITEMS = 3
_PARTICLES = r"(?:of\s+the|of|the|van|von|der|de|al|bin)"
# "Anna Berg", "Tiffin & Rye", "Port of Finsk", "Orlo 40"
_NAME = rf"[A-Z][\w.’'-]*(?:\s+(?:&\s+|{_PARTICLES}\s+(?=[A-Z]))?[A-Z\d][\w.’'-]*)*"
# "Anna Berg (chair)", "Sid Marl as a guest", "Edda Falk for the insurers"
_ITEM = re.compile(
    rf"(?P<value>{_NAME})(?:\s*\([^()]*\))?(?:\s+(?:as|for|from)\s+(?:an?\s+|the\s+)?[a-z]\w*)?"
)
# ", ", " and ", "; ", ", and by telephone "
_BETWEEN = re.compile(
    r"(?:\s*[,;]\s*(?:(?:and|or)\s+)?|\s+(?:and|or|as\s+well\s+as)\s+)(?:(?:the|by|with)\s+(?:[a-z]+\s+)?)?"
)
# "Orla Denning |of Brackwater Utilities|"
_OF_WHOM = re.compile(r"^(\S+\s+\S+(?:\s+\S+)?)\s+of\s.+$")


def enumerated_values(items: Sequence[SubjectSentence], limit: int) -> list[ListValue]:
    """The names that the first `limit` sentences with at least MIN_ITEMS names in a row enumerate, in their order."""
    found: list[ListValue] = []
    n_sentences = 0
    for item in items:
        if n_sentences == limit:
            break
        if not frames_text(item.sentence) and (names := enumerated(item.sentence.text)):
            n_sentences += 1
            found += [ListValue(name, item.sentence) for name in names]
    return found


def enumerated(text: str) -> list[str]:
    """The names of the longest enumeration in a text; empty when none has MIN_ITEMS."""
    runs: list[list[str]] = [[]]
    last: re.Match[str] | None = None
    for match in _ITEM.finditer(text):
        if not names_in(f"x {match['value']}"):
            continue
        if last is not None and not _BETWEEN.fullmatch(text, last.end(), match.start()):
            runs.append([])
        runs[-1].append(_bare(match["value"]))
        last = match
    best = max(runs, key=len)
    return best if len(best) >= MIN_ITEMS else []


def _bare(name: str) -> str:
    of_whom = _OF_WHOM.match(name)
    return (of_whom[1] if of_whom else name).rstrip(".,")
