"""What every test may ask for: a home of its own, models without weights, a small archive, the real weights."""

from __future__ import annotations

import functools
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, settings

from askive.models.fakes import HashEmbedder, ScriptedGenerator
from askive.rag.config import DEFAULT_EMBEDDER, DEFAULT_GENERATOR, PassageConfig, default_home, load_config
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.store.archive import Archive
from askive.rag.types import Document
from tests.rag.ingest.inline_pool import POOL, InlinePool

SMALL_GENERATOR = "smollm2-135m-instruct-q4_1"
NEEDED_WEIGHTS = (DEFAULT_EMBEDDER, DEFAULT_GENERATOR, SMALL_GENERATOR)

# Read before any test sets a home of its own.
REAL_HOME = default_home()
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")

# The same examples every time: a red run must be red again, and `make test` must not be a lottery.
# HYPOTHESIS_PROFILE=explore looks further.
settings.register_profile(
    "same", deadline=None, derandomize=True, max_examples=60, suppress_health_check=list(HealthCheck)
)
settings.register_profile(
    "explore", deadline=None, max_examples=1000, suppress_health_check=list(HealthCheck)
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

SLOW_FILES = (
    "rag/ingest/test_workers.py",
    "ui/chat/test_accessible.py",
    "torture/test_small.py",
    "rag/ingest/test_parser_workers.py",
    "contracts/test_store.py",
    "test_offline.py",
    "ui/chat/test_new_user.py",
    "ui/chat/test_page.py",
    "eval/runs/test_regressions.py",
    "eval/runs/test_run.py",
    "ui/test_writers.py",
    "ui/commands/test_eval.py",
    "ui/chat/test_bringing.py",
    "ui/chat/test_http.py",
    "rag/store/test_sqlite.py",
)
"""The files of tests that take longest, the longest first."""

DOCUMENTS = {
    "harbour.md": """---
title: Harbour report
publisher: Port Authority
published: 2016-01-25
---
# Ships

The harbour of Aldermoor received 412 ships in January. Captain Rosa Lind counted them from the north tower.
Most ships carried timber.

# Storm

A storm closed the harbour for three days. The mayor, Tom Ekberg, said the damage came to 7,500 crowns.
""",
    "bridge.txt": """The old bridge

The old bridge of Aldermoor was built in 1871 by the engineer Ida Falk. It spans 96 metres.
Trams have crossed it since 1903.

A newspaper reported that the bridge would be closed in spring. The council denied the report.
""",
    "fair.html": """<html><head><title>Spring fair</title>
<meta property="article:published_time" content="2015-05-01T10:00:00Z">
<meta property="og:site_name" content="The Aldermoor Post"></head>
<body><nav>Home | News</nav><h1>Spring fair</h1>
<p>The spring fair drew 3,000 visitors to the market square.</p>
<p>Baker Nils Holm sold two hundred loaves of rye bread.</p></body></html>
""",
}


def unavailable(reason: str) -> NoReturn:
    """Skip here, fail in CI: a tier that is skipped there would prove nothing."""
    if IN_CI:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


# Started in the background, a shell has us ignore Ctrl-C, and what we start would too.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first: a file stays with one process, and one that began last would leave the other without work."""
    folder = Path(__file__).parent
    place = {folder / name: at for at, name in enumerate(SLOW_FILES)}
    items.sort(key=lambda item: place.get(item.path, len(place)))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty ASKIVE_HOME, and no other ASKIVE_* variable."""
    for name in [name for name in os.environ if name.startswith("ASKIVE_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("ASKIVE_HOME", str(folder))
    return folder


@pytest.fixture
def hash_embedder() -> HashEmbedder:
    return HashEmbedder(256)


@pytest.fixture
def scripted() -> ScriptedGenerator:
    return ScriptedGenerator()


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A folder with three documents about one town: Markdown, plain text and HTML."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def parsed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are parsed in this process: for tests in which the parser's own, a second to start each time, is no point."""
    monkeypatch.setattr(POOL, InlinePool)


def ingest_here(archive: Archive, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Index a folder without a parser process, whose start takes longer than most tests."""
    with monkeypatch.context() as patched:
        patched.setattr(POOL, InlinePool)
        assert not ingest_paths(archive, [folder]).failures


@pytest.fixture
def indexed_home(home: Path, documents: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home, in which the three documents are the collection `default`, without a process being started."""
    config = load_config({"home": home, "embedder": "hash"})
    with Archive.open(config.collections_dir / "default", HashEmbedder(), config.passages) as opened:
        ingest_here(opened, documents, monkeypatch)
    return home


@pytest.fixture
def archive(
    tmp_path: Path, documents: Path, hash_embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Archive]:
    """The three documents, indexed."""
    with Archive.open(tmp_path / "archive", hash_embedder, PassageConfig()) as opened:
        ingest_here(opened, documents, monkeypatch)
        yield opened


@pytest.fixture(scope="session", autouse=True)
def shipped_documents_read_once() -> Iterator[None]:
    """The documents of the shipped suites, read by the real loaders once for all tests that open a suite."""
    from askive.rag import load

    shipped, read = Path(__file__).resolve().parents[1], load.load_path

    @functools.cache
    def kept(path: Path, _size: int, _changed_ns: int) -> Document:
        return read(path)

    def read_once(path: Path, *arguments: Any, **options: Any) -> Document:
        if arguments or options or not path.resolve().is_relative_to(shipped):
            return read(path, *arguments, **options)
        state = path.stat()
        return kept(path.resolve(), state.st_size, state.st_mtime_ns)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(load, "load_path", read_once)
        yield


@pytest.fixture(scope="session")
def weights_models() -> Path:
    """The models folder of the real home. Missing weights skip the test here and fail it in CI."""
    from askive.models.weights.store import WeightStore

    folder = REAL_HOME / "models"
    store = WeightStore(folder)
    missing = [
        model_id for model_id in NEEDED_WEIGHTS if store.state_of(model_id) not in ("present", "verified")
    ]
    if missing:
        unavailable(f"no weights of {', '.join(missing)} in {folder}; `make test` pulls them")
    return folder


@pytest.fixture(scope="session")
def weights_home(weights_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the real weights and no collections; nothing is written to the real one but digests."""
    folder = tmp_path_factory.mktemp("weights-home")
    (folder / "models").symlink_to(weights_models, target_is_directory=True)
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium. Missing, it skips the test here and fails it in CI."""
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if found := shutil.which(name):
            return found
    unavailable("no Chromium on this machine; `apt-get install chromium` or set PATH")
