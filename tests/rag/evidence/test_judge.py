"""What the judge asks, and what it makes of the replies; real opinions are measured by its benchmark."""

from __future__ import annotations

import math
from collections.abc import Sequence

from askive.models.fakes import ScriptedGenerator
from askive.models.protocols import Message
from askive.rag.evidence.judge import ANSWERED, MAX_TEXT_CHARS, STATED, YES_OR_NO, Judge

TEXT = "The harbour of Aldermoor received 412 ships in January."


class Replying(ScriptedGenerator):
    """Says Yes to what ends with one of these; keeps the prompts."""

    def __init__(self, *yes_to: str) -> None:
        super().__init__()
        self.yes_to = yes_to
        self.prompts: list[str] = []

    def likelihood(self, messages: Sequence[Message], text: str) -> float:
        self.prompts.append(messages[-1].text)
        yes = 0.9 if messages[-1].text.endswith(self.yes_to) else 0.1
        return math.log(yes if text == "Yes" else 1 - yes)


def test_each_statement_gets_the_log_odds_of_being_stated() -> None:
    generator = Replying(STATED)
    first, second = Judge(generator).statements(["412 ships came.", "No ship came."], TEXT)
    assert first == second > 2
    assert sum("No ship came." in prompt for prompt in generator.prompts) == 2, "Yes and No"


def test_the_text_comes_first_so_that_it_is_read_once() -> None:
    generator = Replying(STATED)
    Judge(generator).statements(["One.", "Two."], TEXT)
    assert all(prompt.startswith(f"Text: {TEXT}\n\n") for prompt in generator.prompts)


def test_a_question_is_judged_by_whether_the_text_contains_its_answer() -> None:
    assert Judge(Replying(ANSWERED)).answers("How many ships came?", TEXT) > 2
    assert Judge(Replying(STATED)).answers("How many ships came?", TEXT) < -2


def test_yes_or_no_is_judged_by_what_the_text_says() -> None:
    assert Judge(Replying(YES_OR_NO)).says_yes("Did the ships come?", TEXT) > 2


def test_a_long_text_is_cut() -> None:
    generator = Replying(STATED)
    Judge(generator).statements(["One."], "word " * 1_000)
    assert max(map(len, generator.prompts)) < MAX_TEXT_CHARS + 200
