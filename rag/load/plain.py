"""Plain text, code and reStructuredText."""

from __future__ import annotations

import re
from pathlib import PurePath

from askive.rag.load.decoding import decode
from askive.rag.load.mail.quoted import PASTED_MAIL, pasted_mail
from askive.rag.load.sections import MAX_LEVEL, literal
from askive.rag.text.headings import first_heading
from askive.rag.types import Document

_MAX_TITLE_CHARS = 120
# "Launch\n======", and with the same line above it.
_RST_TITLE = re.compile(
    r"(?:^(?P<over>([=\-`:'\"~^_*+#<>])\2{2,})[ \t]*\n)?^(?P<title>[^\s][^\n]*|(?<=\n) [^\n]+)\n"
    r"(?P<under>([=\-`:'\"~^_*+#<>])\5{2,})[ \t]*(?:\n|\Z)",
    re.MULTILINE,
)


def load_plain(data: bytes, uri: str) -> Document:
    """The title is the first line if it is short and followed by a blank line, else the file name.

    Mails that were pasted into the text are sections, see `askive.rag.load.mail.quoted`.
    """
    from askive.rag.load.digest import sha256

    text = decode(data, uri)
    head, _, body = text.lstrip().partition("\n")
    stands_alone = body.startswith("\n") and len(head) <= _MAX_TITLE_CHARS
    title = head.strip() if stands_alone and head.strip() else PurePath(uri).stem
    pasted = pasted_mail(text, is_markdown=False)
    if pasted is None:
        return Document(uri=uri, title=title, text=text, media_type="text/plain", sha256=sha256(data))
    return Document(
        uri=uri,
        title=pasted.subject or title,
        text=pasted.text,
        media_type=PASTED_MAIL,
        sha256=sha256(data),
        published=pasted.published,
        metadata={"author": pasted.writer.name} if pasted.writer.name else {},
    )


def load_source(data: bytes, uri: str) -> Document:
    """Code, settings and logs: the text as it stands, under the name of its file."""
    from askive.rag.load.digest import sha256

    name = PurePath(uri).name
    return Document(uri=uri, title=name, text=decode(data, uri), media_type="text/plain", sha256=sha256(data))


def load_rst(data: bytes, uri: str) -> Document:
    """reStructuredText; underlined titles become headings of Markdown, in levels as they first occur."""
    from askive.rag.load.digest import sha256

    raw = decode(data, uri)
    parts: list[str] = []
    marks: list[tuple[str, bool]] = []
    at = 0
    for match in _RST_TITLE.finditer(raw):
        if len(match["under"]) < len(match["title"].rstrip()):
            continue
        mark = (match["under"][0], match["over"] is not None)
        if mark not in marks:
            marks.append(mark)
        level = min(marks.index(mark) + 1, MAX_LEVEL)
        parts += [literal(raw[at : match.start()]), f"{'#' * level} {match['title'].strip()}\n"]
        at = match.end()
    text = "".join([*parts, literal(raw[at:])])
    title = first_heading(text) or PurePath(uri).stem
    return Document(uri=uri, title=title, text=text, media_type="text/x-rst", sha256=sha256(data))
