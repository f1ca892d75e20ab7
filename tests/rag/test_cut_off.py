"""A sentence that did not end is never verified: stopped by the reader, by the token limit, or by a failing model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Event as Flag

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.models.errors import EndpointError
from askive.models.fakes import ScriptedGenerator
from askive.models.protocols import FinishReason, Message, Piece, Sampling
from askive.rag.assistant import Assistant
from askive.rag.config import Config, GenerationConfig
from askive.rag.serialize import answer_to_dict
from askive.rag.store.archive import Archive
from askive.rag.text.sentences import is_finished, split_sentences
from askive.rag.types import Answer, Cited, Event, Final
from askive.ui.chat.export import answer_markdown
from askive.ui.chat.http.payloads import answer_view
from askive.ui.terminal.answers import print_stream
from askive.ui.terminal.render import Output

DAMAGE = "To how much did the damage of the storm come?"
FIRST = "A storm closed the harbour for three days."
CUT = "The mayor, Tom Ekberg, said the damage came to 7,50"
WHOLE = "The mayor, Tom Ekberg, said the damage came to 7,500 crowns."


class Ending(ScriptedGenerator):
    """Says a text in one piece and ends as it is told to; `None` ends without a word about it."""

    def __init__(self, text: str, finish: FinishReason | None) -> None:
        super().__init__(text)
        self._text, self._finish = text, finish

    def generate(
        self, messages: Sequence[Message], sampling: Sampling, cancel: Flag | None = None
    ) -> Iterator[Piece]:
        yield Piece(self._text, -0.1, 1, n_prompt_tokens=40)
        if self._finish:
            yield Piece("", finish=self._finish)


class Failing(ScriptedGenerator):
    """An endpoint that closes in mid-sentence."""

    def generate(
        self, messages: Sequence[Message], sampling: Sampling, cancel: Flag | None = None
    ) -> Iterator[Piece]:
        yield Piece(f"{FIRST} {CUT}", -0.1, 1, n_prompt_tokens=40)
        raise EndpointError("the answer ended early", remedy="ask again")


def answered(
    archive: Archive, generator: ScriptedGenerator, *, strict: bool = True
) -> tuple[list[Event], Answer]:
    config = Config(home=archive.folder, generation=GenerationConfig(strict=strict))
    events = list(Assistant(archive, generator, config).stream(DAMAGE))
    assert isinstance(events[-1], Final)
    return events, events[-1].answer


@pytest.mark.parametrize(
    "text", [CUT, "The mayor said the damage came to 7,500 crowns at No.", f"{WHOLE[:-1]}"]
)
@pytest.mark.parametrize("before", ["", f"{FIRST} "])
def test_a_stopped_fragment_is_cut_off(archive: Archive, before: str, text: str) -> None:
    events, answer = answered(archive, Ending(before + text, "cancelled"))
    *earlier, last = answer.sentences
    assert (last.text, last.verdict) == (text, "cut_off")
    assert last.reasons
    assert [s.verdict for s in earlier] == (["supported"] if before else [])
    assert all(event.sentence.text == FIRST for event in events if isinstance(event, Cited))
    assert answer_to_dict(answer)["sentences"][-1]["verdict"] == "cut_off"


def test_what_was_whole_when_it_was_stopped_is_verified(archive: Archive) -> None:
    _, answer = answered(archive, Ending(WHOLE, "cancelled"))
    assert [s.verdict for s in answer.sentences] == ["supported"]


@pytest.mark.parametrize("finish", ["length", None])
def test_at_the_token_limit_the_fragment_is_dropped_or_cut_off(
    archive: Archive, finish: FinishReason | None
) -> None:
    for strict in (True, False):
        _, answer = answered(archive, Ending(f"{FIRST} {CUT}", finish), strict=strict)
        assert [(s.text, s.verdict) for s in answer.sentences] == [(FIRST, "supported")]
    _, loose = answered(archive, Ending(CUT, finish), strict=False)
    assert loose.refusal is not None
    assert loose.refusal.reason == "unsupported"
    assert CUT not in loose.text
    _, strictly = answered(archive, Ending(CUT, finish))
    assert CUT not in [s.text for s in strictly.sentences]
    assert [s.verdict for s in strictly.left_out] == ["cut_off"]


def test_a_turn_that_the_model_ended_needs_no_full_stop(archive: Archive) -> None:
    _, answer = answered(archive, Ending(WHOLE[:-1], "stop"))
    assert [s.verdict for s in answer.sentences] == ["supported"]


def test_a_model_that_fails_in_mid_sentence_shows_whole_sentences_only(archive: Archive) -> None:
    events: list[Event] = []
    with pytest.raises(EndpointError):
        events.extend(Assistant(archive, Failing(), Config(home=archive.folder)).stream(DAMAGE))
    assert [event.sentence.text for event in events if isinstance(event, Cited)] == [FIRST]


def test_it_is_marked_wherever_it_is_shown(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    for text in (CUT, "Penguins of Quarnheim own 7"):
        generator = Ending(text, "cancelled")
        config = Config(home=archive.folder)
        answer = print_stream(Assistant(archive, generator, config).stream(DAMAGE), Output(quiet=True))
        assert "cut off" in capsys.readouterr().out.partition("Sources")[0].split(text)[1]
        view = answer_view(answer, lambda _uri: 1)
        assert view["sentences"][-1]["verdict"] == "cut_off"
        assert "cut off" in answer_markdown(view)


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("It came to 210.", False),
        ("It came to 210. ", True),
        ("It came to 210,0", False),
        ("It came to GBP 210,000 in all.", True),
        ("He met Dr.", False),
        ("It is in the U.S.", False),
        ("It cost him approx. ", False),
        ("“Stop!”", False),
        ("He said “stop.”", True),
        ("Who was it?", True),
        ("And then...", False),
        ("2. ", False),
        ("他来了。", True),
        ("", False),
    ],
)
def test_a_sentence_has_ended_only_when_nothing_can_go_on_with_it(text: str, finished: bool) -> None:
    assert is_finished(text) is finished


PIECE = st.sampled_from(
    [
        "The ",
        "U.S. ",
        "Gen. ",
        "rent",
        " is ",
        "GBP ",
        "210",
        ",0",
        "00",
        ".",
        "50",
        "! ",
        '" ',
        "no. ",
        "He ",
        "\n- ",
    ]
)


@given(st.lists(PIECE, min_size=1, max_size=12).map("".join), st.lists(PIECE, max_size=4).map("".join))
def test_what_has_ended_stays_a_sentence_whatever_follows(text: str, more: str) -> None:
    # A small letter goes on with what no reader would go on with: "He left. and".
    if is_finished(text) and not more.lstrip()[:1].islower():
        ended = split_sentences(text)
        assert split_sentences(f"{text} {more}")[: len(ended)] == ended
