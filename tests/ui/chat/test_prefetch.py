"""What the chat reads before it is asked for: typed questions, and the conversation while nothing is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from askive.models.fakes import ScriptedGenerator
from askive.models.protocols import Message, Piece, Sampling
from askive.rag.answer.preparation import Preparer, complete_question
from askive.rag.answer.prompt import prompt_opening
from askive.rag.evidence.assessment import EvidenceAssessor
from askive.rag.question.analysis import Question
from askive.rag.types import Turn
from askive.ui.chat.conversations import Conversations
from askive.ui.chat.http.streams import Streams
from askive.ui.chat.jobs import AnswerJob, AnswerJobs, Request
from askive.ui.chat.prefetch import PreparedQuestion
from askive.ui.chat.scheduler import Scheduler, Work
from askive.ui.chat.workspace import Workspace

CAPTAIN = "Which captain counted the ships from the north tower?"
BRIDGE = "Who was the engineer of the old bridge of Aldermoor?"
TOWN = Request("town", "scripted")


class Engine(ScriptedGenerator):
    """Reads for as long as the test wants, one prompt at a time, as an engine does."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = threading.Lock()
        self.go_on = threading.Event()
        self.read: list[Sequence[Message]] = []
        self.cancelled: list[Sequence[Message]] = []
        self.prompts: list[Sequence[Message]] = []
        self.began = threading.Condition()

    def prefill(self, messages: Sequence[Message], cancel: threading.Event | None = None) -> bool:
        with self.engine:
            with self.began:
                self.read.append(messages)
                self.began.notify_all()
            while not self.go_on.wait(0.005):
                if cancel is not None and cancel.is_set():
                    with self.began:
                        self.cancelled.append(messages)
                        self.began.notify_all()
                    return False
            return True

    def generate(
        self, messages: Sequence[Message], sampling: Sampling, cancel: threading.Event | None = None
    ) -> Iterator[Piece]:
        with self.engine:
            self.prompts.append(messages)
            yield from super().generate(messages, sampling, cancel)

    def wait_for(self, met: Callable[[], bool]) -> None:
        with self.began:
            assert self.began.wait_for(met, 20)


