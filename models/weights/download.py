"""Weights from a URL or from a path on this machine."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from askive.models.errors import WeightsError
from askive.models.files import sync_file, write_atomically
from askive.models.weights.transfer import Transfer, growth

if TYPE_CHECKING:
    import httpx

_TRIES = 4


def fetch_url(transfer: Transfer) -> dict[str, str]:
    """Stream `transfer.source.url` into `transfer.files`, continuing an interrupted download.

    Raises WeightsError, DiskSpaceError.
    """
    done = 0
    for file in transfer.entry.files:
        url = transfer.source.url.replace("{file}", file.name)
        path = transfer.files / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        validator = transfer.staging / f"{file.name.replace('/', '_')}.etag"
        done += _download(transfer, url, path, validator, done)
    return {}


def fetch_file(transfer: Transfer) -> dict[str, str]:
    """Link or copy local files into `transfer.files`. Raises WeightsError, DiskSpaceError."""
    root = Path(transfer.source.path).expanduser()
    done = 0
    for file in transfer.entry.files:
        origin = root / file.name if root.is_dir() else root
        if not origin.is_file():
            raise WeightsError(f"{origin} does not exist", remedy="correct the path in the catalog")
        target = transfer.files / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        with growth(transfer, transfer.files, done, file.size):
            try:
                os.link(origin.resolve(), target)
            except OSError:
                transfer.require_room(origin.stat().st_size)
                shutil.copyfile(origin, target)
                sync_file(target)
        done += target.stat().st_size
    return {}


def _download(transfer: Transfer, url: str, path: Path, validator: Path, done: int) -> int:
    """Stream a URL into `path`; existing bytes are kept if the server still serves the same file.

    validator: the file that holds the server's ETag (or date) for those bytes.
    done: bytes of the files before this one.
    Returns the file's size. A dropped connection is retried. Raises WeightsError after the last retry.
    """
    import httpx

    tries_left = _TRIES
    with httpx.Client(follow_redirects=True, timeout=httpx.Timeout(30.0, connect=10.0)) as client:
        while True:
            before = path.stat().st_size if path.exists() else 0
            try:
                _stream(client, transfer, url, path, validator, done)
                break
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                moved = path.exists() and path.stat().st_size > before
                tries_left = _TRIES if moved else tries_left - 1
                if tries_left <= 0 or isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
                    raise WeightsError(
                        f"cannot download {url}: {str(error) or type(error).__name__}",
                        remedy=f"check the address and the network, then `{transfer.pull_again}`; "
                        "finished parts are kept",
                    ) from error
                time.sleep(0.2 * 2 ** (_TRIES - tries_left))
    sync_file(path)
    return path.stat().st_size


def _stream(
    client: httpx.Client, transfer: Transfer, url: str, path: Path, validator: Path, done: int
) -> None:
    """Download as much as one connection delivers."""
    import httpx

    have = path.stat().st_size if path.exists() else 0
    tag = validator.read_text(encoding="utf-8") if have and validator.is_file() else ""
    headers = {"Accept-Encoding": "identity"}
    if tag:
        headers |= {"Range": f"bytes={have}-", "If-Range": tag}
    with client.stream("GET", url, headers=headers) as response:
        served = response.headers.get("Content-Range", "")
        if response.status_code == 416:
            if served.rpartition("/")[2] == str(have):
                return
            path.unlink()
            raise httpx.RemoteProtocolError(f"the server has no bytes after {have}", request=response.request)
        if response.is_error:
            raise WeightsError(
                f"cannot download {url}: the server answers {response.status_code} {response.reason_phrase}",
                remedy=f"check the address, then `{transfer.pull_again}`",
            )
        resumed = response.status_code == 206 and served.startswith(f"bytes {have}-")
        have = have if resumed else 0
        length = response.headers.get("Content-Length", "")
        total = have + int(length) if length.isdigit() else None
        transfer.require_room(total - have if total else 0)
        fresh = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
        # A weak ETag does not guarantee the same bytes.
        write_atomically(validator, "" if fresh.startswith("W/") else fresh)
        with path.open("ab" if resumed else "wb") as file:
            for block in response.iter_raw():
                file.write(block)
                have += len(block)
                transfer.report(done + have, total=total and done + total)
        if total is not None and have != total:
            raise httpx.RemoteProtocolError(f"{have} of {total} bytes arrived", request=response.request)
