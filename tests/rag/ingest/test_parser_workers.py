"""One bad file hurts only itself: it is read or named, within its limits, and all others are indexed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from askive.models.fakes import HashEmbedder
from askive.rag.config import PassageConfig
from askive.rag.errors import ArchiveError, LoadError
from askive.rag.ingest.parser_pool import ParserPool
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.ingest.report import IngestReport
from askive.rag.load import LOADERS
from askive.rag.load.digest import sha256
from askive.rag.load.several.parts import file_of
from askive.rag.store.archive import Archive
from tests.rag.load.hostile import specimens

ROOT = Path(__file__).parents[3]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "archive", HashEmbedder(16), PassageConfig()) as archive:
        yield archive


def parsers(of: int | None = None) -> list[psutil.Process]:
    """The processes that parse for a process."""
    return [
        p
        for p in psutil.Process(of).children(recursive=True)
        if "askive.rag.ingest.parser_worker" in " ".join(p.cmdline())
    ]


def held(archive: Archive) -> set[str]:
    return {Path(file_of(source.uri, LOADERS)).name for source in archive.store.sources()}


def failed(report: IngestReport) -> dict[str, str]:
    return {Path(failure.uri).name: failure.message for failure in report.failures}


def test_every_hostile_file_is_read_or_named_and_all_others_are_indexed(
    documents: Path, empty: Archive
) -> None:
    made = specimens(documents / "hostile", slow=False)
    report = ingest_paths(empty, [documents])
    names = failed(report)
    assert set(made) | {"harbour.md", "bridge.txt", "fair.html"} == held(empty) | set(names)
    assert "long-names.json" in names
    assert held(empty) >= {
        "harbour.md",
        "bridge.txt",
        "fair.html",
        "dots.txt",
        "heading-of-blanks.md",
        "long-subject.eml",
        "spans.html",
    }
    assert all(str(documents / "hostile" / name) in message for name, message in names.items())
    assert all(failure.remedy for failure in report.failures)
    assert empty.store.check() == []
    assert not parsers()


def test_what_a_parser_raises_is_about_its_file(documents: Path, empty: Archive) -> None:
    (documents / "messages.eml").write_bytes(b"Subject: s\n" + b"Content-Type: message/rfc822\n\n" * 3000)
    report = ingest_paths(empty, [documents])
    assert "nested too deeply" in failed(report)["messages.eml"]
    assert report.n_added == 3


@pytest.mark.parametrize(
    "field",
    ["x: 0x" + "f" * 4000, "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*c, *b]"],
    ids=["integer", "aliases"],
)
def test_fields_that_expand_too_much_are_text(documents: Path, empty: Archive, field: str) -> None:
    (documents / "fields.md").write_text(f"---\n{field}\n---\nText.")
    assert ingest_paths(empty, [documents]).failures == []
    stored = empty.document_by_uri(str(documents / "fields.md"))
    assert stored is not None
    assert field.splitlines()[-1] in stored.text


def test_a_header_that_the_library_cannot_parse_is_shown_as_it_is(documents: Path, empty: Archive) -> None:
    (documents / "sender.eml").write_bytes(b"Subject: s\nFrom: " + b"(" * 500 + b"Rosa\n\nThe text.")
    assert ingest_paths(empty, [documents]).failures == []
    stored = empty.document_by_uri(str(documents / "sender.eml"))
    assert stored is not None
    assert "Rosa" in stored.text
    assert "The text." in stored.text


def test_what_cannot_be_stored_in_a_field_becomes_a_mark(documents: Path, empty: Archive) -> None:
    (documents / "title.html").write_bytes(b"<title>A\0B</title><p>Text.</p>")
    (documents / "fields.md").write_bytes(b'---\ntitle: "A\\0B"\nplace: ["x\\0"]\n---\nText.')
    assert ingest_paths(empty, [documents]).failures == []
    stored = empty.document_by_uri(str(documents / "fields.md"))
    assert stored is not None
    assert (stored.title, stored.metadata) == ("A\ufffdB", {"place": ["x\ufffd"]})


def test_a_file_that_takes_too_long_is_named_and_those_behind_it_are_indexed(
    documents: Path, empty: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    (documents / "a.html").write_bytes(b"<div>" * 50_000 + b"<p>x</p>" * 400_000)
    monkeypatch.setattr("askive.rag.ingest.parser_process.wall_seconds", lambda _n: 1.0)
    report = ingest_paths(empty, [documents])
    assert "takes more than 1 s to read" in failed(report)["a.html"]
    assert held(empty) >= {"bridge.txt", "harbour.md", "fair.html"} - set(failed(report))
    assert not parsers()


def test_a_file_that_takes_too_much_memory_is_named(
    documents: Path, empty: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on platforms where the process cannot limit itself."""
    (documents / "a.html").write_bytes(b"<p>x</p>" * 400_000)
    monkeypatch.setattr("askive.rag.ingest.parser_process.MAX_MEMORY_BYTES", 150 * 2**20)
    report = ingest_paths(empty, [documents])
    assert "needs more than" in failed(report)["a.html"]
    assert report.n_added == 3


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's limit is Linux's")
def test_a_process_has_no_more_memory_than_its_limit() -> None:
    program = (
        "from askive.rag.ingest.confinement import limit_memory\nlimit_memory(2**28)\n"
        "held = bytearray(2**27)\ntry:\n    bytearray(2**28)\nexcept MemoryError:\n    print('refused')\n"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert shown.stdout == "refused\n"


def test_a_process_that_dies_is_replaced(tmp_path: Path, empty: Archive) -> None:
    for n in range(100):
        (tmp_path / f"{n:03}.txt").write_text(f"Text number {n}.")
    killed: list[int] = []

    def kill(_uri: str) -> None:
        if len(killed) < 2:
            for process in parsers():
                process.kill()
                killed.append(process.pid)

    report = ingest_paths(empty, [tmp_path], reading=kill)
    assert killed
    assert report.n_added + len(report.failures) == 100
    assert len(report.failures) <= len(killed)
    assert all("SIGKILL" in message for message in failed(report).values())
    assert ingest_paths(empty, [tmp_path]).n_added == len(report.failures)


def test_documents_are_committed_in_the_order_of_the_plan(tmp_path: Path, empty: Archive) -> None:
    (tmp_path / "a.html").write_bytes(b"<p>a</p>" * 20_000)
    names = ["a.html", *(f"b{n:02}.txt" for n in range(40))]
    for name in names[1:]:
        (tmp_path / name).write_text(f"Text of {name}.")
    read: list[str] = []
    assert ingest_paths(empty, [tmp_path], reading=read.append).n_added == 41
    assert [Path(source.uri).name for source in empty.store.sources()] == names
    assert Path(read[0]).name == "a.html"


def test_what_did_not_change_starts_no_process(documents: Path, empty: Archive) -> None:
    ingest_paths(empty, [documents])
    started: list[str] = []
    report = ingest_paths(
        empty, [documents], reading=started.append, progress=lambda *_: started.extend(map(str, parsers()))
    )
    assert report.n_unchanged == 3
    assert started == []


def test_an_interrupt_leaves_no_process(documents: Path, empty: Archive) -> None:
    def interrupt(_uri: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest_paths(empty, [documents], reading=interrupt)
    assert not parsers()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_processes_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(b"<div>" * 50_000 + b"<p>x</p>" * 400_000)
    program = (
        "import sys\nfrom askive.rag.config import PassageConfig\nfrom askive.rag.ingest.parser_pool import ParserPool\n"
        "pool = ParserPool(PassageConfig())\n"
        "job = pool.submit(open(sys.argv[1], 'rb').read(), 'a.html', '.html', '')\n"
        "print('submitted', flush=True)\npool.take(job)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "a.html")], stdout=subprocess.PIPE, cwd=ROOT
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        deadline = time.monotonic() + 60
        while not (children := parsers(parent.pid)) and time.monotonic() < deadline:
            time.sleep(0.05)
        parent.send_signal(signal.SIGKILL)
    assert children
    gone, alive = psutil.wait_procs(children, timeout=60)
    assert (len(gone), alive) == (len(children), [])


def test_a_process_that_cannot_start_is_an_error_of_its_own(
    documents: Path, empty: Archive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    with pytest.raises(ArchiveError, match="cannot be started"):
        ingest_paths(empty, [documents])


def test_a_folder_named_as_a_package_of_ours_is_not_imported(
    documents: Path, empty: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("rag", "models", "json"):
        (documents / package).mkdir()
        (documents / package / "__init__.py").write_text("raise SystemExit('imported')")
    monkeypatch.chdir(documents)
    report = ingest_paths(empty, [documents])
    assert (report.n_added, report.failures) == (6, []), "their code is a text like others"


def test_a_pool_gives_what_load_and_chunk_give(documents: Path) -> None:
    from askive.rag.ingest.splitting import chunk
    from askive.rag.load import load_path

    with ParserPool(PassageConfig(max_words=20)) as pool:
        for path in sorted(documents.iterdir()):
            data = path.read_bytes()
            (loaded,) = pool.take(pool.submit(data, str(path), path.suffix, sha256(data)))
            assert loaded.document == load_path(path)
            assert loaded.passages == chunk(loaded.document, PassageConfig(max_words=20))
        with pytest.raises(LoadError, match="is empty"):
            pool.take(pool.submit(b"", "x.txt", ".txt", sha256(b"")))
    assert not parsers()


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.create_connection(('127.0.0.1', 9))",
        "socket.getaddrinfo('example.org', 80)",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
        "subprocess.run(['true'])",
        "os.system('true')",
    ],
)
def test_a_parser_reaches_no_network_and_no_program(attempt: str) -> None:
    program = (
        "import os, socket, subprocess\nfrom askive.rag.ingest.confinement import cut_network\ncut_network()\n"
        f"try:\n    {attempt}\nexcept PermissionError as error:\n    print(error)\n"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert "a parser may not call" in shown.stdout


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders here")
def test_a_pipe_is_named_and_never_waited_for(documents: Path, empty: Archive) -> None:
    os.mkfifo(documents / "x.txt")
    report = ingest_paths(empty, [documents])
    assert "is not a file" in failed(report)["x.txt"]
    assert report.n_added == 3
