"""What a mail quotes, and signatures, apart from what is new in it: each a section that names who wrote it.

Quoted are lines behind `>` and what follows the head of another message ("-----Original Message-----", "From: ...
Sent: ..."), or "On Tuesday, Rosa Lind wrote:". A signature follows a line of two hyphens.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from askive.rag.load.sections import literal, section
from askive.rag.text.speakers import QUOTED_MESSAGE, REPLY, SIGNATURE

PASTED_MAIL = "text/x-mail"
"""Media type of a plain text with mails in it."""
_MAX_DEPTH = 10
"""Quotes in quotes that are told apart."""
_MAX_ATTRIBUTION_LINES = 3
_MAX_ATTRIBUTION_CHARS = 300
_MAX_SIGNATURE_LINES = 15
_MAX_HEAD_LINES = 16
_MAX_SHOWN_CHARS = 80
_QUOTE = re.compile(r" {0,3}> ?")
_SIGNATURE = re.compile(r"--[ \t]*$")
# "-----Original Message-----", "---------- Forwarded message ---------", "Begin forwarded message:", "________________"
_DIVIDER = re.compile(
    r"\s*(?:-{2,}[\w\s]{4,60}-{2,}|Begin forwarded message:|_{8,}|-{8,})\s*$", re.IGNORECASE
)
# "From: Rosa Lind", "*Sent:* Monday", "Von: Rosa Lind", "De : Rosa Lind"
_FIELD = re.compile(r"\s*\*{0,2}(?P<name>[A-Za-zÀ-ÿ-]{2,12})\s?:\*{0,2}\s+(?P<value>\S.*)$")
_FROM = frozenset("from von de da van".split())
_SENT = frozenset("sent gesendet envoyé enviado inviato verzonden".split())
_WHEN = _SENT | frozenset("date datum fecha data".split())
_SUBJECT = frozenset("subject betreff objet asunto oggetto onderwerp".split())
_OTHER_FIELDS = _SUBJECT | frozenset("to cc bcc reply-to importance attachments an à para".split())
_VERB = r"(?:wrote|writes|schrieb|a écrit|escribió|ha scritto|schreef)"
_DAY_WORD = r"(?:On|Am|Le|El|Il|Op)"
# "On Tue, 5 Mar 2024 at 10:12, Rosa Lind <rosa@example.org> wrote:"
_ON_WROTE = re.compile(rf"{_DAY_WORD}\s+(?P<rest>\S.*?)\s+{_VERB}\s?:$")
# "Am 05.03.24 um 10:12 schrieb Rosa Lind:"
_ON_WROTE_WHO = re.compile(rf"{_DAY_WORD}\s+(?P<when>\S.*?\d\S*)\s+{_VERB}\s+(?P<who>\S.*?)\s?:$")
# "Rosa Lind wrote:", "Rosa Lind <rosa@example.org> wrote on 5 March 2024:"
_WHO_WROTE = re.compile(
    rf"(?P<who>[^:]{{2,100}}?)\s+{_VERB}(?:\s+(?:on\s+|am\s+)?(?P<when>[^:]{{3,60}}?(?::\d\d)?))?\s?:$"
)
# "Tue, 5 Mar 2024 at 10:12 AM, |Rosa Lind": up to the last time or year
_TIME_AND_WHO = re.compile(
    r"(?P<when>.*(?:\d{1,2}[:.]\d\d(?::\d\d)?(?:\s*[ap]\.?m\.?)?(?:\s*[+-]\d{4})?(?:\s*\(?(?:UTC|GMT|[A-Z]{3,4})\)?)?|\b\d{4}))"
    r"[,\s]+(?P<who>\S.*)$",
    re.IGNORECASE,
)
# "Rosa Lind <rosa@example.org>", "Rosa Lind [mailto:rosa@example.org]", "Rosa Lind (rosa@example.org)"
_ADDRESS = re.compile(r"\s*[<\[(]+(?:mailto:)?(?P<address>[^\s<>\[\]()]+@[^\s<>\[\]()]+)[>\])].*$")
# "Rosa", "Lind,", "von"
_NAME_WORD = re.compile(r"[^\W\da-z_]|(?:de|del|di|da|la|le|van|von|der|den|bin|al|el|y|und|and)$")
_PRONOUNS = frozenset("you he she they i we it".split())
# "## Costs" in a text of Markdown
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t].*$", re.MULTILINE)

Kind = Literal["text", "signature"]


class Writer(NamedTuple):
    """Who wrote a quoted message, and when, as it stands there; empty for what is not known."""

    name: str = ""
    when: str = ""


class _Piece(NamedTuple):
    """Consecutive lines of one writer, who is None for what is new."""

    writer: Writer | None
    kind: Kind
    lines: list[str]

    @property
    def text(self) -> str:
        return "\n".join(self.lines).strip("\n")


class _Head(NamedTuple):
    """The head of a message in a text. n_lines: with the divider above it."""

    n_lines: int
    writer: Writer
    subject: str


class Pasted(NamedTuple):
    """A text in which mails were pasted, as Markdown. The rest is of the message with which it begins, if it does."""

    text: str
    writer: Writer = Writer()
    subject: str = ""

    @property
    def published(self) -> str | None:
        """The day on which that message was sent, if it is clear."""
        from askive.rag.text.date_mentions import days

        return next((day.iso for day in days(self.writer.when) if day.day and day.other is None), None)


def with_history_apart(text: str, level: int, author: str = "") -> str:
    """The text of a mail as Markdown: what is new, quoted messages and signatures as sections of this level.

    author: the name of its sender.
    """
    return _joined(_pieces(text.split("\n"), None, 0, is_mail=True), level, author)


def pasted_mail(text: str, *, is_markdown: bool) -> Pasted | None:
    """A text with mails in it as Markdown; None when there are none.

    Only what has the head of a message, or says who wrote what follows, counts as a mail.
    """
    lines = text.split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    head = None if is_markdown else _head(lines, first, n_fields=3)
    if head is not None:
        own = lines[: first + head.n_lines]
        rest = _pieces(lines[len(own) :], None, 0, is_mail=True)
        if rest and rest[0].writer is None and rest[0].kind == "text":
            rest[0] = rest[0]._replace(lines=[*own, *rest[0].lines])
        else:
            rest.insert(0, _Piece(None, "text", own))
        return Pasted(_joined(rest, 1, head.writer.name), head.writer, head.subject)
    if not is_markdown:
        pieces = _pieces(lines, None, 0, is_mail=False)
        found = any(piece.writer is not None for piece in pieces)
        return Pasted(_joined(pieces, 1, "", "Below the quoted message")) if found else None
    return _in_markdown(text)


def _in_markdown(text: str) -> Pasted | None:
    """Mails in the sections of a text of Markdown: each ends with its section."""
    starts = [0, *(match.start() for match in _HEADING.finditer(text))]
    found = False
    shown: list[str] = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        body = text[start:end]
        heading = _HEADING.match(body)
        pieces = _pieces(body.split("\n"), None, 0, is_mail=False)
        if "```" in body or "~~~" in body or all(piece.writer is None for piece in pieces):
            shown.append(body)
            continue
        found = True
        level = len(heading[1]) + 1 if heading else 1
        shown.append(_joined(pieces, level, "", "Below the quoted message", is_markdown=True) + "\n\n")
    return Pasted("".join(shown).strip()) if found else None


def _joined(
    pieces: Sequence[_Piece], level: int, author: str, after: str = "", *, is_markdown: bool = False
) -> str:
    """after: heading of new text below a quoted message; the author's reply without it."""
    reply = after or (f"{REPLY} by {author}" if author else REPLY)
    shown: list[str] = []
    for piece in pieces:
        text = piece.text
        if not text.strip():
            continue
        if piece.writer is not None or not is_markdown:
            text = literal(text)
        if piece.kind == "signature":
            name = piece.writer.name if piece.writer is not None else author
            shown.append(section(f"{SIGNATURE} of {name}" if name else SIGNATURE, text, level))
        elif piece.writer is None:
            shown.append(section(reply, text, level) if shown else text.strip())
        else:
            shown.append(section(_title(piece.writer), text, level))
    return "\n\n".join(shown)


