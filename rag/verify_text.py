"""Verification of any text against an archive: sentences are searched for, cited and checked as in an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from askive.models.protocols import Generator
from askive.models.reader.cross_encoder import Reader
from askive.rag.config import Config
from askive.rag.factory import open_reader, open_retriever
from askive.rag.question.analysis import Question
from askive.rag.store.archive import Archive
from askive.rag.text.sentences import split_sentences
from askive.rag.text.words import storable
from askive.rag.types import Sentence
from askive.rag.verification.verifier import Verifier

# "ab", "42".
_WORDY = re.compile(r"[^\W_]{2,}")
# "# Harbour".
_HEADING = re.compile(r"#{1,6}\s")


class TextVerifier:
    """Checks texts against one archive. Close it, or use it in a `with` block.

    generator: judges the meaning of each sentence (a second or two each); None: the smaller reader does.
    reader: one that is loaded already; None opens the configured one.
    Raises as `askive.rag.factory.open_retriever`.
    """

    def __init__(
        self,
        archive: Archive,
        config: Config,
        generator: Generator | None = None,
        reader: Reader | None = None,
    ) -> None:
        reader = reader or open_reader(config)
        self._verifier = Verifier(archive.embedder, reader, generator)
        self._retriever = open_retriever(config, archive, generator, reader)

    @property
    def checks(self) -> tuple[str, ...]:
        """The checks behind the verdicts: `rules`, then `generator` or `reader`."""
        return self._verifier.checks

    def sentences(self, text: str) -> Iterator[Sentence]:
        """The sentences of the text with verdicts, reasons and citations, as they are checked.

        `storable(text)[s.start:s.end] == s.text`: NULs and lone surrogates become U+FFFD. Headings and parts without
        words are skipped. A sentence that refers back ("He said") is searched for together with the previous one.
        Markers start anew in each sentence. Raises ModelError when the generator fails.
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
        """Free the models loaded here; the archive and the generator stay open."""
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
    """The sentences of one text, as from `TextVerifier.sentences`."""
    with TextVerifier(archive, config, generator) as verifier:
        return tuple(verifier.sentences(text))
