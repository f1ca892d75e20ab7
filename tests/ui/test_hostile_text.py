"""Names and titles of documents cannot steer the terminal, in any command."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from askive.rag.config import Config
from askive.rag.doctor.examination import examine
from askive.ui.terminal.render import Output, harmless, one_line, print_error
from tests.ui.test_cli import FAKES, Askive

UI = Path(__file__).parents[2] / "ui"
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egpj\u2066 [bold]loud[/bold] [link=http://evil.test]here[/link] :smile:"
NAME = EVIL.replace("/", "|").replace("\x00", "")[:80]
LITERAL = "[bold]loud"


@pytest.fixture
def askive(home: Path, capsys: pytest.CaptureFixture[str]) -> Askive:
    return Askive(capsys)


@pytest.fixture
def hostile(askive: Askive, tmp_path: Path) -> Askive:
    folder = tmp_path / "documents"
    folder.mkdir()
    front = json.dumps({"title": EVIL, "publisher": EVIL})
    (folder / f"{NAME}.md").write_text(
        f"---\n{front}\n---\nThe old bridge of Aldermoor was built in 1871 by Ida Falk. {EVIL}\n",
        encoding="utf-8",
    )
    (folder / f"{NAME}.txt").write_bytes(b"\x00\x01binary")
    shown = askive("index", folder, "--embedder", "hash")
    assert shown.code == 1
    assert "is a binary file" in shown.err
    assert_harmless(shown)
    assert LITERAL in shown.err
    return askive


def assert_harmless(shown: Any) -> None:
    assert not STEERING.search(shown.out), repr(shown.out)
    assert not STEERING.search(shown.err), repr(shown.err)


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask", "Who built the old bridge of Aldermoor?", *FAKES],
        ["search", "old bridge", "--embedder", "hash"],
        ["search", "old bridge", "--embedder", "hash", "--explain"],
        ["collections", "--collection", "default"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_titles_and_paths_are_shown_literally(hostile: Askive, arguments: list[str]) -> None:
    shown = hostile(*arguments)
    assert shown.code == 0, shown.err
    assert_harmless(shown)
    assert LITERAL in shown.out
    assert "[link=http:" in shown.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask", f"Who {EVIL}?", *FAKES],
        ["ask", "Who built it?", "--embedder", "hash", "--model", EVIL],
        ["ask", "Who built it?", "--publisher", EVIL, *FAKES],
        ["search", EVIL, "--embedder", "hash"],
        ["search", "x", "--collection", EVIL],
        ["search", "x", f"--{EVIL}"],
        ["index", f"/nowhere/{EVIL}", "--embedder", "hash"],
        ["index", "--remove", EVIL, "--embedder", "hash"],
        ["models", "add", EVIL, "--id", "mine"],
        ["models", "pull", EVIL],
        ["verify", EVIL],
        ["config", EVIL],
        ["eval", "run", EVIL, *FAKES],
        ["collections", "remove", EVIL, "--yes"],
    ],
    ids=lambda arguments: " ".join(arguments[:2])[:20],
)
def test_what_is_echoed_is_harmless(hostile: Askive, arguments: list[str]) -> None:
    assert_harmless(hostile(*arguments))


def test_verify(hostile: Askive, tmp_path: Path) -> None:
    (tmp_path / "report.txt").write_text(f"The old bridge of Aldermoor was built in 1871 by Ida Falk. {EVIL}")
    shown = hostile("verify", tmp_path / "report.txt", "--no-generator", "--embedder", "hash")
    assert_harmless(shown)
    assert LITERAL in shown.out


def test_doctor(hostile: Askive, home: Path) -> None:
    (home / "collections" / EVIL.replace("/", "|")[:60]).mkdir()
    (home / "collections" / EVIL.replace("/", "|")[:60] / "store.sqlite3").write_bytes(b"junk" * 999)
    shown = hostile("doctor", "--fast", *FAKES)
    assert_harmless(shown)
    assert list(examine(Config(home=home, embedder="hash", generator="scripted"), verify_weights=False))


def test_json_keeps_the_value_and_escapes_it(hostile: Askive) -> None:
    shown = hostile("collections", "--collection", "default", "--json")
    (line,) = shown.out.splitlines()
    assert not STEERING.search(line)
    assert json.loads(line)[0]["title"] == " ".join(EVIL.split())


def test_a_suite_with_a_hostile_name(askive: Askive, tmp_path: Path) -> None:
    folder = tmp_path / NAME
    folder.mkdir()
    (folder / "corpus.jsonl").write_text(json.dumps({"_id": "1", "title": EVIL, "text": "A bridge."}) + "\n")
    (folder / "queries.jsonl").write_text(json.dumps({"_id": "q", "text": f"Bridge {EVIL}?"}) + "\n")
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\t1\t1\n")
    shown = askive("eval", "suites", folder)
    assert_harmless(shown)
    assert LITERAL in shown.out
    shown = askive(
        "eval", "run", folder, "--only", "retrieval", "--embedder", "hash", "--out", tmp_path / "run"
    )
    assert shown.code == 0, shown.err
    assert_harmless(shown)


def test_rich_and_plain_output(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.table import Table
    from rich.text import Text

    from askive.models.errors import AskiveError

    shown = Output()
    table = Table(title=EVIL)
    table.add_column(EVIL)
    table.add_row(EVIL)
    shown.out.print(table)
    shown.out.print(Text(EVIL), EVIL, style="bold")
    shown.err.print(EVIL)
    shown.text(EVIL)
    shown.hint(EVIL)
    shown.json({"x": EVIL})
    print_error(AskiveError(EVIL, remedy=EVIL), as_json=True)
    out, err = capsys.readouterr()
    assert not STEERING.search(out + err)
    assert "[link=http://evil.test]here[/link] :smile:" in out


def test_harmless_keeps_what_is_text() -> None:
    text = "Zażółć\tgęślą\nјазик עברית \u200f العربية 中文 🙂 [bold]"
    assert harmless(text) == text


def test_nothing_else_writes_to_the_terminal() -> None:
    """Only `render.py` does, and typer with the fixed text of help and prompts."""
    found = []
    for path in UI.rglob("*.py"):
        if path.name == "render.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called in (
                    "print",
                    "Console",
                    "sys.stdout.write",
                    "sys.stderr.write",
                    "typer.echo",
                    "typer.secho",
                ):
                    found.append(f"{path.relative_to(UI)}: {ast.unparse(node)}")
    assert found == []


LINE = "ok: 3 added\r\n\x85\u2028askive: all is well"


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask", "Who built the old bridge of Aldermoor?", *FAKES],
        ["search", "old bridge", "--embedder", "hash"],
        ["collections", "--collection", "default"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_line_break_in_a_name_makes_no_line(askive: Askive, tmp_path: Path, arguments: list[str]) -> None:
    folder = tmp_path / f"papers {LINE}"
    folder.mkdir()
    (folder / f"{LINE}.txt").write_text("The old bridge of Aldermoor was built in 1871 by Ida Falk.")
    (folder / f"{LINE}.bad.txt").write_bytes(b"\x00\x01binary")
    (folder / f"{LINE}.gif").write_bytes(b"")
    (folder / f"{LINE} link.txt").symlink_to(tmp_path / "outside.txt")
    for shown in (askive("index", folder, "--embedder", "hash"), askive(*arguments)):
        lines = (shown.out + shown.err).splitlines()
        assert not any(line.startswith(("ok", "askive: all")) for line in lines), lines
        assert any("all is well" in line for line in lines)


def test_one_line_keeps_what_is_text() -> None:
    assert one_line("a\tb\u200ec\u2029d") == "a\ufffdb\ufffdc\ufffdd"
    assert one_line("Zażółć 中文 🙂\u202fPM [x]") == "Zażółć 中文 🙂\u202fPM [x]"
