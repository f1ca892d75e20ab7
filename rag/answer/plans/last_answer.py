"""The last answer in another form: shorter, as a table, again. Its sentences are found in the documents once more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from askive.rag.answer.plans.numbering import NumberedCitations, hits_of
from askive.rag.answer.plans.plan import PlanContext, Table, Text
from askive.rag.passage_context import named_source
from askive.rag.question.requests.remark import Form
from askive.rag.text.clauses import claims_of
from askive.rag.text.sentences import split_sentences
from askive.rag.text.words import words
from askive.rag.types import Event, Refusal, Row, Sentence, Sources, Turn
from askive.rag.verification.citer import Citer

COLUMNS = ("Statement", "Source")
_N_HITS = 5
_NO_ANSWER = "There is no answer yet. Ask a question about the documents first."
_NO_SENTENCES = (
    "The last answer has no sentences that quote the documents, so it cannot be put in another form."
    " Ask the question again in other words."
)


def last_answer(context: PlanContext, form: Form) -> Iterator[Event]:
    """The last answer in another form, every sentence with its citations. Raises ModelError as a `Verifier` does.

    Without an answer, or when none of its sentences is found in the documents, it refuses.
    """
    if not context.history:
        yield from Table(refusal=Refusal("nothing_relevant", _NO_ANSWER)).events(context)
        return
    found = _sentences(context, context.history[-1])
    context.trace.mark_retrieved()
    if not found:
        yield from Table(refusal=Refusal("nothing_relevant", _NO_SENTENCES)).events(context)
        return
    if form in ("one", "shorter"):
        found = _shortened(context, found, 1 if form == "one" else None)
    citations = NumberedCitations()
    sentences = [citations.number(one.sentence) for one in found]
    hits = hits_of([citation.hit for sentence in sentences for citation in sentence.citations])
    if form == "table":
        rows = tuple(
            Row({"Statement": one.text, "Source": _source_of(one)}, citations=one.citations)
            for one in sentences
        )
        yield from Table(("The last answer, sentence by sentence.",), COLUMNS, rows, hits).events(context)
        return
    yield Sources(hits, sentences[0].citations[0])
    written = Text()
    for sentence in sentences:
        yield from written.add(sentence)
    yield Table(hits=hits).final(context, written)


@dataclass(frozen=True, slots=True)
class _Found:
    """A sentence of the last answer with its citations; citer: of its sources."""

    sentence: Sentence
    citer: Citer


def _sentences(context: PlanContext, last: Turn) -> list[_Found]:
    """The sentences of an answer that the documents support."""
    question = context.retriever.read(last.question)
    verifier = context.tools.verifier
    found: list[_Found] = []
    for start, end in split_sentences(last.answer):
        text = last.answer[start:end]
        # `Reuters, November 2015: “...”`
        words_only = re.sub(r"^[^“”]{0,120}: (?=“)", "", text).strip("“”")
        hits = context.retriever.retrieve(words_only, top_k=_N_HITS, admitted=context.admitted)
        citer = verifier.citer(question, hits)
        sentence = citer.cite(words_only, 0)
        if sentence.verdict != "supported":
            sentence = verifier.judge(sentence, question)
        if sentence.verdict == "supported":
            found.append(_Found(replace(sentence, text=text), citer))
    return found


def _shortened(context: PlanContext, found: Sequence[_Found], n: int | None) -> list[_Found]:
    """The n sentences that are nearest to the question; None: half of the words.

    Of a single sentence, the shortest clause that its sources support.
    """
    if len(found) == 1:
        return [_shortest(found[0])]
    question = context.history[-1].question
    vectors = context.archive.embedder.embed([question, *(one.sentence.text for one in found)])
    order = np.argsort(-(vectors[1:] @ vectors[0]), kind="stable").tolist()
    left = sum(len(words(one.sentence.text)) for one in found) / 2
    kept: list[int] = []
    for at in order if n is None else order[:n]:
        if kept and n is None and len(words(found[at].sentence.text)) > left:
            break
        kept.append(at)
        left -= len(words(found[at].sentence.text))
    return [found[at] for at in sorted(kept)]


def _shortest(found: _Found) -> _Found:
    for clause in sorted(claims_of(found.sentence.text), key=len):
        text = f"{clause[:1].upper()}{clause[1:]}".rstrip(" ,;")
        text = text if text[-1:] in ".!?”" else f"{text}."
        cited = found.citer.cite(text, 0)
        if cited.verdict == "supported":
            return _Found(cited, found.citer)
    return found


def _source_of(sentence: Sentence) -> str:
    return "; ".join(dict.fromkeys(named_source(citation.hit.source) for citation in sentence.citations))
