"""The default corpus, in a clone or in an installed wheel."""

from __future__ import annotations

from pathlib import Path

from askive.rag.errors import ArchiveError


def seeds_dir() -> Path:
    """The folder with the briefs. Raises ArchiveError when the installation lacks it."""
    here = Path(__file__).resolve().parent
    for folder in (here / "_seeds", here.parent / "seeds"):
        if folder.is_dir():
            return folder
    raise ArchiveError(
        "the default corpus is missing", remedy="install askive again: `pip install --force-reinstall askive`"
    )


def seed_paths() -> list[Path]:
    """The briefs, without the README."""
    return sorted(path for path in seeds_dir().glob("*.md") if path.name != "README.md")
