"""Limits for one file; a file beyond them is reported and the others are read."""

from __future__ import annotations

from askive.rag.errors import LoadError

MAX_FILE_BYTES = 256 * 2**20
"""Larger files are not read: they would not fit into memory several times over."""
MAX_TEXT_CHARS = 40_000_000
MAX_PASSAGES = 100_000
"""Their vectors are written in one transaction, so all of them are in memory at once."""
MAX_TITLE_CHARS = 1_000
"""Of a title, a publisher and a path of headings, which precede every passage. Longer ones are cut."""
MAX_HEADING_CHARS = 8_000_000
"""Of all paths of headings in a file together."""
MAX_METADATA_CHARS = 100_000
MAX_MEMORY_BYTES = 2**30
"""Of a process that parses files."""
MEMORY_EXIT = 77
"""Exit code of a process that parses files when it has no memory left."""
_SECONDS = 40.0
_SECONDS_PER_BYTE = 1 / 2**20


def cpu_seconds(n_bytes: int) -> float:
    """Processor time that a file of this size may take to parse."""
    return _SECONDS + n_bytes * _SECONDS_PER_BYTE


def wall_seconds(n_bytes: int) -> float:
    """Time until a file of this size must be parsed, also on a machine that is busy with other things."""
    return 1.375 * cpu_seconds(n_bytes)


def out_of_memory(uri: str) -> LoadError:
    """The error for a file that needs more memory than it may use."""
    return LoadError(
        f"{uri} needs more than {MAX_MEMORY_BYTES // 2**20:,} MB of memory to be read",
        remedy="split it into smaller files, or save it again in the program that made it",
    )


def unreadable(uri: str, error: BaseException) -> LoadError:
    """The error for a file on which a parser raised an exception of its own."""
    if isinstance(error, MemoryError):
        return out_of_memory(uri)
    if isinstance(error, RecursionError):
        return LoadError(
            f"{uri} cannot be read: its parts are nested too deeply",
            remedy="open it in the program that made it and save it again",
        )
    reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return LoadError(
        f"{uri} cannot be read: {reason}", remedy="open it in the program that made it and save it again"
    )
