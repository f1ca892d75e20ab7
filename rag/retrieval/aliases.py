"""Other names of a thing that a text itself gives: "Islamic State (ISIS)", "ISIS, also known as Daesh"."""

from __future__ import annotations

import re

from askive.rag.text.names import Name, is_acronym, names_in
from askive.rag.text.sentences import Span

_NEAR_CHARS = 120
# " (ISIS)", " (the ISIS;"
_ACRONYM_AFTER = re.compile(r"\s*\(\s*(?:the\s+|or\s+)?([A-Z][A-Z.-]*[A-Z])\s*[),;]")
# ", also known as ", " (otherwise called the "
_ALSO = r"\s*[,(]?\s*(?:also|otherwise)\s+(?:known\s+as|called)\s+(?:the\s+)?[\"“']?"
_ALSO_AFTER, _ALSO_BEFORE = re.compile(_ALSO, re.IGNORECASE), re.compile(rf"{_ALSO}$", re.IGNORECASE)
_OPEN = re.compile(r"\s*\(\s*(?:the\s+|or\s+)?$")


def aliases_at(text: str, span: Span) -> list[str]:
    """Names that the text gives next to `text[span.start:span.end]` for the same thing.

    In brackets only an acronym and the name that it abbreviates are the same: "Sinjar (Iraq)" gives nothing.
    """
    name, before, after = (
        text[slice(*span)],
        text[: span.start][-_NEAR_CHARS:],
        text[span.end :][:_NEAR_CHARS],
    )
    aliases: list[str] = []
    if (acronym := _ACRONYM_AFTER.match(after)) and abbreviates(acronym[1], name):
        aliases.append(acronym[1])
    if opening := _OPEN.search(before):
        words = _name_at_end(before[: opening.start()]).split()
        # "The militant group Islamic State (": as many words as the acronym abbreviates.
        tails = [" ".join(words[at:]) for at in range(len(words))]
        aliases += [tail for tail in tails if is_acronym(name) and abbreviates(name, tail)][:1]
    if also := _ALSO_AFTER.match(after):
        aliases += [following.text for following in names_in(after[also.end() :])[:1] if _is_first(following)]
    if also := _ALSO_BEFORE.search(before):
        aliases += [preceding] if (preceding := _name_at_end(before[: also.start()])) else []
    return aliases


def abbreviates(acronym: str, name: str) -> bool:
    """Whether the initials of a name of several words are letters of the acronym, in order and from the first on."""
    letters = re.sub(r"[^A-Z]", "", acronym)
    initials = [word[0] for word in re.findall(r"[\w’']+", name) if word[0].isupper()]
    if len(initials) < 2 or letters[:1] != initials[0]:
        return False
    rest = iter(letters)
    return all(initial in rest for initial in initials)


def _name_at_end(text: str) -> str:
    """The name that ends a text; empty when none does."""
    found = names_in(text)
    return found[-1].text if found and found[-1].end == len(text) else ""


def _is_first(name: Name) -> bool:
    return name.start == 0
