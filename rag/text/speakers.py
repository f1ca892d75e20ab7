"""The speaker that a sentence attributes a statement to: `Smith said`, `according to the ministry`."""

from __future__ import annotations

import re

from askive.rag.text.names import names_in

# A verb of saying; "told" with its listener: "told the BBC"
_SAYING_VERB = (
    r"said|says|say|claimed|claims|claim|alleged|alleges|argued|argues|argue|insisted|insists|maintained|maintains|asserted|reported"
    r"|reports|told\s+\w+(?:\s+\w+){0,3}?|believes?|estimated|estimates|denied|denies|acknowledged|warned|warns|added"
    r"|suggested|suggests|predicted|stated|states|announced|confirmed"
)
# "Rosa Lind", "Ministry of the Interior"
_SPEAKER = r"[A-Z][\w.’'-]*(?:\s+(?:of\s+|the\s+|for\s+|and\s+)?[A-Za-z][\w.’'-]*){0,7}?"
# "Rosa Lind said that ...", "The old captain, who had left, also claimed ...", "Officials reported on Monday that ..."
_PREFIX = re.compile(
    rf"^(?P<who>{_SPEAKER}|[Tt]he\s+[\w’'-]+(?:\s+[\w’'-]+){{0,5}}?|[A-Z]?[a-z]+(?:\s+[a-z]+){{0,2}}?)"
    rf"(?:,[^,]{{3,90}},)?\s+(?:has\s+|had\s+|have\s+|also\s+)?(?P<verb>{_SAYING_VERB})(?:\s+on\s+[A-Z]\w+)?,?\s+(?:that\s+)?(?=\S)"
)
# "according to the ministry," and "according to Lind who ..."
_ACCORDING = re.compile(r"\b[Aa]ccording to (?P<who>[^,.;:]{2,80}?)(?=\s*[,.;:]|\s+(?:who|which)\b|$)")
# "..., Rosa Lind said.", "..., the port authority reported."
_SUFFIX = re.compile(
    rf",\s+(?P<who>{_SPEAKER}|(?:the\s+)?[a-z]+(?:\s+[a-z]+){{0,3}}?)\s+(?P<verb>said|says|claimed|reported)\s*[.;]?\s*$"
)
_PRONOUNS = frozenset("he she it they we i you who this that these those there".split())

QUOTED_MESSAGE = "Quoted message"
"""How the headings of messages that a mail quotes begin, see `askive.rag.load.mail.quoted`."""
SIGNATURE = "Signature"
REPLY = "Reply"
"""How the headings of signatures, and of what its sender writes below a quotation, begin."""
# "Quoted message", "Re: Roof > Quoted message by Rosa Lind (5 March 2024, 10:12)", "Reply by Ann"
_WRITER = re.compile(
    rf"(?:^|.* > )(?:(?P<quoted>{QUOTED_MESSAGE})(?: by (?P<who>.+?))?(?: \(.*\))?|{REPLY} by (?P<author>.+)"
    rf"|(?P<signature>{SIGNATURE})(?: of .+)?)$",
    re.DOTALL,
)


def writer_in(heading: str) -> str | None:
    """Who wrote the part of a mail under this heading, as the heading names them; None when it says nothing of it.

    Empty for a quoted message whose writer is unknown, and for a signature, which says nothing.
    """
    match = _WRITER.match(heading)
    return None if match is None else match["who"] or match["author"] or ""


def quoted_writer(heading: str) -> str:
    """Who wrote the quoted message under this heading; empty when it is unknown, or none is quoted."""
    match = _WRITER.match(heading)
    return (match["who"] or "") if match is not None and match["quoted"] else ""


def speaker_of(quote: str) -> str | None:
    """The speaker of the quoted sentence, in its words; None for a plain statement or a pronoun."""
    text = " ".join(quote.split())
    match = _ACCORDING.search(text) or _SUFFIX.search(text) or _PREFIX.search(text)
    if match is None:
        return None
    who = match["who"].strip(" ,")
    if who.split()[0].lower() in _PRONOUNS or len(who) > 80:
        return None
    return who


def names_speaker(sentence: str, speaker: str) -> bool:
    """Whether the sentence names the speaker, at least by the last name."""
    last = speaker.split()[-1].lower().strip(".")
    return any(last in name.words for name in names_in(sentence))
