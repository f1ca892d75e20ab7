"""The parts of the chat without a browser: the queue, what is kept, exports, questions on their way."""

from __future__ import annotations

import io
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from askive.models.fakes import HashEmbedder, ScriptedGenerator
from askive.models.llama.state_cache import StateCache
from askive.models.registry import states_dir
from askive.rag.config import Config
from askive.rag.errors import CollectionNotFound, UsageError
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.store.archive import Archive
from askive.rag.types import Account, Row, Verdict
from askive.ui.chat.conversations import Conversations
from askive.ui.chat.documents.listing import Listing, list_documents
from askive.ui.chat.export import answer_markdown, file_stem, to_html, to_markdown
from askive.ui.chat.gold_questions import save_gold
from askive.ui.chat.http.payloads import View, answer_view, row_view
from askive.ui.chat.jobs import AnswerJobs, Request
from askive.ui.chat.library import Library
from askive.ui.chat.scheduler import Scheduler, TurnCancelled, Work
from askive.ui.chat.source_pane import document_view, found_boxes, marked_boxes, page_picture, rendered_view
from askive.ui.chat.workspace import Workspace
from askive.ui.terminal import answers
from tests.rag.load.pdf_writer import write_pdf

pytestmark = pytest.mark.usefixtures("parsed_here")

CAPTAIN = "Which captain counted the ships from the north tower?"


def listed(workspace: Workspace) -> list[View]:
    """The documents of `town`."""
    documents: list[View] = list_documents(workspace.archive("town"), Listing())["documents"]
    return documents


def answer(jobs: AnswerJobs, question: str, conversation_id: str | None = None, **how: Any) -> list[View]:
    """Ask and wait; the events."""
    _, job = jobs.begin(conversation_id, question, Request("town", "scripted", **how))
    return [event for batch in job.follow() for event in batch]


# -- the queue


def test_questions_go_before_typing_ahead_and_indexing() -> None:
    scheduler, order, threads = Scheduler(), list[str](), list[threading.Thread]()

    def work(kind: Work, name: str) -> None:
        with scheduler.turn(kind):
            order.append(name)

    with scheduler.turn(Work.QUESTION):
        for n, (kind, name) in enumerate(
            [
                (Work.INDEXING, "index"),
                (Work.ANTICIPATION, "ahead"),
                (Work.QUESTION, "one"),
                (Work.QUESTION, "two"),
            ]
        ):
            threads.append(threading.Thread(target=work, args=(kind, name)))
            threads[-1].start()
            while len(scheduler._waiting) <= n:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == ["one", "two", "ahead", "index"]


def test_who_waits_is_told_how_many_come_first_and_may_give_up() -> None:
    scheduler, cancel, told, gave_up = Scheduler(), threading.Event(), list[int](), list[bool]()

    def wait() -> None:
        try:
            with scheduler.turn(Work.QUESTION, cancel, told.append):
                pass
        except TurnCancelled:
            gave_up.append(True)

    with scheduler.turn(Work.QUESTION):
        thread = threading.Thread(target=wait)
        thread.start()
        while not told:
            time.sleep(0.001)
        cancel.set()
        thread.join()
    assert (told, gave_up) == ([1], [True])
    with scheduler.turn(Work.INDEXING):
        pass


# -- what is kept


def test_search_needs_every_word_and_takes_signs_literally(kept: Conversations) -> None:
    first = kept.begin("What is 50% of the harvest?", "town")
    kept.store_answer(
        kept.ask(first, "What is 50% of the harvest?", {}), "Three barrels_of rye.", {"text": ""}
    )
    second = kept.begin("Who counted 50 ships?", "town")
    assert [c.conversation_id for c in kept.all()] == [second, first]
    assert [c.conversation_id for c in kept.all("50%")] == [first]
    assert [c.conversation_id for c in kept.all("harvest BARRELS_of")] == [first]
    assert [c.conversation_id for c in kept.all("barrelsXof")] == []
    assert [c.conversation_id for c in kept.all("harvest ships")] == []


