"""Any text against an archive: each sentence is searched for, cited and checked as a sentence of an answer is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from askive.models.protocols import Generator
from askive.rag.config import Config
from askive.rag.factory import open_reader, open_retriever
from askive.rag.question.analysis import Question
from askive.rag.store.archive import Archive
from askive.rag.text.sentences import split_sentences
from askive.rag.text.words import storable
from askive.rag.types import Sentence
from askive.rag.verification.verifier import Verifier

_WORDY = re.compile(r"[^\W_]{2,}")
_HEADING = re.compile(r"#{1,6}\s")


class TextVerifier:
    """Checks texts against one archive. Close it, or use it in a `with` block.

    generator: judges what each sentence means (a second or two each); None: the reader does, which knows less.
    Raises as `askive.rag.factory.open_retriever`.
    """

    def __init__(self, archive: Archive, config: Config, generator: Generator | None = None) -> None:
        reader = open_reader(config)
        self._verifier = Verifier(archive.embedder, reader, generator)
        self._retriever = open_retriever(config, archive, generator, reader)

    @property
    def checks(self) -> tuple[str, ...]:
        """What takes part in the verdicts: `rules`, then `generator` or `reader`."""
        return self._verifier.checks

    def sentences(self, text: str) -> Iterator[Sentence]:
        """The sentences of the text with verdicts, reasons and citations, one by one as they are done.

        `storable(text)[s.start:s.end] == s.text`: NULs and lone surrogates are read as U+FFFD.
        Left out: headings and what has no words. A sentence that points back ("He said") is searched for with the
        one before it. Markers count anew in each sentence. Raises ModelError when the generator fails.
        """
        text = storable(text)
        before = Question.read("")
        for span in split_sentences(text):
            sentence = text[span.start : span.end]
            if not _WORDY.search(sentence) or _HEADING.match(sentence):
                continue
            claim = self._retriever.read(sentence)
            hits = self._retriever.retrieve(claim)
            if before.text:
                known = {hit.passage.passage_id for hit in hits}
                also = self._retriever.retrieve(f"{before.text} {sentence}")
                hits = (*hits, *(hit for hit in also if hit.passage.passage_id not in known))
            yield self._verifier.verify(sentence, span.start, before, hits)
            before = claim

    def close(self) -> None:
        """Free what was loaded for it; the archive and the generator stay open."""
        self._retriever.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def verify_text(
    text: str, archive: Archive, config: Config, generator: Generator | None = None
) -> tuple[Sentence, ...]:
    """The sentences of one text, as `TextVerifier.sentences` gives them."""
    with TextVerifier(archive, config, generator) as verifier:
        return tuple(verifier.sentences(text))
