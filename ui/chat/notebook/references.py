"""Sources as references: CSL JSON (Zotero, pandoc) and BibTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from askive.rag.text.words import words
from askive.ui.chat.http.payloads import View, file_of

_BIBTEX_SPECIAL = re.compile(r"[\\{}$&#_%~^]")
_BIBTEX_ESCAPES = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def sources_of(citations: Iterable[View]) -> list[View]:
    """The documents of the citations, each once, in their order."""
    found: dict[str, View] = {}
    for citation in citations:
        found.setdefault(citation["uri"], citation)
    return list(found.values())


def to_csl(sources: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One CSL JSON item for each source. Dates have the precision that is known."""
    return [
        _without_none(_csl_item(source, key)) for source, key in zip(sources, _keys(sources), strict=True)
    ]


def to_bibtex(sources: Sequence[Mapping[str, Any]]) -> str:
    """One `@misc` entry for each source."""
    entries = []
    for source, key in zip(sources, _keys(sources), strict=True):
        year, month, day = (*(source["published"] or "").split("-"), "", "", "")[:3]
        fields = {
            "title": f"{{{_bibtex(source['title'])}}}",
            "publisher": _bibtex(source["publisher"] or ""),
            "year": year,
            "month": month,
            "day": day,
            "note": _bibtex(file_of(source)),
        }
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
        entries.append(f"@misc{{{key},\n{lines}\n}}\n")
    return "\n".join(entries)


def _csl_item(source: Mapping[str, Any], key: str) -> dict[str, Any]:
    published = source["published"]
    parts = [int(part) for part in published.split("-")] if published else None
    return {
        "id": key,
        "type": "document",
        "title": source["title"],
        "publisher": source["publisher"],
        "issued": {"date-parts": [parts]} if parts else None,
        "source": file_of(source),
    }


def _keys(sources: Sequence[Mapping[str, Any]]) -> list[str]:
    """`harbour2016`, then `harbour2016-2` for another one."""
    keys: list[str] = []
    for source in sources:
        first = next(
            (w for w in words(source["title"]) if w.isascii() and w.isalpha() and len(w) > 2), "source"
        )
        stem = f"{first.lower()}{(source['published'] or '')[:4]}"
        same = sum(re.fullmatch(rf"{re.escape(stem)}(-\d+)?", key) is not None for key in keys)
        keys.append(f"{stem}-{same + 1}" if same else stem)
    return keys


def _bibtex(text: str) -> str:
    return _BIBTEX_SPECIAL.sub(lambda m: _BIBTEX_ESCAPES.get(m[0], f"\\{m[0]}"), " ".join(text.split()))


def _without_none(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if value is not None}
