"""Limits for files that are zip archives (.docx, .pptx, .xlsx, .epub, .zip)."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePath

from askive.rag.errors import LoadError
from askive.rag.text.dates import partial_date
from askive.rag.types import FILE_DATE

MAX_UNPACKED_BYTES = 512 * 2**20
"""Maximum size of all members: an archive of a few kilobytes can expand beyond any machine's memory."""
MAX_MEMBERS = 20_000
MAX_RATIO = 250
"""Maximum compression ratio of archives that expand to more than a few megabytes; tables reach about 50."""
_SMALL_BYTES = 16 * 2**20
_CORE = "docProps/core.xml"
_NAMESPACES = {"dc": "http://purl.org/dc/elements/1.1/", "terms": "http://purl.org/dc/terms/"}


def check_zip(data: bytes, uri: str, required_member: str | None) -> None:
    """Raises LoadError when the bytes are not a zip archive with this member, are encrypted, or expand too much.

    required_member: None for an archive of any members.

    The zipfile module never unpacks more than the size in a member's header, so that size can be trusted.
    """
    ending = PurePath(uri).suffix
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        locked = data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        raise LoadError(
            f"{uri} is locked with a password or in an older format"
            if locked
            else f"{uri} is not a valid {ending} file",
            remedy=f"save it again as {ending}, without a password",
        ) from error
    total = sum(member.file_size for member in members)
    if total > MAX_UNPACKED_BYTES or len(members) > MAX_MEMBERS:
        raise LoadError(
            f"{uri} unpacks to {total / 2**20:,.0f} MB in {len(members):,} parts;"
            f" at most {MAX_UNPACKED_BYTES // 2**20} MB in {MAX_MEMBERS:,} are read",
            remedy="split it into smaller files",
        )
    if total > max(_SMALL_BYTES, MAX_RATIO * len(data)):
        raise LoadError(
            f"{uri} unpacks to {total / 2**20:,.0f} MB, more than {MAX_RATIO} times its size",
            remedy="open it in the program that made it and save it again",
        )
    if required_member is not None and required_member not in {member.filename for member in members}:
        raise LoadError(
            f"{uri} is not a {ending} file: it has no {required_member}",
            remedy="give it the extension of its real type",
        )
    # In an archive of any members those that are not locked can be read.
    if required_member is not None and any(member.flag_bits & 1 for member in members):
        raise LoadError(f"{uri} is locked with a password", remedy="save it without a password")


def core_properties(data: bytes) -> dict[str, str]:
    """`title`, `author` and `file_date` (the day of the last change) of an Office file, as far as it has them."""
    from lxml import etree

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parser = etree.XMLParser(resolve_entities=False, no_network=True)
            root = etree.fromstring(archive.read(_CORE), parser)
    except (KeyError, zipfile.BadZipFile, OSError, etree.XMLSyntaxError):
        return {}
    properties = {
        "title": root.findtext("dc:title", "", _NAMESPACES),
        "author": root.findtext("dc:creator", "", _NAMESPACES),
        FILE_DATE: partial_date(
            root.findtext("terms:modified", None, _NAMESPACES)
            or root.findtext("terms:created", None, _NAMESPACES)
        ),
    }
    return {name: " ".join(value.split()) for name, value in properties.items() if value and value.strip()}
