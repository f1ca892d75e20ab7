"""Marks that note-taking programs such as Obsidian add to Markdown: links between notes, callouts, names of blocks."""

from __future__ import annotations

import re

# "```python", "~~~".
_FENCE = re.compile(r" {0,3}(```|~~~)")
# "`[[ -f x ]]`" is code; "[[Weir 5]]", "[[Weir 5#Costs|the costs]]", "![[Weir 5]]" are links.
_LINK = re.compile(
    r"(?P<code>`[^`\n]+`)|!?\[\[(?P<target>[^\[\]|\n]{1,300})(?:\|(?P<shown>[^\[\]\n]{1,300}))?\]\]"
)
# "> [!warning]- Wet floor".
_CALLOUT = re.compile(r"^(?P<quote>[ \t]*(?:>[ \t]?)+)\[!(?P<kind>[\w-]{1,40})\][+-]?[ \t]*(?P<title>[^\n]*)")
# " ^a1b2c3" at the end of a paragraph, to which other notes link.
_BLOCK_NAME = re.compile(r"[ \t]\^[A-Za-z0-9-]{1,60}[ \t]*$")


def plain_notes(text: str) -> str:
    """The text with links and callouts as they are shown, except in code."""
    lines: list[str] = []
    fence = ""
    for line in text.split("\n"):
        if mark := _FENCE.match(line):
            fence = "" if fence == mark[1] else fence or mark[1]
        elif not fence:
            line = _BLOCK_NAME.sub("", _LINK.sub(_shown_link, _CALLOUT.sub(_shown_callout, line)))
        lines.append(line)
    return "\n".join(lines)


def _shown_link(match: re.Match[str]) -> str:
    if match["code"]:
        return match["code"]
    note, _, place = match["target"].strip().partition("#")
    return (match["shown"] or " > ".join(part for part in (note, place.strip("^# ")) if part)).strip()


def _shown_callout(match: re.Match[str]) -> str:
    kind = match["kind"].replace("-", " ").capitalize()
    return f"{match['quote']}{kind}: {match['title']}".rstrip()