def test_numbers_are_given_once_in_a_conversation(kept: Conversations) -> None:
    first, second = kept.begin("a", "town"), kept.begin("b", "town")
    assert [kept.number(first, uri) for uri in ("x", "y", "x", "z", "y")] == [1, 2, 1, 3, 2]
    assert kept.number(second, "y") == 1
    kept.delete(second)
    assert kept.number(second, "new") == 0


def test_deleted_bytes_are_gone(kept: Conversations, home: Path) -> None:
    conversation_id = kept.begin("Where is the Quarnheim treasure?", "town")
    kept.store_answer(
        kept.ask(conversation_id, "Quarnheim", {"collection": "town"}), "Quarnheim " * 500, {"text": "x"}
    )

    def held() -> bytes:
        return b"".join(path.read_bytes() for path in (home / "chat").iterdir())

    assert b"Quarnheim" in held()
    kept.delete(conversation_id)
    assert b"Quarnheim" not in held()
    with pytest.raises(UsageError):
        kept.get(conversation_id)


def test_a_replaced_question_takes_the_later_ones_along(kept: Conversations) -> None:
    conversation_id = kept.begin("one", "town")
    ids = [kept.ask(conversation_id, text, {}) for text in ("one", "two", "three")]
    kept.ask(conversation_id, "new two", {}, replace=ids[1])
    assert [turn.question for turn in kept.turns(conversation_id)] == ["one", "new two"]


def test_an_edited_first_question_renames_the_conversation(kept: Conversations) -> None:
    conversation_id = kept.begin("one", "town")
    first = kept.ask(conversation_id, "one", {})
    second = kept.ask(conversation_id, "two", {})
    kept.ask(conversation_id, "other two", {}, replace=second)
    assert kept.get(conversation_id).title == "one"
    first = kept.ask(conversation_id, "new one", {}, replace=first)
    assert kept.get(conversation_id).title == "new one"
    kept.rename(conversation_id, "Ships")
    kept.ask(conversation_id, "newest one", {}, replace=first)
    assert kept.get(conversation_id).title == "Ships", "a name that the user gave stays"


def test_an_empty_name_is_refused(kept: Conversations) -> None:
    with pytest.raises(UsageError):
        kept.rename(kept.begin("one", "town"), "  ")


# -- questions on their way


def test_the_events_of_a_question_and_what_is_kept_of_it(workspace: Workspace, kept: Conversations) -> None:
    jobs = AnswerJobs(workspace, kept)
    events = answer(jobs, CAPTAIN)
    kinds = [event["kind"] for event in events]
    assert kinds[0] == "searching"
    assert kinds.index("sources") < kinds.index("token") < kinds.index("final") == len(kinds) - 1
    first = next(event["first"] for event in events if event["kind"] == "sources")
    assert first["number"] == 1
    final = events[-1]["answer"]
    (turn,) = kept.turns(kept.all()[0].conversation_id)
    assert turn.answer == final
    assert turn.answer_text == final["text"] == "Captain Rosa Lind counted them from the north tower."
    (citation,) = final["sentences"][0]["citations"][:1]
    document = workspace.archive("town").document_by_uri(citation["uri"])
    assert document is not None
    assert document.text[citation["start"] : citation["end"]] == citation["quote"]
    assert jobs.running(turn.turn_id) is None


