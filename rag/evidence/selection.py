"""Scored sentences -> the evidence in the prompt: the best sentences within a budget, with their neighbours.

Sentences are taken one by one while there is room. So nothing is left out because a larger unit, such as a passage,
does not fit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from askive.rag.config import PromptConfig
from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.evidence.source_sentences import SourceSentence, source_sentences
from askive.rag.passage_context import source_line
from askive.rag.question.analysis import Question
from askive.rag.text.injection import has_control_token
from askive.rag.types import Evidence

_MUCH_WORSE = 0.5
"""Sentences with less than this share of the best score are not taken."""
_WITH_NEIGHBOURS = 4
"""Number of the best sentences that are taken with their neighbours."""
_N_BRIEF = 4
_SEEN_FROM = 0.0
"""Threshold of the reader's logit that a sentence answers."""
STANDS_OUT = 0.2
"""Distance of the best score from the second from which on the best sentence is the only one that counts."""


def decisive_sentence(question: Question, scored: Sequence[ScoredSentence]) -> ScoredSentence | None:
    """The one sentence that states the fact that is asked for; scored: best first.

    Its score is far above the others, and the reader finds the answer in it. None if there is no such sentence, or if
    the question asks for an explanation, yes or no, or several things.
    """
    if not scored or scored[0].answerable is None or scored[0].answerable < _SEEN_FROM:
        return None
    if len(scored) > 1 and scored[0].score - scored[1].score < STANDS_OUT:
        return None
    return scored[0] if question.is_one_thing else None


def evidence_budget(
    question: Question, scored: Sequence[ScoredSentence], config: PromptConfig
) -> PromptConfig:
    """The budget of evidence for this question; scored: best first.

    Where one sentence states the answer, only the few best are taken.
    """
    if decisive_sentence(question, scored) is None:
        return config
    return config.model_copy(
        update={
            "max_tokens": min(config.max_tokens, config.brief_tokens),
            "n_sentences": min(config.n_sentences, _N_BRIEF),
            "n_neighbours": 0,
        }
    )


def choose_evidence(
    question: Question,
    scored: Sequence[ScoredSentence],
    config: PromptConfig,
    count_tokens: Callable[[str], int],
) -> list[Evidence]:
    """The evidence for this question, within its budget; scored: best first.

    Where one sentence states the answer, what other documents answer comes before the rest: the value may differ.
    """
    if decisive_sentence(question, scored) is None:
        return select_evidence(scored, config, count_tokens)
    budget = evidence_budget(question, scored, config)
    return select_evidence(_each_account_first(scored), budget, count_tokens)


def _each_account_first(scored: Sequence[ScoredSentence]) -> list[ScoredSentence]:
    """The best sentence of each document in which the reader sees an answer, then the others; both best first."""
    best: dict[int, ScoredSentence] = {}
    for item in scored:
        if item.answerable is not None and item.answerable >= _SEEN_FROM:
            best.setdefault(item.hit.passage.doc_id, item)
    first = list(best.values())
    return [*first, *(item for item in scored if not any(item is other for other in first))]


def select_evidence(
    scored: Sequence[ScoredSentence], config: PromptConfig, count_tokens: Callable[[str], int]
) -> list[Evidence]:
    """Disjoint pieces of the sources, best first; together at most `config.max_tokens`, but with the first sentence.

    Sentences are taken in the order of `scored`; those that are much worse than the first are passed over.
    """
    taken = _Taken(config.max_tokens, count_tokens)
    worth = [item for item in scored if item.score >= _MUCH_WORSE * scored[0].score]
    for place, item in enumerate(worth[: config.n_sentences]):
        taken.take(item.sentence, item)
        if place < _WITH_NEIGHBOURS:
            for sentence in _neighbours(item, config.n_neighbours):
                taken.take(sentence, None)
    return taken.pieces()


_Choice = tuple[SourceSentence, ScoredSentence | None]
"""A sentence and its scores; None for a neighbour."""


class _Taken:
    """The sentences taken so far, each once. room: in tokens."""

    def __init__(self, room: int, count_tokens: Callable[[str], int]) -> None:
        self._room = room
        self._count = count_tokens
        self._sentences: dict[tuple[int, int], _Choice] = {}
        self._documents: set[int] = set()

    def take(self, sentence: SourceSentence, scored: ScoredSentence | None) -> None:
        """Add the sentence if there is room, or if it is the first one."""
        doc_id = sentence.hit.passage.doc_id
        key = doc_id, sentence.span.start
        if key in self._sentences:
            known, worth = self._sentences[key]
            if worth is None:
                # So far it was only a neighbour; its own score counts for the piece.
                self._sentences[key] = (replace(sentence, hit=known.hit), scored)
            return
        cost = self._count(sentence.text)
        if doc_id not in self._documents:
            cost += self._count(source_line(len(self._documents) + 1, sentence.hit))
        if cost > self._room and self._sentences:
            return
        self._room -= cost
        self._documents.add(doc_id)
        self._sentences[key] = (sentence, scored)

    def pieces(self) -> list[Evidence]:
        """Adjacent sentences of a passage as one piece; pieces of neighbours alone are left out."""
        found: list[Evidence] = []
        run: list[_Choice] = []
        for _, choice in sorted(self._sentences.items()):
            if run and not _follows(run, choice[0]):
                found += _piece(run)
                run = []
            run.append(choice)
        found += _piece(run)
        return sorted(found, key=lambda piece: -piece.score)


def _piece(run: Sequence[_Choice]) -> list[Evidence]:
    scored = [worth for _, worth in run if worth is not None]
    if not scored:
        return []
    best = max(scored, key=lambda item: item.score)
    hit, start, end = run[0][0].hit, run[0][0].span.start, run[-1][0].span.end
    return [Evidence(hit, start, end, hit.passage.between(start, end), best.score, best.start, best.end)]


def _follows(run: Sequence[_Choice], other: SourceSentence) -> bool:
    """Whether `other` is the next sentence, and in the passage in which the run begins."""
    passage, last = run[0][0].hit.passage, run[-1][0].span
    if other.hit.passage.doc_id != passage.doc_id or other.span.end > passage.end:
        return False
    between = passage.between(last.end, other.span.start)
    return other.span.start >= last.end and not between.strip()


def _neighbours(item: ScoredSentence, n: int) -> list[SourceSentence]:
    """Up to n sentences on each side, nearest first, up to one with a control token."""
    around = source_sentences(item.hit)
    found: list[SourceSentence] = []
    for step in (-1, 1):
        for at in range(item.index + step, item.index + step * (n + 1), step):
            if not 0 <= at < len(around) or has_control_token(around[at].text):
                break
            found.append(around[at])
    return sorted(found, key=lambda sentence: abs(sentence.span.start - item.start))
