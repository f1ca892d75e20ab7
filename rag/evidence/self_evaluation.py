"""A second opinion on whether the answer is there: the generator's own, of the evidence that it reads anyway.

What a model says of what it can answer (S. Kadavath et al. 2022, "Language Models (Mostly) Know What They Know")
tells near-misses, which look to a retrieval like answers. Two things are asked, each for one pass over a few
words: whether the excerpts state the answer, and how near the model is to saying that they do not. Its word is
never taken alone: a logistic model weighs it with `askive.rag.evidence.answerability`.
"""

from __future__ import annotations

from collections.abc import Sequence

from askive.models.protocols import Generator, Message, Segment
from askive.rag.calibration.logistic import LogisticModel, log_odds
from askive.rag.types import Polarity, Prompt

HOPELESS = 0.03
"""Below this probability nothing that the generator says would make it an answer."""
CERTAIN = 0.9
"""From this probability on nothing that the generator says would make it a refusal."""

YES_FROM, NO_BELOW = 0.3, 0.2
"""Log-odds of Yes against No, for a question that asks for one of them. Not symmetric: a small model leans to Yes."""

_STATED = "Do the excerpts state the answer to this question? Reply Yes or No."
_IN_A_FEW_WORDS = (
    "Answer in a few words copied from the excerpts. If they do not state the answer, reply NONE."
)
_LEAST_LOGPROB = -12.0


class SelfEvaluator:
    """Asks the generator and weighs what it says. model: fitted with this generator; None: nothing is doubted."""

    def __init__(self, generator: Generator, model: LogisticModel | None) -> None:
        self._generator = generator
        self._model = model

    @property
    def is_fitted(self) -> bool:
        """Whether there is anything to weigh a second opinion with."""
        return self._model is not None

    def wanted(self, probability: float) -> bool:
        """Whether a second opinion may change what is done at this probability of
        `askive.rag.evidence.answerability`."""
        return self._model is not None and HOPELESS <= probability < CERTAIN

    def is_hopeless(self, probability: float) -> bool:
        """Whether to refuse without asking."""
        return probability < HOPELESS

    def features(self, prompt: Prompt, probability: float) -> dict[str, float]:
        """`before` (log-odds of `probability`), `stated` (log-odds), `none` (log-probability).

        Raises ModelError as `Generator.likelihoods` does.
        """
        stated, few_words = _asking(prompt, _STATED), _asking(prompt, _IN_A_FEW_WORDS)
        yes, no, none = self._generator.likelihoods(((stated, "Yes"), (stated, "No"), (few_words, "NONE")))
        return {
            "before": log_odds(probability),
            "stated": yes - no,
            "none": max(none, _LEAST_LOGPROB),
        }

    def opinion(self, prompt: Prompt, probability: float) -> float:
        """The probability that the evidence holds the answer; `probability` itself without a model."""
        return self._model.probability(self.features(prompt, probability)) if self._model else probability

    def polarity(self, prompt: Prompt) -> Polarity | None:
        """Yes or No, for a prompt that asks for it and has been read; None when it is neither.

        Raises ModelError as `Generator.choose` does.
        """
        yes, no = self._generator.choose(prompt.messages, ("Yes", "No"))
        return "Yes" if yes - no >= YES_FROM else "No" if yes - no < NO_BELOW else None

    def accepts(self, opinion: float) -> bool:
        """Whether an answer of this `opinion` may stand."""
        return self._model is None or opinion >= self._model.threshold


def _asking(prompt: Prompt, what: str) -> Sequence[Message]:
    """The prompt, with another request behind the question."""
    *before, last = prompt.messages
    return (*before, Message(last.role, (*last.segments[:-1], Segment(f"\n{what}"))))