def test_earlier_questions_are_the_history(
    workspace: Workspace, kept: Conversations, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []

    def listen(self: ScriptedGenerator, messages: Any, *rest: Any, **more: Any) -> Any:
        heard.append("\n".join(message.text for message in messages))
        return generate(self, messages, *rest, **more)

    generate = ScriptedGenerator.generate
    monkeypatch.setattr(ScriptedGenerator, "generate", listen)
    jobs = AnswerJobs(workspace, kept)
    answer(jobs, CAPTAIN)
    answer(jobs, "How many ships did that captain count in the harbour?", kept.all()[0].conversation_id)
    assert CAPTAIN in heard[-1]


def test_stopping_one_that_waits(workspace: Workspace, kept: Conversations) -> None:
    jobs = AnswerJobs(workspace, kept)
    with workspace.scheduler.turn(Work.QUESTION):
        turn, job = jobs.begin(None, CAPTAIN, Request("town", "scripted"))
        jobs.stop(turn.turn_id)
        events = [event for batch in job.follow() for event in batch]
    assert "stopped" in events[-1]["answer"]["failure"]["message"]
    assert kept.turn(turn.turn_id).answer == events[-1]["answer"]


def test_failures_are_shown_and_kept(workspace: Workspace, kept: Conversations) -> None:
    jobs = AnswerJobs(workspace, kept)
    events = [
        event
        for batch in jobs.begin(None, CAPTAIN, Request("gone", "scripted"))[1].follow()
        for event in batch
    ]
    assert "the collection 'gone' no longer exists" in events[-1]["answer"]["failure"]["message"]
    with pytest.raises(UsageError):
        jobs.begin(None, "  ", Request("town", "scripted"))
    with pytest.raises(UsageError):
        jobs.begin(None, CAPTAIN, Request("town", "scripted", after="soon"))


def test_a_filter_leaves_documents_out(workspace: Workspace, kept: Conversations) -> None:
    events = answer(AnswerJobs(workspace, kept), CAPTAIN, publishers=("The Aldermoor Post",))
    final = events[-1]["answer"]
    assert "Rosa Lind" not in final["text"]
    assert final["filtered"] == "publisher The Aldermoor Post"


def test_a_disagreement_is_shown_and_exported_with_its_dates(
    workspace: Workspace, kept: Conversations
) -> None:
    answer(AnswerJobs(workspace, kept), CAPTAIN)
    found = workspace.assistant("town", "scripted").ask(CAPTAIN)
    (citation,) = found.sentences[0].citations[:1]
    accounts = (Account("412 ships", (citation,), "2016-01-25"), Account("398 ships", (citation,), None))
    view = answer_view(replace(found, disagreement=accounts), lambda _uri: 4)
    assert [(item["value"], item["published"]) for item in view["disagreement"]] == [
        ("412 ships", "2016-01-25"),
        ("398 ships", None),
    ]
    assert "- 412 ships (2016-01-25) [4]" in answer_markdown(view)
    assert "- 398 ships (no date) [4]" in answer_markdown(view)


def test_a_missing_half_is_shown_and_exported(workspace: Workspace, kept: Conversations) -> None:
    events = answer(AnswerJobs(workspace, kept), CAPTAIN)
    view = events[-1]["answer"]
    assert view["unanswered"] == []
    assert "do not say" not in answer_markdown(view)
    found = workspace.assistant("town", "scripted").ask(CAPTAIN)
    halved = answer_view(replace(found, unanswered=("who built *it*", "why")), lambda _uri: 4)
    assert halved["unanswered"] == ["who built *it*", "why"]
    assert halved["text"] == found.text
    assert "\n\nThe documents do not say: who built \\*it\\*; why.\n\n" in answer_markdown(halved)
    (conversation,) = kept.all()
    (turn,) = kept.turns(conversation.conversation_id)
    page = to_html(conversation, [replace(turn, answer=halved)])
    assert "<p>The documents do not say: who built *it*; why.</p>" in page
    # Answers that were kept before this was told.
    del halved["unanswered"]
    assert "do not say" not in answer_markdown(halved)


# -- collections


def test_a_collection_that_another_process_rebuilt_is_opened_again(
    workspace: Workspace, config: Config
) -> None:
    before = workspace.archive("town")
    assert workspace.archive("town") is before
    Library(workspace).create("other")
    old = config.collections_dir / "town"
    old.rename(config.collections_dir / ".away")
    (config.collections_dir / "other").rename(old)
    assert workspace.archive("town").counts().n_documents == 0
    Library(workspace).delete("town")
    with pytest.raises(CollectionNotFound):
        workspace.archive("town")


@pytest.mark.parametrize(
    "name",
    [
        "../x.txt",
        "/etc/passwd",
        "a/../../x.txt",
        "",
        "C:\\x.txt",
        ".hidden",
        "a/.git/x.txt",
        "a\nb.txt",
        "a\u2028b.txt",
        "a\u202etxt.exe",
        "a\0.txt",
        "x" * 252 + ".txt",
        "é" * 128,
        "deep/" * 300 + "x.txt",
    ],
)
def test_an_upload_stays_in_its_folder(workspace: Workspace, name: str) -> None:
    with pytest.raises(UsageError):
        Library(workspace).receive("town", name)


def test_a_failed_upload_leaves_the_earlier_file(workspace: Workspace) -> None:
    library = Library(workspace)

    def put(text: str) -> View:
        upload = library.receive("town", "notes/a.txt")
        upload.write(text.encode())
        return list(library.add("town", upload, replace=True))[-1]

    assert put("Agnes wrote to Karl about herring.")["step"] == "done"
    failed = put(" ")
    assert failed["step"] == "failed"
    assert failed["message"].startswith("a.txt ")
    (document,) = [view for view in listed(workspace) if view["uri"].endswith("a.txt")]
    assert Path(document["uri"]).read_text() == "Agnes wrote to Karl about herring."
    assert [path.name for path in Path(document["uri"]).parent.iterdir()] == ["a.txt"]
    library.remove("town", document["uri"])
    assert not Path(document["uri"]).exists()


def test_removing_leaves_files_of_others_alone(workspace: Workspace) -> None:
    library = Library(workspace)
    uri = listed(workspace)[0]["uri"]
    library.remove("town", uri)
    assert Path(uri).exists()
    assert uri not in [view["uri"] for view in listed(workspace)]
    with pytest.raises(UsageError):
        document_view(workspace.archive("town"), uri)


class _Holding(ScriptedGenerator):
    """Keeps what it reads, as models with weights do."""

    def __init__(self) -> None:
        super().__init__()
        self.held = ["read"]

    def forget(self) -> None:
        self.held.clear()


@pytest.mark.parametrize("whole", [False, True])
def test_what_is_removed_is_forgotten_by_the_models(
    workspace: Workspace, config: Config, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    model = _Holding()
    monkeypatch.setattr("askive.models.registry.load_generator", lambda *_, **__: model)
    workspace.assistant("town", "scripted")
    kept = StateCache(states_dir(config.models_dir))
    kept.put("a" * 64, b"state")
    library = Library(workspace)
    uri = listed(workspace)[0]["uri"]
    busy = workspace.scheduler.turn(Work.QUESTION)
    busy.__enter__()
    removing = threading.Thread(
        target=library.delete if whole else library.remove, args=("town",) if whole else ("town", uri)
    )
    removing.start()
    removing.join(0.2)
    assert (kept.stats().n_disk, model.held) == (1, ["read"]), "it waits for the question under way"
    busy.__exit__(None, None, None)
    removing.join(30)
    assert (kept.stats().n_disk, model.held) == (0, [])


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("unsupported", "(not supported)"),
        ("unchecked", "(not checked)"),
        ("contradicted", "(contradicted)"),
        ("cut_off", "(cut off)"),
    ],
)
def test_a_verdict_has_one_name(
    workspace: Workspace, kept: Conversations, verdict: Verdict, said: str
) -> None:
    answer(AnswerJobs(workspace, kept), CAPTAIN)
    (turn,) = kept.turns(kept.all()[0].conversation_id)
    found = workspace.assistant("town", "scripted").ask(CAPTAIN)
    doubted = replace(found, sentences=(replace(found.sentences[0], verdict=verdict),))
    view = answer_view(doubted, lambda _uri: 4)
    assert said in answer_markdown(view)
    assert said in to_html(kept.all()[0], [replace(turn, answer=view)])
    page = (Path(answers.__file__).parent.parent / "chat" / "assets" / "answer.js").read_text(
        encoding="utf-8"
    )
    assert f'{verdict}: {{ label: "{said[1:-1]}"' in page


