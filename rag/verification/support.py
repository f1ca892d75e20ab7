"""Support: the second check, of sentences that pass the rules of `askive.rag.verification.rules`.

The rules compare numbers, names, dates and negations. A sentence that repeats the question's words about something
nearby passes them. The second check uses the reader's score of sentence and source and the number of words that only
the question has. Where this leaves doubt, it also asks the generator for yes or no on the cited text alone: in the full
prompt the generator finds support for anything. `python -m askive.eval.calibration.support` fits the two logistic
models on sentences that people have marked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from askive.models.protocols import Generator, Message, Segment
from askive.models.reader.cross_encoder import Reader
from askive.rag.calibration.logistic import find_model, log_odds
from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.question.analysis import Question
from askive.rag.text.words import stems
from askive.rag.types import Citation, Sentence

STORED = Path(__file__).parent.parent / "calibration" / "support.json"
SURE = 0.6
"""From this probability on the generator is not asked."""
HOPELESS = 0.15
"""Below this it is not asked either."""
NOT_SAID = "read again beside its source, the source does not say it"

_SYSTEM = "You check statements against excerpts of documents. Reply Yes if the excerpt states the statement, else No."
_LONGEST_QUOTE_CHARS = 400
_CONTEXT_CHARS = 200
"""On each side of a quote, for the reader, which was trained so. The generator judges better without them."""


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
    asked = Segment(f"Excerpt:\n{excerpts}\n\n", reusable=True), Segment(f"Statement: {text}")
    yes, no = generator.choose(
        (Message("system", (Segment(_SYSTEM, reusable=True),)), Message("user", asked)), ("Yes", "No")
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
    """Judges cited sentences by two fitted models: one of rules and reader, and one that adds the generator's reply.

    generator: None, or one that no model was fitted with, is not asked; then the first model decides alone. Without a
    fitted model for this embedder and reader every sentence passes.
    """

    def __init__(self, reader: Reader | None, generator: Generator | None, embedder_id: str) -> None:
        self._reader = reader
        self._generator = generator
        fitted_with = embedder_id, reader.digest if reader else None
        self._by_rules = find_model(*fitted_with, stored=STORED)
        self._by_asking = find_model(*fitted_with, generator.model_id, stored=STORED) if generator else None

    @property
    def judges(self) -> tuple[str, ...]:
        """Who judges: `reader` and `generator`, the reader alone, or nobody."""
        if self._by_rules is None or self._reader is None:
            return ()
        return ("reader",) if self._by_asking is None else ("reader", "generator")

    def gives(self, question: Question, value: str, citation: Citation) -> float:
        """Log-odds that the quote gives this value as the answer; infinite when no generator is asked.

        Raises ModelError as `Generator.choose` does.
        """
        if self._by_asking is None or self._generator is None:
            return math.inf
        return statement_log_odds(
            f"The answer to “{question.text}” is {value}.", [SourceSentence.cited(citation)], self._generator
        )

    def judge(self, sentence: Sentence, question: Question) -> Sentence:
        """The sentence; `unsupported`, with the reason, when its sources probably do not state it.

        Raises ModelError as `Generator.choose` does.
        """
        if sentence.verdict != "supported" or not sentence.citations:
            return sentence
        if self._by_rules is None or self._reader is None:
            return sentence
        sources = [SourceSentence.cited(citation) for citation in sentence.citations]
        before = self._by_rules.probability(rule_features(sentence.text, question, sources, self._reader))
        if self._by_asking is None or self._generator is None:
            holds = before >= self._by_rules.threshold
        elif HOPELESS <= before < SURE:
            asked = {
                "before": log_odds(before),
                "stated": statement_log_odds(sentence.text, sources, self._generator),
            }
            holds = self._by_asking.probability(asked) >= self._by_asking.threshold
        else:
            holds = before >= SURE
        return sentence if holds else replace(sentence, verdict="unsupported", reasons=(NOT_SAID,))
