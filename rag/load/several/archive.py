"""ZIP archives: each member is read as a file of its own."""

from __future__ import annotations

import io
import zipfile
import zlib
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
_LOCKED = 1
_MAX_NAMED = 3
_BY_SYSTEM = (".DS_Store", "Thumbs.db", "desktop.ini")


def load_zip(data: bytes, uri: str, read: ReadAttachment) -> Document:
    """All members that can be read, each a section under its path. Raises LoadError as `members`."""
    from askive.rag.load.digest import sha256

    sections: list[str] = []
    unread: list[str] = []
    for name, content in members(data, uri, unread):
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


def members(data: bytes, uri: str, unread: list[str]) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of each file in the archive, in the order of the paths.

    unread: gets a note about each file that is locked, is damaged, or is hidden. Raises LoadError for an archive that
    is damaged, unpacks to more than is allowed, or has only such files.
    """
    check_zip(data, uri, None)
    n_failed = n_read = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        # An archive that was updated has a file twice; the later one replaces the earlier, as when it is unpacked.
        by_name = {_name(member): member for member in archive.infolist() if not member.is_dir()}
        for name, member in sorted(by_name.items()):
            if _is_by_system(name):
                continue
            if _is_hidden(name):
                unread.append(f"{name} is hidden")
            elif member.flag_bits & _LOCKED:
                n_failed += 1
                unread.append(f"{name} is locked with a password")
            else:
                try:
                    content = archive.read(member)
                except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, zlib.error):
                    n_failed += 1
                    unread.append(f"{name} is damaged and cannot be unpacked")
                    continue
                n_read += 1
                yield name, content
    if n_failed and not n_read:
        raise LoadError(
            f"{uri} has no file that can be unpacked: {'; '.join(unread[:_MAX_NAMED])}",
            remedy="unpack it and index the folder, or pack it again without a password",
        )


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
    """Also a file that would be unpacked outside of the folder."""
    return any(part.startswith(".") for part in PurePosixPath(name).parts)


def _is_by_system(name: str) -> bool:
    """Whether a system wrote it beside the files of the user."""
    return "__MACOSX" in PurePosixPath(name).parts or PurePosixPath(name).name in _BY_SYSTEM
