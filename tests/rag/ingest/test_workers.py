"""Indexing on a Ray cluster of several nodes in this machine: the archive is that of one process, whatever is lost."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from askive.eval.benchmarks.serve.workers import archive_digest, simulated_cluster
from askive.models.fakes import HashEmbedder
from askive.models.protocols import Embedder
from askive.rag.config import Config, PassageConfig, load_config
from askive.rag.errors import ArchiveError
from askive.rag.factory import open_embedder
from askive.rag.indexing import index_paths
from askive.rag.ingest.cluster.workers import RayWorkers, Workers
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.ingest.report import IngestReport
from askive.rag.store.archive import Archive
from tests.eval.conftest import town_folder  # noqa: F401
from tests.rag.ingest.fragile import POISON, Fragile, Unable
from tests.ui.test_cli import Askive, askive  # noqa: F401

ray = pytest.importorskip("ray")
pytestmark = [
    # Ray leaves sockets and files of ended processes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes, of which `second` is one."""
    # Nothing is started before it is needed: a process takes seconds.
    environment = pytest.MonkeyPatch()
    environment.setenv("RAY_prestart_worker_first_driver", "0")
    with simulated_cluster(2) as (running, nodes):
        running.second = nodes[1]
        yield running
    environment.undo()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """120 files: some with several passages, one twice, one without text, one damaged."""
    made = tmp_path / "files"
    made.mkdir()
    for n in range(117):
        sentence = (
            f"Report {n} counts {n + 3} ships in the harbour of Aldermoor, and {n % 7} of them carried rye. "
        )
        (made / f"report-{n:03}.txt").write_text(
            f"Report {n}\n\n" + sentence * (1 + n % 40), encoding="utf-8"
        )
    (made / "twice.txt").write_bytes((made / "report-005.txt").read_bytes())
    (made / "empty.txt").write_text("")
    (made / "damaged.pdf").write_bytes(b"%PDF-1.4 nothing follows")
    return made


def ingest(
    path: Path, folder: Path, workers: Workers | None, embedder: Embedder | None = None, **options: Any
) -> IngestReport:
    with Archive.open(path, embedder or HashEmbedder(), PassageConfig()) as archive:
        return ingest_paths(archive, [folder], workers=workers, **options)


def test_the_archive_is_that_of_one_process_and_a_lost_node_loses_nothing(
    cluster: Any, folder: Path, tmp_path: Path
) -> None:
    alone = ingest(tmp_path / "alone", folder, None)
    assert (alone.n_added, len(alone.empty), len(alone.failures)) == (118, 1, 1)
    expected = archive_digest(tmp_path / "alone")

    killed = threading.Event()

    def kill_in_the_middle(done: int, _total: int | None, _uri: str) -> None:
        if done >= 30 and not killed.is_set():
            killed.set()
            cluster.remove_node(cluster.second, allow_graceful=False)

    with RayWorkers("", partial(HashEmbedder), body=Fragile) as workers:
        assert workers.n_embedders == 2
        report = ingest(tmp_path / "cluster", folder, workers, progress=kill_in_the_middle)
        assert killed.is_set()
        assert (report.n_added, len(report.empty), len(report.failures)) == (118, 1, 1)
        assert report.failures == alone.failures
        assert archive_digest(tmp_path / "cluster") == expected
        # The same bytes are not read or embedded again.
        again = ingest(tmp_path / "cluster", folder, workers)
        assert (again.n_added, again.n_changed, again.n_passages) == (0, 0, 0)


def test_a_file_that_ends_its_workers_is_set_aside_with_the_reason(
    cluster: Any, folder: Path, tmp_path: Path
) -> None:
    for path in sorted(folder.glob("report-*"))[10:]:
        path.unlink()
    (folder / "poison.txt").write_text(f"{POISON}\n", encoding="utf-8")
    with RayWorkers("", partial(HashEmbedder), body=Fragile) as workers:
        report = ingest(tmp_path / "cluster", folder, workers)
    assert report.n_added == 11, report.failures
    (failure,) = [each for each in report.failures if "poison" in each.uri]
    assert "3 workers ended while they read it" in failure.message
    with Archive.open(tmp_path / "cluster", HashEmbedder(), PassageConfig()) as archive:
        unread = {Path(each.uri).name: each.message for each in archive.store.unread(("failed",))}
    assert set(unread) == {"damaged.pdf", "poison.txt"}
    assert "set aside" in unread["poison.txt"]


def test_a_cluster_that_can_start_nothing_says_why(cluster: Any) -> None:
    with pytest.raises(ArchiveError, match="no room on this machine") as caught:
        RayWorkers("", partial(HashEmbedder), body=Unable)
    assert "ray status" in caught.value.remedy


def test_the_command_says_where_documents_go(
    cluster: Any,
    documents: Path,
    askive: Askive,  # noqa: F811
) -> None:
    result = askive("index", documents, "--embedder", "hash", "--workers", f"ray:{cluster.address}")
    assert result.code == 0, result.err
    assert f"sent to the machines of the Ray cluster at {cluster.address}" in result.err
    assert "3 added" in result.err
    result = askive("index", documents, "--workers", "threads")
    assert result.code == 2
    assert "workers = 'threads'" in result.err


def test_an_evaluation_on_the_cluster_gives_the_same_rows(
    cluster: Any,
    askive: Askive,  # noqa: F811
    town_folder: Path,  # noqa: F811
) -> None:
    fakes = ["--embedder", "hash", "--model", "scripted"]
    command = ["eval", "run", str(town_folder), *fakes, "--limit", "8", "--json"]
    rows: list[list[Any]] = []
    for workers in ("processes", "ray"):
        result = askive(*command, "--workers", workers)
        assert result.code == 0, result.err
        run_dir = Path(json.loads(result.out)["run_dir"])
        lines = (run_dir / "rows.jsonl").read_text(encoding="utf-8").splitlines()
        rows.append([(row["sample_id"], row["ranking"], row["scores"]) for row in map(json.loads, lines)])
    assert rows[0] == rows[1]
    assert len(rows[0]) == 8


@pytest.mark.weights
def test_vectors_of_the_real_embedder_are_the_same_bits(
    cluster: Any, folder: Path, weights_home: Path, tmp_path: Path
) -> None:
    for path in sorted(folder.glob("report-*"))[12:]:
        path.unlink()
    settings: Callable[[str], Config] = lambda name: load_config({"home": tmp_path / name})  # noqa: E731
    for name in ("alone", "cluster"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "models").symlink_to(weights_home / "models", target_is_directory=True)
    index_paths(settings("alone"), "c", [folder])
    on_ray = settings("cluster").model_copy(update={"workers": "ray"})
    report = index_paths(on_ray, "c", [folder]).report
    assert report.n_added == 13
    assert archive_digest(settings("alone").collections_dir / "c") == archive_digest(
        on_ray.collections_dir / "c"
    )
    assert open_embedder(on_ray).digest == open_embedder(settings("alone")).digest