# -- taking it along


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("Who built it, and when?", "who-built-it-and-when"),
        ("  ?! ", "conversation"),
        ("Wer baute die Brücke?", "wer-baute-die-brücke"),
        ("../../etc/passwd", "etc-passwd"),
        ("word " * 40, "-".join(["word"] * 12)),
        ("x" * 90, "conversation"),
    ],
)
def test_exported_files_are_told_apart_by_their_names(title: str, stem: str) -> None:
    assert file_stem(title) == stem


@pytest.mark.parametrize(
    ("folder", "shown"),
    [
        (f"/home/ada/askive/uploads/{'0f' * 16}/letters/1912", "letters/1912"),
        (f"C:\\askive\\uploads\\{'0f' * 16}\\letters", "letters"),
        (f"/home/ada/askive/uploads/{'0f' * 16}", "(added without a folder)"),
        ("/home/ada/letters", "/home/ada/letters"),
    ],
)
def test_an_overview_names_folders_as_the_user_knows_them(folder: str, shown: str) -> None:
    columns = ("Part", "What", "Documents")
    row = Row({"Part": "Folder", "What": folder, "Documents": "3"})
    assert row_view(row, columns, lambda uri: 1)["cells"] == ["Folder", shown, "3"]
    tag = Row({"Part": "Tag", "What": folder, "Documents": "3"})
    assert row_view(tag, columns, lambda uri: 1)["cells"][1] == folder, "only folders are places"


