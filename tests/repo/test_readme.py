"""What the README and the guides say to type works: every command, option, make target, link and file is there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from askive.ui.app import app

ROOT = Path(__file__).parent.parent.parent
README = ROOT / "README.md"
PAGES = [
    README,
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted(path for path in (ROOT / "docs").rglob("*.md") if path.name != "reliability.md"),
]
_BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SHELLS = ("console", "sh", "bash", "shell")


def commands_of(text: str) -> Iterator[str]:
    """The command lines of a document's shell blocks; in `console` blocks those after a `$`."""
    for language, body in _BLOCK.findall(text):
        if language not in _SHELLS:
            continue
        for line in body.replace("\\\n", " ").splitlines():
            line = line.strip()
            if line.startswith("$ "):
                yield line[2:].strip()
            elif line and not line.startswith("#") and language != "console":
                yield line


def words_of(line: str) -> Iterator[list[str]]:
    """The simple commands of a line, without redirections and settings of variables."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in lexer:
        if set(word) <= set("|&;"):
            yield words
            words = []
        else:
            words.append(word)
    yield words


LINES = sorted({line for page in PAGES for line in commands_of(page.read_text(encoding="utf-8"))})
ASKIVE = [
    words[at + 1 :]
    for line in LINES
    for words in words_of(line)
    for at, word in enumerate(words[:4])
    if Path(word).name == "askive"
]
MAKE = sorted(
    {target for line in LINES for words in words_of(line) if words[:1] == ["make"] for target in words[1:2]}
)
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def check_call(arguments: list[str]) -> None:
    """Walk to the command that is meant, and hold every option against what it takes."""
    command: Any = get_command(app)
    rest = list(arguments)
    while hasattr(command, "commands"):
        names = [word for word in rest if not word.startswith("-")]
        if not names or names[0] not in command.commands:
            assert not names or getattr(command, "invoke_without_command", False), f"no command {names[0]!r}"
            break
        rest.remove(names[0])
        command = command.commands[names[0]]
    known = {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    used = [word.split("=")[0] for word in rest if re.match(r"--?[A-Za-z]", word)]
    unknown = [word for word in used if word not in {*known, "--help", "-h", "--version"}]
    assert not unknown, f"askive {' '.join(arguments)}: no option {unknown}"


@pytest.mark.parametrize("arguments", ASKIVE, ids=" ".join)
def test_askive_commands_exist(arguments: list[str]) -> None:
    check_call(arguments)


@pytest.mark.parametrize("target", MAKE)
def test_make_targets_exist(target: str) -> None:
    assert target in TARGETS


def test_the_readme_shows_how_to_begin() -> None:
    assert "ask" in MAKE, "the README names `make ask`"
    assert ASKIVE, "the README shows `askive` commands"


def test_the_targets_of_the_issue_are_there() -> None:
    assert {"ask", "chat", "test", "check", "bench", "clean", "help"} <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert not [link for link in links if not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_files_exist(page: Path) -> None:
    """Files of the packages that stand in backticks: a move must not leave the guides behind."""
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`((?:askive|rag|models|eval|ui|tests)/[\w./-]+)`", text)
    modules = [name.replace(".", "/") for name in re.findall(r"python -m askive\.([\w.]+)", text)]
    missing = [name for name in named if not (ROOT / name).exists() and "FORMAT" not in name]
    assert not [*missing, *(name for name in modules if not (ROOT / f"{name}.py").exists())]


def test_this_test_finds_what_is_wrong() -> None:
    text = "```console\n$ make ask q='x y'\nout\n$ A=1 askive ask - --json | jq .answer\n```\n```python\nx\n```\n```sh\n# c\naskive index a \\\n  --seeds\n```\n"
    lines = list(commands_of(text))
    assert [" ".join(line.split()) for line in lines] == [
        "make ask q='x y'", "A=1 askive ask - --json | jq .answer", "askive index a --seeds",
    ]  # fmt: skip
    assert next(words_of(lines[1])) == ["A=1", "askive", "ask", "-", "--json"]
    for good in (
        ["ask", "-", "--json"],
        ["collections", "--json"],
        ["models", "pull", "x"],
        ["--help"],
        ["search", "a", "-k", "3"],
    ):
        check_call(good)
    for bad in (["ask", "--jsn"], ["models", "pul"], ["nonsense"]):
        with pytest.raises(AssertionError):
            check_call(bad)
