"""A chat in a process of its own, to be measured."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from askive.models.errors import UsageError
from askive.rag.config import SEEDS_COLLECTION, Config

_STARTUP_S = 180


@contextmanager
def running_chat(config: Config, is_ready: Callable[[], bool], port: int = 0) -> Iterator[int]:
    """`askive chat` on the seeds; yields its process id once it is ready. port: 0 is any free one.

    Raises UsageError when it does not start.
    """
    command = [sys.executable, "-m", "askive.ui.cli", "chat", "--no-browser", "--port", str(port)]
    command += ["--collection", SEEDS_COLLECTION, "--model", config.generator, "--embedder", config.embedder]
    environ = {**os.environ, "ASKIVE_HOME": str(config.home)}
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + _STARTUP_S
        while not is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise UsageError("`askive chat` did not start", remedy="leave the row out with --only")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)
