"""Files that hold several documents: which they are, and that they keep in step with the file."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from askive.models.fakes import HashEmbedder
from askive.rag.config import PassageConfig
from askive.rag.errors import EmptyFile, LoadError, UsageError
from askive.rag.ingest.pipeline import ingest_paths, remove_documents
from askive.rag.ingest.report import Partial, partials
from askive.rag.load.not_read import not_read, with_not_read
from askive.rag.load.several.parts import NONE, SPLIT, check_rule, file_of, part_uri
from askive.rag.load.several.split import load_documents
from askive.rag.store.archive import Archive
from askive.rag.types import PAGE_BREAK, Document
from tests.rag.load.pdf_writer import write_pdf
from tests.rag.load.test_office import zipped

PROSE = (
    "The council met in the hall on the quay, heard the harbour master about the dredging of the northern channel, and"
    " voted to hire a second tug before the winter."
)
ARTICLES = f"""Council votes to hire a second tug for the harbour

LEITH, March 4, 2016 (Reuters) - {PROSE}

WINTER

{PROSE}

(Additional reporting by Ann Roy)

Harbour master defends the dredging of the northern channel

By Tom Ekberg and Ann Roy

{PROSE}

Notes on the costs

{PROSE}

Fishermen ask for the old quay to be left alone

{PROSE}
"""
LETTERS = f"""Letters of a Traveller

LETTER I. To Mrs. Saville, England
St. Petersburgh, 11 December 1816

My dear Sister,

{PROSE}

Your brother,
R. Walton

LETTER II
Archangel, March 28, 1817

Dear Margaret:

{PROSE}

Affectionately yours,
R. W.

Hull, 7 July 1817
Dear Sir,

{PROSE}
"""
MBOX = """From a@x.org Fri Mar  4 10:15:00 2016
From: Ann Roy <a@x.org>
Subject: Tug
Date: Fri, 4 Mar 2016 10:15:00 +0000
Message-ID: <1@x.org>

The tug costs 40,000 crowns.

From b@x.org Sat Mar  5 10:15:00 2016
From: Tom <b@x.org>
Date: Sat, 5 Mar 2016 10:15:00 +0000

Too much.
"""
THIRD = """
From c@x.org Sun Mar  6 10:15:00 2016
From: Eva <c@x.org>
Subject: Buoy
Date: Sun, 6 Mar 2016 10:15:00 +0000

