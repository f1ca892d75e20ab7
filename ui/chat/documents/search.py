"""Every mention of a text in a collection, without a model: the documents, and in each the places in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from askive.rag.errors import UsageError
from askive.rag.retrieval.mentions import DocumentMentions, MentionSearch
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter
from askive.rag.text.sentences import split_sentences
from askive.rag.text.words import storable
from askive.rag.types import Passage
from askive.ui.chat.http.payloads import View, source_view

MAX_DOCUMENTS = 200
MAX_PLACES = 5
_MAX_CONTEXT_CHARS = 300


@dataclass(frozen=True, slots=True)
class _Place:
    passage: Passage
    start: int
    end: int

    def view(self) -> View:
        """The place within its sentence: `before + text + after` are consecutive characters of the document."""
        passage = self.passage
        at = self.start - passage.start
        sentence = next(s for s in reversed(split_sentences(passage.text)) if s.start <= at)
        first = max(passage.start + sentence.start, self.start - _MAX_CONTEXT_CHARS)
        last = min(passage.start + max(sentence.end, self.end - passage.start), self.end + _MAX_CONTEXT_CHARS)
        return {
            "start": self.start,
            "end": self.end,
            "page": passage.page,
            "before": passage.between(first, self.start),
            "text": passage.between(self.start, self.end),
            "after": passage.between(self.end, last),
        }


def find_mentions(archive: Archive, text: str, admitted: Filter) -> View:
    """`{"documents", "n_documents", "n_in_title", "n_mentions", "aliases"}`: documents by date, with first places.

    `n_in_title` documents have it in their title only.
    `aliases` are other names that the documents themselves give, whose places count too. At most MAX_DOCUMENTS
    documents with MAX_PLACES places each; the numbers are those of all. Raises UsageError for a text without words.
    """
    phrase = storable(text).strip().strip("\"“”„'").strip()
    if not any(letter.isalnum() for letter in phrase):
        raise UsageError("there is nothing to search for", remedy="type a word or a name")
    sources = {source.doc_id: source for source in archive.store.sources(admitted)}
    search = MentionSearch(archive, sources, phrase)
    for _ in search.steps():
        pass
    found = sorted(search.sure, key=lambda doc_id: (sources[doc_id].published or "9", sources[doc_id].title))
    documents = [
        {
            **source_view(sources[doc_id]),
            "n": search.sure[doc_id].n,
            "in_title": search.sure[doc_id].in_title,
            "places": [
                place.view()
                for place, _ in zip(_places(search.sure[doc_id]), range(MAX_PLACES), strict=False)
            ],
        }
        for doc_id in found[:MAX_DOCUMENTS]
    ]
    return {
        "text": phrase,
        "documents": documents,
        "n_documents": len(found),
        "n_in_title": sum(not mentions.n for mentions in search.sure.values()),
        "n_mentions": sum(mentions.n for mentions in search.sure.values()),
        "aliases": search.aliases,
    }


def _places(mentions: DocumentMentions) -> Iterator[_Place]:
    """In the order of the text; a place in two overlapping passages once."""
    spans = {span: passage for passage, inside in mentions.spans.values() for span in inside}
    for span in sorted(spans):
        yield _Place(spans[span], *span)
