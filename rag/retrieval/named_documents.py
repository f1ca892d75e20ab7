"""The documents that a filter names by title, path or id, and whether the other conditions of a filter can be met."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from askive.rag.errors import UsageError
from askive.rag.store.filters import Filter
from askive.rag.store.protocols import CollectionStore
from askive.rag.types import Source

_MAX_LISTED = 5
_MIN_LIKENESS = 55
"""Of 100, by `rapidfuzz.fuzz.WRatio`: below it a title is not worth suggesting."""
# " (Reuters, 2015-10)" after a title
_NOTE = re.compile(r"\s*\([^()]*\)$")


def checked_filter(admitted: Filter, store: CollectionStore) -> Filter:
    """The filter with the uris of the documents that it names; one without names is returned as it is.

    Raises UsageError for a publisher or a field that no document has, and for a name of no document or of several.
    """
    if not admitted:
        return admitted
    admitted.check(store.publishers(), store.fields() if admitted.where else [])
    if not admitted.documents:
        return admitted
    sources = store.sources()
    if {source.uri for source in sources}.issuperset(admitted.documents):
        return admitted
    uris = dict.fromkeys(
        source.uri for name in admitted.documents for source in named_documents(name, sources)
    )
    return replace(admitted, documents=tuple(uris))


def named_documents(name: str, sources: Sequence[Source]) -> list[Source]:
    """The document with this uri, id, title or file name, or else the only one whose title or uri contains the name.

    The name of a folder stands for all documents in it. Raises UsageError when nothing or more than one document is
    meant.
    """
    wanted = _plain(name)
    # An empty path would mean the working folder.
    places = {name, str(Path(name).expanduser().absolute())} if wanted else set()
    if found := [source for source in sources if source.uri in places]:
        return found
    folders = tuple(place.rstrip("/") + "/" for place in places)
    if found := [source for source in sources if source.uri.startswith(folders)]:
        return found
    found = [source for source in sources if wanted in _names(source)]
    found = found or [source for source in sources if f"{source.doc_id}" == wanted]
    found = found or [s for s in sources if wanted and wanted in f"{_plain(s.title)}\n{_plain(s.uri)}"]
    if len(found) == 1:
        return found
    if found:
        listed = "; ".join(f"{s.doc_id}: {s.title} ({s.uri})" for s in found[:_MAX_LISTED])
        more = f"; and {len(found) - _MAX_LISTED} more" if len(found) > _MAX_LISTED else ""
        raise UsageError(
            f"{name!r} is the name of {len(found)} documents: {listed}{more}",
            remedy=f"name one by its id or its path, such as --in {found[0].doc_id}",
        )
    raise UsageError(f"no document is named {name!r}", remedy=_suggestion(wanted, sources))


def _names(source: Source) -> set[str]:
    """What a user may call the document: its title with and without a note, and its file name."""
    file = PurePath(source.uri)
    return {_plain(name) for name in (source.title, _NOTE.sub("", source.title), file.name, file.stem)}


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _suggestion(wanted: str, sources: Sequence[Source]) -> str:
    from rapidfuzz import fuzz, process

    titles = {source.title: _plain(source.title) for source in sources}
    nearest = process.extract(wanted, titles, scorer=fuzz.WRatio, limit=3, score_cutoff=_MIN_LIKENESS)
    if nearest:
        return f"nearest titles: {'; '.join(title for _, _, title in nearest)}"
    return "`askive collections --collection NAME` lists the documents of a collection"