@pytest.fixture
def engine(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    made = Engine()
    monkeypatch.setattr("askive.models.registry.load_generator", lambda *_, **__: made)
    # The reader takes a second to load and has no part in this.
    monkeypatch.setattr("askive.models.registry.load_reader", lambda *_: None)
    workspace.assistant("town", "scripted")
    yield made
    made.go_on.set()


@pytest.fixture
def n_weighed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that were weighed."""
    questions: list[str] = []
    weigh = EvidenceAssessor.weigh

    def seen(self: EvidenceAssessor, question: Question, *rest: Any) -> Any:
        questions.append(question.text)
        return weigh(self, question, *rest)

    monkeypatch.setattr(EvidenceAssessor, "weigh", seen)
    return questions


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def events_of(job: AnswerJob) -> list[dict[str, Any]]:
    return [event for batch in job.follow() for event in batch]


def typing(workspace: Workspace, engine: Engine, typed: str, request: Request = TOWN) -> threading.Thread:
    """Somebody pauses with this in the box; returns while it is being read."""
    n_before = len(engine.read)
    thread = in_thread(lambda: workspace.ahead.anticipate(request.prepare(complete_question(typed), ())))
    engine.wait_for(lambda: len(engine.read) > n_before)
    return thread


def test_the_question_that_was_typed_is_answered_from_what_is_being_read(
    workspace: Workspace, kept: Conversations, engine: Engine, n_weighed: list[str]
) -> None:
    reading = typing(workspace, engine, CAPTAIN.rstrip("?"))
    _, job = AnswerJobs(workspace, kept).begin(None, CAPTAIN, TOWN)
    told: list[str] = []
    for batch in job.follow():
        told += [event["kind"] for event in batch]
        if "sources" in told and not engine.go_on.is_set():
            assert not engine.prompts, "where it was found is shown while the prompt is still being read"
            engine.go_on.set()
    assert told[:2] == ["searching", "sources"], "nobody else comes first"
    assert told[-1] == "final"
    reading.join(20)
    assert engine.cancelled == []
    assert engine.prompts == [engine.read[0]]
    assert n_weighed.count(CAPTAIN) == 1


def test_a_question_sent_while_it_is_still_looked_for_is_looked_for_once(
    workspace: Workspace,
    kept: Conversations,
    engine: Engine,
    n_weighed: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine.go_on.set()
    looking, go_on = threading.Event(), threading.Event()
    prepared = Preparer._prepared

    def slow(self: Preparer, *told: Any) -> Any:
        looking.set()
        assert go_on.wait(20)
        return prepared(self, *told)

    monkeypatch.setattr(Preparer, "_prepared", slow)
    reading = in_thread(lambda: workspace.ahead.anticipate(TOWN.prepare(CAPTAIN, ())))
    assert looking.wait(20)
    _, job = AnswerJobs(workspace, kept).begin(None, CAPTAIN, TOWN)
    go_on.set()
    assert events_of(job)[-1]["kind"] == "final"
    reading.join(20)
    assert n_weighed.count(CAPTAIN) == 1
    assert engine.cancelled == []


def sending_ends_the_reading(
    workspace: Workspace,
    kept: Conversations,
    engine: Engine,
    conversation: str | None,
    question: str,
    asked: Request,
) -> None:
    reading = typing(workspace, engine, CAPTAIN)
    _, job = AnswerJobs(workspace, kept).begin(conversation, question, asked)
    assert events_of(job)[-1]["kind"] == "final"
    reading.join(20)
    assert engine.cancelled == engine.read[:1]


@pytest.mark.parametrize(
    ("question", "request_"),
    [
        (BRIDGE, TOWN),
        (CAPTAIN, Request("town", "scripted", publishers=("Port Authority",))),
        (CAPTAIN, Request("town", "scripted", literal=True)),
    ],
    ids=["another", "filtered", "literal"],
)
def test_any_other_question_ends_what_is_being_read(
    workspace: Workspace, kept: Conversations, engine: Engine, question: str, request_: Request
) -> None:
    sending_ends_the_reading(workspace, kept, engine, None, question, request_)


def test_sent_without_its_mark_it_goes_on_from_what_is_being_read(
    workspace: Workspace, kept: Conversations, engine: Engine
) -> None:
    reading = typing(workspace, engine, CAPTAIN.rstrip("?"))
    _, job = AnswerJobs(workspace, kept).begin(None, CAPTAIN.rstrip("?"), TOWN)
    engine.go_on.set()
    assert events_of(job)[-1]["kind"] == "final"
    reading.join(20)
    assert engine.cancelled == []
    assert len(engine.prompts) == 1, "asked as it was sent"


def test_the_same_words_after_another_turn_are_another_question(
    workspace: Workspace, kept: Conversations, engine: Engine
) -> None:
    conversation = kept.begin(BRIDGE, "town")
    kept.store_answer(kept.ask(conversation, BRIDGE, {}), "Ida Falk.", {"text": ""})
    sending_ends_the_reading(workspace, kept, engine, conversation, CAPTAIN, TOWN)


def test_stopping_the_question_ends_what_is_being_read_for_it(
    workspace: Workspace, kept: Conversations, engine: Engine
) -> None:
    reading = typing(workspace, engine, CAPTAIN)
    jobs = AnswerJobs(workspace, kept)
    turn, job = jobs.begin(None, CAPTAIN, TOWN)
    jobs.stop(turn.turn_id)
    engine.go_on.set()
    assert events_of(job)[-1]["kind"] == "final"
    reading.join(20)
    assert not reading.is_alive()


@pytest.mark.parametrize("typed", [f"{CAPTAIN} And what", "Which captain counts", "Which"])
def test_typing_on_ends_what_is_being_read(
    workspace: Workspace, kept: Conversations, engine: Engine, typed: str
) -> None:
    events = Streams(workspace, kept, AnswerJobs(workspace, kept))
    reading = typing(workspace, engine, CAPTAIN)
    told = list(events.anticipate({**TOWN.as_dict(), "typed": typed, "paused": False}))
    assert told == [{"documents": [], "understood": ""}]
    reading.join(20)
    assert engine.cancelled == engine.read


def test_the_mark_that_was_still_to_come_ends_nothing(
    workspace: Workspace, kept: Conversations, engine: Engine
) -> None:
    events = Streams(workspace, kept, AnswerJobs(workspace, kept))
    reading = typing(workspace, engine, CAPTAIN.rstrip("?"))
    list(events.anticipate({**TOWN.as_dict(), "typed": CAPTAIN, "paused": False}))
    again = in_thread(lambda: list(events.anticipate({**TOWN.as_dict(), "typed": CAPTAIN})))
    again.join(0.2)
    assert again.is_alive(), "the stream lasts until all is read"
    engine.go_on.set()
    for thread in (reading, again):
        thread.join(20)
    assert (len(engine.read), engine.cancelled) == (1, [])


# -- while nothing is asked


def test_after_an_answer_the_opening_of_the_next_prompt_is_read(
    workspace: Workspace, kept: Conversations, engine: Engine
) -> None:
    engine.go_on.set()
    jobs = AnswerJobs(workspace, kept)
    turn, job = jobs.begin(None, CAPTAIN, TOWN)
    events_of(job)
    engine.wait_for(lambda: len(engine.read) == 1)
    _, job = jobs.begin(turn.conversation_id, BRIDGE, TOWN)
    events_of(job)
    ahead = engine.read[0][:-1]
    assert len(ahead) == 3
    assert tuple(engine.prompts[-1][:3]) == tuple(ahead)


def test_a_question_ends_the_reading_of_the_opening(
    workspace: Workspace, kept: Conversations, engine: Engine
) -> None:
    jobs = AnswerJobs(workspace, kept)
    idle = in_thread(lambda: workspace.ahead.read_opening("scripted", ()))
    engine.wait_for(lambda: len(engine.read) == 1)
    _, job = jobs.begin(None, CAPTAIN, TOWN)
    assert events_of(job)[-1]["kind"] == "final"
    idle.join(20)
    assert engine.cancelled == engine.read[:1]
    engine.go_on.set()


def test_typing_ends_the_reading_of_the_opening_and_what_was_typed_is_kept(
    workspace: Workspace, engine: Engine
) -> None:
    idle = in_thread(lambda: workspace.ahead.read_opening("scripted", ()))
    engine.wait_for(lambda: len(engine.read) == 1)
    reading = typing(workspace, engine, CAPTAIN)
    assert engine.cancelled == engine.read[:1]
    idle.join(20)
    engine.go_on.set()
    reading.join(20)
    assert not workspace.ahead.read_opening("scripted", ())
    assert len(engine.read) == 2


def test_a_model_that_is_not_loaded_is_left_alone(workspace: Workspace, engine: Engine) -> None:
    engine.go_on.set()
    assert not workspace.ahead.read_opening("another", ())
    assert workspace.ahead.read_opening("scripted", (Turn(BRIDGE, "Ida Falk."),))
    assert len(engine.read) == 1
    assert tuple(engine.read[0][:-1]) == prompt_opening((Turn(BRIDGE, "Ida Falk."),))


def test_an_opened_collection_is_warm_with_its_opening_read(workspace: Workspace, engine: Engine) -> None:
    engine.go_on.set()
    workspace.warm("town")
    assert [tuple(messages[:-1]) for messages in engine.read] == [prompt_opening()]


def test_idle_work_is_told_to_end_when_anybody_comes() -> None:
    scheduler, idle = Scheduler(), threading.Event()
    with scheduler.turn(Work.IDLE, idle) as leave:
        assert not idle.is_set()
        indexes = scheduler.turn(Work.INDEXING)
        indexing = in_thread(indexes.__enter__)
        assert idle.wait(20)
        leave()
        indexing.join(20)
        assert not indexing.is_alive(), (
            "who has left does not hold up others, nor takes their turn at its end"
        )
    assert scheduler._working is Work.INDEXING


def test_a_question_is_told_only_of_questions_before_it(workspace: Workspace) -> None:
    told: list[int] = []
    scheduler = Scheduler()

    def ask() -> None:
        with scheduler.turn(Work.QUESTION, None, told.append):
            pass

    with scheduler.turn(Work.ANTICIPATION):
        thread = in_thread(ask)
        while not scheduler._waiting:
            thread.join(0.001)
    thread.join(20)
    assert told == []


def test_what_is_sought_tells_all_that_the_prompt_depends_on() -> None:
    one = PreparedQuestion("town", "scripted", CAPTAIN, (Turn("a", "b"),))
    assert one == TOWN.prepare(complete_question(CAPTAIN[:-1]), [Turn("a", "b")])
    assert one != Request("town", "other").prepare(CAPTAIN, [Turn("a", "b")])
    assert one != Request("town", "scripted", after="2015").prepare(CAPTAIN, [Turn("a", "b")])
