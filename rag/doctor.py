"""Checks of the machine, the weights and the collections: what is wrong and what mends it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.errors import AskiveError
from rag.archive import STORE_NAME
from rag.collections import collection_path, list_collections
from rag.config import Config

Severity = Literal["ok", "warning", "error"]
_GB = 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    """One check. remedy: the command or act that mends it; empty when all is well."""

    name: str
    severity: Severity
    message: str
    remedy: str = ""


def examine(config: Config, *, verify_weights: bool = True) -> Iterator[Finding]:
    """Every check in turn. verify_weights: read all weight files and compare their digests (seconds a GB)."""
    yield _python()
    yield _disk(config.home)
    yield from _machine()
    yield _llama()
    yield _states(config)
    yield from _weights(config, verify_weights)
    yield from _collections(config)
    yield _leftovers(config)


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < (3, 11):
        return Finding("python", "error", f"Python {found} is too old", "install Python 3.11 or newer")
    return Finding("python", "ok", f"Python {found}")


def _disk(home: Path) -> Finding:
    folder = next(path for path in (home, *home.parents) if path.is_dir())
    free = shutil.disk_usage(folder).free / _GB
    message = f"{free:.1f} GB free at {folder}"
    if not os.access(folder, os.W_OK):
        return Finding("disk", "error", f"{folder} cannot be written", "set ASKIVE_HOME to a folder of yours")
    if free < 2:
        return Finding("disk", "warning", message, "free some: weights and indexes need about 2 GB")
    return Finding("disk", "ok", message)


def _machine() -> Iterator[Finding]:
    import psutil

    from models.machine import physical_cores

    free, total = psutil.virtual_memory().available / _GB, psutil.virtual_memory().total / _GB
    message = f"{free:.1f} GB of {total:.1f} GB free"
    if free < 2.5:
        yield Finding(
            "memory", "warning", message, "close programs, or use --model qwen2.5-coder-0.5b-instruct-q4_k_m"
        )
    else:
        yield Finding("memory", "ok", message)
    cores = physical_cores()
    yield Finding("cores", "ok", f"{cores} physical core{'s' if cores > 1 else ''} for the models")


def _llama() -> Finding:
    try:
        from models.llama import built_with

        version, flags = built_with()
    except (ImportError, OSError) as error:
        return Finding(
            "llama.cpp", "error", f"llama-cpp-python cannot be loaded: {error}",
            "pip install --force-reinstall --no-cache-dir llama-cpp-python",
        )  # fmt: skip
    on = [
        part.split("=")[0].strip().split(":")[-1].strip()
        for part in flags.split("|")
        if part.strip().endswith("= 1")
    ]
    machine = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    missed = [flag for flag in ("AVX2", "AVX512") if _has_cpu_flag(machine, flag) and flag not in on]
    message = f"llama-cpp-python {version}, built with {' '.join(on) or 'no CPU flags'}"
    if missed:
        return Finding(
            "llama.cpp", "warning", f"{message}; this CPU also has {' '.join(missed)}",
            "pip install --force-reinstall --no-cache-dir --no-binary llama-cpp-python llama-cpp-python",
        )  # fmt: skip
    return Finding("llama.cpp", "ok", message)


def _states(config: Config) -> Finding:
    from models.registry import kept_states

    cache = kept_states(config.models_dir, config.cache.memory_mb, config.cache.disk_mb).stats()
    mb = 1 << 20
    message = (
        f"{cache.n_disk} kept, {cache.disk_bytes / mb:.0f} of {cache.disk_limit / mb:.0f} MB on disk; "
        f"at most {cache.memory_limit / mb:.0f} MB in memory"
    )
    if not cache.disk_limit and config.cache.disk_mb is None:
        return Finding("states", "warning", f"{message}: no room on the disk", "free 1 GB or more of disk")
    return Finding("states", "ok", message)


def _has_cpu_flag(cpuinfo: str, flag: str) -> bool:
    return f" {flag.lower()}" in cpuinfo or f" {flag.lower()}f " in cpuinfo


def _weights(config: Config, verify: bool) -> Iterator[Finding]:
    from models.weights import WeightStore

    store = WeightStore(config.models_dir)
    for role, model_id in (("embedder", config.embedder), ("generator", config.generator)):
        name = f"weights: {role}"
        if model_id.startswith("openai:") or model_id in ("hash", "scripted") or model_id.endswith(".gguf"):
            yield Finding(name, "ok", f"{model_id} (not in the catalog)")
            continue
        try:
            path = store.path_of(model_id)
            if verify and not store.verify(model_id).ok:
                yield Finding(
                    name, "error", f"{model_id}: the bytes at {path} are not the published ones",
                    f"askive models remove {model_id} --yes && askive models pull {model_id}",
                )  # fmt: skip
                continue
        except AskiveError as error:
            yield Finding(name, "error", error.message, error.remedy)
            continue
        yield Finding(name, "ok", f"{model_id}{', digests as published' if verify else ''}")


def _leftovers(config: Config) -> Finding:
    from rag.leftovers import find_leftovers

    found = find_leftovers(config)
    if not found:
        return Finding("leftovers", "ok", "no text of removed documents, nothing half done")
    named = "; ".join(f"{leftover.what} at {leftover.path}" for leftover in found[:5])
    more = f"; and {len(found) - 5} more" if len(found) > 5 else ""
    return Finding(
        "leftovers", "warning", f"{named}{more}", "the next `askive index`, `ask` or `chat` deletes it"
    )


def _collections(config: Config) -> Iterator[Finding]:
    from rag.store import SqliteStore

    names = list_collections(config)
    if not names:
        yield Finding("collections", "ok", "none yet; `askive index PATH` makes one")
    for name in names:
        path = collection_path(config, name)
        try:
            store = SqliteStore(path / STORE_NAME)
        except AskiveError as error:
            yield Finding(f"collection {name}", "error", error.message, error.remedy)
            continue
        try:
            yield _collection(name, path, store)
        except AskiveError as error:
            yield Finding(f"collection {name}", "error", error.message, error.remedy)
        finally:
            store.close()


def _collection(name: str, path: Path, store: object) -> Finding:
    from rag.dense import DenseCache
    from rag.store import SqliteStore

    assert isinstance(store, SqliteStore)
    counts, made = store.counts(), store.fingerprint()
    problems = store.check()
    if problems:
        return Finding(
            f"collection {name}", "error", f"the store at {path} is damaged: {'; '.join(problems)}",
            f"askive index PATH --collection {name} --rebuild",
        )  # fmt: skip
    size = f"{counts.n_documents} documents, {counts.n_passages} passages"
    if made and counts.n_passages and not DenseCache(store, path, made.dimension).on_disk():
        return Finding(
            f"collection {name}", "warning", f"{size}; its vector index is missing or older than the store",
            "none needed: the next question builds it from the stored embeddings",
        )  # fmt: skip
    return Finding(f"collection {name}", "ok", f"{size}; index in step with the store")
