"""The passages that a summary or a comparison goes through."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from askive.models.protocols import Embedder, Vectors
from askive.rag.evidence.scoring import score_sentences
from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.passage_context import heading_words
from askive.rag.question.analysis import Question
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter
from askive.rag.summary.choice import spread
from askive.rag.text.names import has_name, lower_words
from askive.rag.text.words import stems
from askive.rag.types import Hit, Source

N_PASSAGES = 40
_MAX_READ = 20_000
"""Passages whose vectors are compared; of more, every second, third... is."""
_NEAR = 0.4
"""From this cosine to the topic on a passage concerns it, whatever its words."""


def passages_about(retriever: Retriever, topic: Question, admitted: Filter) -> tuple[Hit, ...]:
    """The passages that concern a topic: with most of its names, and near to it or with most of its words.

    Names and words may be in their headings.
    """
    wanted = set(topic.stems)

    def concerns(hit: Hit) -> bool:
        text = f"{heading_words(hit.source, hit.passage, 'title', 'headings')} {hit.passage.text}"
        own_words = lower_words(text)
        n_names = sum(has_name(name, own_words, text) for name in topic.names)
        is_near = hit.parts.get("dense", 0.0) >= _NEAR or 2 * len(wanted & set(stems(text))) > len(wanted)
        return is_near and 2 * n_names >= len(topic.names)

    hits = retriever.retrieve(topic, top_k=N_PASSAGES, admitted=admitted)
    return tuple(hit for hit in hits if concerns(hit))


def central_passages(archive: Archive, sources: Sequence[Source]) -> tuple[Hit, ...]:
    """Passages from all over the documents, the most central and diverse ones, in the order of the documents."""
    by_id = {source.doc_id: source for source in sources}
    passages = [passage for doc_id in by_id for passage in archive.store.passages_of(doc_id)]
    if not passages:
        return ()
    passages = passages[:: -(-len(passages) // _MAX_READ)]
    vectors = archive.store.vectors([passage.passage_id for passage in passages])
    rows = np.stack([vectors[passage.passage_id] for passage in passages])
    kept = (passages[at] for at in sorted(spread(rows, N_PASSAGES)))
    return tuple(
        Hit(passage, by_id[passage.doc_id], 1.0, rank, "dense") for rank, passage in enumerate(kept, 1)
    )


def scores_about(
    topic: Question, sentences: Sequence[SourceSentence], hits: Sequence[Hit], embedder: Embedder
) -> Vectors:
    """How much each sentence of the hits is about a topic, shape (n,), 0 to about 1."""
    scored = score_sentences(topic, hits, embedder)
    scores = {(one.hit.passage.doc_id, one.start): one.score for one in scored}
    keys = ((one.hit.passage.doc_id, one.span.start) for one in sentences)
    return np.array([scores.get(key, 0.0) for key in keys], dtype=np.float32)
