"""The first page: what is in a collection, its documents over time, and questions that it can answer."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from askive.rag.errors import UsageError
from askive.rag.overview.overview import Group, Overview, OverviewBuilder
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter
from askive.rag.store.fts5 import phrase_expression
from askive.rag.text.names import names_in, same_word
from askive.rag.text.words import words
from askive.ui.chat.documents.search import find_mentions
from askive.ui.chat.http.payloads import View

N_SUGGESTED = 5
_MAX_PERIODS = 24
_MIN_PASSAGES = 2
_N_NEXT = 2
_N_TRIED = 4
"""Names that are tried for a summary and a timeline, those of most documents first."""
_MIN_WORDS = 6
_DAY_LENGTH = len("2016-01-25")


class Descriptions:
    """Overviews, kept until their collection changes. Thread-safe."""

    def __init__(self) -> None:
        self._known: dict[str, _Description] = {}
        self._lock = threading.Lock()

    def of(self, archive: Archive) -> View:
        """The parts of `askive overview`, with `sentences`, `timeline` and `suggestions`."""
        return self._description(archive).view

    def group(self, archive: Archive, title: str) -> list[View]:
        """`{"uri", "title"}` of the documents of a group. Raises UsageError when there is no such group any more."""
        for group in self._description(archive).groups:
            if group.title == title:
                return [{"uri": source.uri, "title": source.title} for source in group.documents]
        raise UsageError(
            f"there is no group {title!r} any more: the documents have changed", remedy="reload the page"
        )

    def _description(self, archive: Archive) -> _Description:
        key, generation = archive.store.store_id, archive.store.generation
        with self._lock:
            known = self._known.get(key)
            if known is None or known.generation != generation:
                made = _build(archive)
                known = self._known[key] = _Description(generation, _view(archive, made), made.groups)
            return known


@dataclass(frozen=True, slots=True)
class _Description:
    generation: int
    view: View
    groups: tuple[Group, ...]


def _build(archive: Archive) -> Overview:
    builder = OverviewBuilder(archive)
    for _ in builder.steps():
        pass
    return builder.build()


def _view(archive: Archive, made: Overview) -> View:
    dates = [source.published for source in archive.store.sources() if source.published]
    view: dict[str, Any] = made.as_dict()
    # Sources are shown elsewhere; ids of documents mean nothing to the page.
    view["groups"] = [
        {"title": group.title, "n_documents": group.n_documents, "typical": group.typical.title}
        for group in made.groups
    ]
    view["sentences"] = list(made.describe())
    view["timeline"] = timeline(dates)
    view["suggestions"] = suggestions(archive, made)
    return view


def timeline(dates: Iterable[str]) -> list[View]:
    """The number of documents by month, or by year where that gives more than _MAX_PERIODS periods; gaps included.

    dates: ISO dates of any precision.
    """
    known = sorted(dates)
    if not known:
        return []
    months = [date[:7] for date in known if len(date) >= 7]
    first, last = known[0][:4], known[-1][:4]
    if len(months) == len(known) and _months_between(months[0], months[-1]) <= _MAX_PERIODS:
        counts, periods = Counter(months), _months(months[0], months[-1])
    else:
        counts, periods = (
            Counter(date[:4] for date in known),
            [str(y) for y in range(int(first), int(last) + 1)],
        )
    return [{"period": period, "n_documents": counts[period]} for period in periods]


def suggestions(archive: Archive, overview: Overview) -> list[View]:
    """`{"question", "kind"}` of questions that go through all documents: they surely have an answer.

    Of several kinds, so that they show what can be asked: the documents that mention a name, a summary and a timeline
    about one, and the overview. kind: as what to answer it, so that this does not depend on whether it is recognised.
    """
    if not overview.n_documents:
        return []
    publishers = {count.label for count in overview.publishers}
    names = [count.label for count in overview.names if count.label not in publishers]
    asked = [_about(name) for name in names[: N_SUGGESTED - 3]]
    told = next((name for name in names[:_N_TRIED] if _is_told(archive, name)), None)
    if told is not None:
        asked.append({"question": f"Summarise what the documents say about “{told}”.", "kind": "summary"})
    dated = next((name for name in names[:_N_TRIED] if _is_dated(archive, name)), None)
    if dated is not None:
        asked.append({"question": f"Timeline of “{dated}”", "kind": "timeline"})
    asked += [_about(name) for name in names[N_SUGGESTED - 3 :]][: N_SUGGESTED - 1 - len(asked)]
    return [*asked, {"question": "What is this collection about?", "kind": "overview"}]


def _is_told(archive: Archive, name: str) -> bool:
    """Whether documents say something about a name in sentences: a summary quotes at least these."""
    return any(map(_in_sentence, _mentions(archive, name)))


def _is_dated(archive: Archive, name: str) -> bool:
    """Whether a timeline has events about a name: sentences of documents that are dated to the day count as such."""
    return any(
        len(view["published"] or "") == _DAY_LENGTH and _in_sentence(view)
        for view in _mentions(archive, name)
    )


def _mentions(archive: Archive, name: str) -> list[View]:
    documents: list[View] = find_mentions(archive, name, Filter())["documents"]
    return documents


def _in_sentence(view: View) -> bool:
    """Whether a document mentions the name in a full sentence, not only in headings and lists."""
    texts = ((place["before"] + place["text"] + place["after"]).strip() for place in view["places"])
    return any(text.endswith((".", ".”", '."')) and len(words(text)) >= _MIN_WORDS for text in texts)


def next_questions(archive: Archive, question: str, sentences: Sequence[str]) -> list[View]:
    """As `suggestions`, about names of an answer that the question does not have and several passages mention."""
    asked = words(question)
    found: list[str] = []
    for name in names_in(" ".join(sentences)):
        is_asked = any(same_word(word, other) for word in name.words for other in asked)
        if is_asked or name.text in found:
            continue
        if archive.lexical.count(phrase_expression(name.text)) >= _MIN_PASSAGES:
            found.append(name.text)
        if len(found) == _N_NEXT:
            break
    return [_about(name) for name in found]


def _about(name: str) -> View:
    """In quotation marks, so that all of the name is looked for."""
    return {"question": f"Which documents mention “{name}”?", "kind": "mentions"}


def _months_between(first: str, last: str) -> int:
    return (int(last[:4]) - int(first[:4])) * 12 + int(last[5:7]) - int(first[5:7]) + 1


def _months(first: str, last: str) -> list[str]:
    start = int(first[:4]) * 12 + int(first[5:7]) - 1
    return [
        f"{month // 12:04}-{month % 12 + 1:02}"
        for month in range(start, start + _months_between(first, last))
    ]
