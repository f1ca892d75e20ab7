"""The record of a run: all that is needed to know what was measured, and to repeat it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from askive import eval
from askive.eval.datasets.suite import Suite
from askive.models.protocols import Embedder, Generator
from askive.rag.config import Config

FORMAT = 1
_PACKAGES = (
    "askive",
    "faiss-cpu",
    "ir-measures",
    "llama-cpp-python",
    "numpy",
    "sentence-transformers",
    "torch",
    "transformers",
)


@dataclass(frozen=True, slots=True)
class Code:
    """The state of the source tree; all fields are None outside a git checkout.

    diff_sha256: of the uncommitted changes; None when there are none.
    """

    commit: str | None
    dirty: bool | None
    diff_sha256: str | None


def code_state() -> Code:
    """The state of the git checkout of this package."""
    root = Path(eval.__file__).resolve().parent.parent
    top = _git(root, "rev-parse", "--show-toplevel")
    if top is None or Path(top.strip()).resolve() != root:
        return Code(None, None, None)
    commit = _git(root, "rev-parse", "--verify", "HEAD")
    status = _git(root, "status", "--porcelain") or ""
    diff = (_git(root, "diff", "HEAD") or "") if commit else ""
    changed = hashlib.sha256((status + diff).encode()).hexdigest() if status else None
    return Code(commit.strip() if commit else None, bool(status), changed)


def _git(root: Path, *arguments: str) -> str | None:
    # Without these options `git status` and `git diff` rewrite the repository's index.
    options = ("--no-optional-locks", "-c", "diff.autoRefreshIndex=false")
    command = ["git", *options, "-C", str(root), *arguments]
    try:
        process = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return process.stdout if process.returncode == 0 else None


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that may affect figures."""
    package_versions = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            package_versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return package_versions


def machine() -> dict[str, Any]:
    """`{"system", "cpu", "n_cores", "n_threads", "memory_bytes"}`; times are only comparable on the same machine."""
    import psutil

    return {
        # Not the kernel's release, which identifies a machine more than necessary.
        "system": f"{platform.system()} {platform.machine()}".strip(),
        "cpu": _cpu_model(),
        "n_cores": psutil.cpu_count(logical=False),
        "n_threads": os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
    }


def _cpu_model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.lower().startswith(("model name", "cpu model", "hardware")):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def peak_memory_bytes() -> int:
    """Peak memory of this process in bytes."""
    import resource
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def config_values(config: Config) -> dict[str, Any]:
    """The settings without those that affect no figure: where things are, who works, how servers are asked."""
    asking = {"timeout_s", "retries", "batch", "parallel"}
    left_out: Any = {"home": True, "collection": True, "workers": True, "remote": asking}
    return config.model_dump(mode="json", exclude=left_out)


def provenance(code: Code, config: Config) -> dict[str, Any]:
    """The origin of the figures in a benchmark's record; code: its state at the start."""
    return {
        "code": asdict(code),
        "machine": machine(),
        "versions": versions(),
        "settings": config_values(config),
    }


def suite_facts(suite: Suite) -> dict[str, Any]:
    """The suite's part of a record."""
    return {
        "name": suite.name,
        "path": str(suite.path),
        "kind": suite.kind,
        "licence": suite.licence,
        "digest": suite.digest,
        "corpus_sha256": suite.corpus_sha256,
        "n_documents": suite.n_documents,
        "n_questions": len(suite.samples),
        "scored": dict(suite.scored),
        "left_out": dict(suite.left_out),
        "notes": suite.notes,
    }


def model_facts(model: Embedder | Generator | None) -> dict[str, str | None] | None:
    """`{"id", "digest"}`; the digest is None for models that have none, such as endpoints."""
    return None if model is None else {"id": model.model_id, "digest": getattr(model, "digest", None)}


def fingerprint(parts: dict[str, Any]) -> str:
    """SHA-256 of the parts that must be the same for a run to be resumed."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
