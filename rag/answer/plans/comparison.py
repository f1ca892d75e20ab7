"""Two or more sides against each other: what each has by itself, side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from askive.rag.answer.plans.numbering import NumberedCitations, hits_of
from askive.rag.answer.plans.plan import PlanContext, Table
from askive.rag.answer.plans.summary import summary
from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.question.requests.sides import Sides, sides_of
from askive.rag.summary.sides import SideSearch
from askive.rag.text.numbers import numbers
from askive.rag.text.words import stems
from askive.rag.types import (
    Citation,
    Event,
    Progress,
    Refusal,
    Row,
    Searching,
    Source,
    Sources,
)

POINT = "Point"
_SAME_POINT = 0.5
"""From this cosine on two sentences are about the same point."""
_N_SHARED_WORDS = 3
# "Raqqa", "air-strikes"; no figures, no letters
_WORD = re.compile(r"[^\W\d_][\w-]{2,}")
_NOTHING = "The documents hold nothing about {sides}. Other words or more documents may help."


@dataclass(frozen=True, slots=True)
class _Side:
    """A side with its sentences, the best first. All of them are its own: of its documents, or with its name."""

    name: str
    sentences: Sequence[SourceSentence]


def comparison(context: PlanContext) -> Iterator[Event]:
    """Finds for each side by itself what the documents say of it, and sets what is about the same point side by side.

    A side is a publisher, a document, or anything else that sentences name. A question that does not name its sides is
    answered by a summary, which goes by document. Raises as `plans.summary` does.
    """
    store = context.archive.store
    asked = _with_documents(
        sides_of(context.question.query, context.question.publishers), store.sources(context.admitted)
    )
    if not asked.names:
        yield from summary(context)
        return
    yield Searching(
        f"{' / '.join(asked.names)} {asked.aspect}".strip(), "", context.trace.filtered, context.trace.kind
    )
    search = SideSearch(
        context.archive,
        context.retriever,
        context.admitted,
        asked.names,
        asked.aspect,
        context.question.publishers,
    )
    sides: list[_Side] = []
    for done, name in enumerate(asked.names):
        yield Progress(done, len(asked.names), "sides")
        sides.append(_Side(name, () if context.is_cancelled else search.sentences(name)))
    context.trace.mark_retrieved()
    found = [side for side in sides if side.sentences]
    if not found:
        message = _NOTHING.format(sides=" or ".join(asked.names))
        yield from Table(refusal=Refusal("nothing_relevant", message)).events(context)
        return
    yield from _table(context, sides, asked.aspect)


def _with_documents(asked: Sides, sources: Sequence[Source]) -> Sides:
    """Sides that are only counted ("the two leases") are the documents of that kind, if there are two to four."""
    wanted = set(stems(asked.several)) if asked.several else set()
    alike = [
        source.title for source in sources if wanted and wanted <= set(stems(f"{source.title} {source.uri}"))
    ]
    return Sides(tuple(alike), asked.aspect) if 2 <= len(alike) <= 4 else asked


def _table(context: PlanContext, sides: Sequence[_Side], aspect: str) -> Iterator[Event]:
    """`Sources`, how many documents each side has, its best sentence, and the rows."""
    numbered = NumberedCitations()
    known = set(stems(" ".join((aspect, *(side.name for side in sides)))))
    rows = tuple(_row(sides, cells, known, numbered) for cells in _points(context, sides))
    citations = [citation for row in rows for citation in row.citations]
    sentences = [_counts(sides, aspect)]
    if context.is_cancelled:
        sentences.append("Stopped before every side was looked at.")
    columns = (POINT, *(side.name for side in sides))
    shown = Table(sentences, columns, rows, hits_of(citation.hit for citation in citations))
    yield Sources(shown.hits, citations[0])
    yield from shown.conclusion(context)


def _counts(sides: Sequence[_Side], aspect: str) -> str:
    """`On Sinjar: Reuters in 2 documents, VOA in none.`"""
    parts = []
    for side in sides:
        n = len({sentence.hit.source.doc_id for sentence in side.sentences})
        parts.append(f"{side.name} in {f'{n:,} document' if n else 'none'}{'s' if n > 1 else ''}")
    counts = ", ".join(parts)
    return f"On {aspect}: {counts}." if aspect else f"{counts[0].upper()}{counts[1:]}."


def _points(context: PlanContext, sides: Sequence[_Side]) -> list[dict[str, SourceSentence]]:
    """The sentences by point and side: those that are near to each other are about one point.

    Points of several sides come first; each sentence is in one of them.
    """
    every = [(side.name, sentence) for side in sides for sentence in side.sentences]
    vectors = context.archive.embedder.embed([sentence.text for _, sentence in every])
    nearness = vectors @ vectors.T
    free = set(range(len(every)))
    points: list[dict[str, SourceSentence]] = []
    pairs = [
        (float(nearness[i, j]), i, j)
        for i, j in zip(*np.triu_indices(len(every), 1), strict=True)
        if every[i][0] != every[j][0] and nearness[i, j] >= _SAME_POINT
    ]
    for _, i, j in sorted(pairs, reverse=True):
        if i in free and j in free:
            free -= {i, j}
            points.append(dict((every[i], every[j])))
            for k in sorted(free, key=lambda k: -float(nearness[i, k])):
                if every[k][0] not in points[-1] and nearness[i, k] >= _SAME_POINT:
                    free.discard(k)
                    points[-1][every[k][0]] = every[k][1]
    return [*points, *({every[at][0]: every[at][1]} for at in sorted(free))]


def _row(
    sides: Sequence[_Side],
    cells: Mapping[str, SourceSentence],
    known: Set[str],
    numbered: NumberedCitations,
) -> Row:
    citations: list[Citation] = []
    values = {POINT: _point(cells, known)}
    for side in sides:
        if sentence := cells.get(side.name):
            citations.append(numbered.cite(sentence))
            values[side.name] = f"“{' '.join(sentence.text.split())}”"
    return Row(values, citations=tuple(citations))


def _point(cells: Mapping[str, SourceSentence], known: Set[str]) -> str:
    """`both: strikes, Raqqa; other figures`, or the one side that has it. known: stems that tell nothing new."""
    if len(cells) == 1:
        return f"only {next(iter(cells))}"
    texts = [sentence.text for sentence in cells.values()]
    shared = set.intersection(*(set(stems(text)) for text in texts)) - known
    spelled = {stems(word)[0]: word for word in _WORD.findall(texts[0]) if stems(word)[0] in shared}
    about = ", ".join(list(spelled.values())[:_N_SHARED_WORDS])
    figures = [numbers(text) for text in texts]
    differ = all(figures) and not set.intersection(*map(set, figures))
    who = "both" if len(cells) == 2 else "all"
    return f"{who}{f': {about}' if about else ''}{'; other figures' if differ else ''}"
