"""`make bench-serve`: one row for each promise of the server.

`python -m askive.eval.benchmarks.serve.table [--only ROW,...] [--scale FACTOR] [--out FOLDER]`
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from askive.eval import script
from askive.eval.benchmarks.serve.asking import bench_asking
from askive.eval.benchmarks.serve.attempts import bench_attempts
from askive.eval.benchmarks.serve.clients import bench_clients, bench_schema
from askive.eval.benchmarks.serve.running import ServeRow, make_documents
from askive.eval.benchmarks.serve.searching import bench_search
from askive.eval.benchmarks.serve.workers import bench_workers
from askive.eval.benchmarks.serve.writing import bench_writing
from askive.eval.runs.record import code_state, provenance
from askive.models.errors import UsageError
from askive.models.files import write_atomically
from askive.rag.collections.by_name import create_collection
from askive.rag.config import Config, load_config
from askive.rag.indexing import index_paths

FORMAT = 1
RESULTS = Path(__file__).parent.parent / "results"
_N_DOCUMENTS = 500


class Bench:
    """What the rows need. scale: of the numbers of requests and documents; 1 are those of the promises."""

    def __init__(self, config: Config, home: Path, scale: float) -> None:
        home.mkdir(parents=True)
        (home / "models").symlink_to(config.models_dir.resolve(), target_is_directory=True)
        self.real = config.model_copy(update={"home": home, "collection": None})
        self._home = home
        self._scale = scale

    def n(self, number: int) -> int:
        """The number, scaled."""
        return max(1, round(number * self._scale))

    def fast(self, name: str) -> Config:
        """Settings with models that cost nothing, so that the server is measured, and a home of their own."""
        home = self._home / name
        home.mkdir()
        return Config(home=home, embedder="hash", generator="scripted", reader="off")


def _search(bench: Bench) -> ServeRow:
    paths = make_documents(bench.real.home / "documents", bench.n(_N_DOCUMENTS))
    index_paths(bench.real, "reports", paths)
    return bench_search(bench.real, "reports", bench.n(2000))


def _ask(bench: Bench) -> ServeRow:
    config = bench.fast("asking")
    index_paths(config, "reports", make_documents(config.home / "documents", 50))
    return bench_asking(config, "reports", bench.n(1000))


def _write(bench: Bench) -> ServeRow:
    config = bench.fast("writing")
    create_collection(config, "reports")
    return bench_writing(config, "reports", bench.n(500), bench.n(200))


def _attempts(bench: Bench) -> ServeRow:
    config = bench.fast("attempts")
    foreign, own = make_documents(config.home / "foreign", 1), make_documents(config.home / "own", 2)[1:]
    index_paths(config, "dossier", foreign)
    index_paths(config, "own", own)
    return bench_attempts(config, "own", "dossier", str(foreign[0]))


def _schema(bench: Bench) -> ServeRow:
    config = bench.fast("schema")
    index_paths(config, "seeds", make_documents(config.home / "documents", 5))
    return bench_schema(config, bench.n(30))


def _workers(bench: Bench) -> ServeRow:
    config = bench.fast("workers")
    return bench_workers(config, make_documents(config.home / "documents", bench.n(_N_DOCUMENTS)))


ROWS: Mapping[str, Callable[[Bench], ServeRow]] = {
    "search": _search,
    "ask": _ask,
    "schema": _schema,
    "clients": lambda _: bench_clients(),
    "write": _write,
    "tokens": _attempts,
    "workers": _workers,
}


def run(bench: Bench, only: list[str]) -> Iterator[dict[str, Any]]:
    """Measure the rows; after each, the record so far."""
    code, load = code_state(), os.getloadavg()[0]
    rows: list[ServeRow] = []
    for name in only:
        rows.append(ROWS[name](bench))
        yield {
            "format": FORMAT,
            **provenance(code, bench.real),
            "load": [load, os.getloadavg()[0]],
            "rows": [asdict(row) for row in rows],
        }


def markdown(record: Mapping[str, Any]) -> str:
    """The table."""
    rows = [
        f"| {row['name']} | {row['reach']} | {row['measured']} | {'yes' if row['reached'] else '**no**'} |"
        for row in record["rows"]
    ]
    first, last = record["load"]
    return "\n".join(
        [
            "| what | reach | measured | reached |",
            "|---|---|---|---|",
            *rows,
            "",
            f"Load of the machine {first:.1f} before and {last:.1f} after.",
            "",
        ]
    )


def _texts() -> Iterator[str]:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default=",".join(ROWS), help=f"of {', '.join(ROWS)}")
    parser.add_argument("--scale", type=float, default=1.0, help="of the numbers of requests and documents")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    only = [name for name in given.only.split(",") if name]
    if unknown := [name for name in only if name not in ROWS]:
        raise UsageError(f"there is no row {unknown[0]!r}", remedy=f"use {', '.join(ROWS)}")
    with tempfile.TemporaryDirectory(prefix="askive-serve-") as folder:
        for record in run(Bench(load_config(), Path(folder) / "home", given.scale), only):
            text = markdown(record)
            if given.scale == 1 and len(only) == len(ROWS):
                write_atomically(given.out / "serve.json", json.dumps(record, indent=1) + "\n")
                write_atomically(given.out / "serve.md", text)
            row = record["rows"][-1]
            yield f"{row['name']}: {row['measured']} ({'reached' if row['reached'] else 'NOT reached'})\n"
        yield f"\n{text}"


if __name__ == "__main__":
    raise SystemExit(script.print_texts(_texts()))