The buoy is red.
"""
RECORDS = [
    {
        "id": 7,
        "title": "A second tug",
        "date": "2016-03-04",
        "author": "Ann Roy",
        "body": f"{PROSE}\n\n{PROSE}",
    },
    {"id": 8, "headline": "", "body": PROSE * 2},
]
CSV = f'title,date,text,price\nA second tug,2016-03-04,"{PROSE}\n\n{PROSE}",12\n,,"{PROSE * 2}",7\n'


INNER = zipped({"deep.md": "# Deep\n\nThe light is white.", "all.mbox": MBOX})
ARCHIVE = zipped({
    "notes/größe.txt": "The quay is long.", "inner.zip": INNER, "tool.exe": "MZ", "empty.txt": "",
    "__MACOSX/x.txt": "no", "notes/.hidden.txt": "no", "bad.pdf": "no pdf",
})  # fmt: skip


def split(name: str, data: str | bytes, rule: str = "auto") -> list[Document]:
    raw = data.encode() if isinstance(data, str) else data
    return load_documents(raw, f"/files/{name}", Path(name).suffix, rule)


def shown(documents: list[Document]) -> list[tuple[str, str, str | None, str]]:
    return [
        (d.uri.removeprefix("/files/"), d.title, d.published, str(d.metadata.get(SPLIT, "")))
        for d in documents
    ]


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("news.txt", ARTICLES, [
            ("news.txt#1", "Council votes to hire a second tug for the harbour", "2016-03-04", "articles"),
            ("news.txt#2", "Harbour master defends the dredging of the northern channel", None, "articles"),
            ("news.txt#3", "Fishermen ask for the old quay to be left alone", None, "articles"),
        ]),
        ("ruled.txt", f"A line about tugs\n\n{PROSE}\n\n* * *\n\nA line about buoys\n\n{PROSE}", [
            ("ruled.txt#1", "A line about tugs", None, "articles"),
            ("ruled.txt#2", "A line about buoys", None, "articles"),
        ]),
        ("letters.txt", LETTERS, [
            ("letters.txt#1", "Letters of a Traveller", None, "letters"),
            ("letters.txt#2", "LETTER I. To Mrs. Saville, England, St. Petersburgh, 11 December 1816, My dear Sister", "1816-12-11", "letters"),
            ("letters.txt#3", "LETTER II, Archangel, March 28, 1817, Dear Margaret", "1817-03-28", "letters"),
            ("letters.txt#4", "Hull, 7 July 1817, Dear Sir", "1817-07-07", "letters"),
        ]),
        ("all.mbox", MBOX, [
            ("all.mbox#1", "Tug", "2016-03-04", "messages"),
            ("all.mbox#2", "Message 2 of all.mbox", "2016-03-05", "messages"),
        ]),
        ("a.jsonl", "\n".join(map(json.dumps, RECORDS)), [
            ("a.jsonl#1", "A second tug", "2016-03-04", "records"), ("a.jsonl#2", "a, record 2", None, "records"),
        ]),
        ("a.json", json.dumps(RECORDS), [
            ("a.json#1", "A second tug", "2016-03-04", "records"), ("a.json#2", "a, record 2", None, "records"),
        ]),
        ("a.csv", CSV, [
            ("a.csv#1", "A second tug", "2016-03-04", "records"), ("a.csv#2", "a, record 2", None, "records"),
        ]),
        ("a.zip", ARCHIVE, [
            ("a.zip#inner.zip#all.mbox#1", "Tug", "2016-03-04", "messages"),
            ("a.zip#inner.zip#all.mbox#2", "Message 2 of all.mbox", "2016-03-05", "messages"),
            ("a.zip#inner.zip#deep.md", "Deep", None, "members"),
            ("a.zip#notes/größe.txt", "größe", None, "members"),
        ]),
        ("report.txt", f"A report on the harbour\n\n{PROSE}\n\nThe costs of the second tug\n\n{PROSE}", [
            ("report.txt", "A report on the harbour", None, ""),
        ]),
        ("chat.jsonl", '{"from": "Ann", "text": "Hello."}\n{"from": "Tom", "text": "Yes."}', [("chat.jsonl", "chat", None, "")]),
        ("table.csv", "Ship,Built\nAurora,1998\nBaltic,2001\n", [("table.csv", "table", None, "")]),
    ],
)  # fmt: skip
def test_the_documents_in_a_file(
    name: str, data: str | bytes, expected: list[tuple[str, str, str | None, str]]
) -> None:
    found = split(name, data)
    assert shown(found) == expected
    assert all(document.text.strip() for document in found)
    assert len({document.sha256 for document in found}) == len(found)
    (whole,) = split(name, data, NONE)
    assert whole.uri == f"/files/{name}"
    assert SPLIT not in whole.metadata
    words = [word for document in found for word in document.text.split() if word.isalpha()]
    if "zip" not in name and "mbox" not in name:
        assert set(words) <= set(whole.text.replace(";", " ").split()), "nothing is invented"


def test_records_keep_their_text_and_their_other_fields() -> None:
    for name, data in (("a.jsonl", "\n".join(map(json.dumps, RECORDS))), ("a.csv", CSV)):
        first, second = split(name, data)
        assert first.text.startswith(f"{PROSE}\n\n{PROSE}\n\n| ")
        assert "2016-03-04" in first.text
        assert second.text.startswith(PROSE)


def test_an_archive_tells_what_it_does_not_read() -> None:
    first = split("a.zip", ARCHIVE)[0]
    unread = (
        "bad.pdf is not a PDF, despite its name", "empty.txt is empty", "notes/.hidden.txt is hidden", "tool.exe is of an unsupported type",
    )  # fmt: skip
    assert partials(first.uri, not_read(first)) == [Partial("/files/a.zip", unread)]
    both = with_not_read(first, ["page 2 of 3 has no text"])
    assert partials(both.uri, not_read(both)) == [
        Partial(first.uri, ("page 2 of 3 has no text",)),
        Partial("/files/a.zip", unread),
    ]
    (whole,) = split("a.zip", ARCHIVE, NONE)
    assert "# notes/größe.txt\n\nThe quay is long." in whole.text
    assert "The light is white." in whole.text
    with pytest.raises(EmptyFile, match=r"no file that can be read: tool.exe is of an unsupported type"):
        split("a.zip", zipped({"tool.exe": "MZ"}))
    with pytest.raises(LoadError, match="unpacks to 32 MB, more than 250 times its size"):
        split("a.zip", zipped({"zeros.txt": b"0" * 2**25}))
    with pytest.raises(LoadError, match="not a valid"):
        split("a.zip", b"PK\x03\x04 broken")


def _locked(archive: bytes, name: str) -> bytes:
    """The archive with the flag of a password at one member, in both of its headers."""
    data = bytearray(archive)
    for mark, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            if name.encode() in data[at : at + 46 + len(name)]:
                data[at + flags_at] |= 1
    return bytes(data)


def test_an_archive_with_locked_damaged_and_hidden_files_is_read_otherwise() -> None:
    plain = {"a.txt": "The quay is long.", "b.txt": "The light is white.", "../c.txt": "x", ".d/e.txt": "x"}
    half = split("a.zip", _locked(zipped({**plain, "__MACOSX/._a.txt": "x", ".DS_Store": "x"}), "b.txt"))
    assert [document.uri for document in half] == ["/files/a.zip#a.txt"]
    notes = ["../c.txt is hidden", ".d/e.txt is hidden", "b.txt is locked with a password"]
    assert [each.parts for each in partials(half[0].uri, not_read(half[0]))] == [tuple(notes)]
    assert not_read(split("a.zip", _locked(zipped(plain), "b.txt"), NONE)[0]) == notes
    stored = zipped({"a.txt": "The quay is long."}).replace(b"a.txt", b"a.zzz")
    damaged = bytearray(zipped({"a.txt": "The quay is long.", "b.txt": "The light is white."}))
    damaged[damaged.find(b"b.txt") + 5] ^= 0xFF
    [noted] = not_read(split("a.zip", bytes(damaged))[0])
    assert noted.endswith("b.txt is damaged and cannot be unpacked")
    with pytest.raises(EmptyFile):
        split("a.zip", stored)
    # A file that failed is a failure of the archive, which can be read again once it is mended.
    with pytest.raises(LoadError, match=r"b\.txt is locked with a password") as caught:
        split("a.zip", _locked(zipped({"b.txt": "x"}), "b.txt"))
    assert not isinstance(caught.value, EmptyFile)
    deep = zipped({"a.txt": "The quay is long."})
    for n in range(5):
        deep = zipped({f"{n}.zip": deep})
    with pytest.raises(LoadError, match="in more than 3 others") as caught:
        split("a.zip", deep)
    assert not isinstance(caught.value, EmptyFile)


def test_of_a_file_that_is_twice_in_an_archive_the_later_one_is_read() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("a.txt", "The old text.")
        archive.writestr("a.txt", "The new text.")
    (document,) = split("a.zip", out.getvalue())
    assert document.text == "The new text."


def test_a_rule_of_the_user() -> None:
    text = "Preface.\n\n§ 1 Scope\nAll ships.\n\n§ 2 Fees\nNone.\n"
    assert shown(split("law.txt", text, r"^§ \d+")) == [
        ("law.txt#1", "Preface.", None, r"^§ \d+"),
        ("law.txt#2", "§ 1 Scope", None, r"^§ \d+"),
        ("law.txt#3", "§ 2 Fees", None, r"^§ \d+"),
    ]
    assert shown(split("law.txt", text, "^Nowhere")) == [("law.txt", "Preface.", None, "")]
    first, second = split(
        "law.pdf", write_pdf([["Case 1", "All ships."], ["More."], ["Case 2", "None."]]), "^Case"
    )
    assert (first.text.count(PAGE_BREAK), second.text.count(PAGE_BREAK)) == (1, 2), "pages keep their numbers"
    for wrong in ("(", ""):
        with pytest.raises(UsageError):
            check_rule(wrong)


@pytest.mark.parametrize(
    ("uri", "file"),
    [
        ("/a/x.mbox#3", "/a/x.mbox"), ("/a/x.zip#b/y.mbox#3", "/a/x.zip"), ("/a#1/x.txt", "/a#1/x.txt"),
        ("/a/C#/x.zip#b/y.md", "/a/C#/x.zip"), ("/a/x.mbox", "/a/x.mbox"), ("memo#1", "memo#1"),
    ],
)  # fmt: skip
def test_the_file_of_a_document(uri: str, file: str) -> None:
    assert file_of(uri, {".mbox", ".zip", ".md", ".txt"}) == file


def test_parts_keep_in_step_with_their_file(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    box = folder / "all.mbox"
    uri = str(box)
    (folder / "quay.txt").write_text("The quay is long.")
    (folder / "__init__.py").write_text("")
    box.write_text(MBOX)
    with Archive.open(tmp_path / "c", HashEmbedder(16), PassageConfig()) as archive:

        def held() -> list[str]:
            return sorted(s.uri.removeprefix(uri) for s in archive.store.sources() if s.uri.startswith(uri))

        first = ingest_paths(archive, [folder])
        assert (first.n_added, first.failures, [e.uri for e in first.empty]) == (
            3,
            [],
            [str(folder / "__init__.py")],
        )
        assert [(s.uri, s.rule, s.n_documents) for s in first.splits] == [(uri, "messages", 2)]
        again = ingest_paths(archive, [folder])
        assert (again.n_unchanged, again.n_written, again.n_deleted) == (3, 0, 0)
        box.write_text(MBOX + THIRD)
        grown = ingest_paths(archive, [folder])
        assert (grown.n_added, grown.n_changed, grown.n_unchanged) == (1, 0, 3), (
            "only what is new is embedded"
        )
        assert held() == ["#1", "#2", "#3"]
        assert ingest_paths(archive, [folder], split=NONE).n_deleted == 3
        assert held() == [""]
        box.write_text(MBOX)
        assert ingest_paths(archive, [folder]).n_changed == 1
        assert held() == [""], "the rule of the last time is kept"
        ingest_paths(archive, [folder], split="auto")
        assert held() == ["#1", "#2"]
        assert remove_documents(archive, [part_uri(uri, 2)]) == [part_uri(uri, 2)]
        assert remove_documents(archive, [uri]) == [part_uri(uri, 1)]
        ingest_paths(archive, [folder])
        box.write_text("")
        assert ingest_paths(archive, [folder]).n_deleted == 2, "an empty file has no documents"
        box.write_text(MBOX)
        ingest_paths(archive, [folder])
        box.unlink()
        assert ingest_paths(archive, [box]).n_deleted == 2
        assert archive.store.check() == []
