"""The sentences of one side of a comparison: of its documents, of its time, or with its name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from askive.models.protocols import Vectors
from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.passage_context import heading_words
from askive.rag.question.analysis import Question
from askive.rag.question.requests.asked_summary import documents_in
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter
from askive.rag.summary.choice import choose_sentences, statements
from askive.rag.summary.passages import central_passages, passages_about, scores_about
from askive.rag.text.names import has_name, lower_words, names_in
from askive.rag.text.words import STOP_WORDS, stem, stems
from askive.rag.types import Hit, Source

N_WORDS = 130
"""Of the sentences of one side, without the length of the others."""
MAX_SENTENCES = 7
_YEAR = re.compile(r"(?:19|20)\d\d")
# "pump |3|", "Heron |60|"
_NUMBERED = re.compile(r"\b(?P<word>[^\W\d_][\w-]*)\s+(?P<number>\d[\w-]*)\b")
_NEAR = 0.35
"""From this cosine to the aspect on a sentence that has none of its words is about it."""
_MIN_TITLED = 0.5
"""Share of the words of what is compared that the title of a document about it has."""


class SideSearch:
    """Finds the sentences of each side by itself. names: of all sides. aspect: what is compared; may be empty."""

    def __init__(
        self,
        archive: Archive,
        retriever: Retriever,
        admitted: Filter,
        names: Sequence[str],
        aspect: str,
        publishers: Sequence[str],
    ) -> None:
        self._archive = archive
        self._retriever = retriever
        self._admitted = admitted
        self._sources = archive.store.sources(admitted)
        self._aspect = aspect
        self._names = names
        self._publishers = publishers
        self._documents = self._own_documents()

    def sentences(self, name: str) -> list[SourceSentence]:
        """The sentences of a side about the aspect, the best first; without an aspect the most important ones."""
        topic = self._retriever.read(self._aspect or name)
        has_aspect = bool(self._aspect)
        if name in self._publishers:
            admitted = self._admitted.of_publisher(name)
            sources = self._archive.store.sources(admitted)
            if not sources:
                return []
            hits = (
                passages_about(self._retriever, topic, admitted)
                if has_aspect
                else central_passages(self._archive, sources)
            )
            found = statements(hits)
        elif documents := self._documents.get(name):
            hits = central_passages(self._archive, documents)
            found = statements(hits)
            has_aspect = has_aspect and not _YEAR.fullmatch(name)
        else:
            topic = self._retriever.read(f"{name} {self._aspect}".strip())
            hits = passages_about(self._retriever, topic, self._admitted)
            found = self._of_side(name, hits)
        about = scores_about(topic, found, hits, self._archive.embedder) if has_aspect else None
        of_all = [n for n, one in enumerate(found) if self._names_every_side(one)]
        return _chosen(found, of_all, self._archive, about)

    def _of_side(self, name: str, hits: Sequence[Hit]) -> list[SourceSentence]:
        """The sentences of the hits that name the side and the aspect, or are near to the aspect if none names it."""
        side, wanted = self._retriever.read(name), set(stems(self._aspect))
        found = [one for one in statements(hits) if self._is_of(one, side)]
        if not wanted or not found:
            return found
        if in_words := [one for one in found if _is_about(one, wanted)]:
            return in_words
        # Other words for it: "recaptured" for "retaken".
        vectors = self._archive.embedder.embed([self._aspect, *(one.text for one in found)])
        return [
            one for one, nearness in zip(found, vectors[1:] @ vectors[0], strict=True) if nearness >= _NEAR
        ]

    def _is_of(self, sentence: SourceSentence, side: Question) -> bool:
        """Whether a sentence, with its title and headings, names the side, and itself some word of it."""
        around = f"{_context(sentence)} {sentence.text}"
        if _YEAR.fullmatch(side.query.strip(" ?")):
            return _is_of_year(sentence, side.query.strip(" ?"))
        if not _has_numbers(side.query, around):
            return False
        if side.names:
            own_words, all_words = lower_words(sentence.text), lower_words(around)
            return any(has_name(name, own_words, sentence.text) for name in side.names) and all(
                has_name(name, all_words, around) for name in side.names
            )
        wanted = set(side.stems)
        return bool(wanted & set(stems(sentence.text))) and wanted <= set(stems(around))

    def _names_every_side(self, sentence: SourceSentence) -> bool:
        sides = [self._retriever.read(name) for name in self._names]
        text = f"{sentence.title} {sentence.text}"
        own = set(stems(text))
        return all(
            _has_numbers(side.query, text)
            and (
                all(has_name(name, lower_words(sentence.text), sentence.text) for name in side.names)
                if side.names
                else set(side.stems) <= own
            )
            for side in sides
        )

    def _own_documents(self) -> dict[str, Sequence[Source]]:
        """The documents that a side stands for: named by title or file, or of the year and about the aspect.

        Of a document whose title has the words of several sides, the side that has no other takes it.
        """
        found: dict[str, Sequence[Source]] = {}
        titled = {name: self._titled(name) for name in self._names if name not in self._publishers}
        rest: dict[str, list[Source]] = {}
        for name, sources in titled.items():
            if _YEAR.fullmatch(name):
                if of_year := self._of_year(name):
                    found[name] = of_year
                continue
            if documents := documents_in(name, name, self._sources):
                found[name] = documents
                continue
            rest[name] = list(sources)
        # A side with one candidate has it; the others do not.
        for name, sources in sorted(rest.items(), key=lambda item: len(item[1])):
            taken = {one for others in found.values() for one in others}
            own = [one for one in sources if one not in taken]
            if len(own) == 1:
                found[name] = own
        return found

    def _titled(self, name: str) -> list[Source]:
        """The documents whose title has every word of a side; of one word, with the names of the other sides: "the
        contract for Kestle Weir with its amendment"."""
        wanted = _words(name)
        if len(wanted) < 2:
            others = {one for other in self._names if other != name for one in stems(_in_capitals(other))}
            if not wanted or not others:
                return []
            wanted |= others
        return [source for source in self._sources if wanted <= set(stems(source.title))]

    def _of_year(self, year: str) -> list[Source]:
        """The documents of a year about the aspect: with the year in the title, else dated to it."""
        wanted = _words(self._aspect)
        if not wanted:
            return []
        about = [
            source
            for source in self._sources
            if len(wanted & set(stems(source.title))) >= _MIN_TITLED * len(wanted)
        ]
        named = [source for source in about if year in _YEAR.findall(f"{source.title} {source.uri}")]
        return named or [
            source
            for source in about
            if (source.published or "").startswith(year) and not _YEAR.search(source.title)
        ]


