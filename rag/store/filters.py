"""Filters on documents: names, date, publisher, path and metadata fields."""

from __future__ import annotations

import datetime
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from askive.rag.errors import UsageError
from askive.rag.text.dates import date_range, partial_date

_MAX_DESCRIBED = 3
COMPUTED = {"folder": "rtrim(uri, replace(uri, '/', ''))"}
"""Fields that follow from a column, each with its SQL expression. folder: the path without the file's name."""
SYNONYMS = {
    "author": ("author", "authors", "creator", "by"),
    "people": ("people", "author", "authors", "to", "cc", "speakers", "participants"),
    "language": ("language", "lang"),
    "tags": ("tags", "tag", "keywords", "categories"),
}
"""Fields by which documents are described, with the names that front matter and other sources give them."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that a document must all meet; an empty filter admits everything.

    after, before: days, inclusive. A document dated `2015-11` may be of any day of that month; a document without a
    date meets neither.
    publishers: any of these, case-insensitive.
    path: a glob over the uri, such as `*/2015/*.md`.
    where: metadata fields, or keys of COMPUTED or SYNONYMS, and substrings of their values, such as ("place", "Paris").
    documents: any of these, by title, path or id; `askive.rag.retrieval.named_documents` replaces them by uris, and
    only a filter with uris can be used as an SQL condition.
    """

    after: datetime.date | None = None
    before: datetime.date | None = None
    publishers: tuple[str, ...] = ()
    path: str | None = None
    where: tuple[tuple[str, str], ...] = ()
    documents: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Filter()

    def of_publisher(self, publisher: str) -> Filter:
        """This filter, limited to the publisher."""
        if self.publishers and publisher.lower() not in map(str.lower, self.publishers):
            return replace(self, publishers=("",))
        return replace(self, publishers=(publisher,))

    def within(self, first: datetime.date, last: datetime.date) -> Filter:
        """This filter, limited to documents that may be of these days; `date.min` and `date.max` mean no limit."""
        after = max(self.after or datetime.date.min, first)
        before = min(self.before or datetime.date.max, last)
        return replace(
            self,
            after=None if after == datetime.date.min else after,
            before=None if before == datetime.date.max else before,
        )

    def check(self, publishers: Sequence[str], fields: Sequence[str]) -> None:
        """Raises UsageError for a publisher or a field that no document has.

        publishers, fields: all values in the archive.
        """
        known = {publisher.lower() for publisher in publishers}
        for publisher in self.publishers:
            if publisher.lower() not in known:
                raise UsageError(
                    f"no document is published by {publisher!r}",
                    remedy=f"publishers here: {', '.join(publishers[:20]) or 'none'}",
                )
        for field, _ in self.where:
            if field not in COMPUTED and not set(SYNONYMS.get(field, (field,))) & set(fields):
                raise UsageError(
                    f"no document has a field {field!r}",
                    remedy=f"fields here: {', '.join([*fields, *COMPUTED])}",
                )

    def describe(self) -> str:
        """The conditions as text for users."""
        parts = [self._described_documents()] if self.documents else []
        if self.after:
            parts.append(f"from {self.after.isoformat()}")
        if self.before:
            parts.append(f"until {self.before.isoformat()}")
        if self.publishers:
            # `of_publisher` leaves an empty name when no publisher is left.
            parts.append(f"publisher {' or '.join(self.publishers) or 'none'}")
        if self.path:
            parts.append(f"path {self.path}")
        parts += [f"{key} has {value!r}" for key, value in self.where]
        return ", ".join(parts)

    def _described_documents(self) -> str:
        """The names of a few documents, without folders; the number of more."""
        if len(self.documents) > _MAX_DESCRIBED:
            return f"in {len(self.documents):,} chosen documents"
        return f"in {' or '.join(os.path.basename(name) or name for name in self.documents)}"  # noqa: PTH119

    def sql(self) -> tuple[str, list[str]]:
        """An SQL condition on the `documents` table and its parameters."""
        conditions: list[str] = []
        values: list[str] = []
        if self.after:
            conditions.append("published_last >= ?")
            values.append(self.after.isoformat())
        if self.before:
            conditions.append("published_first <= ?")
            values.append(self.before.isoformat())
        if self.publishers:
            conditions.append(f"lower(publisher) IN ({','.join('?' * len(self.publishers))})")
            values += [publisher.lower() for publisher in self.publishers]
        if self.path:
            conditions.append("uri GLOB ?")
            values.append(self.path if "*" in self.path or "?" in self.path else f"*{self.path}*")
        if self.documents:
            conditions.append("uri IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(self.documents))
        for key, value in self.where:
            if key in COMPUTED:
                conditions.append(f"instr(lower({COMPUTED[key]}), ?)")
                values.append(value.lower())
                continue
            names = SYNONYMS.get(key, (key,))
            conditions.append(f"({' OR '.join(['instr(lower(json_extract(metadata, ?)), ?)'] * len(names))})")
            values += [part for name in names for part in (f'$."{name}"', value.lower())]
        return " AND ".join(conditions) or "1", values


def parse_filter(
    *,
    after: str | None = None,
    before: str | None = None,
    publishers: Sequence[str] = (),
    path: str | None = None,
    where: Sequence[str] = (),
    documents: Sequence[str] = (),
) -> Filter:
    """The filter from command-line options. Raises UsageError that names an invalid value."""
    first = _day(after, "--after", last=False)
    last = _day(before, "--before", last=True)
    if first and last and first > last:
        raise UsageError(f"--after {after} is later than --before {before}", remedy="swap them")
    pairs: list[tuple[str, str]] = []
    for condition in where:
        key, mark, value = condition.partition("=")
        if not mark or not re.fullmatch(r"[\w-]+", key.strip()) or not value.strip():
            raise UsageError(
                f"--where {condition!r} is not FIELD=VALUE", remedy='for example --where "place=Paris"'
            )
        pairs.append((key.strip(), value.strip()))
    return Filter(first, last, tuple(publishers), path, tuple(pairs), tuple(documents))


def _day(text: str | None, option: str, *, last: bool) -> datetime.date | None:
    if text is None:
        return None
    partial = partial_date(text)
    if partial is None:
        raise UsageError(
            f"{option} {text!r} is no date", remedy=f"write a day, a month or a year: {option} 2015-11-30"
        )
    return date_range(partial)[1 if last else 0]
