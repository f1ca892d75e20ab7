"""The notebook: its order and notes, its exports, and removal of what quotes a removed document."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from askive.rag.config import Config
from askive.rag.errors import UsageError
from askive.rag.privacy.quotes import notebook_path
from askive.ui.chat.conversations import Conversations
from askive.ui.chat.http.notebook_routes import Comment, Form, NotebookRoutes, Order, Pinned
from askive.ui.chat.jobs import AnswerJobs, Request
from askive.ui.chat.library import Library
from askive.ui.chat.notebook.references import sources_of, to_bibtex, to_csl
from askive.ui.chat.notebook.store import Notebook
from askive.ui.chat.rendering import to_safe_html
from askive.ui.chat.workspace import Workspace

CAPTAIN = "Which captain counted the ships from the north tower?"
QUOTE = "Captain Rosa Lind counted them from the north tower."


@pytest.fixture
def notebook(config: Config) -> Iterator[Notebook]:
    opened = Notebook(notebook_path(config))
    yield opened
    opened.close()


@pytest.fixture
def routes(notebook: Notebook, workspace: Workspace, kept: Conversations) -> NotebookRoutes:
    """With one conversation, whose turn is pinned, and one of its quotations."""
    turn, job = AnswerJobs(workspace, kept).begin(None, CAPTAIN, Request("town", "scripted"))
    events = [event for batch in job.follow() for event in batch]
    citation = events[-1]["answer"]["sentences"][0]["citations"][0]
    made = NotebookRoutes(notebook, kept)
    made.pin(Pinned(turn_id=turn.turn_id))
    made.pin(Pinned(turn_id=turn.turn_id, uri=citation["uri"], start=citation["start"]))
    return made


def test_notes_are_pinned_once_ordered_commented_and_removed(
    routes: NotebookRoutes, kept: Conversations, config: Config
) -> None:
    answer, quote = routes.notes()
    assert (answer["kind"], quote["kind"], quote["content"]["quote"]) == ("answer", "quote", QUOTE)
    (turn,) = kept.turns(kept.all()[0].conversation_id)
    assert routes.pin(Pinned(turn_id=turn.turn_id)) == {"note_id": answer["note_id"]}
    with pytest.raises(UsageError, match="not in the answer"):
        routes.pin(Pinned(turn_id=turn.turn_id, uri="elsewhere"))
    swapped = routes.order(Order(note_ids=[quote["note_id"], answer["note_id"]]))
    assert [note["kind"] for note in swapped] == ["quote", "answer"]
    told = routes.comment(quote["note_id"], Comment(text="**Key** <script>x</script> [a](javascript:x)"))
    assert "<strong>Key</strong>" in told["comment_html"]
    assert "<script" not in told["comment_html"]
    assert "javascript:" not in told["comment_html"].replace("[a](javascript:x)", "")
    with pytest.raises(UsageError, match="no longer exists"):
        routes.comment(999, Comment(text="x"))
    routes.remove(quote["note_id"])
    routes.remove(answer["note_id"])
    assert routes.notes() == []
    held = b"".join(path.read_bytes() for path in notebook_path(config).parent.glob("notebook*"))
    assert QUOTE.encode() not in held


def read_export(routes: NotebookRoutes, form: Form) -> str:
    body = bytes(routes.export(form).body)
    if form != "docx":
        return body.decode()
    import docx

    return "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(body)).paragraphs)


@pytest.mark.parametrize("form", ["markdown", "html", "docx"])
def test_exports_have_quotations_sources_and_notes(
    routes: NotebookRoutes, form: Form, config: Config
) -> None:
    note_id = routes.notes()[1]["note_id"]
    routes.comment(note_id, Comment(text="Compare the *Post*. <b>raw</b>"))
    text = read_export(routes, form)
    for part in (CAPTAIN, QUOTE, "Harbour report (Port Authority, 2016-01-25, section Ships)"):
        assert part in text
    assert ("Compare the <em>Post</em>" if form == "html" else "Compare the") in text
    assert ("&lt;b&gt;raw" if form == "html" else "<b>raw") in text
    assert str(config.home.parent) not in text, "the file's name, not its path"


def test_references_for_reference_managers(routes: NotebookRoutes) -> None:
    (item,) = json.loads(read_export(routes, "csl"))
    assert item["title"] == "Harbour report"
    assert item["issued"] == {"date-parts": [[2016, 1, 25]]}
    entry = read_export(routes, "bibtex")
    assert entry.startswith(
        "@misc{harbour2016,\n  title = {{Harbour report}},\n  publisher = {Port Authority},"
    )


def test_references_without_a_date_with_one_key_and_with_signs() -> None:
    def source(uri: str, title: str, published: str | None) -> dict[str, Any]:
        return {"uri": uri, "file": f"{uri}.txt", "title": title, "publisher": None, "published": published}

    sources = sources_of(
        [source("a", "50% of {all} & more", None), source("b", "Fifty 1", "2016"), source("c", "Fifty 2", "2016"),
         source("a", "again", None)]
    )  # fmt: skip
    assert [one["uri"] for one in sources] == ["a", "b", "c"]
    items = to_csl(sources)
    assert "issued" not in items[0]
    assert [item["id"] for item in items[1:]] == ["fifty2016", "fifty2016-2"]
    assert r"{50\% of \{all\} \& more}" in to_bibtex(sources)


def test_removing_a_document_removes_its_notes_on_request_only(
    routes: NotebookRoutes, workspace: Workspace, config: Config
) -> None:
    library, uri = Library(workspace), routes.notes()[1]["content"]["uri"]
    assert library.quotes("town", uri)["notes in the notebook"] == 2
    library.remove("town", uri)
    assert len(routes.notes()) == 2
    assert library.quotes("town")["notes in the notebook"] == 2
    library.delete("town", with_quotes=True)
    assert routes.notes() == []
    held = b"".join(path.read_bytes() for path in notebook_path(config).parent.glob("notebook*"))
    assert QUOTE.encode() not in held


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("# A\n\n- b\n", "<h1>A</h1>\n<ul>\n<li>b</li>\n</ul>\n"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("![a](http://elsewhere.invalid/x.png)", "a</a>"),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "<td>1</td>"),
    ],
)
def test_markdown_is_rendered_without_what_could_act(markdown: str, html: str) -> None:
    made = to_safe_html(markdown)
    assert html in made
    assert "<img" not in made


def test_a_name_of_the_notebooks_file(tmp_path: Path) -> None:
    Notebook(tmp_path / "chat" / "notebook.sqlite3").close()
    assert (tmp_path / "chat" / "notebook.sqlite3").is_file()
