"""The one verifier, for answers, `askive verify` and the evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from askive.models.protocols import Embedder, Generator
from askive.models.reader.cross_encoder import Reader
from askive.rag.question.analysis import Question
from askive.rag.types import Citation, Hit, Sentence
from askive.rag.verification.attribution import (
    ONLY_REPORTED,
    OTHER_SPEAKER,
    exchanges_speaker,
    loses_speaker,
    with_attribution,
)
from askive.rag.verification.citer import CITED, Citer
from askive.rag.verification.dictation import DICTATED, is_dictated
from askive.rag.verification.support import SupportModel


class Verifier:
    """Cites sentences and checks their values by rules; the generator, or else the reader, judges their meaning.

    reader, generator: None leaves out their part. So does a model that nothing was fitted with.
    """

    def __init__(
        self, embedder: Embedder, reader: Reader | None = None, generator: Generator | None = None
    ) -> None:
        self._embedder = embedder
        self._support = SupportModel(reader, generator)

    @property
    def checks(self) -> tuple[str, ...]:
        """What takes part in a verdict: `rules`, then `generator` or `reader`."""
        return ("rules", *self._support.judges)

    def citer(self, question: Question, hits: Sequence[Hit]) -> Citer:
        """A citer for the sentences of one answer. question: what they answer, or the sentence before them."""
        return Citer(question, hits, self._embedder)

    def judge(self, sentence: Sentence, question: Question, *, by_models: bool = True) -> Sentence:
        """A cited sentence; `unsupported` when its sources do not state it, or only ask somebody to say it.

        Sources that are too distant to be shown are only there for the models: an unsupported sentence loses them.
        by_models: False leaves out the generator and the reader, which judge the former.
        Raises ModelError as `Generator.likelihoods` does.
        """
        return _as_shown(self._support.judge(sentence) if by_models else sentence, question)

    def gives(self, question: Question, value: str, citation: Citation) -> float:
        """Log-odds that the quote gives this value as the answer. Raises ModelError as `Generator.likelihoods` does."""
        return self._support.gives(question, value, citation)

    def answers(self, question: Question, citation: Citation, *, under_file: bool = False) -> float:
        """Log-odds that the quote answers the question. under_file, errors: as for `SupportModel.answers`."""
        return self._support.answers(question, citation, under_file=under_file)

    def verify(self, text: str, start: int, question: Question, hits: Sequence[Hit]) -> Sentence:
        """The sentence `text`, which begins at `start`, with its citations, and its verdict and reasons by all checks.

        Raises ModelError as `Generator.likelihoods` does.
        """
        cited = self.citer(question, hits).cite(text, start)
        return _as_shown(self._support.judge(cited), question)


def _as_shown(judged: Sentence, question: Question) -> Sentence:
    """A judged sentence as it is shown.

    Unsupported if its sources only ask somebody to say it, if it states as a fact what they only report and its
    speaker cannot be named, or if it names another speaker. An unsupported one without near sources has none.
    """
    if judged.verdict == "supported" and is_dictated(judged, question):
        return replace(judged, verdict="unsupported", reasons=(DICTATED,))
    if (
        judged.verdict == "supported"
        and loses_speaker(judged)
        and with_attribution(judged.text, judged.citations[0]) is None
    ):
        return replace(judged, verdict="unsupported", reasons=(ONLY_REPORTED,))
    if judged.verdict == "supported" and exchanges_speaker(judged):
        return replace(judged, verdict="unsupported", reasons=(OTHER_SPEAKER,))
    if judged.verdict == "unsupported" and all(citation.score < CITED for citation in judged.citations):
        return replace(judged, citations=())
    return judged
