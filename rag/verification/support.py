"""Support: whether the cited text says what a sentence says, after the rules of `askive.rag.verification.rules`.

A sentence that the rules reject for its wording alone is put to the judge (`askive.rag.evidence.judge`), which
reads it beside the cited text. A sentence that the rules accept may still repeat the question's words about something
nearby. The second check uses the reader's score of sentence and source and the number of words that only the question
has. Where this leaves doubt, it also asks the generator for yes or no on the cited text alone: in the full prompt the
generator finds support for anything. `python -m askive.eval.calibration.support` fits the two logistic models of the
second check on sentences that people have marked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from askive.models.protocols import Generator, Message, Segment
from askive.models.reader.cross_encoder import Reader
from askive.rag.calibration.logistic import find_model, log_odds
from askive.rag.calibration.relation import DOUBTED_FROM, find_relation_model
from askive.rag.evidence.judge import Judge
from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.question.analysis import Question
from askive.rag.text.speakers import is_attributed
from askive.rag.text.words import stems
from askive.rag.types import Citation, Sentence
from askive.rag.verification.attribution import with_attribution

STORED = Path(__file__).parent.parent / "calibration" / "support.json"
RELATION = Path(__file__).parent.parent / "calibration" / "relation.json"
SURE = 0.6
"""From this probability on the second check does not ask the generator."""
HOPELESS = 0.15
"""Below this it does not ask it either."""
NOT_SAID = "the cited text does not say this"
ANSWERS_FROM = 0.9
"""Log-odds of `SupportModel.answers` from which on a quote is shown as an answer. Below it was the evidence of no
answerable question of six suites, and of .43 of the unanswerable ones (docs/decisions/11-second-check.md)."""
STATED_FROM = 0.5
"""Probability of `supports` from which on a statement stands that the rules accept."""
_SYSTEM = "You check statements against excerpts of documents. Reply Yes if the excerpt states the statement, else No."
_LONGEST_QUOTE_CHARS = 400
_CONTEXT_CHARS = 200
"""On each side of a quote, for the reader, which was trained so, and for the judge."""


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


def statement_log_odds(text: str, sources: Sequence[SourceSentence], generator: Generator) -> float:
    """The generator's log-odds that the sources state the sentence. Raises ModelError as `Generator.choose` does."""
    excerpts = "\n".join(source.excerpt() for source in sources)
    request = Segment(f"Excerpt:\n{excerpts}\n\n", reusable=True), Segment(f"Statement: {text}")
    yes, no = generator.choose(
        (Message("system", (Segment(_SYSTEM, reusable=True),)), Message("user", request)), ("Yes", "No")
    )
    return yes - no


def in_its_sources_words(sentence: Sentence) -> Sentence | None:
    """Its first citation as a quotation in place of the sentence; None when it is too long for an answer."""
    if not sentence.citations or len(sentence.citations[0].quote) > _LONGEST_QUOTE_CHARS:
        return None
    text = f"“{' '.join(sentence.citations[0].quote.split())}”"
    end = sentence.start + len(text)
    return Sentence(text, sentence.start, end, sentence.citations[:1], "supported")


