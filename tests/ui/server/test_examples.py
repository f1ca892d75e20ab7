"""The examples of the guide run as they stand, against a server; those for other libraries are at least correct Python."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from askive.rag.collections.by_name import index_seeds
from askive.rag.config import load_config
from askive.ui.server.limits import Limits
from tests.ui.server.conftest import Served, running

GUIDE = Path(__file__).parent.parent.parent.parent / "docs" / "from-other-programs.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
PYTHON = [body for language, body in BLOCKS if language == "python"]
OURS = ("askive", "asyncio", "mcp", "openai")
JETS = "about 50 jets and helicopters"
ADDRESS = "http://127.0.0.1:8484"


def modules_of(program: str) -> set[str]:
    return set(re.findall(r"^(?:import|from) (\w+)", program, re.MULTILINE))


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    config = load_config(
        {
            "home": tmp_path_factory.mktemp("seeded"),
            "embedder": "hash",
            "generator": "scripted",
            "reader": "off",
        },
        {},
    )
    index_seeds(config)
    yield from running(config, Limits(), {})


def environment(served: Served) -> dict[str, str]:
    models = {"ASKIVE_EMBEDDER": "hash", "ASKIVE_GENERATOR": "scripted", "ASKIVE_READER": "off"}
    return {**os.environ, **models, "ASKIVE_HOME": str(served.config.home)}


def test_the_calls_of_the_guide_answer(seeded: Served) -> None:
    """All in one process: loading the libraries takes longer than the calls."""
    programs = [program for program in PYTHON if modules_of(program) <= {*OURS}]
    assert len(programs) == 4
    together = "\n".join(f"exec({program.replace(ADDRESS, seeded.url)!r}, {{}})" for program in programs)
    done = subprocess.run(
        [sys.executable, "-c", together], env=environment(seeded), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(JETS) >= 2 * 2 + 1 + 1


def test_curl(seeded: Served) -> None:
    (call,) = [body for language, body in BLOCKS if language == "sh" and body.startswith("curl")]
    words = shlex.split(call.replace("\\\n", " ").replace(ADDRESS, seeded.url))
    done = subprocess.run([*words, "--silent", "--fail"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert JETS in json.loads(done.stdout)["answer"]


def test_the_routes_of_the_guide_exist(seeded: Served) -> None:
    with seeded.client() as client:
        paths = set(client.get("/openapi.json").json()["paths"])
    named = set(re.findall(r"(/(?:v1/[\w/]+|healthz|readyz|metrics))", GUIDE.read_text(encoding="utf-8")))
    assert not {
        path for path in named if not any(known.startswith(path.removesuffix("/ID")) for known in paths)
    }


@pytest.mark.parametrize(
    "program",
    [p for p in PYTHON if not modules_of(p) <= {*OURS}],
    ids=lambda p: ",".join(sorted(modules_of(p))),
)
def test_examples_for_other_libraries(program: str) -> None:
    """They are run where the library is installed."""
    compile(program, "guide", "exec")
    assert "askive.search(" in program or "askive.ask(" in program
