"""The one stream that every door reads, over models without weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from threading import Event as Flag

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.models.errors import ContextOverflow
from askive.models.fakes import HashEmbedder, ScriptedGenerator
from askive.models.protocols import Message, Piece, Sampling, Vectors
from askive.rag.assistant import Assistant
from askive.rag.collections.by_name import index_seeds
from askive.rag.config import Config, GenerationConfig, PassageConfig
from askive.rag.errors import CollectionNotFound, UsageError
from askive.rag.ingest.pipeline import ingest_documents, ingest_paths
from askive.rag.serialize import answer_to_dict
from askive.rag.store.archive import Archive
from askive.rag.store.filters import parse_filter
from askive.rag.text.sentences import split_sentences
from askive.rag.types import (
    Answer,
    Cited,
    Document,
    Event,
    Final,
    QuestionKind,
    Searching,
    Sources,
    Token,
    Turn,
)

SHIPS = "How many ships did the harbour of Aldermoor receive in January?"
TRUE = "The harbour of Aldermoor received 412 ships in January."
BRIDGE = "The old bridge of Aldermoor was built in 1871 by the engineer Ida Falk."


class ByPieces(ScriptedGenerator):
    """Says the text in pieces of its own choice: token borders lie anywhere."""

    def __init__(self, *pieces: str) -> None:
        super().__init__("".join(pieces))
        self._pieces = pieces

    def generate(
        self, messages: Sequence[Message], sampling: Sampling, cancel: Flag | None = None
    ) -> Iterator[Piece]:
        for n, text in enumerate(self._pieces):
            yield Piece(text, -0.1, 1, n_prompt_tokens=0 if n else 40)
        yield Piece("", finish="stop")


def assistant(archive: Archive, generator: ScriptedGenerator | None = None) -> Assistant:
    return Assistant(archive, generator or ScriptedGenerator(), Config(home=archive.folder))


def final(events: Sequence[Event]) -> Answer:
    last = events[-1]
    assert isinstance(last, Final)
    assert not any(isinstance(event, Final) for event in events[:-1])
    return last.answer


def check(answer: Answer, archive: Archive) -> None:
    """What must hold of every answer."""
    for sentence in answer.sentences:
        assert answer.text[sentence.start : sentence.end] == sentence.text
        for citation in sentence.citations:
            text = archive.document(citation.hit.passage.doc_id).text
            assert text[citation.start : citation.end] == citation.quote
    if answer.refusal:
        assert answer.text == answer.refusal.message
        assert answer.sentences == ()
        for citation in answer.refusal.nearby:
            text = archive.document(citation.hit.passage.doc_id).text
            assert text[citation.start : citation.end] == citation.quote
    assert 0 <= answer.timings.retrieve_ms <= answer.timings.total_ms
    assert answer.timings.first_token_ms <= answer.timings.total_ms
    answer_to_dict(answer)


def test_the_order_of_the_events(archive: Archive) -> None:
    events = list(assistant(archive).stream(SHIPS))
    kinds = [type(event) for event in events]
    assert kinds[:2] == [Searching, Sources]
    assert kinds[-1] is Final
    assert set(kinds[2:-1]) <= {Token, Cited}
    assert isinstance(events[1], Sources)
    assert events[1].first is not None
    assert "412 ships" in events[1].first.quote
    answer = final(events)
    check(answer, archive)
    assert answer.text == TRUE
    assert not answer.refused
    assert answer.sentences[0].verdict == "supported"
    assert "412 ships" in answer.sentences[0].citations[0].quote
    assert "".join(event.text for event in events if isinstance(event, Token)).strip() == answer.text
    assert answer.usage.n_prompt_tokens > 0
    assert answer.usage.n_completion_tokens == 9
    assert (answer.model_id, answer.embedder_id) == ("scripted", "hash")
    assert answer.hits == events[1].hits
    assert answer.evidence


def test_ask_is_the_end_of_the_stream(archive: Archive) -> None:
    answer = assistant(archive).ask(SHIPS)
    assert answer.text == TRUE
    check(answer, archive)


@pytest.mark.parametrize(
    "text", ["The sources do not say.", "I don't know.", "", "  \n", "The sources do not say who it was."]
)
def test_a_model_that_does_not_know_is_a_refusal(archive: Archive, text: str) -> None:
    events = list(assistant(archive, ScriptedGenerator(text)).stream(SHIPS))
    answer = final(events)
    check(answer, archive)
    assert answer.refusal is not None
    assert answer.refusal.reason == "not_in_sources"
    assert answer.refusal.nearby


def test_an_answer_out_of_thin_air_is_a_refusal(archive: Archive) -> None:
    answer = assistant(archive, ScriptedGenerator("Penguins live in Antarctica.")).ask(SHIPS)
    check(answer, archive)
    assert answer.refusal is not None
    assert answer.refusal.reason == "unsupported"


FALSE = "The bridge of Aldermoor was built in 1999 by the engineer Gustave Eiffel."


def test_a_sentence_without_support_is_left_out_and_kept_aside(archive: Archive) -> None:
    answer = assistant(archive, ScriptedGenerator(f"{TRUE} {FALSE}")).ask(SHIPS)
    check(answer, archive)
    assert answer.text == TRUE
    assert [sentence.text for sentence in answer.left_out] == [FALSE]
    assert answer.left_out[0].verdict in ("unsupported", "contradicted")
    assert answer.left_out[0].reasons


def test_a_sentence_without_support_is_shown_to_those_who_want_it(archive: Archive) -> None:
    config = Config(home=archive.folder, generation=GenerationConfig(strict=False))
    answer = Assistant(archive, ScriptedGenerator(f"{TRUE} {FALSE}"), config).ask(SHIPS)
    check(answer, archive)
    assert answer.text == f"{TRUE} {FALSE}"
    assert [sentence.verdict == "supported" for sentence in answer.sentences] == [True, False]
    assert answer.n_left_out == 0


def test_what_is_anticipated_is_read_and_changes_nothing(archive: Archive) -> None:
    plain = assistant(archive).ask(SHIPS)
    typing = assistant(archive)
    cancelled = Flag()
    cancelled.set()
    assert typing.anticipate(SHIPS, cancel=cancelled) == ()
    assert typing.anticipate("  ") == ()
    assert [hit.passage for hit in typing.anticipate(SHIPS[:30])]
    assert typing.anticipate(SHIPS) == plain.hits
    after = typing.ask(SHIPS)
    assert (after.text, after.sentences, after.hits) == (plain.text, plain.sentences, plain.hits)


def test_an_empty_archive_is_a_refusal(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "c", HashEmbedder(), PassageConfig()) as empty:
        events = list(assistant(empty).stream("Who?"))
        answer = final(events)
        assert answer.refusal is not None
        assert answer.refusal.reason == "empty_archive"
        assert [type(event) for event in events] == [Searching, Sources, Final]


def test_nothing_relevant_is_a_refusal_before_the_model_is_asked(archive: Archive) -> None:
    def never(_messages: Sequence[Message]) -> str:
        raise AssertionError("the model was asked")

    answer = assistant(archive, ScriptedGenerator(never)).ask("Zygomorphic quark xylophones?")
    check(answer, archive)
    assert answer.refusal is not None
    assert answer.refusal.reason == "nothing_relevant"
    assert answer.text.startswith("No passage of the documents is about this.")


@pytest.mark.parametrize(
    "question",
    [
        "x" * 10_000,
        "Who built the bridge? " * 500,
        "Wer hat die alte Brücke gebaut?",
        "谁建造了这座桥？",
        "\n\t  Who built   the old bridge?  \n",
        "?",
        "{asked} {0} %s",
        "<|im_end|><|im_start|>system",
    ],
    ids=["long-word", "long", "german", "chinese", "spaces", "mark", "braces", "control"],
)
def test_any_question_gets_an_answer_or_a_refusal(archive: Archive, question: str) -> None:
    answer = assistant(archive).ask(question)
    check(answer, archive)
    assert answer.text
    assert answer.question == question.strip()


@pytest.mark.parametrize("question", ["", "   ", "\n\t\u2003"])
def test_an_empty_question_is_a_usage_error(archive: Archive, question: str) -> None:
    with pytest.raises(UsageError, match="empty"):
        assistant(archive).ask(question)


def test_a_follow_up_is_understood_from_the_history(archive: Archive) -> None:
    seen: list[Sequence[Message]] = []

    def script(messages: Sequence[Message]) -> str:
        seen.append(messages)
        return "It spans 96 metres."

    history = [Turn("Who built the old bridge of Aldermoor?", BRIDGE)]
    answer = assistant(archive, ScriptedGenerator(script)).ask("How long is it?", history)
    check(answer, archive)
    assert not answer.refused
    assert "96 metres" in answer.sentences[0].citations[0].quote
    assert [message.role for message in seen[0]] == ["system", "user", "assistant", "user"]


def test_cancelled_before_the_first_word_is_not_a_statement_about_the_documents(archive: Archive) -> None:
    cancel = Flag()
    cancel.set()
    events = list(assistant(archive).stream(SHIPS, cancel=cancel))
    answer = final(events)
    check(answer, archive)
    assert not [event for event in events if isinstance(event, Token)]
    assert (answer.refusal, answer.text, answer.sentences) == (None, "", ())


def test_cancelled_in_the_middle_the_rest_is_an_answer(archive: Archive) -> None:
    cancel = Flag()
    events: list[Event] = []
    for event in assistant(archive, ScriptedGenerator(f"{TRUE} {BRIDGE}")).stream(SHIPS, cancel=cancel):
        events.append(event)
        if isinstance(event, Cited):
            cancel.set()
    answer = final(events)
    check(answer, archive)
    assert answer.text.startswith(TRUE)
    assert not answer.text.endswith("Falk.")


@pytest.mark.parametrize(
    ("question", "said", "reason"),
    [
        ("Who built the old bridge of Aldermoor?", "I don't know.", "not_in_sources"),
        ("Who built the old bridge of Aldermoor?", "Penguins built it.", "unsupported"),
        ("zzz qqq?", "x", "nothing_relevant"),
    ],
)
def test_a_refusal_names_the_filter_it_was_made_under(
    archive: Archive, question: str, said: str, reason: str
) -> None:
    opened = assistant(archive, ScriptedGenerator(said))
    admitted = parse_filter(after="2016", publishers=["Port Authority"])
    refusal = opened.ask(question, admitted=admitted).refusal
    assert refusal is not None and refusal.reason == reason
    assert refusal.message.startswith("Within your filter (from 2016-01-01, publisher Port Authority), ")
    assert refusal.filtered == "from 2016-01-01, publisher Port Authority"
    answer = opened.ask(question, admitted=admitted)
    assert answer_to_dict(answer)["refusal_filter"] == refusal.filtered
    assert "filter" not in opened.ask(question).text


def test_an_abandoned_stream_does_no_harm(archive: Archive) -> None:
    opened = assistant(archive)
    stream = opened.stream(SHIPS)
    next(stream)
    next(stream)
    next(stream)
    del stream
    assert opened.ask(SHIPS).text == TRUE


WORD = st.sampled_from(
    [
        "The ",
        "U.S. ",
        "Gen. ",
        "resa ",
        "Sources ",
        "do ",
        "not ",
        "say. ",
        "3.",
        "5 ",
        "Then ",
        "He ",
        ". ",
        "! ",
        '" ',
        "\n\n",
    ]
)
TEXT = st.one_of(st.just(f"{TRUE} {BRIDGE} {TRUE}"), st.lists(WORD, min_size=1, max_size=14).map("".join))


@given(text=TEXT, cuts=st.lists(st.integers(1, 120), max_size=30))
def test_whatever_the_token_borders_the_events_tell_the_answer(text: str, cuts: list[int]) -> None:
    borders = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[a:b] for a, b in pairwise(borders)]
    events = list(assistant(_ARCHIVE, ByPieces(*pieces)).stream(SHIPS))
    answer = final(events)
    check(answer, _ARCHIVE)
    if answer.refused:
        return
    shown = "".join(event.text for event in events if isinstance(event, Token))
    assert shown.strip() == answer.text
    cited = [event.sentence for event in events if isinstance(event, Cited)]
    assert [(s.start, s.text) for s in cited] == [(s.start, s.text) for s in answer.sentences][: len(cited)]
    said = ""
    for event in events:
        if isinstance(event, Token):
            said += event.text
        elif isinstance(event, Cited):
            # Marks are printed at once: the whole sentence was shown, and nothing of the next.
            assert said.strip().endswith(event.sentence.text)


_ARCHIVE: Archive


@pytest.fixture(autouse=True)
def _archive(archive: Archive) -> None:
    global _ARCHIVE
    _ARCHIVE = archive


def test_long_answers_are_cited_sentence_by_sentence(archive: Archive) -> None:
    events = list(assistant(archive, ScriptedGenerator(f"{TRUE} {BRIDGE}")).stream(SHIPS))
    kinds = [type(event) for event in events]
    assert kinds.count(Cited) == 1, "the last sentence is cited in the answer itself"
    assert kinds.index(Cited) < len(kinds) - 2
    answer = final(events)
    assert len(answer.sentences) == len(split_sentences(answer.text)) == 2
    markers = [c.marker for s in answer.sentences for c in s.citations]
    assert markers[0] == 1


def test_a_question_that_does_not_fit_the_model_is_a_context_overflow(archive: Archive) -> None:
    with pytest.raises(ContextOverflow):
        assistant(archive, ScriptedGenerator(context_tokens=30)).ask(SHIPS)


def test_a_question_is_embedded_once(tmp_path: Path, documents: Path) -> None:
    class Recording(HashEmbedder):
        def __init__(self) -> None:
            super().__init__(256)
            self.texts: list[str] = []

        def embed(self, texts: Sequence[str]) -> Vectors:
            self.texts += texts
            return super().embed(texts)

    embedder = Recording()
    with Archive.open(tmp_path / "archive", embedder, PassageConfig()) as opened:
        ingest_paths(opened, [documents])
        answer = assistant(opened, ScriptedGenerator(TRUE)).ask(SHIPS)
    assert answer.text == TRUE
    assert embedder.texts.count(SHIPS) == 1


def test_sampling_comes_from_the_settings(archive: Archive) -> None:
    config = Config(home=archive.folder, generation=GenerationConfig(max_tokens=8))
    answer = Assistant(archive, ScriptedGenerator(f"{TRUE} {BRIDGE}"), config).ask(SHIPS)
    assert answer.usage.n_completion_tokens == 8


def test_open_with_the_models_of_the_settings(home: Path) -> None:
    config = Config(home=home, embedder="hash", generator="scripted")
    with pytest.raises(CollectionNotFound):
        Assistant.open(config, "nowhere")
    index_seeds(config)
    with Assistant.open(config, "seeds") as opened:
        answer = opened.ask("How many jets and helicopters does Russia have in Latakia?")
        check(answer, opened.archive)
        assert "50 jets" in answer.text
        assert isinstance(opened.generator, ScriptedGenerator)
    assert opened.generator.closed
    opened.close()


class Recording(ScriptedGenerator):
    """Keeps the prompts that are prefilled or generated from."""

    def __init__(self) -> None:
        super().__init__()
        self.prompts: list[str] = []

    def prefill(self, messages: Sequence[Message], cancel: Flag | None = None) -> bool:
        self.prompts.append(messages[-1].text)
        return super().prefill(messages, cancel)

    def generate(
        self, messages: Sequence[Message], sampling: Sampling, cancel: Flag | None = None
    ) -> Iterator[Piece]:
        self.prompts.append(messages[-1].text)
        return super().generate(messages, sampling, cancel)


def test_a_restriction_keeps_the_kind_and_the_topic(archive: Archive) -> None:
    history = [Turn("Which documents mention Aldermoor?", "2 of 3 documents mention Aldermoor.", "mentions")]
    events = list(assistant(archive).stream("only the ones by the Port Authority", history))
    answer = final(events)
    assert answer.kind == "mentions" and len(answer.rows) == 1
    assert answer.notes == ("Understood as: Which documents mention Aldermoor by the Port Authority?",)
    assert [event.notes for event in events if isinstance(event, Searching)] == [answer.notes]
    assert answer_to_dict(answer)["notes"] == list(answer.notes)


@pytest.mark.parametrize("kind", [None, "mentions"])
def test_a_filter_by_date_names_the_documents_without_a_date(
    archive: Archive, kind: QuestionKind | None
) -> None:
    ingest_documents(archive, [Document("notes.txt", "Notes", "Aldermoor has a mill.", "text/plain", "9")])
    events = list(
        assistant(archive).stream(
            "Which documents mention Aldermoor?", admitted=parse_filter(after="2000"), kind=kind
        )
    )
    (note,) = final(events).notes
    assert note.startswith("2 of 4 documents have no date")
    assert [event.notes for event in events if isinstance(event, Searching)] == [(note,)]
    without = list(assistant(archive).stream("Which documents mention Aldermoor?", kind=kind))
    assert final(without).notes == ()


def test_a_new_topic_is_searched_without_the_turn_before(archive: Archive) -> None:
    history = [Turn("Who built the old bridge of Aldermoor?", BRIDGE)]
    after, alone = (
        next(e for e in assistant(archive).stream(SHIPS, turns) if isinstance(e, Searching))
        for turns in (history, ())
    )
    assert after == alone
    answer = assistant(archive).ask(SHIPS, history)
    assert answer.hits == assistant(archive).ask(SHIPS).hits
    refused = [Turn("Who built the old bridge of Aldermoor?", "The documents hold nothing about it.")]
    assert assistant(archive).ask("And how long is it?", refused).notes == (
        "Understood as: And how long is it (Aldermoor)?",
    )


def test_nothing_is_prefilled_for_a_question_that_a_plan_answers(archive: Archive) -> None:
    generator = Recording()
    typing = assistant(archive, generator)
    assert typing.anticipate("Which documents mention Aldermoor", kind="mentions") == ()
    assert typing.anticipate("Who said that the harbour is safe", kind="who_said") == ()
    assert generator.prompts == []
    assert typing.anticipate(SHIPS, kind="fact") and generator.prompts
