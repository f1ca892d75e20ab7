"""The command line from the inside: help, exit codes, JSON shapes, errors, batches."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from askive.ui.app import app, run
from askive.ui.commands.index import shown_name
from tests.rag.ingest.inline_pool import POOL, InlinePool

FAKES = ["--embedder", "hash", "--model", "scripted"]
SHIPS = "How many ships did the harbour of Aldermoor receive in January?"


class Result:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        """The one object that was printed."""
        (line,) = self.out.splitlines()
        return json.loads(line)


class Askive:
    """`askive` in this process, with a home of its own."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> Result:
        self._capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = self._capsys.readouterr()
        assert "Traceback" not in err
        return Result(code, out, err)


@pytest.fixture
def askive(home: Path, capsys: pytest.CaptureFixture[str]) -> Askive:
    return Askive(capsys)


@pytest.fixture
def indexed(askive: Askive, documents: Path, monkeypatch: pytest.MonkeyPatch) -> Askive:
    with monkeypatch.context() as patched:
        patched.setattr(POOL, InlinePool)
        assert askive("index", documents, "--embedder", "hash", "--quiet").code == 0
    return askive


def commands(group: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command, as words."""
    group = group or get_command(app)
    for name, command in group.commands.items():
        yield (*path, name)
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))


ALL = sorted(commands())


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_has_help_with_an_example(askive: Askive, words: tuple[str, ...]) -> None:
    shown = askive(*words, "--help")
    assert shown.code == 0
    text = " ".join(re.sub(r"[│╭╮╰╯─]", " ", shown.out).split())
    assert f"Usage: askive {' '.join(words)}" in text
    leaf = not any(other[:-1] == words for other in ALL)
    if leaf:
        assert f"Example: askive {' '.join(words)}" in text or f"Example: askive {words[0]}" in text


def test_the_commands_of_the_issue_are_there() -> None:
    assert {words[0] for words in ALL} >= {"index", "search", "ask", "models", "collections", "doctor"}


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], []])
def test_help(askive: Askive, arguments: list[str]) -> None:
    shown = askive(*arguments)
    assert shown.code == (0 if arguments else 2)
    assert "Usage: askive" in shown.out + shown.err
    assert shown.out.count("\n") + shown.err.count("\n") > 10


def test_version(askive: Askive) -> None:
    assert re.fullmatch(r"askive \d+\.\d+\.\d+\n", askive("--version").out)


CITATION = {"marker": int, "uri": str, "title": str, "published": (str, None), "publisher": (str, None),
            "start": int, "end": int, "quote": str, "score": float}  # fmt: skip
HIT = {"rank": int, "passage_id": int, "uri": str, "title": str, "published": (str, None), "start": int, "end": int,
       "text": str, "score": float, "stage": str}  # fmt: skip
ANSWER = {
    "question": str, "answer": str, "refused": bool, "refusal_reason": (str, None),
    "sentences": [{"text": str, "start": int, "end": int, "verdict": str, "citations": [CITATION]}],
    "hits": [HIT], "model": str, "embedder": str,
    "timings_ms": {"retrieve": float, "first_token": float, "generate": float, "verify": float, "total": float},
    "usage": {"prompt_tokens": int, "completion_tokens": int},
}  # fmt: skip


def assert_shape(value: Any, shape: Any, at: str = "") -> None:
    """The keys and types of the issue; further keys are allowed."""
    if isinstance(shape, dict):
        assert isinstance(value, dict), at
        for key, inner in shape.items():
            assert key in value, f"{at}.{key} is missing"
            assert_shape(value[key], inner, f"{at}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), at
        for n, item in enumerate(value):
            assert_shape(item, shape[0], f"{at}[{n}]")
    elif isinstance(shape, tuple):
        assert value is None or isinstance(value, shape[0]), at
    elif shape is float:
        assert isinstance(value, (int, float)) and not isinstance(value, bool), at
    else:
        assert type(value) is shape, f"{at} is {value!r}"


def test_ask_json(indexed: Askive, documents: Path) -> None:
    shown = indexed("ask", SHIPS, *FAKES, "--json")
    assert (shown.code, shown.err) == (0, "")
    answer = shown.json
    assert_shape(answer, ANSWER)
    assert answer["question"] == SHIPS
    assert answer["answer"] == "The harbour of Aldermoor received 412 ships in January."
    assert (answer["refused"], answer["refusal_reason"]) == (False, None)
    (sentence,) = answer["sentences"]
    assert sentence["verdict"] == "supported"
    citation = sentence["citations"][0]
    assert citation["uri"] == str(documents / "harbour.md")
    assert (citation["title"], citation["published"], citation["publisher"]) == (
        "Harbour report", "2016-01-25", "Port Authority",
    )  # fmt: skip
    assert "412 ships" in citation["quote"]
    assert answer["hits"][0]["rank"] == 1
    assert (answer["model"], answer["embedder"]) == ("scripted", "hash")


def test_a_refusal_is_an_answer(indexed: Askive) -> None:
    shown = indexed("ask", "Zygomorphic quark xylophones?", *FAKES, "--json")
    assert shown.code == 0
    assert_shape(shown.json, ANSWER)
    assert (shown.json["refused"], shown.json["refusal_reason"]) == (True, "nothing_relevant")
    assert shown.json["sentences"] == []


def test_ask_in_words(indexed: Askive, documents: Path) -> None:
    shown = indexed("ask", SHIPS, *FAKES)
    assert shown.code == 0
    assert "The harbour of Aldermoor received 412 ships in January. [1]" in shown.out
    assert "[1] Harbour report (Port Authority, 2016-01-25, section Ships)" in shown.out
    assert "“The harbour of Aldermoor received 412 ships in January.”" in shown.out
    assert str(documents / "harbour.md") in shown.out
    assert "Nearest in your documents" in shown.err and "Nearest" not in shown.out
    quiet = indexed("ask", SHIPS, *FAKES, "--quiet")
    assert (quiet.err, quiet.out) == ("", shown.out)


def test_a_refusal_in_words(indexed: Askive) -> None:
    shown = indexed("ask", "Zygomorphic quark xylophones?", *FAKES)
    assert shown.code == 0
    assert "No passage of the documents is about this." in shown.out
    assert "xylophones" not in shown.out, "the question stands above it"


def test_search_json(indexed: Askive) -> None:
    shown = indexed("search", "old bridge", "--embedder", "hash", "--json", "--top-k", "2")
    assert (shown.code, shown.err) == (0, "")
    assert_shape(shown.json, [HIT])
    assert [hit["rank"] for hit in shown.json] == [1, 2]
    assert shown.json[0]["title"] == "The old bridge"


def test_search_names_the_documents_without_a_date(indexed: Askive) -> None:
    shown = indexed("search", "old bridge", "--after", "2000", "--embedder", "hash", "--json")
    assert "no date and" in shown.err and "because of the filter by date" in shown.err
    assert isinstance(shown.json, list)


def test_search_in_words(indexed: Askive) -> None:
    shown = indexed("search", "old bridge", "--embedder", "hash")
    assert "The old bridge" in shown.out
    assert "1871" in shown.out
    nothing = indexed("search", "?!", "--embedder", "hash")
    assert nothing.code == 0


def test_index_json(askive: Askive, documents: Path) -> None:
    (documents / "bad.txt").write_bytes(b"\0")
    (documents / "x.gif").write_bytes(b"\x89PNG")
    shown = askive("index", documents, "--embedder", "hash", "--collection", "case", "--json")
    assert shown.code == 1, "a document failed"
    assert_shape(
        shown.json,
        {"collection": str, "added": int, "changed": int, "unchanged": int, "deleted": int, "skipped": int,
         "passages": int, "passages_per_second": float, "elapsed_ms": float, "failures": [{"uri": str, "message": str, "remedy": str}]},
    )  # fmt: skip
    assert (shown.json["collection"], shown.json["added"], shown.json["skipped"]) == ("case", 3, 1)
    assert [Path(failure["uri"]).name for failure in shown.json["failures"]] == ["bad.txt"]
    assert shown.json["files_skipped"] == [str(documents / "x.gif")]
    (documents / "bad.txt").unlink()
    again = askive("index", documents, "--embedder", "hash", "--collection", "case", "--json")
    assert (again.code, again.json["unchanged"], again.json["added"]) == (0, 3, 0)


def test_links_out_of_a_folder_are_named(askive: Askive, documents: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("Secret.")
    (documents / "link.txt").symlink_to(tmp_path / "secret.txt")
    shown = askive("index", documents, "--embedder", "hash")
    assert (shown.code, "link.txt points outside the folder" in shown.err.replace("\n", " ")) == (0, True)
    listed = askive("index", documents, "--embedder", "hash", "--json").json
    assert (listed["unchanged"], listed["links_not_followed"]) == (3, [str(documents / "link.txt")])
    followed = askive("index", documents, "--embedder", "hash", "--follow-links", "--json").json
    assert (followed["added"], followed["links_not_followed"]) == (1, [])


def test_a_file_name_is_shown_in_one_harmless_line() -> None:
    assert shown_name("/a/b/report.pdf") == "report.pdf"
    assert shown_name("/a/\x1b[2J\n[bold]x.txt") == "\ufffd[2J\ufffd[bold]x.txt"
    assert len(shown_name(f"/a/{'x' * 200}.txt")) == 40


def test_index_in_words(askive: Askive, documents: Path) -> None:
    shown = askive("index", documents, "--embedder", "hash")
    assert (shown.code, shown.out) == (0, "")
    assert "default: 3 added" in shown.err
    assert askive("index", documents, "--embedder", "hash", "--quiet").err == ""


def test_index_removes_a_document(indexed: Askive, documents: Path) -> None:
    gone = indexed("index", "--remove", documents / "bridge.txt", "--embedder", "hash", "--json")
    removed = [str(documents / "bridge.txt")]
    nothing: dict[str, object] = {"quotes_deleted": {}, "quotes_kept": {}}
    assert gone.json == {
        "collection": "default", "removed": removed, "states_cleared": True, "erased": True, **nothing
    }  # fmt: skip
    assert (documents / "bridge.txt").exists()
    shown = indexed("collections", "--collection", "default", "--json")
    assert sorted(Path(found["uri"]).name for found in shown.json) == ["fair.html", "harbour.md"]
    again = indexed("index", "--remove", documents / "bridge.txt", "--embedder", "hash")
    assert (again.code, again.out) == (2, "")
    assert "is not in the collection" in again.err
    both = indexed("index", documents, "--remove", documents, "--embedder", "hash")
    assert (
        both.code,
        "--remove cannot be combined with PATH" in both.err,
    ) == (2, True)


def test_index_removes_a_named_file_that_is_gone(indexed: Askive, documents: Path) -> None:
    (documents / "bridge.txt").unlink()
    arguments = ("index", documents / "bridge.txt", "--embedder", "hash")
    assert indexed(*arguments, "--rebuild").code == 2, "there is nothing to make a collection of"
    assert indexed(*arguments, "--json").json["deleted"] == 1
    assert indexed(*arguments).code == 2


def test_rebuilding_makes_it_anew(indexed: Askive, documents: Path) -> None:
    shown = indexed("index", documents, "--embedder", "hash", "--rebuild", "--json")
    assert shown.json["added"] == 3


def test_rebuilding_with_an_unknown_embedder_destroys_nothing(indexed: Askive, documents: Path) -> None:
    assert indexed("index", documents, "--embedder", "no-such-model", "--rebuild").code == 1
    assert indexed("search", "bridge", "--embedder", "hash", "--json").json


def test_collections_json(indexed: Askive, documents: Path) -> None:
    indexed("index", documents / "fair.html", "--embedder", "hash", "--collection", "fair", "--quiet")
    shown = indexed("collections", "--json")
    assert (shown.code, shown.err) == (0, "")
    assert_shape(shown.json, [{"name": str, "documents": int, "passages": int, "embedder": (str, None)}])
    assert [(row["name"], row["documents"]) for row in shown.json] == [("default", 3), ("fair", 1)]
    inside = indexed("collections", "--collection", "fair", "--json")
    assert_shape(
        inside.json, [{"uri": str, "title": str, "published": (str, None), "publisher": (str, None)}]
    )
    assert inside.json[0]["title"] == "Spring fair"
    assert "fair" in indexed("collections").out
    assert indexed("collections", "remove", "fair").code == 2, "needs confirmation"
    gone = indexed("collections", "remove", "fair", "--yes", "--json")
    nothing: dict[str, object] = {"quotes_deleted": {}, "quotes_kept": {}}
    assert gone.json == {"removed": "fair", "states_cleared": True, "erased": True, **nothing}
    assert [row["name"] for row in indexed("collections", "--json").json] == ["default"]


def test_no_collections(askive: Askive) -> None:
    assert askive("collections", "--json").json == []
    assert "askive index" in askive("collections").err


def test_doctor_json(indexed: Askive) -> None:
    shown = indexed("doctor", "--fast", *FAKES, "--json")
    assert shown.code == 0, shown.out
    assert_shape(shown.json, [{"name": str, "severity": str, "message": str, "remedy": str}])
    names = {finding["name"] for finding in shown.json}
    assert {"python", "disk", "memory", "cores", "llama.cpp", "collection default"} <= names
    assert {finding["severity"] for finding in shown.json} <= {"ok", "warning", "error"}


def test_doctor_in_words(indexed: Askive) -> None:
    shown = indexed("doctor", "--fast")
    assert shown.code == 1, "the weights of the defaults are not in this home"
    assert "-> run `askive models pull" in shown.out


def test_the_default_corpus_is_there_without_asking(askive: Askive) -> None:
    shown = askive("ask", "How many jets and helicopters does Russia have in Latakia?", *FAKES, "--json")
    assert shown.code == 0
    assert "50 jets" in shown.json["answer"]
    assert [row["name"] for row in askive("collections", "--json").json] == ["seeds"]


ERRORS = [
    (["ask"], 2, "usage"),
    (["ask", ""], 2, "usage"),
    (["ask", "  "], 2, "usage"),
    (["ask", "Who?", "--batch", "x"], 2, "usage"),
    (["ask", "Who?", "--no-such-option"], 2, "usage"),
    (["ask", "Who?", "--collection", "nowhere"], 1, "collection-not-found"),
    (["ask", "Who?", "--collection", "../x"], 2, "usage"),
    (["ask", "Who?", "--model", "no-such-model"], 1, "model-not-found"),
    (["ask", "Who?", "--model", "/no/such/file.gguf"], 1, "model-not-found"),
    (["ask", "--batch", "/no/such/file"], 2, "usage"),
    (["search", ""], 2, "usage"),
    (["search"], 2, "usage"),
    (["search", "x", "--top-k", "0"], 2, "usage"),
    (["search", "x", "--top-k", "many"], 2, "usage"),
    (["index"], 2, "usage"),
    (["index", "/no/such/folder"], 2, "usage"),
    (["index", ".", "--seeds"], 2, "usage"),
    (["collections", "--collection", "nowhere"], 1, "collection-not-found"),
    (["collections", "remove", "nowhere", "--yes"], 1, "collection-not-found"),
    (["no-such-command"], 2, "usage"),
]


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    ERRORS,
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_errors(indexed: Askive, arguments: list[str], code: int, kind: str) -> None:
    embedder = ["--embedder", "hash"] if arguments[0] in ("ask", "search", "index") else []
    plain = indexed(*arguments, *embedder)
    assert (plain.code, plain.out) == (code, "")
    assert plain.err.startswith("askive: ")
    assert plain.err.count("\n") == 1, plain.err
    as_json = indexed(*arguments, *embedder, "--json")
    assert as_json.code == code
    assert as_json.err == plain.err
    error = as_json.json["error"]
    assert error["kind"] == kind
    assert error["message"]
    assert error["remedy"]


def test_wrong_settings_are_usage_errors(indexed: Askive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASKIVE_RETRIEVAL__TOP_K", "many")
    shown = indexed("search", "bridge", "--json")
    assert shown.code == 2
    assert shown.json["error"]["kind"] == "config"
    assert "retrieval.top_k" in shown.err


def test_another_embedder_is_said_with_both_names(indexed: Askive) -> None:
    (path,) = Path(indexed("collections", "--collection", "default", "--json").json[0]["uri"]).parents[:1]
    assert path.is_dir()
    store = sorted(path.parent.glob("home/collections/default/store.sqlite3"))
    import sqlite3

    with sqlite3.connect(store[0]) as db:
        db.execute("UPDATE meta SET value = replace(value, 'hash', 'minilm') WHERE key = 'fingerprint'")
    db.close()
    shown = indexed("ask", "Who?", *FAKES, "--json")
    assert (shown.code, shown.json["error"]["kind"]) == (1, "fingerprint")
    assert "minilm" in shown.err
    assert "--embedder minilm" in shown.json["error"]["remedy"]


def test_the_question_from_standard_input(indexed: Askive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"  {SHIPS}\n"))
    assert indexed("ask", "-", *FAKES, "--json").json["question"] == SHIPS
    monkeypatch.setattr("sys.stdin", io.StringIO("old bridge\n"))
    assert indexed("search", "-", "--embedder", "hash", "--json").json[0]["title"] == "The old bridge"
    monkeypatch.setattr("sys.stdin", io.StringIO(" \n"))
    assert indexed("ask", "-", *FAKES).code == 2


def test_a_batch_is_answered_in_order(indexed: Askive, tmp_path: Path) -> None:
    questions = [SHIPS, "Who built the old bridge of Aldermoor?", "", "Zygomorphic quark xylophones?"]
    batch = tmp_path / "questions.jsonl"
    batch.write_text("\n\n".join(json.dumps({"question": q, "id": 1}) for q in questions) + "\n")
    shown = indexed("ask", "--batch", batch, *FAKES)
    rows = [json.loads(line) for line in shown.out.splitlines()]
    assert [row["question"] for row in rows] == questions
    for n in (0, 1, 3):
        assert_shape(rows[n], ANSWER)
    assert "1871" in rows[1]["answer"]
    assert rows[2]["error"]["kind"] == "usage", "an empty question fails by itself"
    assert rows[3]["refused"]
    assert shown.code == 1


def test_a_batch_keeps_the_other_keys_of_its_records(indexed: Askive, tmp_path: Path) -> None:
    batch = tmp_path / "questions.jsonl"
    records = [{"id": 7, "question": SHIPS, "answer": "412", "note": "a\u2028b"}, {"question": "", "id": 8}]
    batch.write_text(
        "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8"
    )
    answered, failed = (
        json.loads(line) for line in indexed("ask", "--batch", batch, *FAKES).out.rstrip("\n").split("\n")
    )
    assert (answered["id"], answered["note"], answered["input_answer"]) == (7, "a\u2028b", "412")
    assert answered["answer"].startswith("The harbour of Aldermoor received 412 ships")
    assert (failed["id"], failed["error"]["kind"]) == (8, "usage")


def test_a_collection_that_was_not_named_is_told(askive: Askive, documents: Path) -> None:
    seeds = askive("search", "jets", "--embedder", "hash")
    assert "Using the collection 'seeds', ten news briefs that come with Askive" in seeds.err
    askive("index", documents, "--embedder", "hash", "--quiet", "--collection", "town")
    assert "Using the collection 'town', the only one." in askive("search", "ships", "--embedder", "hash").err
    assert "Using" not in askive("search", "ships", "--embedder", "hash", "--collection", "town").err
    assert askive("search", "ships", "--embedder", "hash", "--quiet").err == ""
    askive("index", documents, "--embedder", "hash", "--quiet")
    assert "Using" not in askive("search", "ships", "--embedder", "hash").err


def test_one_failing_question_of_a_batch_is_one_error_object(
    indexed: Askive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from askive.rag.assistant import Assistant
    from askive.rag.types import Answer

    ask = Assistant.ask

    def failing(self: Assistant, question: str, **how: Any) -> Answer:
        if "fail" in question:
            raise ZeroDivisionError(f"in {question}")
        return ask(self, question, **how)

    monkeypatch.setattr(Assistant, "ask", failing)
    batch = tmp_path / "questions.jsonl"
    questions = [SHIPS, "fail \ud800", "x" * 30_000, '"' * 2000, SHIPS]
    batch.write_text("\n".join(json.dumps({"question": q}) for q in questions))
    shown = indexed("ask", "--batch", batch, *FAKES)
    assert shown.code == 1
    first, failed, long, _, last = (json.loads(line) for line in shown.out.splitlines())
    assert first["answer"] == last["answer"]
    assert failed["error"]["message"].startswith("ZeroDivisionError: in fail")
    assert failed["error"]["kind"] == "failure"
    assert long["error"]["kind"] == "usage"
    assert "30,000 characters" in long["error"]["message"]


@pytest.mark.parametrize(
    "line", ["not json", '{"q": "x"}', '["x"]', '{"question": 5}', '"question"', "{", "null"]
)
def test_a_batch_with_a_wrong_line_is_refused_before_the_first_answer(
    indexed: Askive, tmp_path: Path, line: str
) -> None:
    batch = tmp_path / "questions.jsonl"
    batch.write_text(json.dumps({"question": SHIPS}) + "\n" + line + "\n")
    shown = indexed("ask", "--batch", batch, *FAKES)
    assert (shown.code, shown.out) == (2, "")
    assert "line 2" in shown.err


def test_text_of_documents_cannot_steer_the_terminal(askive: Askive, tmp_path: Path) -> None:
    path = tmp_path / "evil.txt"
    path.write_text("The\x1b[31m secret\x1b]0;owned\x07 harbour word of Aldermoor [bold]is[/bold] swordfish.")
    askive("index", path, "--embedder", "hash", "--quiet")
    for arguments in (
        ["ask", "What is the secret harbour word of Aldermoor?", *FAKES],
        ["search", "harbour word", "--embedder", "hash"],
    ):
        shown = askive(*arguments)
        assert "swordfish" in shown.out
        assert "\x1b" not in shown.out
        assert "\x07" not in shown.out
        assert "[bold]" in shown.out, "markup in documents is text"


def test_no_color(indexed: Askive, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("NO_COLOR", "1"), ("FORCE_COLOR", ""), ("TERM", "xterm-256color")):
        monkeypatch.setenv(name, value)
    for arguments in (["--help"], ["ask", SHIPS, *FAKES], ["search", "bridge", "--embedder", "hash"]):
        shown = indexed(*arguments)
        assert not re.search(r"\x1b\[[0-9;]*3[0-9]", shown.out + shown.err)


def test_ctrl_c_is_130(askive: Askive, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("askive.rag.collections.by_name.list_collections", interrupt)
    shown = askive("collections")
    assert (shown.code, shown.out) == (130, "")
    assert shown.err == "askive: interrupted; finished work is kept\n"


def test_out_of_memory_is_said(askive: Askive, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhaust(*_arguments: object, **_options: object) -> None:
        raise MemoryError

    monkeypatch.setattr("askive.rag.collections.by_name.list_collections", exhaust)
    shown = askive("collections", "--json")
    assert shown.code == 1
    assert "out of memory" in shown.json["error"]["message"]


def test_the_app_is_a_typer_app() -> None:
    assert isinstance(app, typer.Typer)


def test_an_error_that_is_a_sentence_gets_no_second_full_stop(askive: Askive, tmp_path: Path) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 nothing more")
    shown = askive("index", tmp_path / "broken.pdf", "--embedder", "hash")
    assert "is damaged: " in shown.err
    assert ".." not in shown.err


def test_skipped_files_are_named(askive: Askive, documents: Path) -> None:
    for n in range(5):
        (documents / f"image{n}.gif").write_bytes(b"")
    shown = askive("index", documents, "--embedder", "hash")
    (documents / "film.mp4").write_bytes(b"")
    shown = askive("index", documents, "--embedder", "hash")
    named = ", ".join(str(documents / name) for name in ("film.mp4", "image0.gif", "image1.gif"))
    assert (
        f"not read, because their types are not supported: 5 .gif, 1 .mp4 ({named} and 3 more)" in shown.err
    )
    shown = askive("index", documents, "--embedder", "hash", "--json")
    assert shown.json["skipped_kinds"] == {".gif": 5, ".mp4": 1}


def test_files_of_several_documents_and_of_none_are_named(askive: Askive, tmp_path: Path) -> None:
    folder = tmp_path / "several"
    folder.mkdir()
    box = folder / "all.mbox"
    box.write_text("From a\nSubject: One\n\nThe quay.\n\nFrom b\nSubject: Two\n\nThe tug.\n")
    (folder / "__init__.py").write_text("")
    shown = askive("index", folder, "--embedder", "hash")
    assert shown.code == 0
    assert f"{box} is split into 2 documents (messages); --split none keeps it as one" in shown.err
    assert f"nothing to read in {folder / '__init__.py'}" in shown.err
    whole = askive("index", folder, "--embedder", "hash", "--split", "none", "--json")
    assert (whole.json["added"], whole.json["deleted"], whole.json["files_split"]) == (1, 2, [])
    assert askive("index", folder, "--embedder", "hash", "--split", "(").code == 2


def test_files_read_in_part_are_named(askive: Askive, documents: Path) -> None:
    (documents / "cut.txt").write_bytes(
        "Zürich, Genève, Münster, Köln, Brüssel, Ålesund, Malmö, Tromsø, Łódź.".encode()[:-2]
    )
    shown = askive("index", documents, "--embedder", "hash")
    assert f"{documents / 'cut.txt'} is read only in part: 1 character could not be decoded" in shown.err
    assert "not read: 1 character could not be decoded" in askive("collections", "-c", "default").out
    rebuilt = askive("index", documents, "--embedder", "hash", "--rebuild", "--json").json
    assert [part["not_read"] for part in rebuilt["read_in_part"]] == [["1 character could not be decoded"]]
