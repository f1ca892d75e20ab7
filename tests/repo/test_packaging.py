"""The wheel holds what it needs and works away from the clone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    subprocess.run(
        [*pip, "--no-deps", "--no-build-isolation", "-w", str(folder), str(ROOT)], check=True, timeout=120
    )
    (built,) = folder.glob("askive-*.whl")
    return built


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, installed into a folder of its own."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run(
        [*pip, "--no-deps", "--no-index", "--target", str(folder), str(wheel)], check=True, timeout=120
    )
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A working directory with folders that are named as ours are."""
    for name in ("models", "rag", "ui", "eval", "seeds"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "readme.txt").write_text("Somebody else's folder.")
    return tmp_path


def names_in(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_holds_the_packages_and_their_data(wheel: Path) -> None:
    names = names_in(wheel)
    seeds = [name for name in names if name.startswith("rag/_seeds/") and name.endswith(".md")]
    assert len(seeds) == len(list((ROOT / "seeds").glob("*.md"))) >= 11
    for path in (
        "models/weights/catalog.toml",
        "rag/store/sqlite.py",
        "rag/load/html.py",
        "ui/cli.py",
        "ui/commands/ask.py",
        "ui/chat/assets/index.html",
        "ui/chat/assets/page.js",
        "ui/chat/assets/theme.css",
        "models/reader/weights/model.xml",
        "models/reader/weights/model.bin",
        "models/reader/weights/tokenizer.json",
        "rag/calibration/answerability.json",
    ):
        assert path in names
    shipped = {name for name in names if name.startswith("eval/gold/") and not name.endswith("/")}
    kept = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "eval" / "gold").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert shipped == kept != set()


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    roots = {name.split("/")[0] for name in names_in(wheel)}
    assert {root for root in roots if not root.endswith(".dist-info")} == {"rag", "models", "ui", "eval"}
    assert not [name for name in names_in(wheel) if "__pycache__" in name or "test" in name.split("/")[0]]
    assert not [name for name in names_in(wheel) if name.endswith(".png")]
    assert any(name.endswith("licenses/LICENSE") for name in names_in(wheel))


def run(site: Path, cwd: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("ASKIVE_")}
    env |= {"PYTHONPATH": str(site), "ASKIVE_HOME": str(cwd / "home")}
    return subprocess.run(
        [sys.executable, *command], cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=60
    )


def test_it_imports_away_from_the_clone(site: Path, elsewhere: Path) -> None:
    code = (
        "import models.weights.catalog, rag.seeds, eval.datasets, ui.cli;"
        "print(models.weights.catalog.__file__); print(len(rag.seeds.seed_paths())); print(rag.seeds.seeds_dir())"
    )
    shown = run(site, elsewhere, "-c", code)
    assert shown.returncode == 0, shown.stderr
    where, n_seeds, seeds = shown.stdout.splitlines()
    assert where.startswith(str(site))
    assert n_seeds == "10"
    assert seeds == str(site / "rag" / "_seeds")


def test_the_catalog_is_found_away_from_the_clone(site: Path, elsewhere: Path) -> None:
    shown = run(site, elsewhere, str(site / "bin" / "askive"), "models", "list", "--json")
    assert shown.returncode == 0, shown.stderr
    assert "all-minilm-l6-v2" in {json.loads(line)["id"] for line in shown.stdout.splitlines()}


def test_it_answers_away_from_the_clone(site: Path, elsewhere: Path) -> None:
    question = "How many jets and helicopters does Russia have in Latakia?"
    shown = run(
        site, elsewhere, str(site / "bin" / "askive"), "ask", question, "--json", "--model", "scripted", "--embedder", "hash"
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    answer = json.loads(shown.stdout)
    assert "50 jets" in answer["answer"]
    assert answer["sentences"][0]["citations"][0]["uri"].startswith(str(site / "rag" / "_seeds"))


def test_hostile_packages_in_the_working_directory_are_not_imported(site: Path, elsewhere: Path) -> None:
    for name in ("models", "rag", "ui", "eval"):
        (elsewhere / name / "__init__.py").write_text("raise SystemExit('the wrong package')")
    shown = run(site, elsewhere, str(site / "bin" / "askive"), "--version")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("askive ")
