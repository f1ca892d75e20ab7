"""Nothing leaves the machine: every command runs without a route, watched by the kernel."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from askive.models.offline import SWITCHES, go_offline
from askive.rag.load import LOADERS
from tests.conftest import SMALL_GENERATOR
from tests.eval.conftest import town_folder  # noqa: F401
from tests.rag.load.ole_writer import write_msg
from tests.rag.load.pdf_writer import write_pdf
from tests.rag.load.tables.test_opendocument import cell, row, write_ods
from tests.rag.load.test_office import MAIL, REPORT, write_docx, write_epub, write_pptx, write_xlsx
from tests.rag.load.written import ASCIIDOC, LATEX, MHTML, ODP, ODT, RTF, XML, packed
from tests.repo.imports import FILES, name_of
from tests.tracing import Traced, bare_environment, trace

ASKIVE = [sys.executable, "-m", "askive.ui.cli"]
FAKES = ["--embedder", "hash"]
QUESTION = "How many ships did the harbour receive?"

Run = Callable[..., Traced]

SPECIMENS: dict[str, bytes] = {
    ".txt": b"The harbour received 412 ships.\n",
    ".md": b"# Storm\n\nA storm closed the harbour for three days.\n",
    ".html": b'<h1>Fair</h1><p>Nils sold bread.</p><img src="http://example.com/i.png"><link href="http://example.com/s">',
    ".pdf": write_pdf([["Ferry", "The ferry carried 5,120 passengers."]]),
    ".docx": write_docx(REPORT),
    ".pptx": write_pptx(),
    ".xlsx": write_xlsx({"Ships": [["Ship", "Crew"], ["Aurora", 14]]}),
    ".ods": write_ods({"Ships": row(cell("Aurora"), cell("14"))}),
    ".epub": write_epub(['<h1>One</h1><p>The ship left.<img src="http://example.com/i.png"/></p>'], ""),
    ".csv": b"ship,crew\nAurora,14\n",
    ".eml": MAIL.encode(),
    ".mbox": f"From a@b Mon Jan 25\n{MAIL}".encode(),
    ".vtt": b"WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>The ship left.</v>\n",
    ".json": b'[{"ship": "Aurora", "picture": "http://example.com/i.png"}]',
    ".ipynb": b'{"cells": [{"cell_type": "markdown", "source": "![ship](http://example.com/i.png) The ship left."}]}',
    ".ics": b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Fair\nURL:http://example.com\nEND:VEVENT\nEND:VCALENDAR\n",
    ".rst": b"Fair\n====\n\n.. include:: http://example.com/s\n\nNils sold bread.\n",
    ".adoc": ASCIIDOC.encode(),
    ".tex": LATEX.encode(),
    ".xml": XML.encode(),
    ".mhtml": MHTML,
    ".rtf": RTF,
    ".odt": ODT,
    ".odp": ODP,
    ".msg": write_msg({0x1A: "IPM.Note", 0x37: "Fair", 0x1000: "See http://example.com/fair for the fair."}),
    ".zip": packed({"notes/fair.txt": "Nils sold bread.", "all.mbox": f"From a@b Mon Jan 25\n{MAIL}"}),
    ".log": b"10:00 the ship left, see http://example.com\n",
}
"""One small file of every format."""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run(*command, **environ)`: traced, in an empty folder, with a user's environment."""
    environ = bare_environment(tmp_path / "home", tmp_path / "tmp")
    folder = tmp_path / "empty"
    folder.mkdir()

    def runner(*command: str, **more: str) -> Traced:
        return trace(command, folder, {**environ, **more})

    return runner


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    for ending, data in SPECIMENS.items():
        (folder / f"specimen{ending}").write_bytes(data)
    return folder


def assert_quiet(tmp_path: Path, done: Traced) -> None:
    """It worked, reached nothing, and wrote to no other folder; least of all to the user's home."""
    assert done.code == 0, done.output
    assert done.network == ()
    assert done.written == ()
    assert list((tmp_path / "user").iterdir()) == []