def test_exports_hold_the_quotes_and_no_markup_of_documents(
    workspace: Workspace, kept: Conversations
) -> None:
    answer(AnswerJobs(workspace, kept), CAPTAIN)
    conversation = kept.all()[0]
    kept.rename(conversation.conversation_id, "<b>*bold*</b>")
    conversation, turns = kept.get(conversation.conversation_id), kept.turns(conversation.conversation_id)
    markdown, html = to_markdown(conversation, turns), to_html(conversation, turns)
    assert markdown.startswith("# \\<b\\>\\*bold\\*\\</b\\>")
    assert "<h1>&lt;b&gt;*bold*&lt;/b&gt;</h1>" in html
    for text in (markdown, html):
        assert "“Captain Rosa Lind counted them from the north tower.”" in text
        assert "Harbour report (Port Authority, 2016-01-25, section Ships)" in text
    assert "<script" not in html


def test_citation_numbers_are_plain_in_markdown_and_no_document_can_make_them_links() -> None:
    from markdown_it import MarkdownIt

    citation = {
        "uri": "/server/home/uploads/a.txt", "file": "a.txt", "title": "A", "publisher": None, "published": None,
        "page": None, "number": 1, "start": 0, "end": 9, "quote": "[1]: http://elsewhere.invalid",
    }  # fmt: skip
    view = {
        "text": "Said.", "disagreement": [], "unanswered": [], "refusal": None, "columns": ["Who"],
        "sentences": [{"text": "[1]: http://elsewhere.invalid", "lead": "", "verdict": "supported", "citations": [citation]}],
        "rows": [{"cells": ["Karl"], "verdict": "supported", "citations": [citation]},
                 {"cells": ["Agnes"], "verdict": "supported", "citations": []}],
    }  # fmt: skip
    markdown = answer_markdown(view)
    assert "| Karl | [1] |\n| Agnes |  |" in markdown
    assert "> [1] “" in markdown
    page = MarkdownIt().enable("table").render(markdown)
    assert "<a " not in page
    assert page.count("[1]") == 5
    assert "/server/home" not in page


def test_a_gold_question_is_saved_once(workspace: Workspace, kept: Conversations, config: Config) -> None:
    from askive.eval.datasets.gold import read_gold

    answer(AnswerJobs(workspace, kept), CAPTAIN)
    (turn,) = kept.turns(kept.all()[0].conversation_id)
    folder = save_gold(config, workspace.archive("town"), turn, [], ["Rosa Lind"])
    (sample,) = read_gold(folder).samples
    assert sample.scored == ("retrieval", "answers", "citations", "refusal")
    with pytest.raises(UsageError):
        save_gold(config, workspace.archive("town"), turn, [], ["Rosa Lind"])


# -- a document


