"""Self-evaluation: the generator's own estimate of whether the evidence in its prompt holds the answer.

Such an estimate (S. Kadavath et al. 2022, "Language Models (Mostly) Know What They Know") recognises near-misses, which
retrieval takes for answers. The generator is asked as judge of the evidence (`askive.rag.evidence.judge`), which it has
read for the answer; the request to answer is left out, behind which it says Yes to almost anything. A logistic model
combines its log-odds with the probability of `askive.rag.evidence.answerability`.
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

YES_FROM, NO_BELOW = 2.0, -0.3
"""Log-odds from which on an answer means Yes for the judge, and below which No. Between them it is often wrong.
A denial is taken for a Yes."""
YES_OF_BOTH_FROM, NO_OF_BOTH_BELOW = 0.3, 0.2
"""The same for a question of several clauses, behind its prompt. Not symmetric: small models are biased to Yes."""


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
        return {"before": log_odds(probability), "answers": self._judge.evidence_answers(prompt)}

    def opinion(self, prompt: Prompt, probability: float) -> float:
        """The probability that the evidence holds the answer; `probability` itself without a model."""
        return self._model.probability(self.features(prompt, probability)) if self._model else probability

    def polarity(self, prompt: Prompt, answer: str, *, of_several: bool) -> Polarity | None:
        """Yes or No, as the `answer` to a yes/no question means it; None when that is unsure.

        of_several: the question has several clauses. Then all evidence is compared, not only what the answer says.
        Raises ModelError as `Generator.likelihoods` and `Generator.choose` do.
        """
        if of_several:
            yes, no = self._generator.choose(prompt.messages, ("Yes", "No"))
            odds, yes_from, no_below = yes - no, YES_OF_BOTH_FROM, NO_OF_BOTH_BELOW
        else:
            odds, yes_from, no_below = self._judge.says_yes(prompt.question, answer), YES_FROM, NO_BELOW
        return "Yes" if odds >= yes_from else "No" if odds < no_below else None

    def accepts(self, opinion: float) -> bool:
        """Whether an answer of this `opinion` is given."""
        return self._model is None or opinion >= self._model.threshold
