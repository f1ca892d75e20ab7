"""Every document that mentions a phrase: a search of the whole archive, not of its best passages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from askive.rag.retrieval.aliases import aliases_at
from askive.rag.store.archive import Archive
from askive.rag.store.fts5 import Match, phrase_expression
from askive.rag.text.names import is_acronym, names_in, same_word
from askive.rag.text.sentences import Span, split_sentences
from askive.rag.text.words import content_words, words
from askive.rag.types import Passage, Source

_MAX_ALIASES = 4
_HEADING_JOIN = " > "


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place of a phrase or a word. span: offsets into the document; None: in its title. wording: as spelled."""

    passage: Passage
    span: Span | None
    wording: str


@dataclass(slots=True)
class DocumentMentions:
    """Where one document mentions a phrase. spans: by the offsets of their passages; in_title: of the document."""

    spans: dict[tuple[int, int], tuple[Passage, list[Span]]] = field(default_factory=dict)
    in_title: bool = False

    def add(self, occurrence: Occurrence) -> None:
        """Add one place."""
        passage, span = occurrence.passage, occurrence.span
        if span is None:
            self.in_title = True
        else:
            self.spans.setdefault((passage.start, passage.end), (passage, []))[1].append(span)

    @property
    def n(self) -> int:
        """The number of places in the text; those in two overlapping passages count once."""
        return len({span for _, spans in self.spans.values() for span in spans})


Mentions = dict[int, DocumentMentions]
"""By document id."""


