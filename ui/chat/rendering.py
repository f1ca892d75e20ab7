"""Markdown as safe HTML: raw HTML in it stays text, links to scripts are dropped, pictures are ours or not loaded."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from html import escape
from typing import Any
from urllib.parse import unquote

Pictures = Callable[[str], str]
"""From the source of a picture to the address at which this server has it; empty for one that it does not show."""
MARK_BEGIN, MARK_END = "\ue000", "\ue001"
"""Stand around the cited words in rendered text; private characters, which mean nothing to Markdown."""
_TAGS = set(
    "p br hr h1 h2 h3 h4 h5 h6 ul ol li blockquote pre code em strong s sup table thead tbody tr th td a mark"
    " img".split()
)
_MARKS = MARK_BEGIN + MARK_END
_ATTRIBUTES = {
    "a": {"href", "title"},
    "th": {"style"},
    "td": {"style"},
    "ol": {"start"},
    "img": {"src", "alt", "loading"},
}


@cache
def parser() -> Any:
    """The Markdown parser: CommonMark with tables and strikethrough, without raw HTML and pictures."""
    return _parser().disable(["image"])


@cache
def _picture_parser() -> Any:
    """As `parser`, with pictures; `env["pictures"]` has their addresses."""
    made = _parser()
    made.add_render_rule("image", _render_picture)
    return made


def _parser() -> Any:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])


def to_safe_html(markdown: str, pictures: Pictures | None = None) -> str:
    """The HTML of a text, with only the tags of documents, and links to web pages and mail addresses only.

    pictures: None shows none.
    """
    import nh3

    html = (
        parser().render(markdown)
        if pictures is None
        else _picture_parser().render(markdown, {"pictures": pictures})
    )
    return nh3.clean(
        html,
        tags=_TAGS if pictures is not None else _TAGS - {"img"},
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def _render_picture(_renderer: Any, tokens: Any, index: int, _options: Any, env: Any) -> str:
    token = tokens[index]
    # The parser has percent-encoded it.
    source = unquote(str(token.attrs.get("src", "")))
    # Marks are for the text: in an attribute, nobody would find them.
    marks = "".join(sign for sign in token.content + source if sign in _MARKS)
    alt, source = (text.translate(dict.fromkeys(map(ord, _MARKS))) for text in (token.content, source))
    address = env["pictures"](source)
    shown = f'<img src="{escape(address)}" alt="{escape(alt)}" loading="lazy">' if address else escape(alt)
    return f"{marks}{shown}"
