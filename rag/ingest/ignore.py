"""Which files of a folder are left out: rules in `.askiveignore` files, and defaults for what programs make."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from askive.rag.errors import LoadError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

IGNORE_FILE = ".askiveignore"
_MAX_BYTES = 1 << 20

# Folders that package managers, compilers and systems fill: "node_modules", "demo.egg-info".
_DEFAULT_FOLDERS = re.compile(
    r"node_modules|bower_components|__pycache__|site-packages|venv|lost\+found|\$RECYCLE\.BIN"
    r"|System Volume Information|.+\.egg-info",
    re.IGNORECASE,
)
# Lock, temporary and compiled files of programs: "package-lock.json", "poetry.lock", "pnpm-lock.yaml", "go.sum",
# "Thumbs.db", "desktop.ini", "~$report.docx", "notes.txt~", "#notes.txt#", "a.pyc", "app.min.js", "film.mkv.part".
_DEFAULT_FILES = re.compile(
    r"(?:package-lock|npm-shrinkwrap)\.json|(?:yarn|poetry|uv|pdm|Pipfile|Cargo|composer|Gemfile|flake)\.lock"
    r"|pnpm-lock\.yaml|go\.sum|Thumbs\.db|desktop\.ini|~\$.+|.+~|#.+#"
    r"|.+\.(?:pyc|pyo|o|obj|class|swp|swo|tmp|temp|part|partial|crdownload|min\.js|min\.css|map)",
    re.IGNORECASE,
)
_OUTPUT_FOLDERS = frozenset({"build", "dist", "target", "out", "_build"})
_PROJECT_FILES = frozenset(
    "package.json pyproject.toml setup.py setup.cfg Cargo.toml pom.xml build.gradle build.gradle.kts CMakeLists.txt"
    " Makefile makefile meson.build conf.py mix.exs composer.json".split()
)
"""Beside one of these a folder of _OUTPUT_FOLDERS holds what a build made; elsewhere it may hold documents."""


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The rules that hold in one folder of a named folder, and below it.

    specs: the rules of each folder from the named one down that has an IGNORE_FILE, with its path.
    """

    specs: tuple[tuple[str, GitIgnoreSpec], ...] = ()

    def entering(self, folder: str, names: Collection[str]) -> IgnoreRules:
        """These rules with those of a folder, whose entries have these names.

        Raises LoadError when its IGNORE_FILE cannot be read.
        """
        if IGNORE_FILE not in names:
            return self
        return IgnoreRules((*self.specs, (folder, _read(os.path.join(folder, IGNORE_FILE)))))  # noqa: PTH118

    def ignores(self, path: str, name: str, is_folder: bool, beside: frozenset[str]) -> bool:
        """Whether an entry is left out; one that is hidden or made by a program, unless a rule brings it back.

        path: absolute. beside: names of all entries of its folder.
        """
        for folder, spec in reversed(self.specs):
            below = path[len(folder.rstrip(os.sep)) + 1 :]
            decision = spec.check_file(f"{below}/" if is_folder else below).include
            if decision is not None:
                return decision
        if name.startswith("."):
            return True
        if is_folder:
            is_output = name in _OUTPUT_FOLDERS and not _PROJECT_FILES.isdisjoint(beside)
            return is_output or _DEFAULT_FOLDERS.fullmatch(name) is not None
        return _DEFAULT_FILES.fullmatch(name) is not None


def _read(path: str) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    try:
        with open(path, encoding="utf-8-sig", errors="surrogateescape") as file:
            lines = file.read(_MAX_BYTES).splitlines()
        return GitIgnoreSpec.from_lines(lines)
    except (OSError, ValueError) as error:
        raise LoadError(f"the rules in {path} cannot be read: {error}", remedy=f"correct {path}") from error
