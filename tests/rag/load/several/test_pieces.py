"""Large files in pieces: the same documents, rows and records as when they are read at once."""

from __future__ import annotations

import csv
import io
import json
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.models.fakes import HashEmbedder
from askive.rag.config import PassageConfig
from askive.rag.errors import EmptyFile
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.ingest.preview import preview_paths
from askive.rag.ingest.splitting import chunk
from askive.rag.load.several import pieces as module
from askive.rag.load.several.pieces import Place, number_in, pieces
from askive.rag.load.several.split import load_documents
from askive.rag.passage_context import locator_of
from askive.rag.store.archive import Archive
from askive.rag.types import Document, Source
from tests.rag.ingest.inline_pool import POOL, InlinePool

PROSE = "The harbour master counted the ships, and the pilots came to the quay before the storm. " * 3
MBOX = "".join(
    f"From a@b.example Fri Mar  4 10:15:00 2016\nFrom: a@b.example\nSubject: Tug {n}\n\nTug {n} left.\nFrom next week it stays.\n\n"
    for n in range(40)
)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PIECE_BYTES", 300)
    monkeypatch.setattr(module, "SAMPLE_BYTES", 100)
    monkeypatch.setattr(module, "MAX_PIECE_BYTES", 1500)
    monkeypatch.setattr("askive.rag.ingest.examination.MIN_BYTES", 1000)
    monkeypatch.setattr("askive.rag.ingest.examination.MIN_RECORDS_BYTES", 1000)


def read(name: str, data: bytes) -> list[Document]:
    """The documents in all pieces of a file."""
    ending = f".{name.rpartition('.')[2]}"
    found: list[Document] = []
    for piece in pieces(io.BytesIO(data), ending):
        first = 1 + max((number_in(d.uri) for d in found), default=0)
        place = Place(first, *piece[1:])
        with suppress(EmptyFile):
            found += load_documents(piece.data, f"/{name}", ending, place=place)
    assert len({document.uri for document in found}) == len(found)
    return found


