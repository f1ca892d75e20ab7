"""Compare a model's folder with its catalog entry."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from askive.models.errors import ModelNotFound, WeightsError
from askive.models.files import Digests, sha256_of
from askive.models.weights.catalog import ModelEntry

RECORD = ".askive.json"
"""The file in a model's folder that holds the digests of the last check."""


@dataclass(frozen=True, slots=True)
class FileCheck:
    """The check of one file against its digest.

    expected: sha256 from the catalog, or as published when it was pulled; None when neither is known.
    got: sha256 of the bytes on disk; None when the file is missing.
    """

    name: str
    expected: str | None
    got: str | None

    @property
    def ok(self) -> bool:
        """Whether the bytes are the published ones."""
        return self.got is not None and self.got == self.expected


@dataclass(frozen=True, slots=True)
class Installed:
    """A model's files under the models folder, whether they are there or not."""

    entry: ModelEntry
    folder: Path

    @property
    def path(self) -> Path:
        """The path to load: the single file, or the folder of a folder model."""
        return self.folder if self.entry.folder else self.folder / self.entry.files[0].name

    @property
    def record(self) -> Digests:
        """The digests of the last check."""
        return Digests(self.folder / RECORD)

    @property
    def present(self) -> bool:
        """Whether all files are there with the right sizes. Nothing is hashed."""
        for file in self.entry.files:
            path = self.folder / file.name
            if not path.is_file() or (file.sha256 and path.stat().st_size != file.size):
                return False
        return True

    @property
    def verified(self) -> bool:
        """Whether all files had the right digest in the last check and have not changed since."""
        return self.present and all(self._known_good(file.name) for file in self.entry.files)

    def require(self) -> None:
        """Hash the files that changed since the last check.

        Raises ModelNotFound when files are missing, WeightsError when they are not the published ones.
        """
        if not self.present:
            raise self.missing()
        for file in self.entry.files:
            if not self._known_good(file.name) and not (check := self.check(file.name)).ok:
                raise wrong_digest(
                    self.entry, check, f"download it again: `askive models pull {self.entry.id}`"
                )

    def intact(self) -> bool:
        """Whether `require` succeeds."""
        try:
            self.require()
        except (ModelNotFound, WeightsError):
            return False
        return True

    def check(self, name: str) -> FileCheck:
        """Hash one file and store the result."""
        path = self.folder / name
        check = FileCheck(name, self.expected(name), sha256_of(path) if path.is_file() else None)
        if check.ok and check.got:
            self.record.keep(name, path, check.got)
        else:
            self.record.drop(name)
        return check

    def expected(self, name: str) -> str | None:
        """The sha256 from the catalog, else the one published when the file was pulled."""
        published = {file.name: file.sha256 for file in self.entry.files}[name]
        return published or self.record.known(name)

    def digest(self) -> str:
        """Hex sha256 of the single file, or of the list of the files' digests. Raises ModelNotFound."""
        digests = {file.name: self.expected(file.name) for file in self.entry.files}
        if not all(digests.values()):
            raise self.missing()
        if not self.entry.folder:
            return str(digests[self.entry.files[0].name])
        lines = sorted(f"{sha256}  {name}\n" for name, sha256 in digests.items())
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def missing(self) -> ModelNotFound:
        """The error for a model that was not pulled."""
        return ModelNotFound(
            f"the weights of {self.entry.id} are not in {self.folder.parent}",
            remedy=f"run `askive models pull {self.entry.id}`",
        )

    def _known_good(self, name: str) -> bool:
        fresh = self.record.fresh(name, self.folder / name)
        return fresh is not None and fresh == self.expected(name)


def wrong_digest(entry: ModelEntry, check: FileCheck, remedy: str) -> WeightsError:
    """The error for a wrong digest; names both."""
    return WeightsError(
        f"{entry.id}: {check.name} is not the published file: sha256 expected {check.expected or 'unknown'}, "
        f"got {check.got or 'no file'}",
        remedy=remedy,
    )
