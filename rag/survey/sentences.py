"""Every sentence of an archive that concerns a subject: a search of all of it, not of its best passages."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from askive.rag.evidence.source_sentences import SourceSentence, source_sentences
from askive.rag.evidence.values import synonyms_of
from askive.rag.passage_context import heading_words
from askive.rag.question.subject import Subject, Term
from askive.rag.retrieval.mentions import MentionSearch
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter
from askive.rag.store.fts5 import phrase_expression
from askive.rag.text.injection import has_control_token
from askive.rag.text.words import stems
from askive.rag.types import Hit, Passage, Source

MAX_PASSAGES = 400
"""Most passages whose sentences are scored, the best by words and vectors; without a subject, all are read."""
MAX_EMBEDDED = 200
"""Most sentences that get a vector, those with most words of the subject."""
_N_NEAREST = 60
_MIN_COSINE = 0.3
_MIN_PASSAGE_COVERAGE = 0.25
_MAX_ALIASED_NAMES = 3
# Coverage and cosine from which on a sentence is about the subject.
_OWN_WORDS, _WORDS_AROUND, _SOME_WORDS_AROUND = 0.5, 0.59, 0.5
_NEAR, _NOT_FAR = 0.5, 0.15
# How much a word of the subject counts that stands not in the sentence but in its heading, beside it, or in its title.
_IN_HEADING, _IN_NEIGHBOUR, _IN_TITLE, _IN_PASSAGE = 0.8, 0.6, 0.6, 0.35


@dataclass(frozen=True, slots=True)
class SubjectSentence:
    """A sentence about the subject.

    coverage: share of the subject's words that it has, rare ones counting more; in part those around it. 0 to 1.
    own_coverage: the same of its own words alone. cosine: of its vector and the subject's; 0 when it was not computed.
    """

    sentence: SourceSentence
    coverage: float
    own_coverage: float
    cosine: float = 0.0

    @property
    def score(self) -> float:
        """How much it concerns the subject, 0 to about 1.5."""
        return self.coverage + 0.5 * max(self.cosine, 0.0)


class SentenceSurvey:
    """Finds the sentences about a subject. Exhaust `steps`, then read `sentences`.

    sources: the documents to look at, by id. accepts: whether a text may hold what is looked for, asked of passages and
    sentences. is_cancelled: once it is true, the sentences are those so far. embeds: which sentences need a cosine.
    sentences: best first; without a subject all that are accepted, in the order of the archive. n_passages: the number
    of passages with enough words of the subject; more than MAX_PASSAGES are not read. aliases: other names that the
    documents give for a name of the subject. missing: its words that no document has.
    """

    def __init__(
        self,
        archive: Archive,
        sources: Mapping[int, Source],
        subject: Subject,
        accepts: Callable[[str], bool] = lambda _text: True,
        is_cancelled: Callable[[], bool] = lambda: False,
        embeds: Callable[[str], bool] = lambda _text: True,
    ) -> None:
        self._archive = archive
        self._sources = sources
        self._subject = _with_synonyms(subject)
        self._accepts = accepts
        self._is_cancelled = is_cancelled
        self._embeds = embeds
        self._weights: dict[Term, float] = {}
        self._alias_terms: dict[str, tuple[Term, ...]] = {}
        self.sentences: list[SubjectSentence] = []
        self.n_passages = 0
        self.aliases: tuple[str, ...] = ()
        self.missing: tuple[str, ...] = ()

    def steps(self) -> Iterator[tuple[int, int]]:
        """Searches. After each batch: the number of passages that were read, and of all to read."""
        if self._subject.terms:
            yield from self._search()
        else:
            yield from self._read_all()

    def is_about(self, item: SubjectSentence) -> bool:
        """Whether a sentence surely concerns the subject: by its own words, by those around it, or by its vector.

        A single word in a title or a neighbour is not enough by itself; without a subject everything is about it.
        """
        if not self._subject.terms or item.own_coverage >= _OWN_WORDS or item.cosine >= _NEAR:
            return True
        if item.coverage >= (_WORDS_AROUND if len(self._subject.terms) > 1 else _IN_HEADING):
            return True
        return item.coverage >= _SOME_WORDS_AROUND and item.cosine >= _NOT_FAR

    def _read_all(self) -> Iterator[tuple[int, int]]:
        total, done = self._archive.counts().n_passages, 0
        for batch in self._archive.lexical.texts():
            if self._is_cancelled():
                return
            ids = [
                passage_id
                for passage_id, doc_id, text in batch
                if doc_id in self._sources and self._accepts(text)
            ]
            self.n_passages += len(ids)
            found = self._archive.passages(ids)
            hits = (Hit(*found[passage_id], 1.0, 1, "lexical") for passage_id in ids)
            known = {(s.sentence.hit.passage.doc_id, s.sentence.span.start) for s in self.sentences[-20:]}
            for hit in hits:
                for sentence in self._accepted(hit):
                    key = (hit.passage.doc_id, sentence.span.start)
                    if key not in known:
                        known.add(key)
                        self.sentences.append(SubjectSentence(sentence, 1.0, 1.0))
            done += len(batch)
            yield done, max(total, done)

    def _search(self) -> Iterator[tuple[int, int]]:
        self._find_aliases()
        self._weigh()
        expression = " OR ".join(
            map(phrase_expression, dict.fromkeys([*self._searched_words(), *self._alias_terms]))
        )
        scores: dict[int, tuple[float, Passage]] = {}
        total, done = self._archive.lexical.count(expression) if expression else 0, 0
        for batch in self._archive.lexical.matches(expression) if expression else ():
            if self._is_cancelled():
                break
            for match in batch:
                passage = match.passage
                if passage.doc_id not in self._sources or not self._accepts(passage.text):
                    continue
                own = self._stems_of(" ".join(passage.between(*span) for span in match.spans))
                around = self._stems_of(" ".join(match.context[a:b] for a, b in match.context_spans))
                coverage = self._coverage(((own, 1.0), (around, _IN_HEADING)))
                if coverage >= _MIN_PASSAGE_COVERAGE:
                    scores[passage.passage_id] = coverage, passage
            done += len(batch)
            yield done, max(total, done)
        self.n_passages = len(scores)
        named = [term.text for term in self._subject.terms if term.is_name]
        if named and set(named) <= set(self.missing):
            # Vectors would find something about somebody else.
            return
        self._score_sentences(self._best_hits(scores))

    def _find_aliases(self) -> None:
        """Other names for the names of the subject, which stand for all words of them."""
        aliases: list[str] = []
        for name in self._subject.names[:_MAX_ALIASED_NAMES]:
            search = MentionSearch(self._archive, self._sources, name.text, self._is_cancelled)
            for _ in search.steps():
                pass
            terms = tuple(
                term for term in self._subject.terms if term.is_name and term.text.lower() in name.words
            )
            aliases += search.aliases
            self._alias_terms |= dict.fromkeys((alias.lower() for alias in search.aliases), terms)
        self.aliases = tuple(dict.fromkeys(aliases))

    def _weigh(self) -> None:
        """Rare words weigh more. A plain word that no document has weighs nothing beside others."""
        n_all = self._archive.counts().n_passages
        counts = {
            term: max(
                self._archive.lexical.count(phrase_expression(word)) for word in [term.text, *term.stems]
            )
            for term in self._subject.terms
        }
        aliased = {term for terms in self._alias_terms.values() for term in terms}
        self.missing = tuple(term.text for term, n in counts.items() if not n and term not in aliased)
        has_any = any(counts.values())
        for term, n in counts.items():
            is_heard = n or term.is_name or not has_any
            self._weights[term] = term.weight * math.log(1 + n_all / (1 + n)) if is_heard else 0.0

    def _searched_words(self) -> Iterator[str]:
        for term in self._subject.terms:
            if self._weights[term] > 0:
                yield term.text
                yield from term.stems

    def _best_hits(self, scores: Mapping[int, tuple[float, Passage]]) -> list[Hit]:
        """The passages with most words of the subject, and the nearest by their vectors."""
        nearest = {} if self._is_cancelled() or not self._sources else self._nearest()
        best = sorted(scores, key=lambda item: (-scores[item][0], item))[:MAX_PASSAGES]
        found = self._archive.passages([*best, *nearest])
        return [
            Hit(*found[item], scores[item][0] if item in scores else nearest[item], rank, "fused")
            for rank, item in enumerate(dict.fromkeys([*best, *nearest]), start=1)
            if item in found and self._accepts(found[item][0].text)
        ]

    def _nearest(self) -> dict[int, float]:
        """The cosines of the nearest passages, by id."""
        admitted = None
        if len(self._sources) < self._archive.counts().n_documents:
            uris = tuple(source.uri for source in self._sources.values())
            admitted = Filter(documents=uris)
        vector = self._archive.embed_query(self._subject.text)
        found = self._archive.nearest(vector, _N_NEAREST, admitted)
        return {item: cosine for item, cosine in found if cosine >= _MIN_COSINE}

    def _accepted(self, hit: Hit) -> Iterator[SourceSentence]:
        for sentence in source_sentences(hit):
            if self._accepts(sentence.text) and not has_control_token(sentence.text):
                yield sentence

    def _score_sentences(self, hits: Sequence[Hit]) -> None:
        found: dict[tuple[int, int], SubjectSentence] = {}
        for hit in hits:
            in_heading = self._stems_of(heading_words(hit.source, hit.passage, "headings", "publisher"))
            in_title = self._stems_of(hit.source.title)
            in_passage = self._stems_of(hit.passage.text)
            for sentence in self._accepted(hit):
                own = self._stems_of(sentence.text)
                beside = self._stems_of(f"{sentence.previous} {sentence.next}")
                coverage = self._coverage(
                    (
                        (own, 1.0),
                        (in_heading, _IN_HEADING),
                        (beside, _IN_NEIGHBOUR),
                        (in_title, _IN_TITLE),
                        (in_passage, _IN_PASSAGE),
                    )
                )
                item = SubjectSentence(sentence, coverage, self._coverage(((own, 1.0),)))
                key = (hit.passage.doc_id, sentence.span.start)
                if key not in found or found[key].coverage < coverage:
                    found[key] = item
        best = sorted(found.values(), key=lambda item: -item.coverage)
        self.sentences = sorted(self._with_cosines(best), key=lambda item: -item.score)

    def _with_cosines(self, best: Sequence[SubjectSentence]) -> list[SubjectSentence]:
        rows = [row for row, item in enumerate(best) if self._embeds(item.sentence.text)][:MAX_EMBEDDED]
        if not rows or self._is_cancelled():
            return list(best)
        texts = [best[row].sentence.text for row in rows]
        vectors = self._archive.embedder.embed([self._subject.text, *texts])
        items = list(best)
        for row, cosine in zip(rows, vectors[1:] @ vectors[0], strict=True):
            items[row] = replace(items[row], cosine=float(cosine))
        return items

    def _stems_of(self, text: str) -> frozenset[str]:
        """Stems of the text, and those of the names that its aliases stand for."""
        own = set(stems(text))
        lower = text.lower()
        for alias, terms in self._alias_terms.items():
            if alias in lower:
                own |= {one for term in terms for one in term.stems}
        return frozenset(own)

    def _coverage(self, places: Sequence[tuple[frozenset[str], float]]) -> float:
        """Weighted share of the subject's terms; each counts by the best place that has it."""
        total = sum(self._weights.values())
        if not total:
            return 0.0
        covered = sum(
            weight * max((credit for own, credit in places if own & term.stems), default=0.0)
            for term, weight in self._weights.items()
        )
        return covered / total


def _with_synonyms(subject: Subject) -> Subject:
    """The subject, each plain word of it with the stems of its synonyms."""
    terms = (
        term if term.is_name else replace(term, stems=synonyms_of(term.text.lower()))
        for term in subject.terms
    )
    return replace(subject, terms=tuple(terms))
