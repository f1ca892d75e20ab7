"""How an answer looks in a notebook: HTML in which every text is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Protocol


class _Source(Protocol):
    @property
    def title(self) -> str: ...
    @property
    def uri(self) -> str: ...
    @property
    def publisher(self) -> str | None: ...
    @property
    def published(self) -> str | None: ...


class _Hit(Protocol):
    @property
    def source(self) -> _Source: ...


class _Citation(Protocol):
    @property
    def marker(self) -> int: ...
    @property
    def hit(self) -> _Hit: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def quote(self) -> str: ...


class _Sentence(Protocol):
    @property
    def text(self) -> str: ...
    @property
    def citations(self) -> Sequence[_Citation]: ...


class _Row(Protocol):
    @property
    def values(self) -> Mapping[str, str]: ...
    @property
    def citations(self) -> Sequence[_Citation]: ...


class _Answer(Protocol):
    @property
    def text(self) -> str: ...
    @property
    def sentences(self) -> Sequence[_Sentence]: ...
    @property
    def columns(self) -> Sequence[str]: ...
    @property
    def rows(self) -> Sequence[_Row]: ...
    @property
    def citations(self) -> Sequence[_Citation]: ...


class HtmlAnswer:
    """The part of an answer that notebooks call."""

    __slots__ = ()

    def _repr_html_(self: _Answer) -> str:
        """The sentences with numbers, the rows as a table, and the sources with their quotes."""
        said = " ".join(f"{escape(s.text)}{_numbers(s.citations)}" for s in self.sentences) or escape(
            self.text
        )
        return f"<div><p>{said}</p>{_table(self)}{_sources(self.citations)}</div>"


def _numbers(citations: Sequence[_Citation]) -> str:
    return "".join(f"<sup>[{citation.marker}]</sup>" for citation in citations)


def _table(answer: _Answer) -> str:
    if not answer.rows:
        return ""
    head = "".join(f"<th>{escape(column)}</th>" for column in answer.columns)
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{escape(row.values.get(column, ''))}</td>" for column in answer.columns)
        + f"<td>{_numbers(row.citations)}</td></tr>"
        for row in answer.rows
    )
    return f"<table><tr>{head}<th></th></tr>{rows}</table>"


def _sources(citations: Sequence[_Citation]) -> str:
    items = [
        f"<li value='{number}'><b>{escape(_about(citation.hit.source))}</b><br><q>{escape(citation.quote)}</q><br>"
        f"<small>{escape(citation.hit.source.uri)}, characters {citation.start}-{citation.end}</small></li>"
        for number, citation in sorted({citation.marker: citation for citation in citations}.items())
    ]
    return f"<ol>{''.join(items)}</ol>" if items else ""


def _about(source: _Source) -> str:
    rest = ", ".join(part for part in (source.publisher, source.published) if part)
    return f"{source.title} ({rest})" if rest else source.title
