"""The first quotation from the best few sentences: it comes sooner, and the answer stays what it was."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event as Flag

import pytest

from askive.models.fakes import ScriptedGenerator
from askive.models.reader.cross_encoder import Reader, Reading
from askive.rag.answer.preparation import Preparer
from askive.rag.assistant import Assistant
from askive.rag.config import Config
from askive.rag.evidence.assessment import LIKELY
from askive.rag.evidence.reader_scoring import N_FIRST
from askive.rag.question.analysis import Question
from askive.rag.store.archive import Archive
from askive.rag.types import Final, Sources

SHIPS = "How many ships did the harbour of Aldermoor receive in January?"
TRUE = "The harbour of Aldermoor received 412 ships in January."
ZEBRA = "How many zebras did the fair of Quarnheim draw?"
ELSEWHERE = "Which planets have rings of ice?"
TWO = "Who built the old bridge of Aldermoor, and how many zebras did the fair of Quarnheim draw?"


class Counting(Reader):
    """The real reader; counts what it reads."""

    def __init__(self) -> None:
        super().__init__()
        self.n_read = 0

    def read(self, question: str, texts: Sequence[str], n_spans: int = 3) -> list[Reading]:
        self.n_read += len(texts)
        return super().read(question, texts, n_spans)


def opened(archive: Archive, reader: Reader) -> tuple[Assistant, Preparer]:
    made = Assistant(archive, ScriptedGenerator(), Config(home=archive.folder), reader)
    return made, made._answerer.preparer


def test_the_quotation_comes_before_the_other_sentences_are_read(archive: Archive) -> None:
    reader = Counting()
    made, _ = opened(archive, reader)
    events = made.stream(SHIPS)
    sources = next(event for event in events if isinstance(event, Sources))
    assert reader.n_read == N_FIRST
    assert sources.first is not None
    assert sources.first.quote == TRUE
    rest = list(events)
    assert reader.n_read > N_FIRST
    assert not any(isinstance(event, Sources) for event in rest), "sources come once"
    assert isinstance(rest[-1], Final)
    assert sources.hits == rest[-1].answer.hits


@pytest.mark.parametrize(
    "question", [SHIPS, ZEBRA, "Who said the damage came to 7,500 crowns?", "Why was it denied?"]
)
def test_the_evidence_and_the_prompt_stay_the_same(archive: Archive, question: str) -> None:
    _, in_steps = opened(archive, Reader())
    _, at_once = opened(archive, Reader())
    asked = in_steps.retriever.read(question)
    glance = in_steps.glance(asked)
    assert glance is not None
    stepped, whole = in_steps.prepare(asked), at_once.prepare(asked)
    assert stepped is not None
    assert whole is not None
    assert (stepped.partial, stepped.evidence, stepped.prompt) == (
        whole.partial,
        whole.evidence,
        whole.prompt,
    )
    assert stepped.partial.assessment.hits == glance.hits


def test_what_is_unlikely_at_first_sight_is_read_in_full_before_anything_is_shown(archive: Archive) -> None:
    reader = Counting()
    made, preparer = opened(archive, reader)
    glance = preparer.glance(preparer.retriever.read(ELSEWHERE))
    assert glance is not None
    assert glance.probability < LIKELY
    reader.n_read = 0
    sources = next(event for event in made.stream(ELSEWHERE) if isinstance(event, Sources))
    assert reader.n_read > N_FIRST
    assert sources.first is None


def test_no_glance_where_it_would_bring_nothing_forward(archive: Archive) -> None:
    _, preparer = opened(archive, Reader())
    ships = preparer.retriever.read(SHIPS)
    assert preparer.glance(preparer.retriever.read(TWO)) is None, (
        "one part may be answered from other passages"
    )
    assert preparer.prepare(ships)
    assert preparer.glance(ships) is None, "it is prepared"
    cancel = Flag()
    cancel.set()
    assert preparer.glance(Question.read("Who built it?"), cancel=cancel) is None


def test_a_glance_at_another_question_is_not_used(archive: Archive) -> None:
    _, preparer = opened(archive, Reader())
    _, fresh = opened(archive, Reader())
    ships, zebra = preparer.retriever.read(SHIPS), preparer.retriever.read(ZEBRA)
    assert preparer.glance(ships)
    found, expected = preparer.prepare(zebra), fresh.prepare(zebra)
    assert found is not None
    assert expected is not None
    assert found.partial == expected.partial
