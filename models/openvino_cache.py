"""A cache of OpenVINO models compiled for this CPU: the next process loads them in a third of the time.

<kept>/<key>/*.blob       OpenVINO's own cache: the compiled graph; the weights stay in the model's file
<kept>/<key>/sealed.json  sha256 of each file, so that a damaged one is never loaded

The key covers everything that the compiled graph depends on, so a stale entry is never used. A folder is built under
a temporary name and renamed, so processes share the cache without a lock. If anything is wrong, the model is compiled
again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from askive.models.cancellation import POLL_S, Stopped, look, stop_flag
from askive.models.files import sha256_of, write_atomically
from askive.models.machine import physical_cores
from askive.models.protocols import Precision

_SEAL = "sealed.json"
_MAX_KEPT = 4
_KEY_LENGTH = 16
_POLL_MS = round(POLL_S * 1000)


def compile_for_cpu(
    openvino: Any, path: Path, kept: Path | None = None, *, n_streams: int = 1, precision: Precision = "auto"
) -> Any:
    """A saved model (`.xml`, its weights beside it), compiled for the physical cores; in bf16 where the CPU has it.

    kept: the cache folder; None for no cache. n_streams: batches computed at once: one stream on all cores has the
    lowest latency, one stream for each core the highest throughput. precision: fp32 avoids bf16.
    Raises RuntimeError for a damaged model.
    """
    core = openvino.Core()
    has_bf16 = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    is_bf16 = has_bf16 and precision == "auto"
    settings = {
        "INFERENCE_PRECISION_HINT": "bf16" if is_bf16 else "f32",
        "INFERENCE_NUM_THREADS": physical_cores(),
        "PERFORMANCE_HINT": "LATENCY" if n_streams == 1 else "THROUGHPUT",
        **({"NUM_STREAMS": n_streams} if n_streams > 1 else {}),
    }
    if kept is not None:
        # If the model itself is at fault, the same error is raised below.
        with contextlib.suppress(OSError, RuntimeError):
            cpu = core.get_property("CPU", "FULL_DEVICE_NAME")
            # OPTIMIZE_SPEED stores the weights too: without them OpenVINO 2026.4 restored a constant in another shape.
            cached = {**settings, "CACHE_MODE": "OPTIMIZE_SPEED"}
            place = kept / _key_of(path, openvino.__version__, cpu, cached)
            return _compile_kept(core, path, cached, place)
    return core.compile_model(str(path), "CPU", settings)


_abandoned: list[Any] = []
"""Requests that were cancelled but are still running."""
_abandoned_lock = threading.Lock()


def compute_batch(compiled: Any, inputs: Mapping[str, Any]) -> list[Any]:
    """The outputs for one batch. Raises Stopped soon after the current flag (models/cancellation.py) is set.

    The current batch then runs to its end, some hundred ms, and the next one waits for it: after a request was really
    cancelled, OpenVINO 2026.4 returned results in the shape of the cancelled batch.
    """
    look()
    if stop_flag() is None:
        outputs = compiled(inputs)
        return [outputs[at] for at in range(len(compiled.outputs))]
    # Creating a request would wait for them too, but without checking the flag.
    _wait_for_abandoned()
    request = compiled.create_infer_request()
    request.start_async(inputs)
    try:
        _wait_for(request)
    except Stopped:
        # The destructor of a request waits for it to end.
        with _abandoned_lock:
            _abandoned.append(request)
        raise
    return [request.get_output_tensor(at).data.copy() for at in range(len(compiled.outputs))]


def _wait_for(request: Any) -> None:
    """Wait for a started request. Raises Stopped when the current flag is set; the request then goes on."""
    while not request.wait_for(_POLL_MS):
        look()


def _wait_for_abandoned() -> None:
    with _abandoned_lock:
        waiting = list(_abandoned)
    for request in waiting:
        # Its result is not used.
        with contextlib.suppress(RuntimeError):
            _wait_for(request)
        with _abandoned_lock:
            _abandoned[:] = [other for other in _abandoned if other is not request]


def _key_of(path: Path, *parts: object) -> str:
    files = [path.resolve(), path.with_suffix(".bin").resolve()]
    stats = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(json.dumps([stats, *parts]).encode()).hexdigest()[:_KEY_LENGTH]


def _compile_kept(core: Any, path: Path, settings: Mapping[str, object], place: Path) -> Any:
    if is_sealed(place):
        return _compile_in(core, path, settings, place)
    fresh = place.with_name(f".{place.name}.{os.getpid()}-{threading.get_ident()}.new")
    try:
        fresh.mkdir(parents=True)
        compiled = _compile_in(core, path, settings, fresh)
        with contextlib.suppress(OSError):
            seal(fresh)
            shutil.rmtree(place, ignore_errors=True)
            # Fails if another process was first, whose folder is as good as ours.
            fresh.rename(place)
            _drop_old(place.parent)
        return compiled
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _compile_in(core: Any, path: Path, settings: Mapping[str, object], folder: Path) -> Any:
    return core.compile_model(str(path.resolve()), "CPU", {**settings, "CACHE_DIR": str(folder)})


def seal(folder: Path) -> None:
    """Write the sha256, size and date of each file in a folder of derived files to its `sealed.json`."""
    seals = {file.name: [sha256_of(file), *_stamp(file)] for file in _files_in(folder)}
    write_atomically(folder / _SEAL, json.dumps(seals))


def is_sealed(folder: Path, *, trust_dates: bool = False) -> bool:
    """Whether the files in a folder are unchanged, byte for byte, since `seal`.

    trust_dates: do not read files whose size and date are unchanged.
    """
    try:
        seals = json.loads((folder / _SEAL).read_text(encoding="utf-8"))
        files = _files_in(folder)
        if not files or {file.name for file in files} != seals.keys():
            return False
        for file in files:
            digest, *stamp = seals[file.name]
            if not (trust_dates and stamp == _stamp(file)) and digest != sha256_of(file):
                return False
    except (OSError, ValueError, TypeError, AttributeError):
        return False
    return True


def _files_in(folder: Path) -> list[Path]:
    return [file for file in folder.iterdir() if file.is_file() and file.name != _SEAL]


def _stamp(file: Path) -> list[int]:
    stat = file.stat()
    return [stat.st_size, stat.st_mtime_ns]


def _drop_old(kept: Path) -> None:
    """Delete all but the newest few: other settings, and half-built folders of killed processes."""
    newest_first = sorted(kept.iterdir(), key=lambda folder: -folder.stat().st_mtime)
    for folder in newest_first[_MAX_KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)
