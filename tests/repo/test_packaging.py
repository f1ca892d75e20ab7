"""The wheel holds what it needs and works away from the clone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import venv
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
    seeds = [name for name in names if name.startswith("askive/rag/_seeds/") and name.endswith(".md")]
    assert len(seeds) == len(list((ROOT / "seeds").glob("*.md"))) >= 11
    for path in (
        "askive/models/weights/catalog.toml",
        "askive/rag/store/sqlite.py",
        "askive/rag/load/html.py",
        "askive/ui/cli.py",
        "askive/ui/commands/ask.py",
        "askive/ui/chat/assets/index.html",
        "askive/ui/chat/assets/page.js",
        "askive/ui/chat/assets/theme.css",
        "askive/models/reader/weights/model.xml",
        "askive/models/reader/weights/model.bin",
        "askive/models/reader/weights/tokenizer.json",
        "askive/rag/calibration/answerability.json",
        "askive/rag/calibration/candidate_answers.json",
        "askive/rag/calibration/kind.json",
    ):
        assert path in names
    shipped = {name for name in names if name.startswith("askive/eval/gold/") and not name.endswith("/")}
    kept = {
        f"askive/{path.relative_to(ROOT)}"
        for path in (ROOT / "eval" / "gold").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert shipped == kept != set()


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    roots = {name.split("/")[0] for name in names_in(wheel)}
    assert {root for root in roots if not root.endswith(".dist-info")} == {"askive"}
    assert not [name for name in names_in(wheel) if "__pycache__" in name or "test" in name.split("/")[0]]
    assert not [name for name in names_in(wheel) if name.endswith(".png")]
    assert not [name for name in names_in(wheel) if "/benchmarks/" in name or "/training/" in name]
    assert any(name.endswith("licenses/LICENSE") for name in names_in(wheel))


def run(site: Path, cwd: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("ASKIVE_")}
    env |= {"PYTHONPATH": str(site), "ASKIVE_HOME": str(cwd / "home")}
    return subprocess.run(
        [sys.executable, *command], cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=60
    )


def test_it_imports_away_from_the_clone(site: Path, elsewhere: Path) -> None:
    code = (
        "import askive.models.weights.catalog, askive.rag.seeds, askive.eval.datasets, askive.ui.cli;"
        "print(askive.models.weights.catalog.__file__); print(len(askive.rag.seeds.seed_paths())); print(askive.rag.seeds.seeds_dir())"
    )
    shown = run(site, elsewhere, "-c", code)
    assert shown.returncode == 0, shown.stderr
    where, n_seeds, seeds = shown.stdout.splitlines()
    assert where.startswith(str(site))
    assert n_seeds == "10"
    assert seeds == str(site / "askive" / "rag" / "_seeds")


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
    assert answer["sentences"][0]["citations"][0]["uri"].startswith(str(site / "askive" / "rag" / "_seeds"))


def test_hostile_packages_in_the_working_directory_are_not_imported(site: Path, elsewhere: Path) -> None:
    for name in ("models", "rag", "ui", "eval"):
        (elsewhere / name / "__init__.py").write_text("raise SystemExit('the wrong package')")
    shown = run(site, elsewhere, str(site / "bin" / "askive"), "--version")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("askive ")


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment that has the wheel, and the libraries of this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    (packages,) = (folder / "lib").glob("python3*/site-packages")
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "libraries.pth").write_text("\n".join(libraries) + "\n", encoding="utf-8")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--python",
        str(python),
        "install",
        "--quiet",
    ]
    subprocess.run(
        [*pip, "--no-deps", "--no-index", "--ignore-installed", str(wheel)], check=True, timeout=120
    )
    return python


PROGRAM = """
import json, sys
import eval.scores, models, ui
import askive

config = askive.load_config({"home": "home", "generator": "scripted", "embedder": "hash", "reader": "off"})
report = askive.index("lease.txt", collection="case", config=config)
with askive.open("case", config=config) as assistant:
    ours = assistant.ask("Who signed the lease of Bramley Mill?")
theirs = askive.ask(
    "How many jets and helicopters does Russia have in Latakia?", collection="seeds", config=config
)
print(json.dumps({
    "added": report.n_added, "case": ours.text, "seeds": theirs.text, "askive": askive.__file__,
    "version": askive.__version__, "owners": [models.OWNER, ui.OWNER, eval.scores.OWNER],
    "hits": len(askive.search("lease", collection="case", config=config)),
    "verdicts": [s.verdict for s in askive.verify("Ida Falk signed the lease of Bramley Mill.", collection="case", config=config)],
}))
"""


def test_a_program_with_modules_of_the_same_names_uses_the_library(environment: Path, tmp_path: Path) -> None:
    (tmp_path / "eval").mkdir()
    for name in ("models.py", "ui.py", "eval/scores.py"):
        (tmp_path / name).write_text("OWNER = 'somebody else'\n", encoding="utf-8")
    (tmp_path / "eval" / "__init__.py").touch()
    (tmp_path / "lease.txt").write_text(
        "Ida Falk signed the lease of Bramley Mill on 3 May 1998.", encoding="utf-8"
    )
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("ASKIVE_", "PYTHON"))}
    done = subprocess.run(
        [environment, "program.py"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert Path(told["askive"]).is_relative_to(environment.parent.parent)
    assert told["owners"] == ["somebody else"] * 3
    assert (told["added"], told["verdicts"]) == (1, ["supported"]) and told["hits"] >= 1
    assert "Ida Falk" in told["case"] and "50 jets" in told["seeds"]


def test_a_wheel_made_from_the_sdist_is_the_same(wheel: Path, tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, timeout=120, capture_output=True)
    (archive,) = tmp_path.glob("askive-*.tar.gz")
    with tarfile.open(archive) as packed:
        names = packed.getnames()
        packed.extractall(tmp_path / "source", filter="data")
    assert not [name for name in names if name.split("/")[1:3] in (["askive", "rag"], ["askive", "models"])]
    (source,) = (tmp_path / "source").iterdir()
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    subprocess.run(
        [*pip, "--no-deps", "--no-build-isolation", "-w", str(tmp_path), str(source)], check=True, timeout=120
    )
    (again,) = tmp_path.glob("askive-*.whl")
    assert sizes_in(again) == sizes_in(wheel)


def sizes_in(wheel: Path) -> dict[str, int]:
    """Every file of the wheel with its size, without the list of them, which holds digests."""
    with zipfile.ZipFile(wheel) as archive:
        return {i.filename: i.file_size for i in archive.infolist()}