class MentionSearch:
    """Finds the documents that mention a phrase in any form of its words. Exhaust `steps`, then read the results.

    sources: the documents to look at, by id. is_cancelled: once it is true, the results are those so far.
    sure: documents with the phrase as adjacent words, or with an alias of it. A name that is mostly capitalised in the
    archive must be.
    likely: other documents that have all its words in one passage, the last word of a name by itself, or a word derived
    from a name ("Russian").
    aliases: other names that the documents give for it. by_name: ids of the documents in `sure` without the alias.
    """

    def __init__(
        self,
        archive: Archive,
        sources: Mapping[int, Source],
        phrase: str,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._archive = archive
        self._sources = sources
        self._phrase = phrase
        self._is_cancelled = is_cancelled
        self._n_done = self._n_total = 0
        self._text: tuple[int, str] = (0, "")
        self.sure: Mentions = {}
        self.likely: Mentions = {}
        self.aliases: list[str] = []
        self.by_name: frozenset[int] = frozenset()

    def steps(self) -> Iterator[tuple[int, int]]:
        """Searches. After each batch: the number of passages that were read, and of those known to be read."""
        names = [self._phrase]
        # The list grows while aliases are found.
        for name in names:
            occurrences: list[Occurrence] = []
            for batch in self._read(phrase_expression(name)):
                occurrences += batch
                yield self._n_done, self._n_total
            certain, doubtful = _by_case(name, occurrences)
            # Only names have others.
            aliases = _aliases(certain) if name[:1].isupper() else []
            if is_acronym(name) and not _agree([*names, *aliases]):
                # It abbreviates different names here.
                aliases, certain = [], certain if name == self._phrase else []
            _add(self.sure, certain)
            if name == self._phrase:
                _add(self.likely, doubtful)
                self.by_name = frozenset(self.sure)
            elif certain:
                self.aliases.append(name)
            known = {other.lower() for other in names}
            names += [alias for alias in aliases if alias.lower() not in known][
                : 1 + _MAX_ALIASES - len(names)
            ]
        for expression, is_accepted in self._likely_expressions():
            for batch in self._read(expression):
                _add(self.likely, [place for place in batch if is_accepted(place)])
                yield self._n_done, self._n_total
        for doc_id in self.sure:
            self.likely.pop(doc_id, None)

    def _read(self, expression: str) -> Iterator[list[Occurrence]]:
        """The places of an expression in the documents to look at, in batches."""
        self._n_total += self._archive.lexical.count(expression)
        for matches in self._archive.lexical.matches(expression):
            if self._is_cancelled():
                return
            self._n_done += len(matches)
            yield [
                place
                for match in matches
                if match.passage.doc_id in self._sources
                for place in self._places(match)
            ]

    def _places(self, match: Match) -> Iterator[Occurrence]:
        passage = match.passage
        for span in match.spans:
            yield Occurrence(passage, span, passage.between(*span))
        title = self._sources[passage.doc_id].title
        at = len(title) + len(" | ") if title else 0
        for start, end in match.context_spans:
            if end <= len(title):
                yield Occurrence(passage, None, match.context[start:end])
            elif at <= start and end <= at + len(passage.heading):
                yield from self._in_heading(passage, start - at, end - at)

    def _in_heading(self, passage: Passage, start: int, end: int) -> Iterator[Occurrence]:
        """The place of `passage.heading[start:end]` in the document: headings are part of no passage."""
        offset = 0
        for heading in passage.heading.split(_HEADING_JOIN):
            if offset <= start and end <= offset + len(heading):
                at = self._text_of(passage.doc_id).rfind(heading, 0, passage.start)
                if at >= 0:
                    line = Passage(
                        heading, at, at + len(heading), "", passage.page, passage.passage_id, passage.doc_id
                    )
                    span = Span(at + start - offset, at + end - offset)
                    yield Occurrence(line, span, line.between(*span))
            offset += len(heading) + len(_HEADING_JOIN)

    def _text_of(self, doc_id: int) -> str:
        """The text of a document; kept, since the passages of a document follow each other."""
        if self._text[0] != doc_id:
            self._text = (doc_id, self._archive.document(doc_id).text)
        return self._text[1]

    def _likely_expressions(self) -> Iterator[tuple[str, Callable[[Occurrence], bool]]]:
        """Expressions for documents that may mention the phrase, each with what a place must be."""
        contents = list(dict.fromkeys(content_words(self._phrase)))
        if len(contents) > 1:
            yield f"{{text}} : ({' AND '.join(map(phrase_expression, contents))})", lambda _place: True
        if len(whole := names_in(self._phrase)) == 1 and whole[0].text == self._phrase:
            last, is_one_word = whole[0].words[-1], len(whole[0].words) == 1
            if not is_one_word:
                yield phrase_expression(last), lambda place: _stands_alone(place, last)
            elif not is_acronym(self._phrase):
                yield f"{phrase_expression(last)} *", lambda place: same_word(place.wording.lower(), last)


def _add(mentions: Mentions, places: Sequence[Occurrence]) -> None:
    for place in places:
        mentions.setdefault(place.passage.doc_id, DocumentMentions()).add(place)


def _by_case(name: str, places: Sequence[Occurrence]) -> tuple[list[Occurrence], list[Occurrence]]:
    """The places of the name, and those that may be another word: `Turkey` and `turkey`, if most are capitalised.

    An acronym that is mostly a word in lower case (`WHO`) must be in capitals.
    """
    capitals = [place for place in places if place.wording[:1].isupper()]
    is_mostly_capital = 2 * len(capitals) > len(places)
    if is_acronym(name) and not is_mostly_capital:
        return [place for place in places if place.wording.isupper()], []
    if not name[:1].isupper() or not is_mostly_capital:
        return list(places), []
    return capitals, [place for place in places if not place.wording[:1].isupper()]


def _aliases(places: Sequence[Occurrence]) -> list[str]:
    """Other names that the texts give next to these places, the most frequent first."""
    counts = Counter(
        alias
        for place in places
        if place.span is not None
        for alias in aliases_at(
            place.passage.text,
            Span(place.span.start - place.passage.start, place.span.end - place.passage.start),
        )
    )
    return [alias for alias, _ in counts.most_common()]


def _agree(names: Sequence[str]) -> bool:
    """Whether the names that are no acronyms are forms of one: `Islamic State`, `Islamic State of Iraq`."""
    spelled = sorted({frozenset(words(name)) for name in names if not is_acronym(name)}, key=len)
    return all(one <= spelled[-1] for one in spelled)


def _stands_alone(place: Occurrence, word: str) -> bool:
    """Whether the place is a name of its own: `Lind` in "Captain Lind said", not in "Erik Lind"."""
    if place.span is None:
        return False
    text, at = place.passage.text, place.span.start - place.passage.start
    sentence = next(span for span in split_sentences(text) if span.start <= at < span.end)
    return any(
        name.words == (word,) and sentence.start + name.start <= at < sentence.start + name.end
        for name in names_in(text[slice(*sentence)])
    )