class SupportModel:
    """Judges cited sentences: those that the rules accept by two fitted models, one of rules and reader and one that
    adds the generator's reply; those that the rules reject for their wording by the judge.

    generator: None, or one that no model was fitted with, is not asked; then the first model decides alone. Without a
    fitted model for this embedder and reader every sentence passes that the rules accept.
    """

    def __init__(self, reader: Reader | None, generator: Generator | None, embedder_id: str) -> None:
        self._reader = reader
        self._generator = generator
        fitted_with = embedder_id, reader.digest if reader else None
        self._by_rules = find_model(*fitted_with, stored=STORED)
        self._by_asking = find_model(*fitted_with, generator.model_id, stored=STORED) if generator else None
        self._relation = find_relation_model(generator.model_id, RELATION) if generator else None
        self._judge = Judge(generator) if generator and self._relation else None

    @property
    def judges(self) -> tuple[str, ...]:
        """Who judges: `reader` and `generator`, one of them, or nobody."""
        by_reader = ("reader",) if self._by_rules and self._reader else ()
        return (*by_reader, "generator") if self._judge or (by_reader and self._by_asking) else by_reader

    def gives(self, question: Question, value: str, citation: Citation) -> float:
        """Log-odds that the quote gives this value as the answer; infinite when no generator is asked.

        Raises ModelError as `Generator.choose` does.
        """
        if self._by_asking is None or self._generator is None:
            return math.inf
        return statement_log_odds(
            f"The answer to “{question.text}” is {value}.", [SourceSentence.cited(citation)], self._generator
        )

    def answers(self, question: Question, citation: Citation) -> float:
        """Log-odds that the quote, under its title and headings, answers the question; infinite as in `gives`.

        Raises ModelError as `Generator.likelihoods` does.
        """
        return math.inf if self._judge is None else self._judge.answers(question.text, _headed(citation, 0))

    def judge(self, sentence: Sentence, question: Question) -> Sentence:
        """The sentence with its verdict by the models. What is cut off stays so.

        Raises ModelError as `Generator.likelihoods` and `Generator.choose` do.
        """
        if not sentence.citations or sentence.verdict == "cut_off":
            return sentence
        if sentence.verdict == "supported":
            return self._checked_again(sentence, question)
        return self._reconsidered(sentence) if sentence.is_wording_only else sentence

    def judge_statement(self, sentence: Sentence) -> Sentence:
        """The sentence with its verdict, as a statement by itself: the judge also reads what the rules accept.

        Without a judge as in `judge`, for an empty question. Raises ModelError as `Generator.likelihoods` does.
        """
        if self._judge is None or self._relation is None:
            return self.judge(sentence, Question.read(""))
        if sentence.verdict != "supported" or not sentence.citations:
            return (
                self._reconsidered(sentence) if sentence.citations and sentence.is_wording_only else sentence
            )
        holds = self._supports(sentence) >= STATED_FROM
        return sentence if holds else replace(sentence, verdict="unsupported", reasons=(NOT_SAID,))

    def _reconsidered(self, sentence: Sentence) -> Sentence:
        """A sentence that the rules reject for its wording; supported when the judge is sure of it.

        Its view of contradictions is worse than chance, so otherwise the verdict of the rules stays. Somebody's word is
        no fact: what neither names its speaker nor can be given one stays rejected.
        """
        if self._judge is None or self._relation is None:
            return sentence
        if any(_hides_speaker(sentence.text, citation) for citation in sentence.citations):
            return sentence
        if self._supports(sentence) < DOUBTED_FROM:
            return sentence
        return replace(sentence, verdict="supported", reasons=())

    def _supports(self, sentence: Sentence) -> float:
        """The judge's probability that the cited text states the sentence; 1 without a judge."""
        if self._judge is None or self._relation is None:
            return 1.0
        (odds,) = self._judge.statements([sentence.text], judged_text(sentence.citations))
        return self._relation.probabilities(odds.stated, odds.denied)["supports"]

    def _checked_again(self, sentence: Sentence, question: Question) -> Sentence:
        """A sentence that the rules accept; `unsupported` when its sources probably do not state it."""
        if self._by_rules is None or self._reader is None:
            return sentence
        sources = [SourceSentence.cited(citation) for citation in sentence.citations]
        before = self._by_rules.probability(rule_features(sentence.text, question, sources, self._reader))
        if self._by_asking is None or self._generator is None:
            holds = before >= self._by_rules.threshold
        elif HOPELESS <= before < SURE:
            features = {
                "before": log_odds(before),
                "stated": statement_log_odds(sentence.text, sources, self._generator),
            }
            holds = self._by_asking.probability(features) >= self._by_asking.threshold
        else:
            holds = before >= SURE
        return sentence if holds else replace(sentence, verdict="unsupported", reasons=(NOT_SAID,))


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


def _hides_speaker(text: str, citation: Citation) -> bool:
    """Whether the quote only reports what somebody says, and the sentence states it."""
    if is_attributed(text) or not is_attributed(citation.quote):
        return False
    return with_attribution(text, citation) is None
