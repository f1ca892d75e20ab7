"""A run on disk: `record.json`, and `rows.jsonl` with a line per question, written when it is done."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askive.models.files import write_atomically
from askive.rag.errors import ArchiveError, UsageError

RECORD, ROWS = "record.json", "rows.jsonl"


@dataclass(frozen=True, slots=True)
class RunDir:
    """The folder of a run."""

    path: Path

    def record(self) -> dict[str, Any]:
        """The record. Raises UsageError when it does not exist, ArchiveError when it is damaged."""
        try:
            record = json.loads((self.path / RECORD).read_text(encoding="utf-8"))
        except OSError as error:
            raise UsageError(
                f"{self.path} holds no run: {RECORD} is missing", remedy="make one: `askive eval run SUITE`"
            ) from error
        except ValueError as error:
            raise ArchiveError(f"{self.path / RECORD} is damaged: {error}", remedy="run it again") from error
        if not isinstance(record, dict) or record.get("format") != 1:
            raise ArchiveError(f"{self.path / RECORD} has another format", remedy="run it again")
        return record

    def write_record(self, record: Mapping[str, Any]) -> None:
        """Replace the record atomically."""
        write_atomically(self.path / RECORD, json.dumps(record, indent=1, ensure_ascii=False) + "\n")

    def rows(self) -> list[dict[str, Any]]:
        """The rows in the order of asking; of repeated questions, the last. An incomplete last line is ignored.

        Raises ArchiveError when another line is damaged.
        """
        path = self.path / ROWS
        if not path.is_file():
            return []
        rows: dict[str, dict[str, Any]] = {}
        lines = path.read_bytes().split(b"\n")
        for number, line in enumerate(lines[:-1], start=1):
            try:
                row = json.loads(line)
                rows[row["sample_id"]] = row
            except (ValueError, KeyError, TypeError) as error:
                raise ArchiveError(f"{path}:{number} is damaged: {error}", remedy="run it again") from error
        return list(rows.values())

    def drop_torn_line(self) -> None:
        """Remove an incomplete last line, which a killed process may leave."""
        path = self.path / ROWS
        if path.is_file():
            data = path.read_bytes()
            if data and not data.endswith(b"\n"):
                with path.open("r+b") as file:
                    file.truncate(data.rfind(b"\n") + 1)

    def append(self, row: Mapping[str, Any]) -> None:
        """Write a row and sync it to disk."""
        with (self.path / ROWS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
