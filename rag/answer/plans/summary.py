"""A summary of documents, of a topic, or of everything: the sentences that matter most, worded and verified."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from askive.rag.answer.plans.differences import differences
from askive.rag.answer.plans.numbering import NumberedCitations, hits_of
from askive.rag.answer.plans.plan import PlanContext, Table, Text
from askive.rag.answer.refusal import ADD_BY_COMMAND
from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.passage_context import named_source
from askive.rag.question.requests.asked_summary import AskedSummary, without
from askive.rag.store.filters import Filter
from askive.rag.summary.choice import choose_sentences, statements
from askive.rag.summary.kept import KeptParagraphs
from askive.rag.summary.passages import central_passages, passages_about, scores_about
from askive.rag.summary.wording import Writer, count_words, paragraphs_of, says_again
from askive.rag.text.sentences import split_sentences
from askive.rag.types import (
    Event,
    Progress,
    Refusal,
    Searching,
    Sentence,
    Source,
    Sources,
)

N_WORDS = 150
_LONGER = 1.5
"""The chosen sentences have this many times the words of the summary, for the generator to shorten."""
_EMPTY = "There are no documents to sum up{within}. " + ADD_BY_COMMAND
_NOTHING = "The documents hold nothing about “{topic}”{within}. Other words or more documents may help."


def summary(context: PlanContext) -> Iterator[Event]:
    """Sums up the documents that the question names, or what all say about its topic, or everything.

    A publisher and a time that the question names restrict the documents, as the user's filter does. Paragraphs go by
    document, the oldest first. Raises ModelError when the generator fails.
    """
    store = context.archive.store
    admitted, rest = _restricted(context)
    sources = store.sources(admitted)
    asked = AskedSummary.read(rest, sources)
    restriction = admitted.describe()
    yield Searching(asked.topic, filtered=restriction, kind=context.trace.kind)
    n_words = context.n_words or asked.n_words or N_WORDS
    chosen = _chosen(context, asked, sources, admitted, round(n_words * _LONGER))
    context.trace.mark_retrieved()
    if not chosen:
        within = f" ({restriction})" if restriction else ""
        topic = asked.topic and sources
        text = _NOTHING if topic else _EMPTY
        refusal = Refusal(
            "nothing_relevant" if topic else "empty_archive",
            text.format(topic=asked.topic, within=within),
            filtered=restriction,
        )
        yield from Table(refusal=refusal).events(context)
        return
    hits = hits_of([sentence.hit for sentence in chosen])
    yield Sources(hits, chosen[0].citation(1))
    written = Text()
    yield from _write(context, chosen, n_words, written)
    yield Table(hits=hits).final(context, written)


def _restricted(context: PlanContext) -> tuple[Filter, str]:
    """The user's filter, limited to the publisher and the time that the question names if it names one of them.

    And the question without what limits it.
    """
    understood = context.retriever.understand(context.question)
    admitted, asked = context.admitted, context.question.query
    if len(understood.publishers) == 1:
        admitted = admitted.of_publisher(understood.publishers[0])
        asked = without(asked, understood.publishers[0])
    if len(understood.times) == 1:
        time = understood.times[0]
        narrower = admitted.within(time.first, time.last)
        # The time may be that of the events: "the flood of 1953".
        if context.archive.store.sources(narrower):
            admitted, asked = narrower, without(asked, time.wording)
    return admitted, asked


def _chosen(
    context: PlanContext, asked: AskedSummary, sources: Sequence[Source], admitted: Filter, n_words: int
) -> list[SourceSentence]:
    """The sentences to sum up, the best first."""
    embedder = context.archive.embedder
    if asked.documents or not asked.topic or not sources:
        hits = central_passages(context.archive, asked.documents or sources)
        return choose_sentences(statements(hits), embedder, n_words)
    topic = context.retriever.read(asked.topic)
    hits = passages_about(context.retriever, topic, admitted)
    sentences = statements(hits)
    return choose_sentences(sentences, embedder, n_words, scores_about(topic, sentences, hits, embedder))


def _write(
    context: PlanContext, chosen: Sequence[SourceSentence], n_words: int, written: Text
) -> Iterator[Event]:
    """Words one paragraph after the other, or finds it among those that are kept."""
    writer = Writer(context.tools.generator, context.tools.verifier)
    kept = KeptParagraphs(context.archive, context.tools.generator.model_id)
    paragraphs = paragraphs_of(chosen)
    are_several = len({sentence.hit.source.doc_id for sentence in chosen}) > 1
    share = n_words / max(count_words(chosen), n_words)
    citations = NumberedCitations()
    for done, paragraph in enumerate(paragraphs):
        yield Progress(done, len(paragraphs), "paragraphs")
        n_room = round(share * count_words(paragraph))
        sentences = kept.find(paragraph, n_room)
        if sentences is None:
            text = _draft(context, writer, paragraph, n_room)
            if context.is_cancelled:
                stopped = f"Stopped after {done} of {len(paragraphs)} paragraphs."
                yield from written.add(Sentence(stopped, 0, 0, verdict="supported"), "\n\n")
                return
            sentences = writer.verified(text, paragraph, n_room)
            if text:
                kept.keep(paragraph, n_room, sentences)
        lead, separator = f"{named_source(paragraph[0].hit.source)}: " if are_several else "", "\n\n"
        for sentence in sentences:
            if not says_again(sentence.text, written.sentences):
                marked = replace(citations.number(sentence), text=f"{lead}{sentence.text}")
                yield from written.add(marked, separator)
                lead, separator = "", " "
    context.trace.mark_generated()
    cited = {c.marker: c for sentence in written.sentences for c in sentence.citations}
    separator = "\n\n"
    for sentence in differences(list(cited.values()), context.archive.embedder):
        yield from written.add(sentence, separator)
        separator = " "


def _draft(context: PlanContext, writer: Writer, paragraph: Sequence[SourceSentence], n_words: int) -> str:
    """What the generator writes for a paragraph; empty for a short one, which is quoted as it is."""
    text = ""
    if n_words < count_words(paragraph) and not context.is_cancelled:
        for piece in writer.generate(paragraph, n_words, context.cancel):
            context.trace.add(piece)
            text += piece.text
        text = text.strip() if context.trace.ended else _without_end(text)
    return text


def _without_end(text: str) -> str:
    """The text without its last sentence, which was cut off."""
    spans = split_sentences(text)
    return text[spans[0].start : spans[-2].end] if len(spans) > 1 else ""
