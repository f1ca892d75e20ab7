"""How soon reading ahead ends: what is counted, and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event

from askive.eval.benchmarks.speed.cancellation import SET_AFTER_S, cancel_ms
from askive.models.fakes import ScriptedGenerator
from askive.models.protocols import Message
from askive.rag.assistant import Assistant
from askive.rag.config import Config
from askive.rag.store.archive import Archive


class Slow(ScriptedGenerator):
    """Reads until it is told to end, or not at all."""

    def __init__(self) -> None:
        super().__init__()
        self.is_slow = True
        self.ends: list[bool] = []

    def prefill(self, messages: Sequence[Message], cancel: Event | None = None) -> bool:
        self.ends.append(self.is_slow and cancel is not None and cancel.wait(20))
        return not self.ends[-1]


def test_only_what_was_cancelled_is_counted(archive: Archive) -> None:
    generator = Slow()
    assistant = Assistant(archive, generator, Config(home=archive.folder))
    questions = [f"How many ships did the harbour of Aldermoor receive in year {n}?" for n in range(7)]
    found = cancel_ms(assistant, questions)
    assert len(found) == len(questions) > len(SET_AFTER_S)
    assert generator.ends[-1]
    assert min(found) >= 0.0
    generator.is_slow = False
    late = cancel_ms(assistant, [f"Who counted the {n} ships?" for n in range(5)])
    assert len(late) < 5, "what has ended by itself was not cancelled"
