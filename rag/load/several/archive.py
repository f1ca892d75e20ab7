"""ZIP archives: each member is read as a file of its own."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import PurePath, PurePosixPath

from askive.rag.errors import LoadError
from askive.rag.load.mail.parts import ReadAttachment
from askive.rag.load.not_read import not_read, with_not_read
from askive.rag.load.sections import nested, section
from askive.rag.load.zip_limits import check_zip
from askive.rag.types import Document

ZIP = "application/zip"
_UTF_8_NAME = 0x800
"""Flag of a member whose name is UTF-8; other names may be in any encoding."""


def load_zip(data: bytes, uri: str, read: ReadAttachment) -> Document:
    """All members that can be read, each a section under its path. Raises LoadError as `members`."""
    from askive.rag.load.digest import sha256

    sections: list[str] = []
    unread: list[str] = []
    for name, content in members(data, uri):
        try:
            document = read(content, name, "")
        except LoadError as error:
            unread.append(error.message)
            continue
        if document is None:
            unread.append(unsupported(name))
            continue
        sections.append(section(name, nested(document, 1), 1))
        unread += (f"{name}: {part}" for part in not_read(document))
    title, digest = PurePath(uri).stem, sha256(data)
    archive = Document(uri=uri, title=title, text="\n\n".join(sections), media_type=ZIP, sha256=digest)
    return with_not_read(archive, unread)


def members(data: bytes, uri: str) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of each file in the archive, in the order of the paths; hidden files are ignored.

    Raises LoadError for an archive that is damaged, is locked, or unpacks to more than is allowed.
    """
    check_zip(data, uri, None)
    seen: set[str] = set()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in sorted(archive.infolist(), key=lambda member: member.filename):
            name = _name(member)
            if member.is_dir() or name in seen or _is_hidden(name):
                continue
            seen.add(name)
            try:
                content = archive.read(member)
            except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
                raise LoadError(
                    f"{uri} is damaged: {name} cannot be unpacked", remedy="download or pack it again"
                ) from error
            yield name, content


def unsupported(name: str) -> str:
    """The note about a member of a type that is not read."""
    return f"{name} is of an unsupported type"


def _name(member: zipfile.ZipInfo) -> str:
    name = member.filename
    if not member.flag_bits & _UTF_8_NAME:
        try:
            # Programs write UTF-8 without saying so; the module then takes it for the code page of old systems.
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = member.filename
    return "".join(char if char.isprintable() else "\ufffd" for char in name.replace("\\", "/"))


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or any(part.startswith(".") for part in parts)
