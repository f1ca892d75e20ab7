"""Markdown as safe HTML: raw HTML in it stays text, links to scripts are dropped, pictures are not loaded."""

from __future__ import annotations

from functools import cache
from typing import Any

_TAGS = set(
    "p br hr h1 h2 h3 h4 h5 h6 ul ol li blockquote pre code em strong s sup table thead tbody tr th td a mark".split()
)
_ATTRIBUTES = {"a": {"href", "title"}, "th": {"style"}, "td": {"style"}, "ol": {"start"}}


@cache
def parser() -> Any:
    """The Markdown parser: CommonMark with tables and strikethrough, without raw HTML and pictures."""
    from markdown_it import MarkdownIt

    return (
        MarkdownIt("commonmark", {"html": False, "breaks": True})
        .enable(["table", "strikethrough"])
        .disable(["image"])
    )


def to_safe_html(markdown: str) -> str:
    """The HTML of a text, with only the tags of documents, and links to web pages and mail addresses only."""
    import nh3

    return nh3.clean(
        parser().render(markdown),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