def test_there_is_a_specimen_of_every_format() -> None:
    assert {LOADERS[ending] for ending in SPECIMENS} == set(LOADERS.values())


@pytest.mark.parametrize(
    ("program", "seen"),
    [
        ("import socket; socket.getaddrinfo('example.com', 80)", "port 53"),
        ("import socket; socket.create_connection(('192.0.2.1', 80), 1)", "connect 192.0.2.1 port 80"),
        ("import socket; socket.create_connection(('2001:db8::1', 80), 1)", "connect 2001:db8::1 port 80"),
        (
            "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))",
            "sendto 192.0.2.1 port 9",
        ),
        (
            "import subprocess, sys; subprocess.run([sys.executable, '-c', "
            "'import socket; socket.create_connection((\"192.0.2.1\", 80), 1)'], check=True)",
            "connect 192.0.2.1 port 80",
        ),
    ],
    ids=["name", "address", "address-6", "datagram", "child"],
)
def test_the_trace_sees_the_network(run: Run, program: str, seen: str) -> None:
    done = run(sys.executable, "-c", program)
    assert done.code != 0, "there is no route"
    assert any(seen in place for place in done.network), done.network


def test_the_trace_sees_files(run: Run, tmp_path: Path) -> None:
    program = """
import os, pathlib, tempfile
home = pathlib.Path.home()
(home / ".cache" / "tool").mkdir(parents=True)
(home / ".cache" / "tool" / "id").write_text("x")
pathlib.Path("beside").write_text("x")
os.rename("beside", home / "moved")
(pathlib.Path(os.environ["ASKIVE_HOME"]) / "allowed").write_text("x")
tempfile.NamedTemporaryFile().close()
open(os.devnull, "w").close()
"""
    done = run(sys.executable, "-c", program)
    assert (done.code, done.network) == (0, ()), done.output
    user, here = tmp_path / "user", tmp_path / "empty"
    assert {path.rpartition(" ")[2] for path in done.written} == {
        str(path)
        for path in (
            user / ".cache",
            user / ".cache/tool",
            user / ".cache/tool/id",
            here / "beside",
            user / "moved",
        )
    }


def test_the_loopback_interface_works(run: Run) -> None:
    program = (
        "import socket; a = socket.create_server(('127.0.0.1', 0)); socket.create_connection(a.getsockname())"
    )
    done = run(sys.executable, "-c", program)
    assert (done.code, done.network) == (0, ()), done.output


def test_indexing_searching_asking_and_the_doctor(run: Run, tmp_path: Path, documents: Path) -> None:
    indexed = run(*ASKIVE, "index", str(documents), *FAKES, "--json")
    assert_quiet(tmp_path, indexed)
    report = json.loads(indexed.output.splitlines()[-1])
    assert (report["added"], report["failures"]) == (len(SPECIMENS), [])
    for arguments in (
        ["search", "ships", *FAKES],
        ["ask", QUESTION, *FAKES, "--model", "scripted"],
        ["collections"],
        ["models", "list"],
        ["doctor"],
    ):
        assert_quiet(tmp_path, run(*ASKIVE, *arguments, ASKIVE_EMBEDDER="hash", ASKIVE_GENERATOR="scripted"))


def test_an_evaluation(run: Run, tmp_path: Path, town_folder: Path) -> None:  # noqa: F811
    suite = [str(town_folder), *FAKES, "--model", "scripted", "--limit", "2", "--quiet"]
    assert_quiet(tmp_path, run(*ASKIVE, "eval", "run", *suite))


LIBRARY = """
from askive.rag.assistant import Assistant
from askive.rag.config import load_config

with Assistant.open(load_config(), "default") as assistant:
    assert assistant.ask("How many ships did the harbour receive?").sentences
"""


