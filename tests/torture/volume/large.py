"""`python -m tests.torture.volume.large`: one large file of each kind; what is read, how fast, in how much memory.

A file is parsed as an indexing does it, up to where its passages would be embedded. Prints the rows of a table.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from askive.eval.benchmarks.memory import memory_fields
from askive.rag.config import PassageConfig
from askive.rag.ingest.examination import HowRead, Stored, examine_files
from askive.rag.ingest.parser_pool import ParserPool
from askive.rag.ingest.plan import plan_paths
from askive.rag.ingest.report import IngestReport
from tests.torture.volume.texts import texts

_LOOK_S = 0.1
_RECORD_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class Read:
    """n_passages: in all documents. own_mb, parser_mb: largest private memory of this process, and of its parsers.

    told: why it was not read; empty when it was.
    """

    seconds: float
    n_documents: int
    n_passages: int
    own_mb: float
    parser_mb: float
    told: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Write and read a file of each kind, or read one file and print its figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.volume.large", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--kinds", nargs="*", choices=sorted(_WRITERS), default=sorted(_WRITERS))
    parser.add_argument("--read", type=Path, help="only read this file, and print the figures as JSON")
    options = parser.parse_args(arguments)
    if options.read:
        sys.stdout.write(json.dumps(asdict(read_large(options.read))))
        return 0
    for row in rows(options.kinds, options.megabytes):
        sys.stdout.write(f"{row}\n")
        sys.stdout.flush()
    return 0


def rows(kinds: Sequence[str], megabytes: int) -> Iterator[str]:
    """The head of a table, and a row for a file of each kind."""
    yield "| file | documents, passages | seconds | of a processor | main process, parser |"
    yield "|---|--:|--:|--:|--:|"
    for kind in kinds:
        with tempfile.TemporaryDirectory(prefix="large-") as folder:
            path = Path(folder) / f"large.{kind}"
            write_large(path, megabytes)
            size = path.stat().st_size / 2**20
            cpu_before = cpu_of_children()
            command = [sys.executable, "-m", "tests.torture.volume.large", "--read", str(path)]
            out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            cpu_s = cpu_of_children() - cpu_before
        read = Read(**json.loads(out))
        shown = read.told or f"{read.n_documents:,}, {read.n_passages:,}"
        yield (
            f"| {kind.upper()}, {size:,.0f} MB | {shown} | {read.seconds:.0f} | {cpu_s:.0f}"
            f" | {read.own_mb:.0f} MB, {read.parser_mb:.0f} MB |"
        )


def cpu_of_children() -> float:
    """Processor seconds of all processes that have ended and were waited for, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def write_large(path: Path, megabytes: int) -> None:
    """A file of the kind of its extension, of about this size."""
    write = _WRITERS[path.suffix.removeprefix(".")]
    with path.open("w", encoding="utf-8") as file:
        # The same words again: to make new ones takes longer than to read them.
        (text,) = texts(1, 2**20)
        for n in range(megabytes):
            file.write(write(text, n))
        file.write(_ENDS.get(path.suffix.removeprefix("."), ""))


def read_large(path: Path) -> Read:
    """Parse one file, in processes as an indexing does."""
    report, plan = IngestReport(), plan_paths([path], {})
    n_documents = n_passages = 0
    told = ""
    started = time.perf_counter()
    with _Watch() as watch, ParserPool(PassageConfig()) as pool:
        for examined in examine_files(plan, Stored({}, {}, {}), HowRead(None, False), pool, None, report):
            if examined.failure is not None:
                told = examined.failure.message.rpartition("/")[2]
            elif examined.passages is not None:
                n_documents += 1
                n_passages += len(examined.passages)
    seconds = time.perf_counter() - started
    return Read(seconds, n_documents, n_passages, watch.own_mb, watch.parser_mb, told)


class _Watch(threading.Thread):
    """Looks at the memory of this process and of its children while the block lasts."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.own_mb = self.parser_mb = 0.0
        self._ended = threading.Event()

    def __enter__(self) -> _Watch:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Until the block ends."""
        process = psutil.Process(os.getpid())
        while not self._ended.wait(_LOOK_S):
            self.own_mb = max(self.own_mb, memory_fields()["RssAnon"])
            for child in process.children(recursive=True):
                try:
                    self.parser_mb = max(self.parser_mb, memory_fields(child.pid).get("RssAnon", 0.0))
                except OSError:
                    # It has ended.
                    continue


def _records(text: str, n: int) -> Iterator[tuple[str, str]]:
    """Parts of the text with their numbers."""
    for at in range(0, len(text), _RECORD_CHARS):
        yield f"{n}.{at}", " ".join(text[at : at + _RECORD_CHARS].split())


def _text(text: str, n: int) -> str:
    return f"Chapter {n}\n\n{text}\n\n"


def _markdown(text: str, n: int) -> str:
    return f"# Chapter {n}\n\n{text}\n\n"


def _log(text: str, n: int) -> str:
    return "".join(
        f"2016-03-04 10:15:{n % 60:02} INFO {name} {words[at : at + 100]}\n"
        for name, words in _records(text, n)
        for at in range(0, len(words), 100)
    )


def _csv(text: str, n: int) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([] if n else [["Number", "Name", "Note"]])
    for name, words in _records(text, n):
        writer.writerows(
            [name, words[at : at + 12], words[at + 12 : at + 100]] for at in range(0, len(words), 100)
        )
    return out.getvalue()


def _bank_export(text: str, n: int) -> str:
    """A table with lines above its heads."""
    above = "" if n else "Statement of account\nAccount:,DE02 1203 0000\n\nOpening balance,1200.50\n\n"
    return above + _csv(text, n)


def _json_list(text: str, n: int) -> str:
    records = [json.dumps({"number": name, "note": words}) for name, words in _records(text, n)]
    return ("," if n else '{"name": "Log", "messages": [') + ",\n".join(records)


def _json_lines(text: str, n: int) -> str:
    return "".join(f"{json.dumps({'title': name, 'text': words})}\n" for name, words in _records(text, n))


def _mailbox(text: str, n: int) -> str:
    return "".join(
        f"From a@b.example Fri Mar  4 10:15:00 2016\nFrom: a@b.example\nSubject: Report {name}\n\n{words}\n\n"
        for name, words in _records(text, n)
    )


_WRITERS: dict[str, Callable[[str, int], str]] = {
    "txt": _text, "md": _markdown, "log": _log, "csv": _bank_export, "json": _json_list,
    "jsonl": _json_lines, "mbox": _mailbox,
    "html": lambda text, n: f"<h1>Chapter {n}</h1><p>{text}</p>",
}  # fmt: skip
_ENDS = {"json": "]}"}
KINDS = tuple(_WRITERS)
"""Extensions of the files that can be written."""


if __name__ == "__main__":
    sys.exit(main())
