"""The mark that a question is being answered."""

from __future__ import annotations

from pathlib import Path
from threading import Event

from askive.models.busy import is_busy, mark_busy, wait_while_busy


def test_the_mark_is_seen_while_it_is_held(tmp_path: Path) -> None:
    assert not is_busy(tmp_path)
    with mark_busy(tmp_path), mark_busy(tmp_path):
        assert is_busy(tmp_path)
        wait_while_busy(tmp_path, 0.05, Event())
        stopped = Event()
        stopped.set()
        wait_while_busy(tmp_path, 60, stopped)
    assert not is_busy(tmp_path)


def test_a_folder_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    with mark_busy(tmp_path / "none"):
        assert not (tmp_path / "none").exists()
