"""The generator as judge of one text: does it state this, does it answer that.

Asked plainly, with nothing but the text in front of it, a small model knows far better what a text says than what its
own answer rests on. It replies Yes or No; what counts is the log-odds of Yes against No as its first token. The
wordings were compared on held-out rows by `python -m askive.eval.benchmarks.trust.judge_wordings`.
"""

from __future__ import annotations

from collections.abc import Sequence

from askive.models.protocols import Generator, Message, Segment
from askive.rag.types import Prompt

SYSTEM = "You check texts. Answer Yes or No."
STATED = "Does the text say that the statement is true?"
ANSWERED = "Does the text contain the answer to the question?"
GIVEN = "Is this the answer to the question according to the text?"
YES_OR_NO = "Answer Yes or No."
EXCERPTS_ANSWER = (
    "You check excerpts. Answer Yes or No.\nQuestion: {question}\n\n"
    "Do the excerpts above contain the answer to exactly this question?"
)
"""Behind the evidence in the prompt of an answer."""
MAX_TEXT_CHARS = 3_000
"""Of a text that is judged; longer ones are cut at the end."""


class Judge:
    """Asks the generator about one text at a time.

    A text is read once, however many questions are asked about it; each costs its own words. All methods raise
    ModelError as `Generator.likelihoods` does.
    """

    def __init__(self, generator: Generator) -> None:
        self._generator = generator

    def statements(self, statements: Sequence[str], text: str) -> list[float]:
        """Log-odds that the text says that each statement is true."""
        return self._log_odds(text, [f"Statement: {one}\n\n{STATED}" for one in statements])

    def answers(self, question: str, text: str) -> float:
        """Log-odds that the text contains the answer to the question."""
        return self._log_odds(text, [f"Question: {question}\n\n{ANSWERED}"])[0]

    def evidence_answers(self, prompt: Prompt) -> float:
        """Log-odds that the evidence of an answer's prompt contains the answer to its question.

        The request stands behind the evidence as the answer's prompt has it, so that it is not read again, unless turns
        of a conversation stand before it there.
        """
        system, *_, last = prompt.messages
        request = Segment(EXCERPTS_ANSWER.format(question=prompt.question))
        asked = (system, Message("user", (*last.segments[:-2], request)))
        return _yes_log_odds(self._generator, [asked])[0]

    def gives(self, question: str, value: str, text: str) -> float:
        """Log-odds that the text gives this value as the answer to the question."""
        return self._log_odds(text, [f"Question: {question}\nAnswer: {value}\n\n{GIVEN}"])[0]

    def says_yes(self, question: str, text: str) -> float:
        """Log-odds that the text answers a yes/no question with Yes."""
        return self._log_odds(text, [f"Question: {question}\n\n{YES_OR_NO}"])[0]

    def _log_odds(self, text: str, requests: Sequence[str]) -> list[float]:
        return yes_log_odds(self._generator, f"Text: {text[:MAX_TEXT_CHARS]}\n\n", requests)


def yes_log_odds(generator: Generator, opening: str, requests: Sequence[str]) -> list[float]:
    """Log-odds of Yes against No for each request behind an opening, which is read once.

    Raises ModelError as `Generator.likelihoods` does.
    """
    system = Message("system", (Segment(SYSTEM, reusable=True),))
    read = Segment(opening, reusable=True)
    return _yes_log_odds(
        generator, [(system, Message("user", (read, Segment(request)))) for request in requests]
    )


def _yes_log_odds(generator: Generator, prompts: Sequence[tuple[Message, ...]]) -> list[float]:
    """Log-odds of Yes against No as the reply to each prompt; what they begin with is read once."""
    values = generator.likelihoods([(prompt, word) for prompt in prompts for word in ("Yes", "No")])
    return [values[at] - values[at + 1] for at in range(0, len(values), 2)]