def _chosen(
    found: Sequence[SourceSentence], of_all: Sequence[int], archive: Archive, about: Vectors | None
) -> list[SourceSentence]:
    """Those that matter most; sentences that name every side come first: they compare themselves."""
    first = [found[n] for n in of_all][: MAX_SENTENCES - 2]
    rest = choose_sentences(found, archive.embedder, N_WORDS, about)
    return [*first, *(one for one in rest if one not in first)][: MAX_SENTENCES + len(first)]


def _in_capitals(name: str) -> str:
    return " ".join(word for one in names_in(f"x {name}") for word in one.words)


def _words(name: str) -> set[str]:
    """The stems of the words that tell a side from others: not "the first of the"."""
    return {one for one in stems(name) if one not in _ORDER}


_ORDER = frozenset(
    map(stem, "first second third last new old original former latter current previous".split())
)


def _has_numbers(side: str, text: str) -> bool:
    """Whether the text has each numbered thing of the side: "Heron 60", not "Heron 70"."""
    return all(
        re.search(rf"\b{re.escape(match['word'])}s?\s+{re.escape(match['number'])}\b", text, re.IGNORECASE)
        for match in _NUMBERED.finditer(side)
        if match["word"].lower() not in STOP_WORDS
    )


def _is_of_year(sentence: SourceSentence, year: str) -> bool:
    """Whether a sentence is about a year: it names it and no other first, or its title does."""
    own = _YEAR.findall(sentence.text)
    if own:
        return str(own[0]) == year
    titled = _YEAR.findall(sentence.title)
    return year in titled if titled else (sentence.published or "").startswith(year)


def _is_about(sentence: SourceSentence, wanted: set[str]) -> bool:
    """Whether a sentence, with its neighbours, title and headings, has a word of what is compared."""
    return bool(wanted & set(stems(f"{_context(sentence)} {sentence.context}")))


def _context(sentence: SourceSentence) -> str:
    return heading_words(sentence.hit.source, sentence.hit.passage, "title", "headings", "published")
