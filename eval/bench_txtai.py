"""The whole job beside txtai: index, search, answer; the same MiniLM and GGUF files, the same documents and questions.

txtai is installed for this only, without what it depends on (which is here already), into a folder of its own that
our packages do not see; it runs in a process of its own: `python -m eval.bench_txtai JOB.json`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from eval.bench_ingest import documents
from eval.bench_rows import Bench, Row, load_llama, memory_mb, row, timed_ms
from models.errors import UsageError

_PACKAGES = ("txtai==9.14.0", "msgpack>=1")
_N_DOCUMENTS = 500
_QUESTIONS = (
    "What did Russia say about the targets of its air strikes?",
    "Who was killed in the air strike in Raqqa?",
    "How many more troops did Carter want to send?",
    "What happened to the hospital in Kunduz?",
    "Why did Hijab doubt the talks?",
)
_TOP_K = 3


@dataclass(frozen=True, slots=True)
class Job:
    """What both do. Paths as text; index_ms is taken `repeats` times, the others once a question and repeat."""

    embedder: str
    generator: str
    documents: list[str]
    questions: list[str]
    repeats: int
    n_threads: int


def bench_txtai(bench: Bench) -> list[Row]:
    """Three rows: index, search, first token of an answer. Raises UsageError when txtai cannot be installed."""
    from models.machine import physical_cores
    from models.weights import WeightStore

    store = WeightStore(bench.config.models_dir)
    job = Job(
        str(store.path_of(bench.config.embedder)),
        str(store.path_of(bench.config.generator)),
        documents(_N_DOCUMENTS),
        list(_QUESTIONS),
        bench.repeats,
        physical_cores(),
    )
    bench.tell("txtai: installing")
    where = _installed(bench.config.home / "cache" / "txtai")
    bench.tell("txtai: running")
    theirs = _run_theirs(job, where)
    bench.tell("txtai: ours")
    ours = _run_ours(bench, job)
    told = {"theirs_memory_mb": round(theirs["memory_mb"][0])}
    return [
        row("txtai index", f"index {_N_DOCUMENTS} documents", "txtai", "ms", theirs["index"], ours["index"], 1,
            **told),
        row("txtai search", "search", "txtai", "ms", theirs["search"], ours["search"], 1),
        row("txtai answer", "first token of an answer", "txtai", "ms", theirs["answer"], ours["answer"], 5),
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


def _run_theirs(job: Job, where: Path) -> dict[str, list[float]]:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "job.json")
        path.write_text(json.dumps(asdict(job)), encoding="utf-8")
        root = Path(__file__).resolve().parent.parent
        environ = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{where}"}
        done = subprocess.run(
            [sys.executable, "-m", "eval.bench_txtai", str(path)],
            capture_output=True, text=True, check=False, env=environ, timeout=1800,
        )  # fmt: skip
    if done.returncode:
        raise UsageError(
            f"txtai failed: {done.stderr.strip()[-600:]}", remedy="leave its rows out with --only"
        )
    found: dict[str, list[float]] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _run_ours(bench: Bench, job: Job) -> dict[str, list[float]]:
    from models.registry import load_embedder, load_reader
    from rag.archive import Archive
    from rag.assistant import Assistant
    from rag.ingest import ingest_documents
    from rag.retrieve import Retriever
    from rag.types import Document

    made = [
        Document(f"{number}", f"Report {number}", text, "text/plain", f"{number}")
        for number, text in enumerate(job.documents)
    ]
    found: dict[str, list[float]] = {"index": [], "search": [], "answer": []}
    embedder = load_embedder(bench.config.embedder, bench.config.models_dir)
    embedder.embed(["warm"])
    with tempfile.TemporaryDirectory() as name:
        for number in range(job.repeats):
            with Archive.open(Path(name, str(number)), embedder, bench.config.passages) as archive:
                found["index"].append(timed_ms(partial(ingest_documents, archive, made)))
        with Archive.open(Path(name, "0"), embedder, bench.config.passages) as archive:
            retriever = Retriever(archive, bench.config.retrieval)
            generator = load_llama(bench)
            assistant = Assistant(archive, generator, bench.config, load_reader(bench.config.reader))
            assistant.ask(job.questions[0])
            for question in job.questions * job.repeats:
                found["search"].append(timed_ms(partial(retriever.retrieve, question, (), _TOP_K)))
            for question in job.questions:
                generator.forget()
                waited = assistant.ask(question).timings.first_token_ms
                if waited:
                    found["answer"].append(waited)
            generator.close()
    return found


def _run_txtai(job: Job) -> dict[str, list[float]]:
    """In a process of its own, with txtai on the path."""
    from txtai import LLM, Embeddings  # type: ignore[import-not-found, unused-ignore]

    found: dict[str, list[float]] = {"index": [], "search": [], "answer": []}
    embeddings = Embeddings(path=job.embedder, content=True)
    for _ in range(job.repeats):
        found["index"].append(timed_ms(lambda: embeddings.index(job.documents)))
    for question in job.questions[:1]:
        embeddings.search(question, _TOP_K)
    for _ in range(job.repeats):
        for question in job.questions:
            found["search"].append(timed_ms(partial(embeddings.search, question, _TOP_K)))
    llm = LLM(job.generator, n_threads=job.n_threads, n_threads_batch=job.n_threads, n_ctx=4096)
    llm([{"role": "user", "content": "Say yes."}], maxlength=8)
    for question in job.questions:
        started = time.perf_counter()
        context = "\n".join(hit["text"] for hit in embeddings.search(question, _TOP_K))
        # The prompt of txtai's own documentation of retrieval augmented generation.
        asked = (
            "Answer the following question using only the context below. Only include information specifically "
            f"discussed.\n\nquestion: {question}\ncontext: {context}"
        )
        for _ in llm([{"role": "user", "content": asked}], maxlength=64, stream=True):
            found["answer"].append((time.perf_counter() - started) * 1000)
            break
    return {**found, "memory_mb": [memory_mb()]}


if __name__ == "__main__":
    told = Job(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    sys.stdout.write("\n" + json.dumps(_run_txtai(told)) + "\n")
