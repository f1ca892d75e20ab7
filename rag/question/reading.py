"""What a user types -> the question that is answered: completed from earlier turns, translated, spelling corrected."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from askive.models.cancellation import look, stop_flag
from askive.models.protocols import Generator, Message, Sampling, Segment
from askive.rag.question.follow_up import meaning_of
from askive.rag.question.language import Language, language_of
from askive.rag.question.spelling import Spelling, Vocabulary
from askive.rag.text.numbers import numbers
from askive.rag.types import QuestionKind, Turn

_N_SAMPLED = 50
_MIN_SHARE = 0.2
"""Of the sampled passages: a question in a language of so many is not translated."""
_MAX_TOKENS = 120
_MAX_CHARS = 500
"""Longer questions are not translated."""
_TRANSLATED: Mapping[Language, str] = {
    "German": "Gesucht auf Englisch: „{text}“. Die Antwort ist englisch; Zitate stehen im Wortlaut der Quelle.",
    "Spanish": "Se buscó en inglés: «{text}». La respuesta está en inglés; las citas, en el idioma original.",
    "French": "Recherche en anglais : « {text} ». La réponse est en anglais, les citations en version originale.",
    "Arabic": "تم البحث بالإنجليزية: «{text}». الإجابة بالإنجليزية، والاقتباسات بلغة المصدر.",
    "Chinese": "已用英语检索:“{text}”。回答为英语,引文保留原文。",
    "Russian": "Поиск на английском: «{text}». Ответ на английском, цитаты на языке источника.",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A question as it is answered.

    text: in the language of the archive, complete without earlier turns. context: the turns that it follows; empty for
    a new topic. kind: that of the earlier answer that it narrows. notes: as in `askive.rag.types.Answer`.
    """

    text: str
    context: tuple[Turn, ...]
    kind: QuestionKind | None
    notes: tuple[str, ...]


class QuestionReader:
    """Reads questions for one archive. generator: translates."""

    def __init__(self, vocabulary: Vocabulary, generator: Generator) -> None:
        self._vocabulary = vocabulary
        self._generator = generator
        self._spelling = Spelling(vocabulary)
        self._languages: tuple[int, frozenset[Language]] = (-1, frozenset())
        self._translations = lru_cache(maxsize=32)(self._translated)

    def read(self, text: str, history: Sequence[Turn] = ()) -> Reading:
        """The question as it is answered.

        Raises ModelError when the generator fails, and Stopped when the flag in force is set during a translation.
        """
        notes: list[str] = []
        meant = meaning_of(text, history)
        question = meant.text
        if meant.is_changed:
            notes.append(f"Understood as: {question}")
        language = self._foreign_language(question)
        if language and (translation := self._translations(question)):
            question = translation
            notes.append(_TRANSLATED[language].format(text=question))
        for word, spelling in self._spelling.corrections(question).items():
            question = re.sub(rf"\b{word}\b", spelling, question)
            notes.append(f"Searched for {spelling} (not found: {word})")
        return Reading(question, meant.context, meant.kind, tuple(notes))

    def needs_translation(self, text: str) -> bool:
        """Whether the generator has to translate a question, which takes a second or more."""
        return self._foreign_language(text) is not None

    def _foreign_language(self, text: str) -> Language | None:
        language = language_of(text)
        if language is None or language not in _TRANSLATED:
            return None
        return language if self._is_foreign(language) else None

    def _is_foreign(self, language: Language) -> bool:
        """Whether the archive is English and has hardly a document in this language."""
        generation = self._vocabulary.generation
        if self._languages[0] != generation:
            counts = Counter(map(language_of, self._vocabulary.texts(_N_SAMPLED)))
            enough = frozenset(
                language for language, n in counts.items() if language and n >= _MIN_SHARE * counts.total()
            )
            self._languages = (generation, enough)
        return "English" in self._languages[1] and language not in self._languages[1]

    def _translated(self, question: str) -> str:
        """The question in English; empty when the generator changes its numbers or writes no single line."""
        if len(question) > _MAX_CHARS:
            return ""
        messages = (
            Message(
                "system", (Segment("You are a translator. You write the translation and nothing else."),)
            ),
            Message("user", (Segment(f"Translate this question into English. Keep names.\n\n{question}"),)),
        )
        sampling = Sampling(max_tokens=_MAX_TOKENS, temperature=0.0)
        pieces = self._generator.generate(messages, sampling, stop_flag())
        translation = "".join(piece.text for piece in pieces).strip().strip('"“”«»')
        # A translation that was stopped is cut off, and must not be kept.
        look()
        if not translation or "\n" in translation or language_of(translation) != "English":
            return ""
        return translation if numbers(translation) >= _figures(question) else ""


def _figures(text: str) -> set[str]:
    return {figure for figure in numbers(text) if re.search(r"[0-9]", figure)}
