"""Keep third-party libraries from sending telemetry and from downloading anything.

Importing any of our packages runs `go_offline`, before the libraries that read these variables are imported. The
variables are set in the environment of the process, so child processes inherit them. Only two things use the
network, both on request: `askive models pull` (`hub_allowed`) and a remote model (models/remote/transport.py).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager

SWITCHES = {
    # Common conventions, for libraries added later: https://donottrack.sh and OpenTelemetry.
    "DO_NOT_TRACK": "1",
    "DISABLE_TELEMETRY": "1",
    "OTEL_SDK_DISABLED": "true",
    # On import ONNX Runtime writes a device id under ~/.cache and resolves a host of its vendor.
    "ORT_DISABLE_TELEMETRY": "1",
    # Gradio reports each launch and asks for its newest version unless this is something other than "True".
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # Xet keeps a cache and logs under ~/.cache; without it files are downloaded over plain HTTPS.
    "HF_HUB_DISABLE_XET": "1",
    # Both huggingface_hub and transformers read it. HF_HUB_OFFLINE is left to the user: it forbids `models pull` too.
    "TRANSFORMERS_OFFLINE": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
}
"""Environment variables and their values. They override what the user has set."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""Names of this machine: what is sent to them stays on it."""

_HUB_OFFLINE = "HF_HUB_OFFLINE"
_TRUE = frozenset({"1", "ON", "YES", "TRUE"})


def go_offline(environ: MutableMapping[str, str] = os.environ) -> None:
    """Switch off all telemetry and downloads. A library that was imported earlier keeps the settings it has read.

    Stricter settings of the user stay: HF_HUB_OFFLINE=1, NO_PROXY=*.
    """
    environ.update(SWITCHES)
    if not is_hub_forbidden(environ):
        # Any other value would take precedence over TRANSFORMERS_OFFLINE.
        environ.pop(_HUB_OFFLINE, None)
    # Gradio sends a request to its own server, which a proxy must not see. The lower-case name has precedence.
    excepted = [
        name for name in environ.get("no_proxy", environ.get("NO_PROXY", "")).split(",") if name.strip()
    ]
    if "*" not in excepted:
        excepted += [host for host in LOOPBACK if host not in excepted]
    environ["no_proxy"] = environ["NO_PROXY"] = ",".join(excepted)
    # OpenVINO's converter sends telemetry through this package and works without it.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]


def is_hub_forbidden(environ: MutableMapping[str, str] = os.environ) -> bool:
    """Whether the user has set HF_HUB_OFFLINE."""
    return environ.get(_HUB_OFFLINE, "").upper() in _TRUE


@contextmanager
def hub_allowed() -> Iterator[None]:
    """Let huggingface_hub download while the body runs."""
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = False
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before
