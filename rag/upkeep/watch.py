"""Keep a collection in step with files and folders while they change."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event

from askive.models.busy import wait_while_busy
from askive.models.protocols import Embedder
from askive.rag.config import Config
from askive.rag.errors import ArchiveError, AskiveError
from askive.rag.indexing import Indexed, PausingEmbedder, index_paths
from askive.rag.ingest.plan import missing_path_error

SETTLE_MS = 1_000
"""A burst of changes is over when nothing has changed for so long."""
_BURST_MS = 30_000
"""A burst that does not end is indexed after so long."""
_LOOK_MS = 2_000
"""How often the watched paths themselves are looked at, since a replaced folder sends no events."""
_RESCAN_S = 600.0
"""How often everything is compared even without events, which a system drops when there are too many."""
_RETRY_S = 30.0
"""How long after a run that failed the next one begins without changes."""
_ANSWER_S = 60.0
"""How long a few texts wait for a question that is being answered."""
_NETWORK = frozenset(
    "9p afs afpfs beegfs ceph cifs davfs fuse.davfs2 fuse.glusterfs fuse.rclone fuse.s3fs fuse.sshfs gluster glusterfs"
    " lustre ncpfs nfs nfs4 prl_fs smb smb2 smb3 smbfs vboxsf virtiofs webdav".split()
)
"""File systems that send no events for changes by other machines."""
_Identities = list[tuple[int, int] | None]


def watch_paths(
    config: Config,
    name: str,
    paths: Sequence[Path],
    *,
    indexed: Callable[[Indexed], None],
    failed: Callable[[AskiveError], None],
    stop: Event,
    poll: bool | None = None,
    prune: bool = False,
    follow_links: bool = False,
    settle_ms: int = SETTLE_MS,
) -> None:
    """Index the paths, then again after each burst of changes, until `stop` is set.

    A run is as `index_paths`, so that what changed while nobody watched is found too. It lets questions of other
    processes go first, and removes most of a folder only with `prune`, since its disk may be unmounted.
    indexed: called after each run that ended well. failed, poll: as in `follow_changes`.
    Raises UsageError for a path that does not exist.
    """
    for path in paths:
        if not path.exists():
            raise missing_path_error(path)

    def pausing(embedder: Embedder) -> PausingEmbedder:
        return PausingEmbedder(embedder, lambda: wait_while_busy(config.home, _ANSWER_S, stop))

    def run() -> None:
        indexed(index_paths(config, name, paths, prune=prune, follow_links=follow_links, wrap=pausing))

    follow_changes(config.home, paths, run, failed=failed, stop=stop, poll=poll, settle_ms=settle_ms)


def follow_changes(
    home: Path,
    paths: Sequence[Path],
    run: Callable[[], None],
    *,
    failed: Callable[[AskiveError], None],
    stop: Event,
    poll: bool | None = None,
    settle_ms: int = SETTLE_MS,
) -> None:
    """Call `run`, then again after each burst of changes of the paths, until `stop` is set.

    home: the data folder, whose changes do not count. paths: need not exist; one that goes or comes back is a change.
    failed: called with the AskiveError that `run` raised, such as when another process holds the lock for too long; it
    is repeated after a while or at the next change. Other exceptions end the watch. poll: compare the files every few
    seconds and do not rely on events of the system; None: where it sends none.
    """
    is_polled = any(map(on_network, paths)) if poll is None else poll
    last: _Identities | None = None
    retry_at = math.inf
    while not stop.is_set():
        watched = _identities(paths)
        try:
            for changed in _bursts(home, paths, is_polled, stop, settle_ms):
                now = _identities(paths)
                if changed or now != last or time.monotonic() > retry_at:
                    try:
                        run()
                        retry_at = math.inf
                    except AskiveError as error:
                        failed(error)
                        retry_at = time.monotonic() + _RETRY_S
                    last = now
                if now != watched:
                    # The watch is on the former folder.
                    break
        except OSError as error:
            if is_polled:
                raise
            is_polled = True
            failed(
                ArchiveError(
                    f"the system cannot watch {', '.join(map(str, paths))}: {error}; files are compared instead",
                    remedy="allow more watches, for example `sysctl fs.inotify.max_user_watches=1048576`",
                )
            )


def on_network(path: Path) -> bool:
    """Whether the path is on a file system of another machine."""
    import psutil

    real = os.path.realpath(path)
    mounts = [
        (part.mountpoint, part.fstype)
        for part in psutil.disk_partitions(all=True)
        if os.path.join(real, "").startswith(os.path.join(part.mountpoint, ""))  # noqa: PTH118
    ]
    return max(mounts, key=lambda mount: len(mount[0]), default=("", ""))[1].lower() in _NETWORK


def _bursts(
    home: Path, paths: Sequence[Path], is_polled: bool, stop: Event, settle_ms: int
) -> Iterator[bool]:
    """Whether something changed: at once, and then after each burst and at each look."""
    from watchfiles import watch

    yield False
    present = [path for path in paths if path.exists()]
    if not present:
        stop.wait(_LOOK_MS / 1000)
        return
    own = tuple(f"{path}{os.sep}" for path in (home.absolute(), home.resolve()))
    # True at first: something may have changed before the watch began.
    is_due, compared = True, time.monotonic()
    for changes in watch(
        *present,
        # Our own writes to the data folder must not start the next run.
        watch_filter=lambda _change, path: not path.startswith(own),
        debounce=max(_BURST_MS, settle_ms), step=settle_ms, stop_event=stop, rust_timeout=_LOOK_MS,
        yield_on_timeout=True, force_polling=is_polled, poll_delay_ms=_LOOK_MS, ignore_permission_denied=True,
    ):  # fmt: skip
        if changes or is_due or time.monotonic() - compared > _RESCAN_S:
            is_due, compared = False, time.monotonic()
            yield True
        else:
            yield False


def _identities(paths: Sequence[Path]) -> _Identities:
    """Device and inode of each path; None when it is missing."""
    found: _Identities = []
    for path in paths:
        try:
            status = path.stat()
            found.append((status.st_dev, status.st_ino))
        except OSError:
            found.append(None)
    return found
