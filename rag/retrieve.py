"""Question -> hits: candidates of both indexes, fused, with what the question names moved up."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

import numpy as np

from models.protocols import Vectors
from rag.archive import Archive
from rag.config import RetrievalConfig
from rag.dates import date_range
from rag.errors import UsageError
from rag.filters import Filter
from rag.fuse import convex, reciprocal_rank
from rag.protocols import Ids
from rag.question import Understanding, named_publishers, understand
from rag.sentences import split_sentences
from rag.types import Hit, Passage, Source, Stage, Turn
from rag.words import storable

MAX_QUERY_CHARS = 2000
_FOLLOW_UP_WEIGHT = 0.5
_NAMED_CANDIDATES = 20

Scores = dict[int, float]


class Retriever:
    """Searches one archive as its settings say."""

    def __init__(self, archive: Archive, config: RetrievalConfig) -> None:
        self._archive = archive
        self._config = config
        self._publishers: tuple[int, list[str]] = (-1, [])

    def understand(self, question: str) -> Understanding:
        """What the question says about where to look; nothing when `retrieval.context` is off."""
        if not self._config.context:
            return Understanding()
        generation = self._archive.store.generation
        if self._publishers[0] != generation:
            self._publishers = (generation, self._archive.store.publishers())
        return understand(question, self._publishers[1])

    def retrieve(
        self,
        question: str,
        history: Sequence[Turn] = (),
        top_k: int | None = None,
        admitted: Filter | None = None,
    ) -> tuple[Hit, ...]:
        """Passages for the question, best first; at most `top_k` (default: the settings').

        A follow-up is searched as it stands and with the turn before it. `admitted` is a filter: what it
        does not admit is not found. Near-copies of a better hit are left out.
        """
        limit = top_k or self._config.top_k
        queries = queries_of(question, history)
        if not queries or not self._archive.counts().n_passages:
            return ()
        if admitted:
            self._check(admitted)
        within = self._archive.store.passage_ids(admitted) if admitted else None
        understood = self.understand(queries[0])
        parts: dict[int, dict[str, float]] = {}
        scores = self._score(queries, understood, within, admitted or Filter(), max(limit, 1), parts)
        ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[: 2 * limit + 10]
        found = self._archive.passages([item for item, _ in ranked])
        if self._config.sentence_weight:
            self._weigh_sentences(queries[0], found, scores, parts)
        bonus = self._bonuses(found, understood)
        for item, extra in bonus.items():
            scores[item] += sum(extra.values())
            parts.setdefault(item, {}).update(extra)
        ordered = sorted(found, key=lambda item: (-scores[item], item))
        return self._hits(ordered, found, scores, parts, limit)

    def _check(self, admitted: Filter) -> None:
        """Raises UsageError when the filter names a publisher or a field that no document has."""
        publishers = self._archive.store.publishers()
        known = {publisher.lower() for publisher in publishers}
        for publisher in admitted.publishers:
            if publisher.lower() not in known:
                raise UsageError(
                    f"no document is published by {publisher!r}",
                    remedy=f"publishers here: {', '.join(publishers[:20]) or 'none'}",
                )
        fields = self._archive.store.fields() if admitted.where else []
        for field, _ in admitted.where:
            if field not in fields:
                raise UsageError(
                    f"no document has a field {field!r}", remedy=f"fields here: {', '.join(fields) or 'none'}"
                )

    @property
    def _stage(self) -> Stage:
        return "fused" if self._config.mode == "hybrid" else self._config.mode

    def _score(
        self,
        queries: Sequence[str],
        understood: Understanding,
        within: Ids | None,
        admitted: Filter,
        limit: int,
        parts: dict[int, dict[str, float]],
    ) -> Scores:
        n = max(self._config.n_candidates, 2 * limit)
        named = {name: self._published_by(name, admitted) for name in understood.publishers}
        whole = self._search(queries[0], n, within, admitted, parts)
        for name, ids in named.items():
            # In a large archive the best of a named publisher may not be among the best of all.
            more = self._search(queries[0], _NAMED_CANDIDATES, ids, admitted.of_publisher(name), parts)
            whole = {**more, **whole}
        self._favour(whole, named, understood.publishers, parts)
        if len(queries) > 1:
            return _mean(whole, self._search(queries[1], n, within, admitted, {}), _FOLLOW_UP_WEIGHT)
        if not understood.parts:
            return whole
        by_part = []
        for part in understood.parts:
            scores = self._search(part, n, within, admitted, {})
            self._favour(scores, named, named_publishers(part, list(named)) or list(named), {})
            by_part.append(scores)
        best = {item: max(s.get(item, 0.0) for s in by_part) for item in set().union(*by_part)}
        return _mean(whole, best, self._config.part_weight)

    def _published_by(self, publisher: str, admitted: Filter) -> Ids:
        return self._archive.store.passage_ids(admitted.of_publisher(publisher))

    def _favour(
        self,
        scores: Scores,
        named: Mapping[str, Ids],
        publishers: Sequence[str],
        parts: dict[int, dict[str, float]],
    ) -> None:
        """Add the bonus of a named publisher to the passages it published."""
        favoured = set().union(*(named[publisher].tolist() for publisher in publishers))
        for item in scores.keys() & favoured:
            scores[item] += self._config.named_bonus
            if item in parts:
                parts[item]["publisher"] = self._config.named_bonus

    def _search(
        self, query: str, n: int, within: Ids | None, admitted: Filter, parts: dict[int, dict[str, float]]
    ) -> Scores:
        """Scores of one query over the candidates of the indexes in use."""
        mode = self._config.mode
        lexical = {} if mode == "dense" else dict(self._archive.lexical.search(query, n, admitted or None))
        if mode == "lexical":
            return lexical
        vector = self._archive.embed_query(query)
        dense = dict(self._archive.dense.search(vector, n, within))
        if mode == "dense":
            return dense
        if self._config.fusion == "rrf":
            return dict(reciprocal_rank([list(dense.items()), list(lexical.items())]))
        dense.update(self._cosines([item for item in lexical if item not in dense], vector))
        for item, cosine in dense.items():
            parts[item] = {"dense": cosine, "lexical": lexical.get(item, 0.0)}
        return dict(convex(dense, lexical, self._config.dense_weight))

    def _cosines(self, items: Sequence[int], vector: Vectors) -> Scores:
        held = self._archive.store.vectors(items) if items else {}
        return {item: float(np.dot(row, vector)) for item, row in held.items()}

    def _weigh_sentences(
        self,
        question: str,
        found: Mapping[int, tuple[Passage, Source]],
        scores: Scores,
        parts: dict[int, dict[str, float]],
    ) -> None:
        """Mix the cosine of each passage's nearest sentence into its score."""
        texts: list[str] = []
        owners: list[int] = []
        for item, (passage, _) in found.items():
            for start, end in split_sentences(passage.text):
                texts.append(passage.text[start:end])
                owners.append(item)
        vectors = self._archive.embedder.embed([question, *texts])
        best: Scores = {}
        for item, cosine in zip(owners, vectors[1:] @ vectors[0], strict=True):
            best[item] = max(best.get(item, 0.0), float(cosine))
        weight = self._config.sentence_weight
        for item, cosine in best.items():
            scores[item] = (1.0 - weight) * scores[item] + weight * cosine
            parts.setdefault(item, {})["sentence"] = cosine

    def _bonuses(
        self, found: Mapping[int, tuple[Passage, Source]], understood: Understanding
    ) -> dict[int, dict[str, float]]:
        """What is added for what the question names."""
        bonus: dict[int, dict[str, float]] = {item: {} for item in found}
        newest = max((s.published for _, s in found.values() if s.published), default=None)
        for item, (_, source) in found.items():
            if source.published and understood.period and _overlaps(source.published, understood.period):
                bonus[item]["period"] = self._config.period_bonus
            if understood.latest and source.published and newest and source.published >= newest[:7]:
                bonus[item]["latest"] = self._config.period_bonus
        return bonus

    def _hits(
        self,
        ordered: Sequence[int],
        found: Mapping[int, tuple[Passage, Source]],
        scores: Scores,
        parts: Mapping[int, dict[str, float]],
        limit: int,
    ) -> tuple[Hit, ...]:
        hits: list[Hit] = []
        seen: set[str] = set()
        for item in ordered:
            passage, source = found[item]
            copy = " ".join(passage.text.lower().split())
            if copy not in seen:
                seen.add(copy)
                score = scores[item]
                hits.append(
                    Hit(passage, source, score, len(hits) + 1, self._stage, dict(parts.get(item, {})))
                )
            if len(hits) == limit:
                break
        return tuple(hits)


def queries_of(question: str, history: Sequence[Turn] = ()) -> list[str]:
    """What reaches the indexes: the question, and with a history also the last turn in front of it."""
    question = storable(" ".join(question.split()))[:MAX_QUERY_CHARS]
    if not question:
        return []
    if not history:
        return [question]
    last = history[-1]
    return [question, f"{last.question} {last.answer} {question}"[-MAX_QUERY_CHARS:]]


def _mean(one: Scores, other: Scores, weight_of_other: float) -> Scores:
    return {
        item: (1.0 - weight_of_other) * one.get(item, 0.0) + weight_of_other * other.get(item, 0.0)
        for item in one.keys() | other.keys()
    }


def _overlaps(published: str, period: tuple[datetime.date, datetime.date]) -> bool:
    first, last = date_range(published)
    return first <= period[1] and period[0] <= last
