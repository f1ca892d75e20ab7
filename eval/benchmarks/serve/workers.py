"""Indexing on a Ray cluster of 1, 2 and 4 simulated machines, and with one that is lost on the way."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from askive.eval.benchmarks.serve.running import ServeRow
from askive.rag.config import Config
from askive.rag.indexing import index_paths
from askive.rag.privacy.deletion import remove_collection
from askive.rag.store.archive import STORE_NAME

SIZES = (1, 2, 4)
_STORE_BYTES = 100 * 2**20
_OF_THE_HOUR = ("meta", "files")
"""Tables with a random id and the hour of the last run, and with the times of files."""


def archive_digest(folder: Path) -> str:
    """sha256 of all documents, passages, vectors, the full-text index and the failures of a collection, in order."""
    total = hashlib.sha256()
    with sqlite3.connect(f"file:{folder / STORE_NAME}?mode=ro", uri=True) as store:
        tables = [name for (name,) in store.execute("select name from sqlite_master where type = 'table'")]
        for table in sorted({*tables} - {*_OF_THE_HOUR}):
            total.update(table.encode())
            for row in store.execute(f'select * from "{table}"'):
                total.update(repr(row).encode())
    return total.hexdigest()


@contextmanager
def simulated_cluster(n_machines: int) -> Iterator[tuple[Any, list[Any]]]:
    """A Ray cluster in this machine, and its nodes: each has one processor. The head works for none."""
    import ray
    from ray.cluster_utils import Cluster

    small: Any = {"object_store_memory": _STORE_BYTES}
    cluster: Any = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, **small}
    )
    try:
        nodes = [cluster.add_node(num_cpus=1, **small) for _ in range(n_machines)]
        ray.init(address=cluster.address, logging_level="error", log_to_driver=False, namespace="askive")
        try:
            yield cluster, nodes
        finally:
            ray.shutdown()
    finally:
        cluster.shutdown()


def bench_workers(config: Config, paths: list[Path]) -> ServeRow:
    """Index the same files with processes and on clusters; config: with a home of its own."""
    on_ray = config.model_copy(update={"workers": "ray"})
    began = time.perf_counter()
    index_paths(config, "one", paths)
    alone_s = time.perf_counter() - began
    expected = archive_digest(config.collections_dir / "one")
    same: list[str] = []
    took: dict[str, float] = {"processes": alone_s}
    for n, loses in [*((n, False) for n in SIZES), (SIZES[-1], True)]:
        name = f"{n} workers, one killed" if loses else f"{n} workers"
        with simulated_cluster(n) as (cluster, nodes):
            left = list(nodes[:1] if loses else [])

            def lose(
                done: int, _total: int | None, _uri: str, left: list[Any] = left, cluster: Any = cluster
            ) -> None:
                if left and done >= len(paths) // 4:
                    cluster.remove_node(left.pop(), allow_graceful=False)

            began = time.perf_counter()
            report = index_paths(on_ray, "many", paths, progress=lose).report
            took[name] = time.perf_counter() - began
        is_same = archive_digest(config.collections_dir / "many") == expected
        if is_same and report.n_added == len(paths) and not left:
            same.append(name)
        remove_collection(config, "many")
    times = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in took.items())
    return ServeRow(
        "Ray, 1, 2, 4 simulated workers; a node killed",
        "same archive bit by bit as one process",
        f"same: {', '.join(same) or 'none'}; {len(paths)} documents; with the start of the workers: {times}",
        len(same) == len(SIZES) + 1,
        {name: round(seconds, 1) for name, seconds in took.items()},
    )
