"""Memory of a process. Imports almost nothing, so that the measurement does not add to it."""

from __future__ import annotations

from pathlib import Path


def memory_fields(pid: int | None = None) -> dict[str, float]:
    """Linux's figures of a process, `VmRSS`, `VmHWM` and `RssAnon`, in 2**20 bytes; empty for one that has ended.

    pid: None for this process. Raises OSError when there is no such process, and outside Linux.
    """
    lines = Path(f"/proc/{pid or 'self'}/status").read_text(encoding="ascii", errors="replace").splitlines()
    fields = dict(line.split(":", 1) for line in lines if line.startswith(("VmRSS", "VmHWM", "RssAnon")))
    return {name: int(value.split()[0]) / 1024 for name, value in fields.items()}