def test_use_as_a_library(run: Run, tmp_path: Path, documents: Path) -> None:
    models = {"ASKIVE_EMBEDDER": "hash", "ASKIVE_GENERATOR": "scripted"}
    assert_quiet(tmp_path, run(*ASKIVE, "index", str(documents / "specimen.docx"), **models))
    assert_quiet(tmp_path, run(sys.executable, "-c", LIBRARY, **models))


def test_the_chat(run: Run, tmp_path: Path, documents: Path) -> None:
    models = {"ASKIVE_EMBEDDER": "hash", "ASKIVE_GENERATOR": "scripted"}
    assert_quiet(tmp_path, run(*ASKIVE, "index", str(documents), **models))
    client = str(Path(__file__).parent / "offline_chat.py")
    done = run(sys.executable, client, str(documents / "specimen.docx"), QUESTION, **models)
    assert_quiet(tmp_path, done)
    assert "412 ships" in done.output


@pytest.mark.weights
@pytest.mark.timeout(600)
def test_with_the_real_models(run: Run, tmp_path: Path, documents: Path, weights_models: Path) -> None:
    """The embedder and the reader in OpenVINO, and llama.cpp."""
    (tmp_path / "home" / "models").symlink_to(weights_models, target_is_directory=True)
    model = {"ASKIVE_GENERATOR": SMALL_GENERATOR}
    for arguments in (["index", str(documents)], ["ask", QUESTION], ["doctor"]):
        done = run(*ASKIVE, *arguments, **model)
        # Digests of weights are kept beside them, and they lie in another home.
        written = [path for path in done.written if str(weights_models.resolve()) not in path]
        assert (done.code, done.network, written) == (0, (), []), done.output
    assert list((tmp_path / "user").iterdir()) == []


@pytest.mark.parametrize("package", ["models", "rag", "eval", "ui"])
def test_every_package_goes_offline_first(run: Run, package: str) -> None:
    """Whatever of ours is imported: its package is, and nothing of others before the switches are set."""
    program = f"""
import sys
before = set(sys.modules)
import askive.{package}
files = {{name: getattr(sys.modules[name], "__file__", None) or "" for name in set(sys.modules) - before}}
ours = ("askive",)
late = [name for name, file in files.items() if "site-packages" in file and name.split(".")[0] not in ours]
assert not late, late
import os
from askive.models.offline import SWITCHES
assert {{name: os.environ[name] for name in SWITCHES}} == SWITCHES
assert "HF_HUB_OFFLINE" not in os.environ
from huggingface_hub import constants
assert constants.HF_HUB_OFFLINE and constants.HF_HUB_DISABLE_TELEMETRY and constants.HF_HUB_DISABLE_XET
"""
    done = run(sys.executable, "-c", program)
    assert (done.code, done.network, done.written) == (0, (), ()), done.output


def test_every_module_is_in_a_package_that_goes_offline() -> None:
    assert {name_of(path).split("/")[0] for path in FILES} == {"askive", "models", "rag", "eval", "ui"}


def test_what_the_user_has_set() -> None:
    environ = {"HF_HUB_OFFLINE": "yes", "NO_PROXY": "*", "DO_NOT_TRACK": "0", "OTHER": "x"}
    go_offline(environ)
    assert environ == {**SWITCHES, "HF_HUB_OFFLINE": "yes", "NO_PROXY": "*", "no_proxy": "*", "OTHER": "x"}
    environ = {"HF_HUB_OFFLINE": "0", "NO_PROXY": "intranet.example"}
    go_offline(environ)
    assert "HF_HUB_OFFLINE" not in environ
    assert environ["no_proxy"] == environ["NO_PROXY"] == "intranet.example,127.0.0.1,::1,localhost"
    go_offline(environ)
    assert environ["no_proxy"] == "intranet.example,127.0.0.1,::1,localhost", "a child process adds nothing"
