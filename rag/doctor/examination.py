"""Checks of the machine, the weights and the data folder, with remedies."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from askive.models.errors import AskiveError
from askive.rag.config import Config
from askive.rag.doctor.collections import examine_collections
from askive.rag.doctor.files import Finding, examine_files, guarded

_GB = 1024**3


def examine(config: Config, *, verify_weights: bool = True, full: bool = False) -> Iterator[Finding]:
    """All findings; a check that fails is a finding itself.

    verify_weights: compare the digests of all weight files (seconds per GB). full: as `examine_collections`.
    """
    for name, check in (
        ("python", lambda: iter([_python()])),
        ("disk", lambda: iter([_disk(config.home)])),
        ("memory", _machine),
        ("llama.cpp", lambda: iter([_llama()])),
        ("states", lambda: iter([_states(config)])),
        ("weights", lambda: _weights(config, verify_weights)),
        ("files", lambda: examine_files(config)),
        ("collections", lambda: examine_collections(config, full=full)),
        ("leftovers", lambda: iter([_leftovers(config)])),
    ):
        yield from guarded(name, check)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < (3, 11):
        return Finding("python", "error", f"Python {version} is too old", "install Python 3.11 or newer")
    return Finding("python", "ok", f"Python {version}")


def _disk(home: Path) -> Finding:
    if home.exists() and not home.is_dir():
        return Finding("disk", "error", f"{home} is not a folder", "set ASKIVE_HOME to a folder")
    folder = next(path for path in (home, *home.parents) if path.is_dir())
    free = shutil.disk_usage(folder).free / _GB
    message = f"{free:.1f} GB free at {folder}"
    if not os.access(folder, os.W_OK):
        return Finding(
            "disk",
            "error",
            f"{folder} cannot be written",
            "set ASKIVE_HOME to a folder that you can write to",
        )
    if free < 2:
        return Finding("disk", "warning", message, "free some space: weights and indexes need about 2 GB")
    return Finding("disk", "ok", message)


def _machine() -> Iterator[Finding]:
    import psutil

    from askive.models.machine import physical_cores

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
        from askive.models.llama.generator import built_with

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
    from askive.models.registry import kept_states

    cache = kept_states(config.models_dir, config.cache.memory_mb, config.cache.disk_mb).stats()
    mb = 1 << 20
    message = (
        f"{cache.n_disk} kept, {cache.disk_bytes / mb:.0f} of {cache.disk_limit / mb:.0f} MB on disk; "
        f"at most {cache.memory_limit / mb:.0f} MB in memory"
    )
    if not cache.disk_limit and config.cache.disk_mb is None:
        return Finding(
            "states", "warning", f"{message}: no room on the disk", "free at least 1 GB of disk space"
        )
    return Finding("states", "ok", message)


def _has_cpu_flag(cpuinfo: str, flag: str) -> bool:
    return f" {flag.lower()}" in cpuinfo or f" {flag.lower()}f " in cpuinfo


def _weights(config: Config, verify: bool) -> Iterator[Finding]:
    from askive.models.weights.store import WeightStore

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
                    name, "error", f"{model_id}: {path} differs from the published files",
                    f"askive models remove {model_id} --yes && askive models pull {model_id}",
                )  # fmt: skip
                continue
        except AskiveError as error:
            yield Finding(name, "error", error.message, error.remedy)
            continue
        yield Finding(name, "ok", f"{model_id}{', digests as published' if verify else ''}")


def _leftovers(config: Config) -> Finding:
    from askive.rag.privacy.leftovers import find_leftovers

    leftovers = find_leftovers(config)
    if not leftovers:
        return Finding("leftovers", "ok", "no text of removed documents, no unfinished work")
    named = "; ".join(f"{leftover.what} at {leftover.path}" for leftover in leftovers[:5])
    more = f"; and {len(leftovers) - 5} more" if len(leftovers) > 5 else ""
    return Finding(
        "leftovers", "warning", f"{named}{more}", "the next `askive index`, `ask` or `chat` deletes it"
    )
