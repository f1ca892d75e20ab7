"""The documents in a file: their uris, and the rules by which a file is split."""

from __future__ import annotations

import re
from collections.abc import Container
from pathlib import PurePath

from askive.rag.errors import UsageError

SPLIT = "split"
"""Metadata field of a document in a file of several: the rule by which the file was split."""
AUTO = "auto"
"""The rule that follows from the kind and the content of the file."""
NONE = "none"
"""The rule that a file is one document."""
_MARK = "#"


def part_uri(uri: str, name: str | int) -> str:
    """The uri of a document in the file at `uri`. name: its number, or its path in an archive."""
    return f"{uri}{_MARK}{name}"


def file_of(uri: str, endings: Container[str]) -> str:
    """The file of the document at `uri`, which is itself for a file with one document.

    endings: extensions of files that are read, which tell `/mail.mbox#3` from a folder with the mark in its name.
    """
    for match in re.finditer(_MARK, uri):
        path = uri[: match.start()]
        if PurePath(path).suffix.lower() in endings:
            return path
    return uri


def check_rule(rule: str) -> str:
    """The rule if it is valid: `auto`, `none`, or a regular expression. Raises UsageError."""
    try:
        re.compile(rule)
    except re.error as error:
        raise UsageError(
            f"--split {rule} is not a valid regular expression: {error}",
            remedy="give auto, none, or an expression that matches the first line of each document",
        ) from error
    if not rule:
        raise UsageError("--split is empty", remedy="give auto, none, or a regular expression")
    return rule
