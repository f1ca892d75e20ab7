"""Bytes to documents: every encoding, every oddity of front matter and of pages."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.config import PassageConfig
from askive.rag.errors import LoadError
from askive.rag.ingest.splitting import chunk
from askive.rag.load import LOADERS, MAX_FILE_BYTES, complete_document, load_bytes, load_path
from askive.rag.load.html import load_html
from askive.rag.load.limits import cpu_seconds, wall_seconds
from askive.rag.load.markdown import load_markdown
from askive.rag.load.plain import load_plain
from askive.rag.types import NOT_READ, Document


def markdown(text: str) -> Document:
    return load_markdown(text.encode(), "/notes/brief.md")


def html(text: str) -> Document:
    return load_html(text.encode(), "/pages/page.html")


def test_front_matter() -> None:
    found = markdown(
        "---\ntitle: A title\npublisher: Reuters\npublished: 2016-01\nplace: [Paris, Aleppo]\nn: 3\nd: 2016-01-02\n"
        "none:\n---\n\n# Heading\n\nBody.\n"
    )
    assert (found.title, found.publisher, found.published) == ("A title", "Reuters", "2016-01")
    assert found.metadata == {"place": ["Paris", "Aleppo"], "n": "3", "d": "2016-01-02"}
    assert found.text.startswith("# Heading")
    assert "Reuters" not in found.text


@pytest.mark.parametrize(
    ("front", "published"),
    [
        ("published: 2016-01-25", "2016-01-25"),
        ("published: '2016'", "2016"),
        ("published: 2016", "2016"),
        ("date: 2016-01-25T10:00:00Z", "2016-01-25"),
        ("date: 25 January 2016", "2016-01-25"),
        ("published: unknown", None),
        ("published:", None),
        ("published: [2016]", None),
        ("other: x", None),
    ],
)
def test_dates_of_front_matter(front: str, published: str | None) -> None:
    assert markdown(f"---\n{front}\n---\nBody.").published == published


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# First heading #\n\nText", "First heading"),
        ("## Only second\n\nText", "brief"),
        ("Text", "brief"),
        ("---\ntitle: 2016\n---\nText", "2016"),
        ("---\ntitle: [a, b]\n---\nText", "['a', 'b']"),
        ("---\njust a string\n---\n# Heading\n", "Heading"),
        ("---\n- a\n- list\n---\n# Heading\n", "Heading"),
        ("---\n---\nText", "brief"),
        ("A line\n\n---\n\ntitle: no front matter\n\n---\n", "brief"),
    ],
)
def test_titles_of_markdown(text: str, title: str) -> None:
    assert markdown(text).title == title


@pytest.mark.parametrize(
    "front",
    ["place: [unclosed", "place: a: b", "seen: 2016-13-45", "x: !!python/object:os.system {}",
     "a: *missing", "? [a]\n: b", "a: " + "[" * 3000, "assignee: @maria", "created: {{date}}", "just a string",
     "a: &a [*a]", "n: 0x" + "f" * 4000, "summary: The pump trips at 61 bar.",
     "summary: The pump at Weir 4 trips at 61 bar and restarts at 48 bar"],
    ids=["unclosed", "colon", "no-date", "object", "alias", "key", "deep", "at", "template", "string", "self",
         "integer", "sentence", "long"],
)  # fmt: skip
def test_what_is_no_field_stays_in_the_text(front: str) -> None:
    found = markdown(f"---\ntitle: Weir 4: notes\npublished: 2016-01\n{front}\ntags:\n- pump\n---\nBody.")
    assert found.text == f"{front.strip()}\n\nBody."
    assert (found.title, found.published) == ("Weir 4: notes", "2016-01")
    assert found.metadata["tags"] == ["pump"]


def test_a_list_of_places_is_a_field() -> None:
    found = markdown("---\nplace: Paris, France; Raqqa, Syria; Brussels, Belgium\n---\nBody.")
    assert (found.text, list(found.metadata)) == ("Body.", ["place"])


def test_front_matter_that_is_only_in_part_yaml_loses_nothing() -> None:
    found = markdown("---\nplace: Paris\n\ttab: x\n# a comment\nrelated: [[Weir 5]]\n---\nBody.")
    assert found.text == "place: Paris\n\ttab: x\n# a comment\n\nBody."
    assert found.metadata == {"related": ["Weir 5"]}


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nNotes from the call: the pump trips at 61 bar.\n\n---\n\nSecond part.",
        "---\nNotes from the Tuesday call: the pump trips at 61 bar.\n---\nSecond part.",
        "---\ntitle: The pump trips at 61 bar.",
        "Text.\n\n---\ntitle: no field\n---\n",
    ],
)
def test_a_rule_is_no_front_matter(text: str) -> None:
    assert markdown(text).text == text.strip()
    assert markdown(text).title == "brief"


UNICODE = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
BIG_ENDIAN = {"utf-16-be": b"\xfe\xff", "utf-32-be": b"\0\0\xfe\xff"}


@pytest.mark.parametrize("encoding", UNICODE)
@pytest.mark.parametrize(
    "text",
    [
        "Zürich 😀 — 你好\nSecond line.",
        "合同于九月三日签订。\n第二行。",
        "Договор подписан.",
        "W",
        "😀 " * 5000,
    ],
    ids=["mixed", "chinese", "russian", "one", "long"],
)
def test_encodings(encoding: str, text: str) -> None:
    assert load_plain(text.encode(encoding), "x.txt").text == text
    assert load_plain(BIG_ENDIAN.get(encoding, b"") + text.encode(encoding), "x.txt").text == text


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (
            "Zürich, Genève, Münster, Köln, Brüssel, Ålesund, Malmö, Tromsø, Århus, Łódź.".encode()[:-2],
            "1 character ",
        ),
        (b"\xff\xfeA\0\x00\xd8B\0\x00\xd8", "2 characters "),
        ("The text\0of an exporter with Größe\0in fixed fields. It is read.".encode(), "2 characters "),
    ],
    ids=["cut UTF-8", "halves of pairs", "NULs in UTF-8"],
)
def test_damaged_characters_are_counted(data: bytes, note: str) -> None:
    found = load_bytes(data, "x.txt", load_plain)
    assert "\ufffd" in found.text
    assert found.metadata[NOT_READ] == [f"{note}could not be decoded"]


def test_latin_1_is_guessed() -> None:
    text = "Der Bürgermeister von Zürich sagte, die Brücke müsse für drei Tage geschlossen werden.\n" * 3
    assert load_plain(text.encode("latin-1"), "x.txt").text == text


def test_line_ends_become_one() -> None:
    assert load_plain(b"a\r\nb\rc\n", "x.txt").text == "a\nb\nc\n"


@pytest.mark.parametrize(
    "data", [b"\x7fELF\x02\0\0\0", b"PK\3\4\0\0text", bytes(range(256)) * 4, b"%PDF-1.4 all in letters"]
)
@pytest.mark.parametrize("ending", [".txt", ".md"])
def test_binary_files_are_load_errors(data: bytes, ending: str) -> None:
    with pytest.raises(LoadError):
        load_bytes(data, f"file{ending}", LOADERS[ending])


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("The title\n\nBody text.", "The title"),
        ("\n\nThe title\n\nBody text.", "The title"),
        ("First line\nsecond line.", "file"),
        ("x" * 200 + "\n\nBody", "file"),
        ("only", "file"),
    ],
)
def test_titles_of_plain_text(text: str, title: str) -> None:
    assert load_plain(text.encode(), "/a/file.txt").title == title


PAGE = """<!doctype html><html><head><title> A   page </title><style>p { color: red }</style>
<meta property="og:site_name" content="The Post"><meta name="date" content="2015-05-01">
<meta name="author" content="Ann Lee"><script>var secret = "no";</script></head>
<body><nav>Home</nav><script>alert("no")</script><noscript>Enable scripts</noscript><!-- a comment -->
<h1>Heading</h1><p>One <b>bold</b>
word.</p><p>Two.<br>Three.</p><ul><li>First</li><li>Second</li></ul>
<pre>keep
  this</pre><table><tr><td>Cell</td><td>Other</td></tr></table></body></html>"""


def test_a_page() -> None:
    found = html(PAGE)
    assert (found.title, found.published, found.publisher) == ("A page", "2015-05-01", "The Post")
    assert found.metadata == {"author": "Ann Lee"}
    assert found.media_type == "text/html"
    for hidden in ("secret", "alert", "color", "Home", "comment", "Enable", "<"):
        assert hidden not in found.text
    lines = found.text.split("\n")
    for line in ("# Heading", "One bold word.", "Two.", "Three.", "First", "Second", "keep"):
        assert line in lines
    assert "| Cell: Other" in lines
    assert lines[0] == "# Heading", "the doctype is not text"


def test_headings_of_pages_are_sections() -> None:
    page = (
        "<h1>Ferries</h1><p># 1 is the quay.</p><h2>Costs <i>2022</i></h2><p>They rose.</p><h3>First title</h3>"
        "<h3>Second title</h3><h2><div>The</div> crew</h2><h3>Pay</h3><pre># no heading</pre>"
        f"<table><tr><td>Cell<td><h4>One</h4></table><h2>{'long ' * 60}</h2><h2></h2><h2># Last</h2>"
    )
    found = load_bytes(page.encode(), "/x.html", load_html)
    passages = [(p.heading, p.text) for p in chunk(found, PassageConfig())]
    assert passages[:2] == [
        ("Ferries", "# 1 is the quay."),
        ("Ferries > Costs 2022", "They rose.\n\nFirst title\n\nSecond title"),
    ]
    ((heading, text),) = passages[2:]
    assert heading == "Ferries > The crew > Pay"
    assert text.startswith("# no heading\n\n| Cell: One\n\nlong long")
    assert text.endswith("long\n\n    # Last"), "a heading without a text below it can be found too"


@pytest.mark.parametrize(
    ("head", "published"),
    [
        ('<meta property="article:published_time" content="2016-01-25T10:00:00Z">', "2016-01-25"),
        ('<meta itemprop="datePublished" content="25 January 2016">', "2016-01-25"),
        ('<meta name="DC.date" content="2016">', "2016"),
        ('<meta name="date" content="never">', None),
        ("", None),
    ],
)
def test_dates_of_pages(head: str, published: str | None) -> None:
    assert html(f"<html><head>{head}</head><body><p>Text.</p></body></html>").published == published


def test_a_date_in_a_time_element() -> None:
    assert html('<p>On <time datetime="2015-11-13">Friday</time>.</p>').published == "2015-11-13"


def test_pages_name_their_own_encoding() -> None:
    data = '<html><head><meta charset="iso-8859-1"></head><body><p>Zürich</p></body></html>'.encode("latin-1")
    assert load_html(data, "x.html").text == "Zürich"
    assert load_html("<p>Zürich 😀</p>".encode("utf-16"), "x.html").text == "Zürich 😀"


def test_xhtml_with_a_declaration() -> None:
    data = b'<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>Text.</p></body></html>'
    assert load_html(data, "x.xhtml").text == "Text."


@pytest.mark.parametrize(
    "data", [b"", b"   ", b"<html></html>", b"<p></p>", b"<script>x</script>", b"/etc/passwd"]
)
def test_odd_pages_do_no_harm(data: bytes) -> None:
    assert load_html(data, "x.html").text in ("", "/etc/passwd")


def test_deeply_nested_pages() -> None:
    data = b"<div>" * 3000 + b"core" + b"</div>" * 3000
    try:
        assert "core" in load_path_of(data).text
    except LoadError as error:
        assert "deep" in error.message


def load_path_of(data: bytes) -> Document:
    return load_bytes(data, "deep.html", LOADERS[".html"])


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a"])
def test_a_picture_is_not_to_be_renamed(data: bytes) -> None:
    with pytest.raises(LoadError, match="is a picture") as caught:
        load_plain(data, "scan.txt")
    assert "extension" not in caught.value.remedy, "pictures are not read under any name"


@given(st.sampled_from(sorted(LOADERS)), st.binary(max_size=300))
def test_any_bytes_are_a_document_or_a_load_error(ending: str, data: bytes) -> None:
    try:
        found = load_bytes(data, f"/x/file{ending}", LOADERS[ending])
    except LoadError as error:
        assert error.remedy
    else:
        assert_storable(found)


@given(
    st.sampled_from([".md", ".html", ".txt"]),
    st.lists(
        st.sampled_from(
            ["---\n", "title: ", "date: ", "2016-02-31", '"\\ud800"', "\n", "<p>", "&#xD800;", "&#0;", "<!--", "]]>", "text",
             "# ", "<meta name='date' content='", "'>", "<time datetime='", "\0", "<pre>", "</pre>", "<br>", "{", "&lt;"]
        ), max_size=14,
    ).map("".join),
)  # fmt: skip
def test_hostile_text_is_a_document_or_a_load_error(ending: str, text: str) -> None:
    try:
        found = load_bytes(text.encode(), f"/x/file{ending}", LOADERS[ending])
    except LoadError:
        return
    assert_storable(found)


def assert_storable(found: Document) -> None:
    """No NUL (SQLite's functions stop at it) and no lone surrogate (it has no UTF-8)."""
    for value in (found.text, found.title, found.publisher or "", str(found.metadata)):
        value.encode("utf-8")
    assert "\0" not in found.text
    assert found.title.strip()


@pytest.mark.parametrize("name", ["empty.txt", "spaces.md", "empty.html"])
def test_nothing_in_a_file_is_a_load_error(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("" if "empty" in name else " \n ")
    with pytest.raises(LoadError, match=r"holds no text|is empty"):
        load_path(tmp_path / name)


def test_unknown_types_and_missing_files_are_load_errors(tmp_path: Path) -> None:
    (tmp_path / "x.exe").write_text("text")
    with pytest.raises(LoadError, match=r"unsupported type \(\.exe\)"):
        load_path(tmp_path / "x.exe")
    with pytest.raises(LoadError, match="cannot be read"):
        load_path(tmp_path / "missing.txt")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(LoadError, match="is not a file"):
        load_path(tmp_path / "pipe.txt")


@pytest.mark.parametrize(
    ("head", "published"),
    [
        ('<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2016-01-25T10:00:00Z"}</script>',
         "2016-01-25"),
        ('<script type="application/ld+json">{"datePublished": "soon"}</script>', None),
        ('<meta name="dcterms.issued" content="2016-01">', "2016-01"),
        ('<meta name="parsely-pub-date" content="2016-01-25T10:00:00Z">', "2016-01-25"),
    ],
)  # fmt: skip
def test_other_dates_of_pages(head: str, published: str | None) -> None:
    found = html(f"<html><head>{head}</head><body><p>Text.</p></body></html>")
    assert (found.published, found.text) == (published, "Text.")


def test_a_name_that_is_not_utf_8_is_a_load_error(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")
    Path(path).write_text("text")
    with pytest.raises(LoadError) as caught:
        load_path(Path(path))
    caught.value.message.encode("utf-8")


def test_endings_in_capitals(tmp_path: Path) -> None:
    (tmp_path / "X.TXT").write_text("text")
    assert load_path(tmp_path / "X.TXT").text == "text"
    assert load_path(tmp_path / "X.TXT").uri == str(tmp_path / "X.TXT")


@pytest.mark.parametrize("author", ["openpyxl", "python-docx", "Microsoft Office User", "Unknown", "Ann Roy"])
def test_the_default_author_of_a_program_is_no_author(author: str) -> None:
    document = Document(
        "/d/a.docx", "A", "The ferry left.", "text/plain", "0", metadata={"author": author, "place": "Velm"}
    )
    kept = complete_document(document, document.uri).metadata
    assert kept == ({"author": author} if author == "Ann Roy" else {}) | {"place": "Velm"}


def test_a_busy_machine_is_no_reason_to_refuse_a_file() -> None:
    for n_bytes in (0, 30 * 2**20, MAX_FILE_BYTES):
        share = cpu_seconds(n_bytes) / wall_seconds(n_bytes)
        assert share <= 0.25, "a parser beside three others that compute is not ended"
