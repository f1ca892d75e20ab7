"""Counting all documents that mention something: `python -m askive.eval.benchmarks.speed.mentions [--n 10000]`.

Synthetic documents of 300 words, without weights. Each count is compared with a plain scan over the texts; the row of
`make bench` compares the time with that of grep over the same texts as files.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from askive.eval.benchmarks.retrieval.synthetic import SyntheticWords
from askive.eval.benchmarks.rows import Bench, Row, row
from askive.models.errors import UsageError
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
_REACH = 1 / 20
"""At most twenty times the time of grep."""


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


@contextmanager
def assistant_of(made: Sequence[Document], folder: Path) -> Iterator[tuple[Assistant, int]]:
    """An assistant over the documents, without weights, and the number of their passages."""
    config = PassageConfig()
    with Archive.open(folder, HashEmbedder(_DIMENSION), config) as archive:
        for document in made:
            passages = chunk(document, config)
            archive.store.put(document, passages, np.zeros((len(passages), _DIMENSION), dtype=np.float32))
        assistant = Assistant(archive, ScriptedGenerator(), Config(home=folder, reader="off"))
        yield assistant, archive.counts().n_passages


def bench_mentions(bench: Bench) -> list[Row]:
    """One row: each phrase is counted in turn by the product and by grep, whose files the system has read before.

    Raises UsageError without grep.
    """
    if not shutil.which("grep"):
        raise UsageError("there is no grep to compare with", remedy="install grep")
    made = documents(N_DOCUMENTS)
    theirs: list[float] = []
    ours: list[float] = []
    is_equal = True
    with tempfile.TemporaryDirectory(dir=bench.home) as folder:
        texts = Path(folder) / "texts"
        texts.mkdir()
        for document in made:
            (texts / f"{document.uri}.txt").write_text(document.text, encoding="utf-8")
        with assistant_of(made, Path(folder) / "archive") as (assistant, _):
            for repeat in range(bench.repeats + 1):
                for phrase in (*SHARES, EVERYWHERE):
                    n, _, took_s, _ = count(assistant, phrase)
                    started = time.perf_counter()
                    listed = subprocess.run(
                        ["grep", "-rlwF", phrase, texts], capture_output=True, text=True, check=False
                    ).stdout
                    if repeat:
                        theirs.append((time.perf_counter() - started) * 1000)
                        ours.append(took_s * 1000)
                    is_equal = is_equal and n == len(listed.splitlines())
    return [
        row("mentions", f"which of {N_DOCUMENTS:,} documents mention something", "grep -rlwF", "ms", theirs, ours,
            _REACH, must={"same number of documents": is_equal}),
    ]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each question. Returns 1 when a count is wrong or an answer takes too long."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--n", type=int, default=N_DOCUMENTS, help="number of documents")
    n = parser.parse_args(arguments).n
    made = documents(n)
    is_good = True
    with (
        tempfile.TemporaryDirectory() as folder,
        assistant_of(made, Path(folder)) as (assistant, n_passages),
    ):
        sys.stdout.write(f"{n:,} documents, {n_passages:,} passages\n")
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
