"""Counting all documents that mention something: `python -m askive.eval.benchmarks.speed.mentions [--n 10000]`.

Synthetic documents of 300 words, without weights. Each count is compared with a plain scan over the texts.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from askive.eval.benchmarks.retrieval.synthetic import SyntheticWords
from askive.models.fakes import HashEmbedder, ScriptedGenerator
from askive.rag.assistant import Assistant
from askive.rag.config import Config, PassageConfig
from askive.rag.ingest.splitting import chunk
from askive.rag.store.archive import Archive
from askive.rag.types import Document, Final, Progress

N_DOCUMENTS = 10_000
AIM_S = 10.0
SHARES = {"Aldermoor": 3, "Rosa Lind": 50, "the old ferry": 1000}
"""Every how many documents one mentions it. The fourth question is about a word of nearly every document."""
EVERYWHERE = "however"
_SENTENCES, _DIMENSION = 10, 8


def documents(n: int) -> list[Document]:
    """Documents of ten sentences of 30 words, with what the questions are about at the end."""
    words = SyntheticWords()
    drawn = words.spelled[words.passages(n * _SENTENCES)].reshape(n, _SENTENCES, -1)
    made: list[Document] = []
    for number, sentences in enumerate(drawn):
        parts = [f"{' '.join(sentence).capitalize()}, {EVERYWHERE}." for sentence in sentences]
        parts += [f"They spoke of {name}." for name, step in SHARES.items() if number % step == 0]
        made.append(Document(str(number), f"Text {number}", " ".join(parts), "text/plain", "0" * 64))
    return made


def count(assistant: Assistant, phrase: str) -> tuple[int, float, float, float]:
    """The number of documents that are listed; the seconds until the first progress and the answer, and of CPU time."""
    started, cpu_started = time.perf_counter(), time.process_time()
    first_s: float | None = None
    for event in assistant.stream(f"Which documents mention {phrase}?", kind="mentions"):
        if isinstance(event, Progress) and first_s is None:
            first_s = time.perf_counter() - started
        elif isinstance(event, Final):
            n = sum(row.verdict == "supported" for row in event.answer.rows)
            return n, first_s or 0.0, time.perf_counter() - started, time.process_time() - cpu_started
    raise AssertionError("a stream always ends with Final")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each question. Returns 1 when a count is wrong or an answer takes too long."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--n", type=int, default=N_DOCUMENTS, help="number of documents")
    n = parser.parse_args(arguments).n
    made, config = documents(n), PassageConfig()
    is_good = True
    with (
        tempfile.TemporaryDirectory() as folder,
        Archive.open(Path(folder), HashEmbedder(_DIMENSION), config) as archive,
    ):
        for document in made:
            passages = chunk(document, config)
            archive.store.put(document, passages, np.zeros((len(passages), _DIMENSION), dtype=np.float32))
        assistant = Assistant(archive, ScriptedGenerator(), Config(home=Path(folder), reader="off"))
        sys.stdout.write(f"{n:,} documents, {archive.counts().n_passages:,} passages\n")
        for phrase in (*SHARES, EVERYWHERE):
            found, first_s, total_s, cpu_s = count(assistant, phrase)
            expected = sum(bool(re.search(rf"\b{phrase}\b", document.text)) for document in made)
            is_good = is_good and found == expected and total_s < AIM_S
            sys.stdout.write(
                f"{phrase:<14} {found:>7,} of {expected:,} documents, first progress after {first_s:.2f} s,"
                f" answer after {total_s:.2f} s ({cpu_s:.2f} s of CPU time)\n"
            )
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
