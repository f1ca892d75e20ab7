"""The record of a run: everything needed to know what was measured, and to measure it again."""

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
    """The state of the source tree. All None outside a checkout.

    diff_sha256: of what differs from the commit; None when nothing does.
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
    # Without these options `git status` and `git diff` rewrite the index of the repository.
    options = ("--no-optional-locks", "-c", "diff.autoRefreshIndex=false")
    command = ["git", *options, "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def versions() -> dict[str, str]:
    """Python's and the versions of the packages that could change a figure."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, Any]:
    """`{"system", "cpu", "n_cores", "n_threads", "memory_bytes"}`; times are only comparable on equal ones."""
    import psutil

    return {
        # Not the release of the kernel: it says more of a machine than those who read a record need.
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
    """The most that this process has held so far."""
    import resource
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def config_values(config: Config) -> dict[str, Any]:
    """The settings without the home folder, which changes no figure."""
    return config.model_dump(mode="json", exclude={"home", "collection"})


def provenance(code: Code, config: Config) -> dict[str, Any]:
    """What every benchmark's record says of where its figures come from; code: as it was when it began."""
    return {
        "code": asdict(code),
        "machine": machine(),
        "versions": versions(),
        "settings": config_values(config),
    }


def suite_facts(suite: Suite) -> dict[str, Any]:
    """What a record says of its suite."""
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
    """`{"id", "digest"}`; the digest is None where a model does not tell, as an endpoint does not."""
    return None if model is None else {"id": model.model_id, "digest": getattr(model, "digest", None)}


def fingerprint(parts: dict[str, Any]) -> str:
    """SHA-256 of what must be equal for a run to be continued."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
