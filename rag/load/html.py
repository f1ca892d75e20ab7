"""HTML: the visible text as Markdown, one line per block, heading, and row of a table."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import PurePath
from typing import Any, NamedTuple

from askive.rag.load.sections import literal
from askive.rag.load.tables.cells import one_line
from askive.rag.load.tables.html_table import html_table_lines
from askive.rag.load.tables.lines import Above
from askive.rag.text.dates import partial_date
from askive.rag.types import Document

_UNSEEN = ("script", "style", "noscript", "template", "svg", "head", "nav", "iframe", "object")
_BLOCKS = frozenset(
    "p div section article header footer main aside h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table tr "
    "blockquote pre figure figcaption form fieldset hr br address details summary".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_MAX_HEADING_CHARS = 200
"""A longer text is a paragraph that is set like a heading."""
_HEADING_MARK = "\ufdd5"
"""No text may have this code point."""
_SPACES = re.compile(r"\s+")
_DATES = (
    "article:published_time",
    "og:published_time",
    "datePublished",
    "date",
    "dc.date",
    "dc.date.issued",
    "dcterms.date",
    "dcterms.issued",
    "dcterms.created",
    "pubdate",
    "publishdate",
    "publish_date",
    "publication_date",
    "parsely-pub-date",
    "sailthru.date",
    "citation_publication_date",
    "citation_date",
)
# '"datePublished": "2016-03-04T10:30:00Z"' in JSON-LD.
_LINKED_DATE = re.compile(r'"datePublished"\s*:\s*"(?P<date>[^"]{4,40})"')
_PUBLISHERS = ("og:site_name", "publisher", "dc.publisher", "application-name")


def load_html(data: bytes, uri: str, above: Above | None = None) -> Document:
    """Text without scripts, styles and navigation, its headings those of Markdown; title, date and publisher from the
    page's metadata. above: of a piece of a page that begins within a table.
    """
    from bs4 import BeautifulSoup

    from askive.rag.load.digest import sha256

    soup = BeautifulSoup(data, "lxml")
    meta = {
        str(tag.get("property") or tag.get("name") or tag.get("itemprop")).lower(): str(tag.get("content"))
        for tag in soup.find_all("meta")
        if tag.get("content")
    }
    heading = soup.find("h1")
    title = (
        meta.get("og:title")
        or (soup.title.get_text(" ", strip=True) if soup.title else "")
        or (heading.get_text(" ", strip=True) if heading else "")
        or PurePath(uri).stem
    )
    dates = [meta.get(name.lower()) for name in _DATES]
    dates += [
        match["date"]
        for script in soup.find_all("script", type="application/ld+json")
        if (match := _LINKED_DATE.search(script.get_text()))
    ]
    if time := soup.find("time", attrs={"datetime": True}):
        dates.append(str(time["datetime"]))
    published = next((day for day in map(partial_date, dates) if day), None)
    publisher = next((meta[name] for name in _PUBLISHERS if meta.get(name)), None)
    return Document(
        uri=uri,
        title=" ".join(title.split()),
        text=_with_headings(visible_text_of(soup, uri, marks_headings=True, above=above)),
        media_type="text/html",
        sha256=sha256(data),
        published=published,
        publisher=publisher,
        metadata={"author": meta["author"]} if meta.get("author") else {},
    )


def visible_text(page: str) -> str:
    """The visible text of the page, one line per block, and per row of a table."""
    from bs4 import BeautifulSoup

    return visible_text_of(BeautifulSoup(page, "lxml"))


def visible_text_of(
    soup: Any, uri: str = "the page", *, marks_headings: bool = False, above: Above | None = None
) -> str:
    """As `visible_text`, of a parsed page or a part of it; iterative, since pages can be nested to any depth.

    uri: for error messages. marks_headings: for `_with_headings`. above: of the first table. Raises LoadError when a
    table is too large.
    """
    from bs4.element import NavigableString, PreformattedString

    pieces: list[str] = []
    n_pre = 0
    first = [above] if above else []
    waiting: list[Any] = [soup]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _End):
            pieces.append(node.text)
            n_pre -= node.closes_pre
        elif isinstance(node, NavigableString):
            # Skip comments, and the doctype, whose word "html" is not visible.
            if not isinstance(node, PreformattedString):
                text = node.replace(_HEADING_MARK, "")
                pieces.append(text if n_pre else _SPACES.sub(" ", text))
        elif (
            node.name == "table"
            and (rows := _table_text(node, uri, first.pop() if first else None)) is not None
        ):
            pieces.append(f"\n\n{rows}\n\n")
        elif marks_headings and not n_pre and (title := _title_of(node)):
            pieces.append(f"\n\n{_HEADING_MARK}{_HEADINGS[node.name]} {title}\n\n")
        elif node.name not in _UNSEEN:
            around = "\n\n" if node.name in _BLOCKS else ""
            pieces.append(around)
            n_pre += node.name == "pre"
            waiting.append(_End(" " if node.name in ("td", "th") else around, node.name == "pre"))
            waiting += reversed(node.contents)
    lines = (line.strip() for line in "".join(pieces).replace("\0", "").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _table_text(table: Any, uri: str, above: Above | None) -> str | None:
    """As `html_table_lines`; a table without rows loses those that were given to tell its heads."""
    rows = html_table_lines(table, visible_text_of, uri, above)
    if rows is None and above is not None and above.n_given:
        filled = [row for row in table.find_all("tr") if row.get_text(strip=True)]
        for row in filled[: above.n_given]:
            row.decompose()
    return rows


def _title_of(node: Any) -> str:
    """The text of a heading; empty for other elements, and for headings that are too long or have a table."""
    if node.name not in _HEADINGS or node.find("table"):
        return ""
    title = one_line(visible_text_of(node))
    return title if len(title) <= _MAX_HEADING_CHARS else ""


def _with_headings(text: str) -> str:
    """The text with its marked headings as headings of Markdown; one without a text below it stays a line of text."""
    lines = literal(text).split("\n")
    # The level of each heading, 0 for text.
    levels = {
        n: int(line[1]) if line.startswith(_HEADING_MARK) else 0 for n, line in enumerate(lines) if line
    }
    for (n, level), (_, below) in pairwise([*levels.items(), (0, 1)]):
        if level:
            title = lines[n][3:]
            lines[n] = literal(title) if below and below <= level else f"{'#' * level} {title}"
    return "\n".join(lines)


class _End(NamedTuple):
    """The end of an element, with the text to put after it."""

    text: str
    closes_pre: bool
