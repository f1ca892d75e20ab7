"""A machine of a cluster whose worker does not survive a certain file."""

from __future__ import annotations

import os
import time
from typing import Any

from askive.rag.ingest.cluster.machine import Machine

POISON = "This file ends its worker."


class Fragile(Machine):
    """Its worker ends at a file with POISON, and takes its time for the others."""

    def parse(self, fields: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        time.sleep(0.02)
        if POISON.encode() in data:
            os._exit(1)
        return super().parse(fields, data)


class Unable(Machine):
    """Cannot be started."""

    def __init__(self, *_: Any) -> None:
        raise RuntimeError("no room on this machine")