def text_of(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


@given(
    st.lists(
        st.lists(st.sampled_from(["a", "5", 'b"c', "x\ny", "", "d,e"]), min_size=2, max_size=2),
        min_size=2,
        max_size=80,
    )
)
def test_each_row_of_a_table_keeps_its_number(rows: list[list[str]]) -> None:
    table = [
        ["Ship", "Port"],
        *([f"{n} {ship}", f"in {port}"] for n, (ship, port) in enumerate(rows, start=2)),
    ]
    for document in read("fleet.csv", text_of(table)):
        source = Source(1, document.uri, document.title, document.media_type)
        for passage in chunk(document, PassageConfig()):
            for at, line in enumerate(passage.text.split("\n")):
                start = passage.start + sum(len(each) + 1 for each in passage.text.split("\n")[:at])
                assert line.startswith("| Ship: ")
                number = line.removeprefix("| Ship: ").split()[0].rstrip(";")
                assert locator_of(source, passage, start) == f"row {number}"


PREAMBLE = [["Statement of account"], ["Account:", "DE02 1203"], [], ["Opening balance", "1,200.50"], []]
BOOKED = [
    ["Date", "Payee", "Amount"],
    *([f"2024-03-{n % 28 + 1:02}", f"Payee {n}", f"{n}.50"] for n in range(200)),
]


@pytest.mark.parametrize(
    "table",
    [
        [*PREAMBLE, *BOOKED],
        [["Region", "2022", "", "2023", ""], ["", "Ships", "Tons", "Ships", "Tons"],
         *([f"Port {n}", str(n), str(n + 1), str(n + 2), str(n + 3)] for n in range(200))],
        [*BOOKED, ["", "", ""], ["Ship", "Port", "Tons"], *([f"Ship {n}", f"Port {n}", str(n)] for n in range(200))],
        [*BOOKED, [], *([f"Note {n}", "see above"] for n in range(100))],
        [["Ship", "Log"], *([f"Ship {n}", f"Left,\n\nand came {n}."] for n in range(200))],
    ],
    ids=["lines above the heads", "heads of two rows", "two tables", "rows without heads", "blank lines in cells"],
)  # fmt: skip
def test_a_table_in_pieces_has_the_rows_of_the_whole_table(table: list[list[str]]) -> None:
    data = text_of(table)
    (whole,) = load_documents(data, "/a.csv", ".csv")
    found = read("a.csv", data)
    assert len(found) > 5
    assert "\n".join(document.text for document in found) == whole.text
    assert [row for document in found for row in rows_of(document)] == rows_of(whole)


def rows_of(document: Document) -> list[tuple[int, str]]:
    """The number and the text of each row."""
    return [
        (rows.first + n, line)
        for rows in document.rows
        for n, line in enumerate(document.text[rows.start : rows.end].split("\n"))
    ]


MESSAGES = [{"from": "Ann", "text": f'Hello {n}, \\ "[{{" and so on: ü'} for n in range(90)]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize(
    ("value", "headings"),
    [
        (MESSAGES, []),
        ({"name": "Chat", "id": 7, "messages": MESSAGES}, ["# messages"]),
        ({"chats": {"about": "all", "list": MESSAGES}, "left": [1, 2]}, ["# chats", "## list"]),
        ([[n, f"Hello {n}, there."] for n in range(90)], []),
        ([f"Hello {n}, there, in one string." for n in range(90)], []),
    ],
    ids=["list", "in an object", "in an object in an object", "lists", "strings"],
)
def test_a_large_list_of_json_has_the_records_of_the_whole_list(
    value: object, headings: list[str], indent: int | None
) -> None:
    data = json.dumps(value, indent=indent).encode()
    (whole,) = load_documents(data, "/a.json", ".json")
    found = read("a.json", data)
    assert len(found) > 5
    assert [row for document in found for row in rows_of(document)] == rows_of(whole)
    assert all(line in document.text for document in found if document.rows for line in headings)
    assert len(rows_of(whole)) == 90


def test_records_of_two_lists_are_counted_apart() -> None:
    value = {
        "ships": [{"ship": f"Tug {n}"} for n in range(1, 60)],
        "ports": [{"port": f"Quay {n}"} for n in range(1, 60)],
    }
    found = read("a.json", json.dumps(value).encode())
    rows = [row for document in found for row in rows_of(document)]
    assert len(found) > 5
    assert rows == [
        *((n, f"| ship: Tug {n}") for n in range(1, 60)), *((n, f"| port: Quay {n}") for n in range(1, 60))
    ]  # fmt: skip


def test_nothing_of_a_json_text_that_cannot_be_cut_is_lost() -> None:
    nested = [{"name": "Chat", "messages": [{"text": f"Hello {n}."} for n in range(400)]}]
    texts = [document.text for document in read("a.json", json.dumps(nested).encode())]
    assert len(texts) > 3
    assert [n for n in range(400) if not any(f"Hello {n}." in text for text in texts)] == []
    long = json.dumps({"text": "Ships came. " * 500})
    assert sum(document.text.count("Ships") for document in read("a.json", long.encode())) == 500
    values = "\n".join(json.dumps({"text": f"Hello {n}."}) for n in range(100))
    texts = [document.text for document in read("a.json", values.encode())]
    assert [n for n in range(100) if not any(f"| text: Hello {n}." in text for text in texts)] == []
    broken = "[" + "{[}," * 300 + '"no end' * 300
    assert read("a.json", broken.encode())


@given(st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=20), st.sampled_from(["]", "}", "\\", '"', "a,b", "\\\""])),
    lambda inner: st.one_of(st.lists(inner, max_size=8), st.dictionaries(st.text(max_size=4), inner, max_size=8)),
    max_leaves=80,
))  # fmt: skip
def test_each_piece_of_json_is_json(value: object) -> None:
    data = json.dumps([value, value, value], ensure_ascii=False).encode("utf-8", "replace")
    parts = [json.loads(piece.data) for piece in pieces(io.BytesIO(data), ".json")]
    if len(data) < 1500:
        assert [item for part in parts for item in part] == json.loads(data)


def test_each_short_record_keeps_its_number() -> None:
    lines = [json.dumps({"from": "Ann", "text": f"Hello {n}."}) for n in range(1, 90)]
    found = read("chat.jsonl", "\n".join(lines).encode())
    assert len(found) > 5
    for document in found:
        source = Source(1, document.uri, document.title, document.media_type)
        for passage in chunk(document, PassageConfig()):
            number = passage.text.split("Hello ")[1].split(".")[0]
            assert locator_of(source, passage, passage.start) == f"record {number}"


def test_records_and_messages_are_those_of_the_whole_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PIECE_BYTES", 1200)
    records = [{"title": f"Tug {n % 3 or ''}", "text": f"{n} {PROSE}"} for n in range(30)]
    lines = "\n".join(map(json.dumps, records))
    for name, data in (("a.jsonl", lines), ("a.json", json.dumps(records)), ("a.mbox", MBOX)):
        whole = load_documents(data.encode(), f"/{name}", f".{name.rpartition('.')[2]}")
        assert len(whole) > 20
        found = read(name, data.encode())
        assert [(d.uri, d.title, d.text, d.sha256) for d in found] == [
            (d.uri, d.title, d.text, d.sha256) for d in whole
        ]


