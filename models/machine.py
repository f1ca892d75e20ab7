"""Cores and free memory of this machine."""

from __future__ import annotations

import os


def physical_cores() -> int:
    """Cores this process may use, hyper-threads not counted."""
    import psutil

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(psutil.cpu_count(logical=False) or usable, usable))


def free_memory() -> int:
    """Bytes that processes can allocate without swapping."""
    import psutil

    return int(psutil.virtual_memory().available)
