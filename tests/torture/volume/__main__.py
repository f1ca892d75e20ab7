"""`python -m tests.torture.volume`: index many documents, interrupted twice, and read large files; memory and speed.

Everything is real except the embedder, which returns vectors at once unless --embedder names another. Writes the section Volume of
docs/reliability.md with --out. Needs Linux, and disk for about five times the size of the documents.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psutil

from askive.eval.benchmarks.memory import memory_fields
from askive.rag.config import default_home
from askive.rag.store.archive import STORE_NAME
from askive.rag.store.database_file import open_read_only
from tests.torture.place import ASKIVE, REPOSITORY, Place
from tests.torture.volume.large import KINDS, cpu_of_children
from tests.torture.volume.large import rows as large_rows
from tests.torture.volume.texts import texts

HEADING = "## Volume"
FAKE = "hash"
_LOOK_S = 0.25
_FOLDER_SIZE = 500
_QUARTERS = 4
_SECTION = re.compile(rf"^{HEADING}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of `askive index`. peaks_mb: largest private memory of the main process in each quarter of its time.

    cpu_s: processor time of all its processes. parsers_mb: largest private memory of its parser processes together.
    """

    code: int
    seconds: float
    cpu_s: float
    peaks_mb: tuple[float, ...]
    parsers_mb: float
    out: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and print or write the section; 1 when something did not end as it should."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.volume", description=__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument(
        "--megabytes", type=int, default=1_000, help="of text in all documents (default 1000)"
    )
    parser.add_argument(
        "--large", type=int, default=300, help="megabytes of one large file of each kind; 0: none"
    )
    parser.add_argument(
        "--out", type=Path, help="the page whose section is replaced; default: standard output"
    )
    parser.add_argument("--embedder", default=FAKE, help=f"default {FAKE}, which costs nothing")
    options = parser.parse_args(arguments)
    # A shell that starts this in the background ignores SIGINT for it and, by inheritance, for what it measures.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="volume-") as root:
        place = Place(Path(root))
        if options.embedder != FAKE:
            place.home.mkdir(parents=True)
            (place.home / "models").symlink_to(default_home() / "models")
        lines, failures = run(
            place, options.documents, options.megabytes, options.large, embedder=options.embedder
        )
    section = "\n".join([HEADING, "", *lines, *(f"- failed: {failure}" for failure in failures), ""])
    if options.out is None:
        sys.stdout.write(section)
    else:
        options.out.write_text(replaced(options.out.read_text(encoding="utf-8"), section), encoding="utf-8")
    return int(bool(failures))


def replaced(page: str, section: str) -> str:
    """The page with this section in place of its section Volume, or at its end."""
    if _SECTION.search(page):
        return _SECTION.sub(lambda _match: f"{section}\n", page).rstrip() + "\n"
    return f"{page.rstrip()}\n\n{section}"


def section_of(page: str) -> str:
    """The section Volume of a page; empty when there is none."""
    match = _SECTION.search(page)
    return match.group() if match else ""