PAGE = "<html><head><meta charset={charset}><title>Log</title><meta name=author content=Ann></head><body>"


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "utf-16"])
def test_nothing_of_a_page_is_lost(charset: str) -> None:
    parts = [f"<h2>Café {n}</h2><p>Grüße {n}. {PROSE}</p><ul><li>One<li>Two {n}</ul>" for n in range(12)]
    found = read("a.html", (PAGE.format(charset=charset) + "".join(parts)).encode(charset))
    assert len(found) > 5
    text = "\n".join(document.text for document in found)
    assert [
        n for n in range(12) if f"## Café {n}\n\nGrüße {n}. The" not in text or f"Two {n}" not in text
    ] == []
    assert [(d.title, d.metadata["author"]) for d in found[:2]] == [
        ("Log, part 1", "Ann"),
        ("Log, part 2", "Ann"),
    ]
    assert sum(document.text.startswith("## Café") for document in found) == 12
    assert " ".join(text.split()).count("harbour master") == 12 * PROSE.count("harbour master")


HEADS = "<tr><th>Ship<th>Port</tr>"


@pytest.mark.parametrize(
    ("heads", "row"),
    [
        (f"<caption>Fleet</caption><thead>{HEADS}</thead><tbody>", "<tr><td>Tug {n}</td><td>Oslo</td></tr>"),
        ("<tr><td>Ship</td><td>Tons</td></tr>", "<tr><td>Tug {n}<td>{n}</tr>\n<tr><td>&nbsp;<td></tr>"),
        (HEADS, "<tr><td rowspan=2>Tug {n}</td><td>Oslo</td></tr><tr><td>Bergen</td></tr>"),
        ("", "<tr><td>Ann</td><td>" + PROSE * 4 + "{n}</td></tr>"),
        ("<tr><td><table>" + HEADS, "<tr><td>Tug {n}</td><td>Oslo</td></tr>"),
        ("", "<tr><td><table>" + HEADS + "<tr><td>Tug {n}</td><td>Oslo</td></tr></table>"),
    ],
    ids=[
        "marked heads",
        "heads without a mark",
        "cells over two rows",
        "a layout",
        "a table in another one",
        "tables in another one",
    ],
)
def test_a_table_of_a_page_in_pieces_has_the_rows_of_the_whole_table(
    heads: str, row: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PIECE_BYTES", 3000)
    monkeypatch.setattr("askive.rag.load.several.html_cuts._N_HEAD_ROWS", 3)
    page = f"<p>Left.</p><table>{heads}{''.join(row.format(n=n) for n in range(600))}</table><p>The end.</p>"
    (whole,) = load_documents(page.encode(), "/a.html", ".html")
    found = read("a.html", page.encode())
    assert len(found) > 3
    texts = [d.text.removeprefix("Fleet") if n > 1 else d.text for n, d in enumerate(found)]
    assert "\n".join(texts).split() == whole.text.split()
    assert [row for document in found for row in rows_of(document)] == rows_of(whole)


def test_a_page_without_blocks_is_cut_between_tags() -> None:
    lines = [f"<span>Ship {n} left.</span>\n" for n in range(200)]
    for start, end in (
        ("<div>", "</div>"),
        ("<pre>", "</pre>"),
        ("<pre><b>", "</b></pre>"),
        ("<nav>", "</nav>"),
    ):
        found = read("a.html", f"<p>Log</p>{start}{''.join(lines)}{end}<p>The end.</p>".encode())
        text = "\n".join(document.text for document in found)
        assert start == "<nav>" or [n for n in range(200) if f"Ship {n} left." not in text] == []
        assert "pre" not in start or "Ship 7 left.\nShip 8 left." in text
        assert text.endswith("The end.")


def test_long_scripts_comments_and_pictures_of_a_page_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("askive.rag.load.several.html_cuts._MAX_HEAD_BYTES", 200)
    monkeypatch.setattr("askive.rag.load.several.html_cuts._KEPT_BYTES", 40)
    long = "QUJD" * 3000
    for unseen in (
        f"<script>var a = '<p>{long}</p>';</script>", f"<!-- <p>{long}</p> -->", f'<img alt="" src="data:{long}">',
        f"<svg><path d='{long}'></svg>",
    ):  # fmt: skip
        found = read("a.html", f"<p>Before {PROSE}</p>{unseen}<p>After {PROSE}</p>".encode())
        text = "\n".join(document.text for document in found)
        assert text.split() == f"Before {PROSE} After {PROSE}".split()


@given(st.lists(st.sampled_from(
    ["<p>", "</p>", "<table>", "<tr>", "<td>", "</table>", "<pre>", "</pre>", "<!--", "-->", "<h1>", "</h1>", "<", "a<b",
     "<script>", "</script>", "words " * 9, "<td rowspan=9>", "<head>", "</head>", "<nav>", "</nav>", "é"]
), max_size=400))  # fmt: skip
def test_any_page_is_cut_into_all_its_bytes(parts: list[str]) -> None:
    data = "".join(parts).encode()
    joined = b"".join(piece.data[piece.n_head :] for piece in pieces(io.BytesIO(data), ".html"))
    closing = re.compile(rb"</(?:table|pre)>")
    assert closing.sub(b"", joined).rstrip() == closing.sub(b"", data).rstrip()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32-le", "cp1252"])
def test_nothing_of_a_text_is_lost(encoding: str) -> None:
    text = "\n\n".join(f"# Part {n}\n\nGrüße {n}. {PROSE}\nA line." for n in range(12))
    found = read("a.md", text.encode(encoding))
    assert len(found) > 3
    assert " ".join(" ".join(d.text for d in found).split()) == " ".join(text.split())
    assert all(d.text.startswith("# Part") for d in found), "each begins with a section"
    assert found[1].title == "Part 1" or found[1].title.startswith("Part")
    one_line = ("Grüße " * 2000).strip()
    assert " ".join(" ".join(d.text for d in read("a.log", one_line.encode())).split()) == one_line
    assert [d.title for d in read("a.log", one_line.encode())][1] == "a.log, part 2"
    glyphs = "你" * 3000
    assert "".join(d.text for d in read("a.txt", glyphs.encode())) == glyphs


def test_in_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(POOL, InlinePool)
    monkeypatch.setattr("askive.rag.ingest.plan._CLOCK_STEP_NS", 0)
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "a.txt").write_text("A small file.")
    large = folder / "b.csv"
    rows = [["Ship", "Port"], *([f"Ship {n}", "Oslo"] for n in range(300))]
    large.write_bytes(text_of(rows))
    (folder / "c.txt").write_text("Another one.")
    order: list[str] = []
    with Archive.open(tmp_path / "archive", HashEmbedder(16), PassageConfig()) as archive:
        first = ingest_paths(archive, [folder], progress=lambda _done, _n, uri: order.append(Path(uri).name))
        assert order[:2] == ["a.txt", "c.txt"], "the large file comes last"
        (split,) = first.splits
        assert (first.failures, split.rule, first.n_added) == ([], "pieces", split.n_documents + 2)
        assert split.n_documents > 5
        assert ingest_paths(archive, [folder]).n_unchanged == first.n_added
        known, stamps = archive.store.known_sha256(), archive.store.stamps()
        assert len(preview_paths(known, stamps, [folder]).unchanged) == 3
        large.write_bytes(text_of([*rows[:250], ["Ship 1000", "Bergen"]]))
        second = ingest_paths(archive, [folder])
        assert second.n_deleted > 0
        assert second.n_passages < first.n_passages / 4, "of the others nothing is embedded"
        large.rename(folder / "d.csv")
        assert len(ingest_paths(archive, [folder]).moved) == len(archive.store.known_sha256()) - 2
        assert ingest_paths(archive, [folder / "d.csv"], split="none").failures == []
        names = {Path(uri).name for uri in archive.store.known_sha256()}
        assert names == {"a.txt", "c.txt", "d.csv"}, "as one document on request"


