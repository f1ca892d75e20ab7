"""Comparison with txtai: index, search, answer; with the same models, documents and questions.

txtai is installed only for this, without its dependencies (which are installed already), into a folder that
our packages do not see. Each side runs in a separate process:
`python -m askive.eval.benchmarks.speed.txtai ours|txtai JOB.json`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from askive.eval.benchmarks.rows import Bench, Row, load_llama, peak_mb, row, timed_ms
from askive.eval.benchmarks.setup import GREETING, BenchSetup, waits
from askive.eval.benchmarks.speed.indexing import documents
from askive.eval.datasets.discover import open_suite
from askive.models.errors import UsageError
from askive.rag.config import Config

_PACKAGES = ("txtai==9.14.0", "msgpack>=1")
_N_DOCUMENTS = 500
_N_SEARCHES = 20
_N_QUESTIONS = 60
_TOP_K = 3
_TIMEOUT_S = 1800


@dataclass(frozen=True, slots=True)
class Job:
    """The job of both sides. Paths are strings.

    before: a question to ask before the measurements. searched: distinct questions, as are those in
    `asked`, which are asked in turn until n_answers have an answer. repeats: number of index builds.
    """

    config: Mapping[str, Any]
    embedder: str
    generator: str
    documents: list[str]
    before: str
    searched: list[str]
    asked: list[str]
    n_answers: int
    repeats: int
    n_threads: int


@dataclass(frozen=True, slots=True)
class Done:
    """Single measurements in ms: of the index build, of each search, of each answer's first token.

    asked: the questions that were answered. peak_mb: of the process.
    """

    index: list[float] = field(default_factory=list)
    search: list[float] = field(default_factory=list)
    answer: list[float] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    peak_mb: float = 0.0


def bench_txtai(bench: Bench) -> list[Row]:
    """Three rows: index, search, first token of an answer. Raises UsageError when txtai cannot be installed.

    Questions that we refuse without generation are replaced; txtai answers the same ones as we do. Each side keeps what
    any earlier question leaves: llama_cpp.Llama, which txtai uses, the beginning of its prompt, and ours that of our
    prompt.
    """
    from askive.models.machine import physical_cores
    from askive.models.weights.store import WeightStore

    store = WeightStore(bench.config.models_dir)
    samples = [s for s in open_suite("seeds").samples if s.unanswerable is False and not s.turns]
    before, *questions = [sample.question for sample in samples][:_N_QUESTIONS]
    job = Job(
        bench.config.model_dump(mode="json"),
        str(store.path_of(bench.config.embedder)),
        str(store.path_of(bench.config.generator)),
        documents(_N_DOCUMENTS),
        before,
        questions[:_N_SEARCHES],
        questions,
        bench.repeats,
        bench.repeats,
        physical_cores(),
    )
    bench.log("txtai: installing")
    where = _installed(bench.config.home / "cache" / "txtai")
    bench.log("txtai: ours")
    ours = _run("ours", job, where)
    bench.log("txtai: running")
    theirs = _run("txtai", replace(job, asked=ours.asked), where)
    peak = ours.peak_mb
    return [
        row("txtai index", f"index {_N_DOCUMENTS} documents", "txtai", "ms", theirs.index, ours.index, 1,
            memory_mb=peak, theirs_memory_mb=theirs.peak_mb),
        row("txtai search", "search", "txtai", "ms", theirs.search, ours.search, 1,
            memory_mb=peak, theirs_memory_mb=theirs.peak_mb),
        row("txtai answer", "first token of an answer, every ask but the first", "txtai", "ms", theirs.answer,
            ours.answer, 5, memory_mb=peak, theirs_memory_mb=theirs.peak_mb),
    ]  # fmt: skip


def _installed(folder: Path) -> Path:
    if not (folder / "txtai").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
        done = subprocess.run([*command, *_PACKAGES], capture_output=True, text=True, check=False)
        if done.returncode:
            raise UsageError(
                f"txtai cannot be installed: {done.stderr.strip()[-300:]}",
                remedy="leave its rows out with --only",
            )
    return folder


def _run(who: Literal["ours", "txtai"], job: Job, where: Path) -> Done:
    root = Path(__file__).resolve().parent.parent.parent.parent
    paths = [str(root), *([str(where)] if who == "txtai" else [])]
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "job.json")
        path.write_text(json.dumps(asdict(job)), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "askive.eval.benchmarks.speed.txtai", who, str(path)],
            capture_output=True, text=True, check=False, timeout=_TIMEOUT_S,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )  # fmt: skip
    if done.returncode:
        raise UsageError(
            f"{who} failed: {done.stderr.strip()[-600:]}", remedy="leave the rows of txtai out with --only"
        )
    return Done(**json.loads(done.stdout.strip().splitlines()[-1]))


def _run_ours(job: Job) -> Done:
    from askive.models.registry import load_reader
    from askive.rag.factory import open_embedder, open_retriever
    from askive.rag.ingest.pipeline import ingest_documents
    from askive.rag.store.archive import Archive
    from askive.rag.types import Document

    config, result = Config.model_validate(job.config), Done()
    made = [
        Document(f"{number}", f"Report {number}", text, "text/plain", f"{number}")
        for number, text in enumerate(job.documents)
    ]
    embedder = open_embedder(config)
    embedder.embed(["warm"])
    with tempfile.TemporaryDirectory() as name:
        for number in range(job.repeats):
            with Archive.open(Path(name, str(number)), embedder, config.passages) as archive:
                result.index.append(timed_ms(partial(ingest_documents, archive, made)))
        with Archive.open(Path(name, "0"), embedder, config.passages) as archive:
            retriever = open_retriever(config, archive)
            retriever.retrieve(job.before, (), _TOP_K)
            for question in job.searched:
                result.search.append(timed_ms(partial(retriever.retrieve, question, (), _TOP_K)))
            generator = load_llama(Bench(config, Path(name), job.repeats, print))
            setup = BenchSetup(archive, embedder, generator, load_reader(config.reader), config, ())
            setup.assistant().ask(job.before)
            for question in job.asked:
                if len(result.answer) == job.n_answers:
                    break
                generator.forget()
                generator.prefill(GREETING)
                if one := waits(setup.assistant(), question):
                    result.answer.append(one.first_ms)
                    result.asked.append(question)
            peak = peak_mb()
            generator.close()
    return replace(result, peak_mb=peak)


def _run_txtai(job: Job) -> Done:
    """Runs in a separate process, with txtai on the path."""
    from txtai import LLM, Embeddings  # type: ignore[import-not-found, unused-ignore]

    result = Done()
    embeddings = Embeddings(path=job.embedder, content=True)
    embeddings.index(job.documents[:1])
    for _ in range(job.repeats):
        result.index.append(timed_ms(lambda: embeddings.index(job.documents)))
    embeddings.search(job.before, _TOP_K)
    for question in job.searched:
        result.search.append(timed_ms(partial(embeddings.search, question, _TOP_K)))
    llm = LLM(job.generator, n_threads=job.n_threads, n_threads_batch=job.n_threads, n_ctx=4096)

    def first_token_ms(question: str) -> float:
        started = time.perf_counter()
        context = "\n".join(hit["text"] for hit in embeddings.search(question, _TOP_K))
        # The prompt of txtai's documentation of retrieval augmented generation.
        asked = (
            "Answer the following question using only the context below. Only include information specifically "
            f"discussed.\n\nquestion: {question}\ncontext: {context}"
        )
        pieces = llm([{"role": "user", "content": asked}], maxlength=64, stream=True)
        next(iter(pieces))
        return (time.perf_counter() - started) * 1000

    first_token_ms(job.before)
    for question in job.asked[: job.n_answers]:
        result.answer.append(first_token_ms(question))
        result.asked.append(question)
    return replace(result, peak_mb=peak_mb())


if __name__ == "__main__":
    job = Job(**json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")))
    run = _run_ours if sys.argv[1] == "ours" else _run_txtai
    sys.stdout.write("\n" + json.dumps(asdict(run(job))) + "\n")
