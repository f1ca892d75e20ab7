"""XML of any vocabulary: records as lines with the names of their fields, other elements as paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any

from askive.rag.errors import LoadError
from askive.rag.load.sections import literal, section
from askive.rag.load.structured.json_records import record_line
from askive.rag.text.dates import partial_date
from askive.rag.types import Document

XML = "application/xml"
_TITLES = frozenset(("title", "head", "heading", "caption"))
_DATES = ("pubDate", "published", "updated", "date")
_MAX_FIELD_CHARS = 300
"""An element with a longer text is a paragraph, not a field, and so is one with a sentence."""
# "The quay is long." with at least four words.
_SENTENCE = re.compile(r"(?:\S+\s+){3}.*[.!?]", re.DOTALL)


def load_xml(data: bytes, uri: str) -> Document:
    """An element whose children have only text is a record; one with text between its children is a paragraph.

    The title is the first element named `title` or `head` that is not in one of several elements of a name. Entities
    stay as they are written. Raises LoadError for what is not XML, or nested too deeply.
    """
    from lxml import etree

    from askive.rag.load.digest import sha256

    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        reason = str(error).partition(" (")[0]
        raise LoadError(
            f"{uri} is not valid XML: {reason}", remedy="save it again in the program that made it"
        ) from error
    titles = (element for element in root.iter() if _name(element) in _TITLES)
    title = next((text for element in titles if not _is_in_list(element) and (text := _text(element))), "")
    dates = (partial_date(root.findtext(f"{{*}}{name}")) for name in _DATES)
    return Document(
        uri=uri,
        title=title or PurePath(uri).stem,
        text="\n\n".join(_blocks(root, 1)),
        media_type=XML,
        sha256=sha256(data),
        published=next((date for date in dates if date), None),
    )


def _is_in_list(element: Any) -> bool:
    """Whether it is in one of several elements of a name, such as the articles of a feed or the lots of an auction."""
    return any(
        other.tag == around.tag
        for around in element.iterancestors()
        if (parent := around.getparent()) is not None
        for other in parent
        if other is not around
    )


def _blocks(element: Any, level: int) -> Iterator[str]:
    """The attributes and fields of an element as one record, then its other children in order."""
    children = [child for child in element if isinstance(child.tag, str)]
    if not children or _is_mixed(element):
        if text := _text(element):
            yield literal(text)
        if attributes := record_line(_attributes(element)):
            yield attributes
        return
    title = next((child for child in children if _name(child) in _TITLES and _text(child)), None)
    fields = [child for child in children if _is_field(child)]
    # A run of paragraphs is no record.
    repeated = len(fields) > 2 and len({_name(child) for child in fields}) == 1
    shown = () if repeated else fields
    others = [child for child in children if child not in shown]
    if title is None or not others:
        yield from _present(record_line([*_attributes(element), *_fields(shown)]))
        for child in others:
            yield from _blocks(child, level + 1)
        return
    record = record_line([*_attributes(element), *_fields([child for child in shown if child is not title])])
    blocks = [
        record,
        *(block for child in others if child is not title for block in _blocks(child, level + 1)),
    ]
    yield section(_text(title), "\n\n".join(_present(*blocks)), level)


def _present(*blocks: str) -> Iterator[str]:
    return filter(None, blocks)


def _fields(elements: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for element in elements:
        yield _name(element), _text(element)
        yield from ((f"{_name(element)}.{name}", value) for name, value in _attributes(element))


def _attributes(element: Any) -> list[tuple[str, str]]:
    return [(str(name).rpartition("}")[2], str(value)) for name, value in element.items()]


def _is_field(element: Any) -> bool:
    text = (element.text or "").strip()
    return len(element) == 0 and len(text) <= _MAX_FIELD_CHARS and not _SENTENCE.fullmatch(text)


def _is_mixed(element: Any) -> bool:
    """Whether text stands beside the children of an element."""
    return bool((element.text or "").strip()) or any((child.tail or "").strip() for child in element)


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())