@pytest.mark.parametrize(
    ("text", "cited", "html"),
    [
        (
            "# Ships\n\nThe *Aldis* came.\n",
            "The *Aldis* came.",
            "<p>\ue000The <em>Aldis</em> came.\ue001</p>",
        ),
        ("# Ships\n\nText.\n", "# Ships", "<h1>\ue000Ships\ue001</h1>"),
        ("- one\n- two\n", "- two", "<li>\ue000two\ue001</li>"),
        ("1. one\n2. two\n", "2. two", "<li>\ue000two\ue001</li>"),
        ("A <b>c</b> d.\n", "<b>c</b>", "<p>A \ue000&lt;b&gt;c&lt;/b&gt;\ue001 d.</p>"),
    ],
)
def test_a_markdown_document_is_rendered_with_its_mark(
    workspace: Workspace, config: Config, tmp_path: Path, text: str, cited: str, html: str
) -> None:
    path = tmp_path / "doc.md"
    path.write_text(f"{text}\nMore text here.\n", encoding="utf-8")
    with Archive.open(config.collections_dir / "town", HashEmbedder(), config.passages) as archive:
        assert not ingest_paths(archive, [path]).failures
        document = archive.document_by_uri(str(path))
        assert document is not None
        assert document_view(archive, str(path))["is_markdown"]
        start = document.text.index(cited)
        assert html in rendered_view(archive, str(path), start, start + len(cited))["html"]


@pytest.mark.parametrize(
    ("rotation", "crop"), [(0, False), (90, False), (180, False), (270, False), (90, True)]
)
def test_a_quote_is_marked_where_it_stands_on_the_picture(
    workspace: Workspace, config: Config, tmp_path: Path, rotation: int, crop: bool
) -> None:
    import pypdfium2
    from PIL import Image, ImageOps

    quote, path = "The pump gasket costs 12 crowns.", tmp_path / "pump.pdf"
    with pypdfium2.PdfDocument(write_pdf([[quote]])) as pdf:
        if crop:
            pdf[0].set_cropbox(40, 500, 400, 830)
        pdf[0].set_rotation(rotation)
        pdf.save(path)
    with Archive.open(config.collections_dir / "town", HashEmbedder(), config.passages) as archive:
        assert not ingest_paths(archive, [path]).failures
        (box,) = marked_boxes(archive, str(path), 1, quote)
        with Image.open(io.BytesIO(page_picture(archive, str(path), 1))) as picture:
            left, top, right, bottom = ImageOps.invert(picture.convert("L")).getbbox() or (0, 0, 0, 0)
            width, height = picture.size
    ink = (left / width, top / height, right / width, bottom / height)
    marked = (box["left"], box["top"], box["left"] + box["width"], box["top"] + box["height"])
    assert max(abs(one - other) for one, other in zip(ink, marked, strict=True)) < 0.02


def test_every_place_of_a_text_is_found_on_a_page(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / "pump.pdf"
    path.write_bytes(
        write_pdf([["The pump gas-", "ket costs 12 crowns. A Pump   Gasket", "is a gasket."], ["None."]])
    )
    assert not ingest_paths(archive, [path]).failures

    def n_boxes(text: str, page: int = 1) -> list[int]:
        return [len(boxes) for boxes in found_boxes(archive, str(path), page, text)]

    # The first one is broken over two lines.
    assert n_boxes("pump gasket") == [2, 1]
    assert n_boxes("GASKET") == [2, 1, 1]
    assert n_boxes("crown jewels") == n_boxes("--") == n_boxes("gasket", 2) == n_boxes("gasket", 3) == []


def test_a_page_that_is_shown_large_is_sharp(archive: Archive, tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "pump.pdf"
    path.write_bytes(write_pdf([["The pump gasket costs 12 crowns."]]))
    assert not ingest_paths(archive, [path]).failures
    widths = []
    for zoom in (1, 3):
        with Image.open(io.BytesIO(page_picture(archive, str(path), 1, zoom))) as picture:
            widths.append(picture.width)
    assert widths[1] == pytest.approx(3 * widths[0], abs=3)
    path.write_bytes(write_pdf([["Another one."]]))
    with pytest.raises(UsageError, match="no longer exists"):
        page_picture(archive, str(path), 1)
