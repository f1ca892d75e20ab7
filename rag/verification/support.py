"""Support: whether the cited text says what a sentence says, after the rules of `askive.rag.verification.rules`.

The rules compare numbers, dates and names. What a sentence means is judged by the generator
(`askive.rag.verification.judge`), which reads it beside the cited text. Without a generator the reader's score of
sentence and source and the number of words that only the question has stand in for it; `python -m
askive.eval.calibration.support` fits that model on sentences that people have marked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from askive.models.protocols import Generator
from askive.models.reader.cross_encoder import Reader
from askive.rag.calibration.logistic import find_model, log_odds
from askive.rag.calibration.relation import Relation, find_relation_model
from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.question.analysis import Question
from askive.rag.text.words import stems
from askive.rag.types import Citation, Sentence
from askive.rag.verification.judge import Judge

STORED = Path(__file__).parent.parent / "calibration" / "support.json"
RELATION = Path(__file__).parent.parent / "calibration" / "relation.json"
NOT_SAID = "the cited text does not say this"
DENIED = "the cited text says the opposite"

ANSWERS_FROM = 0.0
"""Log-odds of `SupportModel.answers` from which on a quote is shown as an answer."""
_LONGEST_QUOTE_CHARS = 400
_CONTEXT_CHARS = 200
"""On each side of a quote: the reader was trained so."""


def rule_features(
    text: str, question: Question, sources: Sequence[SourceSentence], reader: Reader
) -> dict[str, float]:
    """What the first model weighs of the sentence `text` and the source sentences that it cites.

    `reader`: log-odds that one of the sources supports the sentence. `own`: share of its words that the sources have.
    `asked`: number of its words that the question has, and no source or title. `new`: number of those that neither
    the question nor a source or title has.
    """
    claimed, asked = set(stems(text)), set(question.stems)
    stated = set(stems(" ".join(source.text for source in sources)))
    known = stated | set(stems(" ".join(source.title for source in sources)))
    support = reader.support(text, [source.excerpt(_CONTEXT_CHARS) for source in sources])
    return {
        "reader": log_odds(float(support[:, 0].max())),
        "own": len(claimed & stated) / max(len(claimed), 1),
        "asked": float(len((claimed & asked) - known)),
        "new": float(len(claimed - known - asked)),
    }


def in_its_sources_words(sentence: Sentence) -> Sentence | None:
    """Its first citation as a quotation in place of the sentence; None when it is too long for an answer."""
    if not sentence.citations or len(sentence.citations[0].quote) > _LONGEST_QUOTE_CHARS:
        return None
    text = f"“{' '.join(sentence.citations[0].quote.split())}”"
    end = sentence.start + len(text)
    return Sentence(text, sentence.start, end, sentence.citations[:1], "supported")


class SupportModel:
    """Judges cited sentences: the generator with the surroundings of each citation, where a relation model is fitted
    for it; else the reader, by a model of rules and reader.

    generator: None, or one that no model was fitted with, is not asked. Without a fitted model for this embedder and
    reader either, every sentence passes.
    """

    def __init__(self, reader: Reader | None, generator: Generator | None, embedder_id: str) -> None:
        self._reader = reader
        self._relation = find_relation_model(generator.model_id, RELATION) if generator else None
        self._judge = Judge(generator) if generator and self._relation else None
        self._by_rules = find_model(embedder_id, reader.digest if reader else None, stored=STORED)

    @property
    def judges(self) -> tuple[str, ...]:
        """Who judges: the generator, the reader, or nobody."""
        if self._judge is not None:
            return ("generator",)
        return () if self._by_rules is None or self._reader is None else ("reader",)

    def gives(self, question: Question, value: str, citation: Citation) -> float:
        """Log-odds that the quote gives this value as the answer; infinite when no generator is asked.

        Raises ModelError as `Generator.likelihoods` does.
        """
        if self._judge is None:
            return math.inf
        statement = f"The answer to “{question.text}” is {value}."
        (found,) = self._judge.statements([statement], judged_text([citation]))
        return found.stated

    def answers(self, question: Question, citation: Citation) -> float:
        """Log-odds that the quote, under its title and headings, answers the question; infinite as in `gives`.

        Raises ModelError as `Generator.likelihoods` does.
        """
        return math.inf if self._judge is None else self._judge.answers(question.text, _headed(citation, 0))

    def judge(self, sentence: Sentence, question: Question) -> Sentence:
        """The sentence with its verdict by the models.

        The generator also judges sentences that the rules reject for their wording alone. What is cut off stays so.
        Raises ModelError as `Generator.likelihoods` does.
        """
        if not sentence.citations or sentence.verdict == "cut_off":
            return sentence
        if self._judge is not None and self._relation is not None:
            if sentence.verdict != "supported" and not sentence.is_wording_only:
                return sentence
            (found,) = self._judge.statements([sentence.text], judged_text(sentence.citations))
            doubted = sentence.verdict != "supported"
            relation = self._relation.relation(found.stated, found.denied, doubted=doubted)
            return _with_relation(sentence, relation)
        if sentence.verdict != "supported" or self._by_rules is None or self._reader is None:
            return sentence
        sources = [SourceSentence.cited(citation) for citation in sentence.citations]
        features = rule_features(sentence.text, question, sources, self._reader)
        if self._by_rules.probability(features) >= self._by_rules.threshold:
            return sentence
        return replace(sentence, verdict="unsupported", reasons=(NOT_SAID,))


def judged_text(citations: Sequence[Citation]) -> str:
    """What a judge reads of the cited sources: each quote under its title and headings, with the text around it."""
    shown: list[tuple[int, str]] = []
    for citation in citations:
        passage = citation.hit.passage
        quote = " ".join(citation.quote.split())
        if any(doc_id == passage.doc_id and quote in text for doc_id, text in shown):
            continue
        shown.append((passage.doc_id, _headed(citation, _CONTEXT_CHARS)))
    return "\n".join(text for _, text in shown)


def _headed(citation: Citation, n_chars: int) -> str:
    """The quote with n_chars on each side, under title, headings and date."""
    source, passage = citation.hit.source, citation.hit.passage
    head = ", ".join(part for part in (source.title, passage.heading, source.published) if part)
    body = SourceSentence.cited(citation).surrounded(n_chars)
    return f"{head}: {body}" if head else body


def _with_relation(sentence: Sentence, relation: Relation) -> Sentence:
    if relation == "supports":
        return replace(sentence, verdict="supported", reasons=())
    if relation == "contradicts":
        return replace(sentence, verdict="contradicted", reasons=sentence.reasons or (DENIED,))
    return replace(sentence, verdict="unsupported", reasons=sentence.reasons or (NOT_SAID,))
