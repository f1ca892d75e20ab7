"""Limits for one file; a file that exceeds them is reported, and the others are read."""

from __future__ import annotations

from askive.rag.errors import LoadError

MAX_FILE_BYTES = 256 * 2**20
"""Larger files are not read: parsing needs several copies in memory."""
MAX_TEXT_CHARS = 40_000_000
MAX_PASSAGES = 100_000
"""The vectors of a file are written in one transaction, so all of them are in memory at once."""
MAX_TITLE_CHARS = 1_000
"""Maximum length of a title, a publisher and a heading path, which precede every passage. Longer ones are cut."""
MAX_HEADING_CHARS = 8_000_000
"""Maximum total length of all heading paths in a file."""
MAX_METADATA_CHARS = 100_000
MAX_MEMORY_BYTES = 2**30
"""Memory limit of a parser process."""
MEMORY_EXIT = 77
"""Exit code of a parser process that is out of memory."""
_SECONDS = 40.0
_SECONDS_PER_BYTE = 1 / 2**20


def cpu_seconds(n_bytes: int) -> float:
    """CPU time that a file of this size may take to parse."""
    return _SECONDS + n_bytes * _SECONDS_PER_BYTE


def wall_seconds(n_bytes: int) -> float:
    """Time limit for parsing a file of this size: for a parser that gets a quarter of a processor.

    It ends one that waits; one that computes is ended by the limit of its processor time.
    """
    return 4 * cpu_seconds(n_bytes)


def out_of_memory(uri: str) -> LoadError:
    """The error for a file that needs too much memory."""
    return LoadError(
        f"{uri} needs more than {MAX_MEMORY_BYTES // 2**20:,} MB of memory to be read",
        remedy="split it into smaller files, or save it again in the program that made it",
    )


def unreadable(uri: str, error: BaseException) -> LoadError:
    """The error for a file on which a parser raised an exception."""
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


def damaged(uri: str, error: Exception) -> LoadError:
    """The error for a file whose bytes a library cannot parse: any exception of it concerns only this file."""
    reason = " ".join(str(error).split())[:200]
    return LoadError(
        f"{uri} is damaged: {type(error).__name__}: {reason}",
        remedy="open it in the program that made it and save it again",
    )
