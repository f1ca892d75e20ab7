"""HTML: the visible text, one line per block, and per row of a table."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any, NamedTuple

from askive.rag.load.tables.html_table import html_table_lines
from askive.rag.text.dates import partial_date
from askive.rag.types import Document

_UNSEEN = ("script", "style", "noscript", "template", "svg", "head", "nav", "iframe", "object")
_BLOCKS = frozenset(
    "p div section article header footer main aside h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table tr "
    "blockquote pre figure figcaption form fieldset hr br address details summary".split()
)
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


def load_html(data: bytes, uri: str) -> Document:
    """Text without scripts, styles and navigation; title, date and publisher from the page's metadata."""
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
        text=visible_text_of(soup, uri),
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


def visible_text_of(soup: Any, uri: str = "the page") -> str:
    """As `visible_text`, of a parsed page or a part of it; iterative, since pages can be nested to any depth.

    uri: for error messages. Raises LoadError when a table is too large.
    """
    from bs4.element import NavigableString, PreformattedString

    pieces: list[str] = []
    n_pre = 0
    waiting: list[Any] = [soup]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _End):
            pieces.append(node.text)
            n_pre -= node.closes_pre
        elif isinstance(node, NavigableString):
            # Skip comments, and the doctype, whose word "html" is not visible.
            if not isinstance(node, PreformattedString):
                pieces.append(str(node) if n_pre else _SPACES.sub(" ", node))
        elif node.name == "table" and (rows := html_table_lines(node, visible_text_of, uri)) is not None:
            pieces.append(f"\n\n{rows}\n\n")
        elif node.name not in _UNSEEN:
            around = "\n\n" if node.name in _BLOCKS else ""
            pieces.append(around)
            n_pre += node.name == "pre"
            waiting.append(_End(" " if node.name in ("td", "th") else around, node.name == "pre"))
            waiting += reversed(node.contents)
    lines = (line.strip() for line in "".join(pieces).replace("\0", "").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _End(NamedTuple):
    """The end of an element, with the text to put after it."""

    text: str
    closes_pre: bool