def _title(writer: Writer) -> str:
    by = f" by {writer.name}" if writer.name else ""
    return f"{QUOTED_MESSAGE}{by}{f' ({writer.when})' if writer.when else ''}"


def _pieces(lines: Sequence[str], writer: Writer | None, depth: int, *, is_mail: bool) -> list[_Piece]:
    """The lines by who wrote them. writer: of the lines that nothing else is said of.

    is_mail: whether lines behind `>` are quoted even if nothing says by whom, and signatures are looked for.
    """
    done: list[_Piece] = []
    at = _Piece(writer, "text", [])
    last = Writer()
    n = 0
    while n < len(lines):
        line = lines[n]
        if (head := _head(lines, n, n_fields=2 if is_mail else 3)) is not None:
            # All that follows is that message, up to the next head.
            writer, is_mail = head.writer, True
            done.append(at)
            at = _Piece(writer, "text", list(lines[n : n + head.n_lines]))
            n += head.n_lines
        elif _QUOTE.match(line):
            end = _end_of_quote(lines, n)
            attribution, said = _attribution(at.lines)
            if is_mail or attribution is not None:
                if attribution is not None:
                    del at.lines[len(at.lines) - len(said) :]
                inner = [_QUOTE.sub("", each, count=1) for each in lines[n:end]]
                # Replies stand between the parts of one message, of which only the first says whose it is.
                quoted = last = attribution or last
                done += [at, _Piece(quoted, "text", said)] if said else [at]
                done += (
                    _pieces(inner, quoted, depth + 1, is_mail=True)
                    if depth < _MAX_DEPTH
                    else [_Piece(quoted, "text", inner)]
                )
                at = _Piece(writer, "text", [])
            else:
                at.lines.extend(lines[n:end])
            n = end
        elif is_mail and _SIGNATURE.match(line):
            done.append(at)
            at = _Piece(writer, "signature", [])
            n += 1
        elif (above := _unmarked(lines, n)) is not None:
            # Below "On Tuesday, Rosa Lind wrote:" without marks all that follows is quoted.
            writer, n_lines = above
            is_mail = True
            done.append(at)
            at = _Piece(writer, "text", list(lines[n : n + n_lines]))
            n += n_lines
        else:
            at.lines.append(line)
            n += 1
    return _merged([*done, at])


