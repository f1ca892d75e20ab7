"""Self-evaluation: the generator's own estimate of whether the evidence in its prompt holds the answer.

Such an estimate (S. Kadavath et al. 2022, "Language Models (Mostly) Know What They Know") recognises near-misses, which
retrieval takes for answers. The generator is asked as judge of the evidence alone (`askive.rag.evidence.judge`):
behind the prompt of an answer it says Yes to almost anything. A logistic model combines its log-odds with the
probability of `askive.rag.evidence.answerability`.
"""

from __future__ import annotations

from askive.models.protocols import Generator
from askive.rag.calibration.logistic import LogisticModel, log_odds
from askive.rag.evidence.judge import Judge
from askive.rag.types import Polarity, Prompt

HOPELESS = 0.03
"""Below this probability the generator is not asked, and the question is refused."""
CERTAIN = 0.9
"""From this probability on the generator is not asked, and the question is answered."""

YES_FROM, NO_BELOW = 0.3, 0.2
"""Log-odds of Yes against No for a yes/no question. Not symmetric, because small models are biased to Yes."""


class SelfEvaluator:
    """Asks the generator, and combines its replies. model: fitted with this generator; None: it is never asked."""

    def __init__(self, generator: Generator, model: LogisticModel | None) -> None:
        self._generator = generator
        self._judge = Judge(generator)
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
        """`before` (log-odds of `probability`), `answers` (the judge's log-odds that the evidence has the answer).

        Raises ModelError as `Generator.likelihoods` does.
        """
        answers = self._judge.answers(prompt.question, prompt.excerpts)
        return {"before": log_odds(probability), "answers": answers}

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
