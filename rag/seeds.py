"""The default corpus, in a source tree or an installed wheel."""

from __future__ import annotations

from pathlib import Path

from askive.rag.errors import ArchiveError


def seeds_dir() -> Path:
    """The folder of the briefs. Raises ArchiveError when it is missing from the installation."""
    package = Path(__file__).resolve().parent
    for folder in (package / "_seeds", package.parent / "seeds"):
        if folder.is_dir():
            return folder
    raise ArchiveError(
        "the default corpus is missing", remedy="install askive again: `pip install --force-reinstall askive`"
    )


def seed_paths() -> list[Path]:
    """The briefs, without the README."""
    return sorted(path for path in seeds_dir().glob("*.md") if path.name != "README.md")
