"""Questions as they are answered: completed, translated, with corrected words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest

from askive.models.cancellation import Stopped, stopping_at
from askive.models.fakes import HashEmbedder, ScriptedGenerator
from askive.models.protocols import Message
from askive.rag.answer.preparation import complete_question, is_complete
from askive.rag.assistant import Assistant
from askive.rag.config import Config, PassageConfig
from askive.rag.ingest.pipeline import ingest_documents
from askive.rag.question.reading import QuestionReader
from askive.rag.question.spelling import Spelling
from askive.rag.retrieval.vocabulary import ArchiveVocabulary
from askive.rag.store.archive import Archive
from askive.rag.types import Document, Turn

TEXTS = (
    "Emwazi was the man in the video. The helicopters of Russia are in Latakia.",
    "The government of Velm launched a parliamentary inquiry. Marlow and Marlaw are two villages.",
)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    documents = [Document(f"{n}.md", f"Note {n}", text, "text/plain", f"{n}") for n, text in enumerate(TEXTS)]
    with Archive.open(tmp_path / "c", HashEmbedder(), PassageConfig()) as opened:
        ingest_documents(opened, documents)
        yield opened


@pytest.mark.parametrize(
    ("question", "corrections"),
    [
        ("Who is Emwasi?", {"Emwasi": "Emwazi"}),
        ("who is emwasi", {"emwasi": "Emwazi"}),
        ("How many helicpoters are in Latakai?", {"helicpoters": "helicopters", "Latakai": "Latakia"}),
        ("Was there a parliamentry inquiry?", {"parliamentry": "parliamentary"}),
        ("Who was looked up by the launcher?", {}),  # short, and no names
        ("Who is Marlew?", {}),  # two are equally near
        ("Who is Amwazi?", {}),  # another first letter
        ("Who is Emwazi in Latakia?", {}),
        ("What is in lot Lat4kia or Velm-12?", {}),
        ("Ist das es?", {}),
        ("", {}),
    ],
)
def test_a_word_that_no_document_has_is_matched_to_the_only_near_one(
    archive: Archive, question: str, corrections: dict[str, str]
) -> None:
    assert Spelling(ArchiveVocabulary(archive)).corrections(question) == corrections


def test_the_words_of_a_new_document_are_known(archive: Archive) -> None:
    spelling = Spelling(ArchiveVocabulary(archive))
    assert spelling.corrections("Who is Lindqwist?") == {}
    ingest_documents(archive, [Document("n.md", "New", "Lindqvist came.", "text/plain", "n")])
    assert spelling.corrections("Who is Lindqwist?") == {"Lindqwist": "Lindqvist"}


class Translator:
    """A script that writes a fixed translation and counts how often it is asked."""

    def __init__(self, translation: str) -> None:
        self.translation = translation
        self.n_asked = 0

    def __call__(self, messages: Sequence[Message]) -> str:
        self.n_asked += 1
        return self.translation


SPANISH = "¿Cuántos helicópteros hay en la base 12?"


@pytest.mark.parametrize(
    ("translation", "text"),
    [
        (
            "How many helicopters does Russia have at base 12?",
            "How many helicopters does Russia have at base 12?",
        ),
        ("How many helicopters does Russia have at base 21?", SPANISH),
        ("Aquí está la traducción de la pregunta 12", SPANISH),
        ("Translation:\nHow many are in the base 12?", SPANISH),
        ("", SPANISH),
    ],
)
def test_a_question_in_another_language_is_translated_if_its_numbers_stay(
    archive: Archive, translation: str, text: str
) -> None:
    translator = Translator(translation)
    reader = QuestionReader(ArchiveVocabulary(archive), ScriptedGenerator(translator))
    reading = reader.read(SPANISH)
    assert reading.text == text and reader.read(SPANISH) == reading
    assert translator.n_asked == 1
    assert bool(reading.notes) == (text != SPANISH)
    assert all("en inglés" in note and translation in note for note in reading.notes)


def test_a_language_of_the_archive_is_not_translated(archive: Archive) -> None:
    spanish = "Los helicópteros de Rusia están en la base y no se sabe cuántos son."
    ingest_documents(archive, [Document("es.md", "Base", spanish, "text/plain", "es")])
    translator = Translator("How many?")
    reader = QuestionReader(ArchiveVocabulary(archive), ScriptedGenerator(translator))
    assert reader.read(SPANISH).text == SPANISH
    assert reader.read("How many are in the base?").notes == ()
    assert translator.n_asked == 0


def test_the_notes_say_what_was_done(archive: Archive) -> None:
    reader = QuestionReader(ArchiveVocabulary(archive), ScriptedGenerator(""))
    reading = reader.read(
        "only the ones from 2016", [Turn("Which documents mention Emwasi?", "None.", "mentions")]
    )
    assert reading.text == "Which documents mention Emwazi from 2016?" and reading.kind == "mentions"
    assert reading.notes == (
        "Understood as: Which documents mention Emwasi from 2016?",
        "Searched for Emwazi (not found: Emwasi)",
    )


class Stopping(Translator):
    """A translator during whose work the user goes on typing."""

    def __init__(self, translation: str, flag: Flag) -> None:
        super().__init__(translation)
        self._flag = flag

    def __call__(self, *arguments: Any) -> str:
        if not self.n_asked:
            self._flag.set()
        return super().__call__(*arguments)


def test_a_translation_that_was_stopped_is_not_kept(archive: Archive) -> None:
    flag = Flag()
    translator = Stopping("How many helicopters does Russia have at base 12?", flag)
    reader = QuestionReader(ArchiveVocabulary(archive), ScriptedGenerator(translator))
    with stopping_at(flag), pytest.raises(Stopped):
        reader.read(SPANISH)
    assert reader.read(SPANISH).text == translator.translation
    assert translator.n_asked == 2


def test_a_foreign_question_is_translated_once_its_end_is_typed(archive: Archive, tmp_path: Path) -> None:
    translator = Translator("How many helicopters does Russia have at base 12?")
    config = Config(home=tmp_path, embedder="hash", generator="scripted", reader="off")
    assistant = Assistant(archive, ScriptedGenerator(translator), config)
    for n in range(30, len(SPANISH)):
        assert assistant.anticipate(SPANISH[:n].rstrip("?")) == ()
    assert translator.n_asked == 0
    assistant.anticipate(SPANISH)
    assert translator.n_asked >= 1


@pytest.mark.parametrize("question", ["你在哪里？", "أين أنت؟", "Where?", "Wait…"])
def test_a_mark_of_any_script_ends_a_question(question: str) -> None:
    assert is_complete(question) and complete_question(question) == question