def _merged(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Without empty pieces, and with those of one writer joined; a long signature is text."""
    merged: list[_Piece] = []
    for piece in pieces:
        if not piece.text.strip():
            continue
        if piece.kind == "signature" and sum(map(bool, map(str.strip, piece.lines))) > _MAX_SIGNATURE_LINES:
            piece = _Piece(piece.writer, "text", ["--", *piece.lines])
        last = merged[-1] if merged else None
        if last is not None and last.kind == piece.kind == "text" and last.writer == piece.writer:
            last.lines.extend(["", *piece.lines] if piece.writer is None else piece.lines)
        else:
            merged.append(piece)
    return merged


def _end_of_quote(lines: Sequence[str], start: int) -> int:
    """Where the lines behind `>` end; blank lines between them belong to them."""
    end = n = start
    while n < len(lines) and (_QUOTE.match(lines[n]) or not lines[n].strip()):
        n += 1
        if _QUOTE.match(lines[n - 1]):
            end = n
    return end


def _head(lines: Sequence[str], at: int, *, n_fields: int) -> _Head | None:
    """The head of a message that begins here: its sender and at least n_fields - 1 other fields, as only mails have."""
    n = at
    if _DIVIDER.match(lines[n]):
        n = next((k for k in range(n + 1, min(n + 4, len(lines))) if lines[k].strip()), len(lines))
    elif at and lines[at - 1].strip():
        return None
    fields: dict[str, str] = {}
    end = n
    for k in range(n, min(n + _MAX_HEAD_LINES, len(lines))):
        line = lines[k]
        match = _FIELD.match(line)
        name = match["name"].lower() if match else ""
        if not fields and name not in _FROM:
            return None
        if match and name in _FROM | _WHEN | _OTHER_FIELDS and name not in fields:
            fields[name] = match["value"].strip(" *")
            end = k + 1
        elif line.strip() and not line.startswith((" ", "\t")):
            break
    sender = next((value for name, value in fields.items() if name in _FROM), "")
    # "From: Harrow, To: Velm, Date: 5 May" is a journey.
    is_mail = fields.keys() & (_SENT | _SUBJECT) or ("@" in sender and fields.keys() & _WHEN)
    if len(fields) < n_fields or not is_mail:
        return None
    when = next((value for name, value in fields.items() if name in _WHEN), "")
    subject = next((value for name, value in fields.items() if name in _SUBJECT), "")
    return _Head(end - at, Writer(_name(sender), when[:_MAX_SHOWN_CHARS]), subject)


def _attribution(above: Sequence[str]) -> tuple[Writer | None, list[str]]:
    """Who wrote the quote below these lines, and the last of them, which say so."""
    end = len(above)
    while end and not above[end - 1].strip():
        end -= 1
    for n_lines in range(1, min(_MAX_ATTRIBUTION_LINES, end) + 1):
        said = above[end - n_lines : end]
        if not said[0].strip() or (writer := _written_by(said)) is None:
            continue
        # "On Tuesday," in the line above "Rosa Lind wrote:" belongs to it.
        for more in range(n_lines + 1, min(_MAX_ATTRIBUTION_LINES, end) + 1):
            longer = _written_by(above[end - more : end], is_dated=True)
            if above[end - more].strip() and longer is not None:
                return longer, list(above[end - more :])
        return writer, list(above[end - n_lines :])
    return None, []


def _unmarked(lines: Sequence[str], at: int) -> tuple[Writer, int] | None:
    """The writer of all that follows, and the number of lines that say so, with the date."""
    if not re.match(rf"\s*{_DAY_WORD}\s", lines[at]) or (at and lines[at - 1].strip()):
        return None
    for n_lines in range(1, min(_MAX_ATTRIBUTION_LINES, len(lines) - at) + 1):
        writer = _written_by(lines[at : at + n_lines], is_dated=True)
        if writer is not None:
            following = next((line for line in lines[at + n_lines :] if line.strip()), ">")
            return None if _QUOTE.match(following) else (writer, n_lines)
    return None


def _written_by(said: Sequence[str], *, is_dated: bool = False) -> Writer | None:
    """The writer that these lines name. is_dated: only where they also say when."""
    line = " ".join(" ".join(said).split()).strip("*_ ")
    if len(line) > _MAX_ATTRIBUTION_CHARS or not line.endswith(":"):
        return None
    if match := _ON_WROTE_WHO.fullmatch(line):
        return _writer(match["who"], match["when"])
    if match := _ON_WROTE.fullmatch(line):
        parts = _TIME_AND_WHO.fullmatch(match["rest"])
        if parts is not None:
            return _writer(parts["who"], parts["when"])
        return (
            None if is_dated else _writer(match["rest"].rpartition(",")[2], match["rest"].rpartition(",")[0])
        )
    if not is_dated and (match := _WHO_WROTE.fullmatch(line)) and _is_sender(match["who"]):
        return _writer(match["who"], match["when"] or "")
    return None


def _writer(who: str, when: str) -> Writer:
    return Writer(_name(who), when.strip(" ,")[:_MAX_SHOWN_CHARS])


def _is_sender(who: str) -> bool:
    """Whether these words can be a sender: they have an address, or are a name and no pronoun."""
    if _ADDRESS.search(who):
        return True
    parts = who.split()
    return len(parts) <= 5 and parts[0].lower() not in _PRONOUNS and all(map(_NAME_WORD.match, parts))


def _name(sender: str) -> str:
    """`Rosa Lind` of `"Rosa Lind" <rosa@example.org>`; the address where there is no name."""
    address = _ADDRESS.search(sender)
    name = (sender[: address.start()] if address else sender).strip(" \t,;\"'*")
    return (name or (address["address"] if address else ""))[:_MAX_SHOWN_CHARS]
