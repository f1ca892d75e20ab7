"""Real processes whose streams, disk, port or time fail: one line that names it, the proper exit code."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FAKES = ["--embedder", "hash", "--model", "scripted"]
ASKIVE = [sys.executable, "-m", "askive.ui.cli"]


def shell(script: str, *arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """`askive` stands for the program in the script, `"$@"` for the arguments."""
    script = f'askive() {{ "{sys.executable}" -m askive.ui.cli "$@"; }}\n{script}'
    return subprocess.run(
        ["bash", "-c", script, "bash", *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=60, cwd=ROOT, env={**os.environ, **variables},
    )  # fmt: skip


def assert_plain(shown: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert shown.returncode == code, (shown.returncode, shown.stdout, shown.stderr)
    for noise in ("Traceback", "Exception ignored", "internal error"):
        assert noise not in shown.stderr + shown.stdout
    for word in words:
        assert word in shown.stderr, shown.stderr


@pytest.mark.parametrize(
    "command", ["--help", "--version", "collections", "collections --json", "search bridge --embedder hash"]
)
def test_a_full_standard_output(indexed_home: Path, command: str) -> None:
    shown = shell(f"askive {command} > /dev/full")
    assert_plain(shown, 1, "standard output cannot be written", "No space left on device")


def test_a_full_standard_output_and_an_error(indexed_home: Path) -> None:
    assert_plain(
        shell("askive search x --collection nowhere --embedder hash --json > /dev/full"), 1, "no collection"
    )


@pytest.mark.parametrize("command", ["--version", "collections", "search bridge --embedder hash", "--help"])
def test_a_closed_standard_output(indexed_home: Path, command: str) -> None:
    assert_plain(
        shell(f"askive {command} >&-"), 1, "standard output cannot be written", "Bad file descriptor"
    )


def test_closed_streams_that_are_not_needed(indexed_home: Path) -> None:
    assert_plain(shell("askive collections <&- 2>&-"), 0)
    assert "bridge" in shell("askive search bridge --embedder hash 2>/dev/full").stdout
    shown = shell('askive index "$1" --embedder hash >&- 2>&- <&-; code=$?; askive doctor --fast --json >/dev/null; exit $code',
                  ROOT / "README.md")  # fmt: skip
    assert shown.returncode == 0, shown


def test_a_closed_standard_input(indexed_home: Path) -> None:
    assert_plain(shell("askive search - --embedder hash <&-"), 1, "Bad file descriptor")


@pytest.mark.parametrize(
    "command",
    ["--help", "config", "collections -c default", "search bridge --embedder hash -k 200", "models list"],
)
def test_a_reader_that_stops_reading(indexed_home: Path, command: str) -> None:
    # `true` reads nothing: every write fails once it has ended.
    shown = shell(f"(sleep 0.1; askive {command}) | true; exit ${{PIPESTATUS[0]}}")
    assert_plain(shown, 0)
    shown = shell(f"askive {command} | head -1; exit ${{PIPESTATUS[0]}}")
    assert_plain(shown, 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ["index", ""],
        ["index", " "],
        ["index", "--", ""],
        ["ask", "", *FAKES],
        ["search", ""],
        ["search", "x", "--collection", ""],
        ["search", "x", "--collection="],
        ["search", "x", "-c", ""],
        ["ask", "x", "--model", ""],
        ["ask", "x", "--embedder", ""],
        ["ask", "--batch", ""],
        ["index", "--remove", ""],
        ["models", "add", "", "--id", "mine"],
        ["models", "add", "x.gguf", "--id", ""],
        ["models", "pull", ""],
        ["collections", "remove", "", "--yes"],
        ["verify", ""],
        ["config", ""],
        ["eval", "run", ""],
        ["eval", "report", ""],
        ["chat", "--password-file", ""],
    ],
    ids=" ".join,
)
def test_an_empty_argument(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str],
                           capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    from askive.ui.app import run

    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "is empty" in err
    assert list(home.iterdir()) == [], "nothing was made for it"


def test_a_port_in_use(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        shown = shell('askive chat --no-browser --embedder hash --model scripted --port "$1"', port)
        assert_plain(shown, 1, f"port {port}", "Address already in use", "--port")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ('askive index "$1" --embedder hash', ("Not a directory",)),
        ("askive search bridge --embedder hash", ()),
        ("askive chat --no-browser --port 0 --embedder hash --model scripted", ()),
    ],
)
def test_a_home_below_a_file(tmp_path: Path, documents: Path, command: str, words: tuple[str, ...]) -> None:
    (tmp_path / "file").write_text("no folder")
    shown = shell(command, documents, ASKIVE_HOME=str(tmp_path / "file" / "home"))
    assert_plain(shown, 1, *words)


@pytest.mark.parametrize(("name", "reason"), [("x" * 300, "File name too long"), ("loop", "symbolic links")])
def test_a_home_that_cannot_be(tmp_path: Path, documents: Path, name: str, reason: str) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    shown = shell('askive index "$1" --embedder hash', documents, ASKIVE_HOME=str(tmp_path / name / "home"))
    assert shown.returncode in (1, 2)
    assert_plain(shown, shown.returncode, reason)


def in_mount(script: str, home: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run in a mount namespace of its own; root may write anywhere else. `$1` is the home, `$2` what follows."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rm", "true"], check=False).returncode:
        pytest.skip("no mount namespaces here")
    script = f'askive() {{ "{sys.executable}" -m askive.ui.cli "$@"; }}\n{script}'
    return subprocess.run(
        ["unshare", "-rm", "bash", "-c", script, "bash", str(home), *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=60, cwd=ROOT,
    )  # fmt: skip


READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && '


@pytest.mark.parametrize(
    "command",
    [
        'askive index "$2" --embedder hash',
        "askive search bridge --embedder hash",
        'askive ask "Who built the bridge?" --embedder hash --model scripted',
        "askive chat --no-browser --port 0 --embedder hash --model scripted",
        "askive collections remove default --yes",
        "askive models add /etc/hostname --id mine",
    ],
)
def test_a_read_only_home(indexed_home: Path, documents: Path, command: str) -> None:
    before = sorted((path.name, path.stat().st_size) for path in indexed_home.rglob("*"))
    (documents / "new.txt").write_text("Something new about the bridge.")
    shown = in_mount(f"{READ_ONLY} {command}", indexed_home, documents)
    assert shown.returncode in (1, 2)
    assert_plain(shown, shown.returncode)
    assert "--rebuild" not in shown.stderr
    assert "index again" not in shown.stderr
    assert sorted((path.name, path.stat().st_size) for path in indexed_home.rglob("*")) == before


def test_a_full_home(indexed_home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "big"
    folder.mkdir()
    for n in range(60):
        (folder / f"{n}.txt").write_text(
            f"Document {n} about the bridge. " + "Some words to fill it with. " * 900
        )
    script = (
        'cp -r "$1" /tmp/.askive-copy.$$ && mount -t tmpfs -o size=700k none "$1" && cp -r /tmp/.askive-copy.$$/. "$1"; '
        'rm -r /tmp/.askive-copy.$$; askive index "$2" --embedder hash; code=$?; '
        "askive collections --json; exit $code"
    )
    shown = in_mount(script, indexed_home, folder)
    assert_plain(shown, 1, "full", "Free some disk")
    assert '"documents": ' in shown.stdout
    assert "error" not in shown.stdout


def test_interrupted_at_any_moment_of_the_start(home: Path) -> None:
    """At the n-th import: before the first, in the interpreter's own start, no program can say anything."""
    probe = (
        "import os, signal, sys\n"
        "import askive.ui.cli\n"
        "left = int(sys.argv[1])\n"
        "def interrupt(event, _):\n"
        "    global left\n"
        "    left -= event == 'import'\n"
        "    if event == 'import' and not left: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.addaudithook(interrupt)\n"
        "askive.ui.cli.main(['config'])\n"
    )
    for n in (1, 2, 5, 10, 20, 40, 80, 120, 160, 200):
        shown = subprocess.run(
            [sys.executable, "-c", probe, str(n)], capture_output=True, check=False, cwd=ROOT, timeout=60
        )
        assert shown.returncode == 130, (n, shown)
        assert shown.stderr == b"askive: interrupted; finished work is kept\n", n


def test_the_door_is_light() -> None:
    """What is imported before Ctrl-C is in our hands."""
    probe = "import sys; before = set(sys.modules); import askive.ui.cli; print(sorted(set(sys.modules) - before))"
    shown = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=ROOT
    )
    ours = {"askive", "askive.models", "askive.models.offline", "askive.ui", "askive.ui.cli"}
    light = {
        "__future__",
        "signal",
        "enum",
        "types",
        "functools",
        "collections",
        "collections.abc",
        "contextlib",
        "abc",
    }
    # The last is blocked, not imported: see `askive.models.offline`.
    light |= {"operator", "keyword", "reprlib", "itertools", "openvino_telemetry"}
    imported = {name.removeprefix("_") for name in eval(shown.stdout)}
    assert imported <= {name.removeprefix("_") for name in ours | light}


def test_interrupted_in_the_background_it_goes_on(home: Path) -> None:
    """A shell starts `askive ... &` with Ctrl-C ignored; that stays so."""
    process = subprocess.Popen(
        [*ASKIVE, "config"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )  # fmt: skip
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert out
