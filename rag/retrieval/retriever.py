"""Question -> hits: fused candidates of both indexes, with bonuses for the publishers and times that it names."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from askive.models.protocols import Reranker
from askive.rag.config import RetrievalConfig
from askive.rag.errors import ConfigError
from askive.rag.question.analysis import MAX_QUERY_CHARS, Clause, Question
from askive.rag.retrieval.candidates import Candidates, Scores, best_of, mean
from askive.rag.retrieval.cutoff import cut_off, diversify
from askive.rag.retrieval.event_dates import date_event
from askive.rag.retrieval.expansion import N_READ, bridging_names
from askive.rag.retrieval.named_documents import checked_filter
from askive.rag.retrieval.near_duplicates import collapse, merge_neighbours, number_ranks
from askive.rag.retrieval.rerank import rerank
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter
from askive.rag.text.dates import date_range
from askive.rag.text.sentences import split_sentences
from askive.rag.text.time_expressions import Time, relative_time
from askive.rag.text.words import storable
from askive.rag.types import Hit, Stage, Turn

_FOLLOW_UP_WEIGHT = 0.5
_NAMED_CANDIDATES = 20
_MAX_TIMES = 3
_EVENT_CANDIDATES = 20
_QUESTION_WEIGHT = 0.5


class Retriever:
    """Searches one archive as its settings say. `askive.rag.factory.open_retriever` makes it.

    reranker: the model of the rerank stage; needed when `retrieval.rerank` is not off.
    free: called by `close`, when a model was loaded for this retriever alone.
    Raises ConfigError when the reranker is missing.
    """

    def __init__(
        self,
        archive: Archive,
        config: RetrievalConfig,
        reranker: Reranker | None = None,
        free: Callable[[], None] = lambda: None,
    ) -> None:
        if config.rerank != "off" and reranker is None:
            raise ConfigError(
                f"setting retrieval.rerank = {config.rerank!r}: no model for it was loaded",
                remedy="set retrieval.rerank to off",
            )
        self._archive = archive
        self._config = config
        self._reranker = reranker
        self._free = free
        self._publishers: tuple[int, list[str]] = (-1, [])
        self._dated: tuple[Question, int, Question] | None = None

    def close(self) -> None:
        """Free the model that was loaded for this retriever, if any. The archive stays open."""
        self._free()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def reranks(self) -> bool:
        """Whether a model reranks the hits."""
        return self._config.rerank != "off"

    def read(self, text: str) -> Question:
        """The analysed question, with the publishers of this archive that it names."""
        generation = self._archive.store.generation
        if self._publishers[0] != generation:
            self._publishers = (generation, self._archive.store.publishers())
        return Question.read(text, self._publishers[1])

    def understand(self, question: Question) -> Question:
        """The question with events and relative times such as `last week` dated by the archive, in `times`.

        When `retrieval.context` is off: the question without publishers, times, clauses and events.
        """
        if not self._config.context:
            return question.literal()
        generation = self._archive.store.generation
        if self._dated is None or self._dated[:2] != (question, generation):
            self._dated = (question, generation, self._date(question))
        return self._dated[2]

    def _date(self, question: Question) -> Question:
        times = list(question.times)
        today = datetime.date.today()
        if question.relative:
            dated = [source.published for source in self._archive.store.sources() if source.published]
            newest = date_range(max(dated))[1] if dated else None
            times += [time] if (time := relative_time(question.relative, newest, today)) else []
        for event in question.events:
            search = Candidates(self._archive, self._config, Filter(), _EVENT_CANDIDATES)
            # The phrase names the event; the rest of the question separates it from similar events.
            scores = mean(search.search(event.phrase), search.search(question.query), _QUESTION_WEIGHT)
            best = sorted(scores, key=lambda item: (-scores[item], item))[:_EVENT_CANDIDATES]
            if event_time := date_event(event, [search.passages[item] for item in best]):
                times.append(event_time)
        return replace(question, times=tuple(times), relative="", events=())

    def retrieve(
        self,
        question: Question | str,
        history: Sequence[Turn] = (),
        top_k: int | None = None,
        admitted: Filter | None = None,
    ) -> tuple[Hit, ...]:
        """Passages for the question, best first. A string is analysed first.

        top_k: this many hits, each of one passage. Without it: as many as the question needs, at most the `top_k` of
        the settings, with neighbouring passages merged into one hit.
        history: a follow-up is searched both alone and with the previous turn. admitted: a filter; other documents are
        not searched. Near-copies of a better hit are left out and listed in its `also`.
        """
        limit = top_k or self._config.top_k
        if isinstance(question, str):
            question = self.read(question)
        queries = queries_of(question, history)
        if not queries or not self._archive.counts().n_passages:
            return ()
        admitted = checked_filter(admitted or Filter(), self._archive.store)
        understood = self.understand(question)
        candidates = Candidates(
            self._archive, self._config, admitted, max(self._config.n_candidates, 2 * limit)
        )
        scores = self._scores(candidates, queries, understood, admitted)
        best = sorted(scores, key=lambda item: (-scores[item], item))[: 2 * limit + 10]
        if self._config.sentence_weight:
            self._mix_sentence_scores(queries[0], best, candidates, scores)
        if understood.latest:
            self._favour_latest(best, candidates, scores)
        best.sort(key=lambda item: (-scores[item], item))
        hits = collapse([self._hit(item, candidates, scores[item]) for item in best])
        hits = diversify(hits, understood.publishers, limit)
        if self.reranks and self._reranker is not None:
            depth = self._config.rerank_depth
            hits = rerank(queries[0], hits[:depth], self._reranker, self._config.rerank_weight) + hits[depth:]
        if top_k is not None:
            return number_ranks(hits[:limit])
        kept = cut_off(hits[:limit], understood, self._config.depth_ratio)
        return merge_neighbours(kept, lambda doc_id: self._archive.document(doc_id).text)

    def _scores(
        self, candidates: Candidates, queries: Sequence[str], understood: Question, admitted: Filter
    ) -> Scores:
        """Scores of all candidates: of the question, its clauses or the previous turn, and the expansion with names."""
        whole = candidates.search(queries[0], explained=True)
        for publisher in understood.publishers:
            narrower = admitted.of_publisher(publisher)
            whole = {**candidates.search_within(queries[0], narrower, _NAMED_CANDIDATES), **whole}
        for time in [time for time in understood.times if time.bounded][:_MAX_TIMES]:
            narrower = admitted.within(time.first, time.last)
            whole = {**candidates.search_within(queries[0], narrower, _NAMED_CANDIDATES), **whole}
        self._favour(whole, candidates, understood.publishers, understood.times, explained=True)
        if len(queries) > 1:
            return mean(whole, candidates.search(queries[1]), _FOLLOW_UP_WEIGHT)
        scores = whole
        if understood.clauses:
            clauses = self._clause_scores(understood.clauses, candidates, understood.publishers)
            scores = self._mixed(scores, clauses, self._config.part_weight, "clause", candidates)
        if self._config.bridge_weight and (understood.clauses or len(understood.publishers) > 1):
            first = sorted(scores, key=lambda item: (-scores[item], item))[:N_READ]
            names = bridging_names(queries[0], [candidates.passages[item] for item in first])
            if names:
                searched = understood.clauses or (Clause(queries[0]),)
                expanded = [clause.with_names(names, understood.publishers) for clause in searched]
                bridged = self._clause_scores(expanded, candidates, understood.publishers)
                scores = self._mixed(scores, bridged, self._config.bridge_weight, "names", candidates)
        return scores

    def _clause_scores(
        self, clauses: Sequence[Clause], candidates: Candidates, publishers: Sequence[str]
    ) -> Scores:
        """The best score of each passage over the clauses, with the bonuses for each clause's own publishers and times.

        publishers: of the whole question, for a clause that names none.
        """
        several = []
        for clause in clauses:
            scores = candidates.search(clause.text)
            self._favour(scores, candidates, clause.publishers or publishers, clause.times)
            several.append(scores)
        return best_of(several)

    def _mixed(
        self, scores: Scores, other: Scores, weight: float, name: str, candidates: Candidates
    ) -> Scores:
        for item, score in other.items():
            candidates.parts.setdefault(item, {})[name] = score
        return mean(scores, other, weight)

    def _favour(
        self,
        scores: Scores,
        candidates: Candidates,
        publishers: Sequence[str],
        times: Sequence[Time],
        *,
        explained: bool = False,
    ) -> None:
        """Add the bonuses for a named publisher and for a date within a named time."""
        for item in scores if publishers or times else ():
            source = candidates.passages[item][1]
            bonus: dict[str, float] = {}
            if source.publisher in publishers:
                bonus["publisher"] = self._config.named_bonus
            if source.published and any(time.includes(source.published) for time in times):
                bonus["period"] = self._config.period_bonus
            scores[item] += sum(bonus.values())
            if explained and bonus:
                candidates.parts.setdefault(item, {}).update(bonus)

    def _favour_latest(self, items: Sequence[int], candidates: Candidates, scores: Scores) -> None:
        """Add the bonus for a date to the candidates of the newest month."""
        dates = {item: candidates.passages[item][1].published or "" for item in items}
        newest = max(dates.values(), default="")
        for item, published in dates.items():
            if newest and published >= newest[:7]:
                scores[item] += self._config.period_bonus
                candidates.parts.setdefault(item, {})["latest"] = self._config.period_bonus

    def _mix_sentence_scores(
        self, question: str, items: Sequence[int], candidates: Candidates, scores: Scores
    ) -> None:
        """Mix the cosine of each passage's most similar sentence into its score."""
        texts: list[str] = []
        owners: list[int] = []
        for item in items:
            text = candidates.passages[item][0].text
            for start, end in split_sentences(text):
                texts.append(text[start:end])
                owners.append(item)
        vectors = self._archive.embedder.embed([question, *texts])
        nearest: Scores = {}
        for item, cosine in zip(owners, vectors[1:] @ vectors[0], strict=True):
            nearest[item] = max(nearest.get(item, -1.0), float(cosine))
        weight = self._config.sentence_weight
        for item, cosine in nearest.items():
            scores[item] = (1.0 - weight) * scores[item] + weight * cosine
            candidates.parts.setdefault(item, {})["sentence"] = cosine

    def _hit(self, item: int, candidates: Candidates, score: float) -> Hit:
        passage, source = candidates.passages[item]
        stage: Stage = "fused" if self._config.mode == "hybrid" else self._config.mode
        return Hit(passage, source, score, 0, stage, dict(candidates.parts.get(item, {})))


def queries_of(question: Question, history: Sequence[Turn] = ()) -> list[str]:
    """The queries for the indexes: the question, and with a history also the last turn followed by the question."""
    if not question.query:
        return []
    if not history:
        return [question.query]
    last = history[-1]
    return [question.query, storable(f"{last.question} {last.answer} {question.query}")[-MAX_QUERY_CHARS:]]