def test_a_dense_table_is_read_below_and_above_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(POOL, InlinePool)
    monkeypatch.setattr("askive.rag.load.tables.cells.MAX_CELLS", 1000)
    monkeypatch.setattr("askive.rag.load.several.pieces.PIECE_BYTES", 300)
    for n_bytes in (900, 1100, 3000):
        path = tmp_path / f"{n_bytes}.csv"
        path.write_text("a,b\n" + "1,2\n" * (n_bytes // 4))
        with Archive.open(tmp_path / f"{n_bytes}", HashEmbedder(16), PassageConfig()) as archive:
            assert ingest_paths(archive, [path]).failures == []


def test_a_file_that_cannot_be_read_to_its_end_is_a_failure_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(POOL, InlinePool)
    path = tmp_path / "a.log"
    lines = "\n".join(f"Ship {n} left." for n in range(100))
    path.write_bytes(lines.encode() + b"\n" + bytes(range(256)) * 3 + b"\n" + lines.encode())
    with Archive.open(tmp_path / "archive", HashEmbedder(16), PassageConfig()) as archive:
        for _ in range(2):
            report = ingest_paths(archive, [path])
            assert ["is a binary file" in failure.message for failure in report.failures] == [True]
            assert len(archive.store.known_sha256()) > 3, "what was read stays"
