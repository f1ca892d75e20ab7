"""Self-evaluation: the generator's own estimate of whether the evidence in its prompt holds the answer.

Such an estimate (S. Kadavath et al. 2022, "Language Models (Mostly) Know What They Know") recognises near-misses,
which retrieval takes for answers. The generator gets two requests, each one pass over a few tokens: whether the
excerpts state the answer, and how likely it would reply that they do not. A logistic model combines both with the
probability of `askive.rag.evidence.answerability`.
"""

from __future__ import annotations

from collections.abc import Sequence

from askive.models.protocols import Generator, Message, Segment
from askive.rag.calibration.logistic import LogisticModel, log_odds
from askive.rag.types import Polarity, Prompt

HOPELESS = 0.03
"""Below this probability the generator is not asked, and the question is refused."""
CERTAIN = 0.9
"""From this probability on the generator is not asked, and the question is answered."""

YES_FROM, NO_BELOW = 0.3, 0.2
"""Log-odds of Yes against No for a yes/no question. Not symmetric, because small models are biased to Yes."""

_STATED = "Do the excerpts state the answer to this question? Reply Yes or No."
_IN_A_FEW_WORDS = (
    "Answer in a few words copied from the excerpts. If they do not state the answer, reply NONE."
)
_LEAST_LOGPROB = -12.0


class SelfEvaluator:
    """Asks the generator, and combines its replies. model: fitted with this generator; None: it is never asked."""

    def __init__(self, generator: Generator, model: LogisticModel | None) -> None:
        self._generator = generator
        self._model = model

    @property
    def is_fitted(self) -> bool:
        """Whether there is a fitted model for the generator's replies."""
        return self._model is not None

    def wanted(self, probability: float) -> bool:
        """Whether the generator's replies may change the decision; probability: that of `Assessment`."""
        return self._model is not None and HOPELESS <= probability < CERTAIN

    def is_hopeless(self, probability: float) -> bool:
        """Whether to refuse without asking the generator."""
        return probability < HOPELESS

    def features(self, prompt: Prompt, probability: float) -> dict[str, float]:
        """`before` (log-odds of `probability`), `stated` (log-odds), `none` (log-probability).

        Raises ModelError as `Generator.likelihoods` does.
        """
        stated, few_words = _with_request(prompt, _STATED), _with_request(prompt, _IN_A_FEW_WORDS)
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
        """Yes or No to the yes/no question of a prompt that the generator has read; None when it is undecided.

        Raises ModelError as `Generator.choose` does.
        """
        yes, no = self._generator.choose(prompt.messages, ("Yes", "No"))
        return "Yes" if yes - no >= YES_FROM else "No" if yes - no < NO_BELOW else None

    def accepts(self, opinion: float) -> bool:
        """Whether an answer of this `opinion` is given."""
        return self._model is None or opinion >= self._model.threshold


def _with_request(prompt: Prompt, request: str) -> Sequence[Message]:
    """The prompt with another request after the question."""
    *before, last = prompt.messages
    return (*before, Message(last.role, (*last.segments[:-1], Segment(f"\n{request}"))))
