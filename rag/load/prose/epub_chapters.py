"""The titles of an EPUB's chapters, from its table of contents."""

from __future__ import annotations

import io
import posixpath
import zipfile
from typing import Any

_HEAD_CHARS = 500
"""A chapter with a heading in this beginning has its title itself."""

_NCX = "application/x-dtbncx+xml"


class ChaptersWithTitles:
    """Converts each chapter with another converter, and puts its title above it if it has none."""

    def __init__(self, converter: Any, data: bytes) -> None:
        self._converter = converter
        self._titles = chapter_titles(data)

    def convert(self, stream: Any, info: Any, **options: Any) -> Any:
        """The chapter as Markdown; as the converters of markitdown."""
        result = self._converter.convert(stream, info, **options)
        text = str(result.markdown).strip()
        title = self._titles.get(info.filename or "", "")
        head = text[:_HEAD_CHARS]
        if text and title and not any(line.startswith("#") for line in head.split("\n")):
            # Of a title that is only set large.
            first, _, rest = text.partition("\n")
            is_title = first.strip(" *_").casefold() == title.casefold()
            result.markdown = f"# {title}\n\n{rest.strip() if is_title else text}"
        return result


def chapter_titles(data: bytes) -> dict[str, str]:
    """The title of each chapter by the name of its file, from `nav` or `navMap`; empty without a table of contents."""
    from urllib.parse import unquote

    titles: dict[str, str] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        # A book that names no table of contents may have one all the same.
        for name in _named_contents(archive) or archive.namelist():
            if not name.lower().endswith((".ncx", ".xhtml", ".html", ".htm")):
                continue
            content = archive.read(name)
            if not name.lower().endswith(".ncx") and b"toc" not in content:
                continue
            for target, title in _entries(_parsed(content)):
                # Only the first place in a file: the others are sections of it.
                titles.setdefault(posixpath.basename(unquote(target.partition("#")[0])), title)
    return titles


def _named_contents(archive: zipfile.ZipFile) -> list[str]:
    """The tables of contents that the book's list of files names; the other files need not be unpacked for them."""
    from urllib.parse import unquote

    package = next((name for name in archive.namelist() if name.lower().endswith(".opf")), None)
    root = None if package is None else _parsed(archive.read(package))
    if package is None or root is None:
        return []
    named = [
        posixpath.normpath(posixpath.join(posixpath.dirname(package), unquote(item.get("href", ""))))
        for item in root.iter("{*}item")
        if "nav" in (item.get("properties") or "").split() or item.get("media-type") == _NCX
    ]
    return [name for name in named if name in archive.NameToInfo]


def _parsed(content: bytes) -> Any:
    """The root; None for what is no XML."""
    from lxml import etree

    try:
        return etree.fromstring(
            content, etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
        )
    except etree.XMLSyntaxError:
        return None


def _entries(root: Any) -> list[tuple[str, str]]:
    entries: list[tuple[str, str]] = []
    if root is None:
        return entries
    for point in root.iter("{*}navPoint"):
        label, content = point.find("{*}navLabel"), point.find("{*}content")
        if label is not None and content is not None:
            entries.append((content.get("src", ""), " ".join("".join(label.itertext()).split())))
    for nav in root.iter("{*}nav"):
        if "toc" in (nav.get("{http://www.idpf.org/2007/ops}type") or "").split():
            entries += [
                (a.get("href", ""), " ".join("".join(a.itertext()).split())) for a in nav.iter("{*}a")
            ]
    return [(target, title) for target, title in entries if target and title]
