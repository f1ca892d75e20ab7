"""Whether a sentence belongs to the history of a subject: by its own words, or because its document is about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Set

from askive.rag.passage_context import heading_words
from askive.rag.question.subject import Subject
from askive.rag.survey.sentences import SubjectSentence
from askive.rag.text.names import Name, has_name, lower_words
from askive.rag.text.words import STOP_WORDS, stem, words

# "pump |3|", "Heron |60|", "rooms |12| and |14|": a number that tells one thing of its sort from others
_NUMBERED = re.compile(r"\b(?P<word>[^\W\d_][\w-]*)\s+(?P<number>\d[\w-]*)\b")
# "pumps |3 and |4"
_NUMBERS_BETWEEN = r"(?:\d{1,6}(?:,| and| or| to| ?–| ?&) ?){0,6}"


class Topic:
    """What the documents and sentences of a subject have in common: its names and numbered things, else all its words.

    stems_of: the stems of a text, with those of the names that its aliases stand for. is_about: whether the words of a
    sentence, its neighbours and its vector are about the subject.
    """

    def __init__(
        self,
        subject: Subject,
        stems_of: Callable[[str], Set[str]],
        is_about: Callable[[SubjectSentence], bool],
    ) -> None:
        self._stems_of = stems_of
        self._is_about = is_about
        self._numbered = [
            (match["word"], match["number"])
            for match in _NUMBERED.finditer(subject.text)
            if match["word"].lower() not in STOP_WORDS
        ]
        numbered = {word for pair in self._numbered for word in pair}
        self._names = [name for name in subject.names if not set(name.text.split()) <= numbered]
        self._terms = [term for term in subject.terms if term.text not in numbered]
        self._titles: dict[str, bool] = {}

    def covers(self, item: SubjectSentence) -> bool:
        """Whether the sentence, or its title and headings, names the subject; or its neighbours do, and it is about it.

        A subject of plain words needs all of them in a title, or a sentence that is about it.
        """
        sentence = item.sentence
        above = heading_words(sentence.hit.source, sentence.hit.passage, "title", "headings")
        if self._is_titled(above):
            return True
        if not (self._names or self._numbered):
            return self._is_about(item)
        if self._has_key(f"{above} {sentence.text}"):
            return True
        return self._is_about(item) and self._has_key(f"{above} {sentence.context}")

    def titles(self, item: SubjectSentence) -> bool:
        """Whether the title of the document of a sentence names the subject."""
        return self._is_titled(item.sentence.title)

    def _is_titled(self, title: str) -> bool:
        if title not in self._titles:
            self._titles[title] = self._has_key(title)
        return self._titles[title]

    def _has_key(self, text: str) -> bool:
        if self._names or self._numbered:
            return all(self._has_name(name, text) for name in self._names) and all(
                _has_numbered(*pair, text) for pair in self._numbered
            )
        own = self._stems_of(text)
        return bool(self._terms) and all(own & term.stems for term in self._terms)

    def _has_name(self, name: Name, text: str) -> bool:
        if has_name(name, lower_words(text), text):
            return True
        own = self._stems_of(text)
        return all(stem(word) in own for word in name.words)


def _has_numbered(word: str, number: str, text: str) -> bool:
    """Whether the text has the numbered thing, also in a row of them: "pumps 3 and 4"."""
    pattern = rf"\b(?P<word>[^\W\d_][\w-]*)\s+{_NUMBERS_BETWEEN}{re.escape(number)}\b"
    wanted = stem((words(word) or [word])[0])
    return any(
        stem((words(match["word"]) or [""])[0]) == wanted
        for match in re.finditer(pattern, text, re.IGNORECASE)
    )