def run(
    place: Place,
    n_documents: int,
    megabytes: int,
    large_mb: int,
    kinds: Sequence[str] = (),
    embedder: str = FAKE,
) -> tuple[list[str], list[str]]:
    """The lines of the section, and what did not end as it should."""
    place.home.mkdir(parents=True, exist_ok=True)
    n_bytes = write_documents(place.documents, n_documents, megabytes * 2**20 // n_documents)
    started = time.perf_counter()
    for path in files_of(place.documents):
        path.read_bytes()
    read_s = time.perf_counter() - started
    failures: list[str] = []
    interrupted = measure(place, place.documents, embedder, stop_at=n_documents // 4)
    n_first = count(place)
    say("interrupted", interrupted, n_first)
    killed = measure(place, place.documents, embedder, stop_at=n_documents // 2, stop=signal.SIGKILL)
    n_kept = count(place)
    say("killed", killed, n_kept)
    resumed = measure(place, place.documents, embedder)
    say("resumed", resumed, count(place))
    report = json.loads(resumed.out or "{}")
    again = measure(place, place.documents, embedder)
    if interrupted.code != 130 or not 0 < n_first < n_documents:
        failures.append(f"interrupted: code {interrupted.code}, {n_first} documents kept")
    if killed.code != -signal.SIGKILL or not n_first < n_kept < n_documents:
        failures.append(f"killed: code {killed.code}, {n_kept} documents kept")
    if resumed.code or report.get("added") != n_documents - n_kept or report.get("unchanged") != n_kept:
        failures.append(f"resumed: code {resumed.code}, {resumed.out[-300:]}")
    if again.code or json.loads(again.out or "{}").get("unchanged") != n_documents:
        failures.append(f"again: code {again.code}")
    n_mb = (n_bytes / 2**20) * (1 - n_kept / n_documents)
    passages = report.get("passages", 0)
    lines = [
        f"`python -m tests.torture.volume --documents {n_documents} --megabytes {megabytes}"
        f"{'' if embedder == FAKE else f' --embedder {embedder}'}` ({date.today().isoformat()}), "
        + ("the embedder a fake one that costs nothing." if embedder == FAKE else f"with {embedder}."),
        "",
        "| what | figure |",
        "|---|--:|",
        f"| documents, MB of text | {n_documents:,}, {n_bytes / 2**20:,.0f} |",
        f"| interrupted by Ctrl-C after, documents kept | {interrupted.seconds:.0f} s, {n_first:,} |",
        f"| peak private memory in each quarter of it | {shown(interrupted.peaks_mb)} MB |",
        f"| then killed by SIGKILL after, documents kept | {killed.seconds:.0f} s, {n_kept:,} |",
        f"| peak private memory in each quarter of it | {shown(killed.peaks_mb)} MB |",
        f"| the rest, indexed by the next run | {resumed.seconds:.0f} s, {passages:,} passages |",
        f"| processor time of it | {resumed.cpu_s:.0f} s |",
        f"| rate of it | {n_mb / resumed.seconds:.2f} MB/s, {passages / resumed.seconds:,.0f} passages/s |",
        f"| rate by its processor time | {n_mb / resumed.cpu_s:.2f} MB/s |",
        f"| plain reading of the bytes | {n_bytes / 2**20 / read_s:,.0f} MB/s |",
        f"| peak private memory in each quarter of it | {shown(resumed.peaks_mb)} MB |",
        f"| its parser processes together | {resumed.parsers_mb:.0f} MB |",
        f"| once more, nothing changed | {again.seconds:.1f} s, {max(again.peaks_mb):.0f} MB |",
    ]
    if large_mb:
        lines += ["", f"A file of {large_mb} MB of each kind, read as an indexing reads it:", ""]
        lines += large_rows(kinds or list(KINDS), large_mb)
    return lines, failures


def say(name: str, run: Measured, n_kept: int) -> None:
    """One line on standard error: a run of hours is not lost with those that follow it."""
    sys.stderr.write(
        f"{name}: {run.seconds:.0f} s, {run.cpu_s:.0f} s of a processor, {n_kept:,} documents kept,"
        f" {shown(run.peaks_mb)} MB, parsers {run.parsers_mb:.0f} MB\n"
    )


def shown(peaks_mb: Sequence[float]) -> str:
    """Whole megabytes, with commas."""
    return ", ".join(f"{peak:.0f}" for peak in peaks_mb)


def measure(
    place: Place, folder: Path, embedder: str, stop_at: int | None = None, stop: int = signal.SIGINT
) -> Measured:
    """Index a folder. stop_at: send this signal, Ctrl-C, when so many documents are stored."""
    started, cpu_before = time.perf_counter(), cpu_of_children()
    process = subprocess.Popen(
        [*ASKIVE, "index", str(folder), "--embedder", embedder, "--json"], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=place.environment(), cwd=REPOSITORY, text=True,
    )  # fmt: skip
    looks: list[float] = []
    parsers_mb = 0.0
    n_looks = 0
    while process.poll() is None:
        looks.append(memory_of(process.pid))
        parsers_mb = max(parsers_mb, sum(map(memory_of, children_of(process.pid))))
        n_looks += 1
        if stop_at is not None and n_looks % 8 == 0 and count(place) >= stop_at:
            process.send_signal(stop)
            stop_at = None
        time.sleep(_LOOK_S)
    out = process.communicate()[0]
    size = max(1, -(-len(looks) // _QUARTERS))
    peaks = tuple(max(looks[at : at + size]) for at in range(0, len(looks), size)) or (0.0,)
    seconds, cpu_s = time.perf_counter() - started, cpu_of_children() - cpu_before
    return Measured(process.returncode, seconds, cpu_s, peaks, parsers_mb, out)


def memory_of(pid: int) -> float:
    """Private memory of a process in MB; 0 when it has ended."""
    try:
        return memory_fields(pid).get("RssAnon", 0.0)
    except OSError:
        return 0.0


def children_of(pid: int) -> list[int]:
    """The processes that it started."""
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []


def count(place: Place) -> int:
    """Documents stored so far."""
    path = place.home / "collections" / "default" / STORE_NAME
    if not path.is_file():
        return 0
    try:
        with closing(open_read_only(path)) as db:
            return int(db.execute("SELECT count(*) FROM documents").fetchone()[0])
    except Exception:
        # The store is being created.
        return 0


def write_documents(folder: Path, n: int, n_bytes: int) -> int:
    """Write n text files in folders of _FOLDER_SIZE; the bytes of all."""
    total = 0
    for number, text in enumerate(texts(n, n_bytes)):
        path = folder / f"{number // _FOLDER_SIZE:04}" / f"{number:06}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"Report {number}\n\n{text}")
        total += path.stat().st_size
    return total


def files_of(folder: Path) -> Iterator[Path]:
    """All files below a folder."""
    return (path for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    sys.exit(main())
