"""Any text against an archive: each sentence is searched for, checked and cited. No generator is needed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from askive.rag.config import Config
from askive.rag.factory import open_retriever
from askive.rag.store.archive import Archive
from askive.rag.text.sentences import split_sentences
from askive.rag.text.words import storable
from askive.rag.types import Sentence
from askive.rag.verification.citer import Citer

_WORDY = re.compile(r"[^\W_]{2,}")
_HEADING = re.compile(r"#{1,6}\s")


def verify_text(text: str, archive: Archive, config: Config) -> tuple[Sentence, ...]:
    """The sentences of the text with verdicts, reasons and citations.

    `storable(text)[s.start:s.end] == s.text`: NULs and lone surrogates are read as U+FFFD.
    """
    return tuple(verified_sentences(text, archive, config))


def verified_sentences(text: str, archive: Archive, config: Config) -> Iterator[Sentence]:
    """As `verify_text`, one by one as they are done.

    Left out: headings and what has no words. A sentence that points back ("He said") is searched for with the
    one before it. Markers count anew in each sentence.
    """
    text = storable(text)
    retriever = open_retriever(config, archive)
    before = ""
    for span in split_sentences(text):
        said = text[span.start : span.end]
        if not _WORDY.search(said) or _HEADING.match(said):
            continue
        hits = retriever.retrieve(said)
        if before:
            known = {hit.passage.passage_id for hit in hits}
            also = retriever.retrieve(f"{before} {said}")
            hits = (*hits, *(hit for hit in also if hit.passage.passage_id not in known))
        yield Citer(before, hits, archive.embedder).cite(said, span.start)
        before = said
