"""`import askive`: what it offers, that it is light, and that no module is there under two names."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import askive
from askive.models.errors import UsageError
from askive.rag.config import load_config

ROOT = Path(__file__).parent.parent.parent
LEASE = "Ida Falk signed the lease of Bramley Mill on 3 May 1998."


def python(code: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )


def test_importing_it_imports_nothing_else() -> None:
    code = (
        "import __future__, sys, typing; before = set(sys.modules); import askive;"
        "print(sorted(set(sys.modules) - before))"
    )
    assert python(code).stdout.strip() == "['askive']"


def test_a_bare_import_names_the_right_one() -> None:
    for name in ("rag", "models", "eval", "ui"):
        done = python(f"import {name}")
        assert done.returncode != 0
        assert (
            f"ImportError: this folder is the package askive.{name}: write `import askive.{name}`"
            in done.stderr
        )


def test_nothing_is_imported_under_two_names(tmp_path: Path) -> None:
    (tmp_path / "lease.txt").write_text(LEASE, encoding="utf-8")
    code = f"""
import json, os, sys
from askive.ui.cli import run
os.environ["ASKIVE_HOME"] = {str(tmp_path / "home")!r}
run(["index", {str(tmp_path / "lease.txt")!r}, "--embedder", "hash", "--quiet"])
run(["ask", "Who signed the lease?", "--embedder", "hash", "--model", "scripted", "--json", "--quiet"])
files = [os.path.realpath(m.__file__) for m in list(sys.modules.values()) if getattr(m, "__file__", None)]
ours = [f for f in files if f.startswith({str(ROOT)!r} + os.sep) and ".venv" not in f]
bare = [n for n in sys.modules if n.split(".")[0] in ("rag", "models", "eval", "ui")]
print(json.dumps([len(ours), len(set(ours)), bare]))
"""
    done = python(code)
    assert done.returncode == 0, done.stderr
    n_modules, n_files, bare = json.loads(done.stdout.splitlines()[-1])
    assert n_modules == n_files > 50 and bare == []


def test_a_path_is_indexed_and_asked(tmp_path: Path) -> None:
    folder = tmp_path / "Leases & deeds"
    folder.mkdir()
    (folder / "lease.txt").write_text(LEASE, encoding="utf-8")
    config = load_config(
        {"home": tmp_path / "home", "embedder": "hash", "generator": "scripted", "reader": "off"}
    )
    with askive.open(folder, config=config) as assistant:
        assert "Ida Falk" in assistant.ask("Who signed the lease of Bramley Mill?").text
    (folder / "deed.txt").write_text("Otto Brandt sold the ferry of Aldermoor in 1871.", encoding="utf-8")
    with askive.open(str(folder), config=config) as assistant:
        assert "Otto Brandt" in assistant.ask("Who sold the ferry of Aldermoor?").text
    (made,) = (path.name for path in config.collections_dir.iterdir() if path.is_dir())
    assert made.startswith("Leases-deeds-")
    assert askive.search("ferry", collection=made, config=config)[0].source.title
    with pytest.raises(UsageError, match="does not exist"):
        askive.open(tmp_path / "nowhere", config=config)
    with pytest.raises(askive.CollectionNotFound):
        askive.open("nowhere", config=config)
    with pytest.raises(UsageError, match="the query is empty"):
        askive.search("  ", collection=made, config=config)


@pytest.mark.parametrize("paths", ["", [], ["", "x"]])
def test_an_empty_path_is_not_the_current_folder(paths: str | list[str]) -> None:
    with pytest.raises(askive.UsageError, match="the path is empty"):
        askive.index(paths, collection="none")
