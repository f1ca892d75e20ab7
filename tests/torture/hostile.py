"""Damaged files and files built to harm: each hurts only itself."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Thread

import psutil

from tests.torture import corpus
from tests.torture.built import SECRET_OUTSIDE, build
from tests.torture.cases import Case
from tests.torture.checks import of_doctor, of_leftovers, of_messages, of_processes
from tests.torture.mutations import mutant
from tests.torture.operations import FAKES
from tests.torture.place import Place, Ran
from tests.torture.report import Failure, Outcome
from tests.torture.snapshot import queries, snapshot
from tests.torture.specimens import SOUND

TITLE = (
    "Folders of damaged and built files with sound ones among them, through `askive index`. Every file is indexed or"
    " refused by its name, the sound ones are as in an archive of their own, and no process takes more than its"
    " memory. `runs` counts folders; the operation says how many files are in all of them."
)
N_MUTANTS = 2000
_BATCHES = 2
_SOUND = corpus.names(900, 5)
_MAX_MB = 1700
"""Of any process: a worker's limit of 1 GB, and what its libraries map besides."""
_MAX_S = 1200.0


def cases(percent: int, seed: int) -> list[Case]:
    """Folders: two a format of damaged files, one of built ones."""
    mutants = [
        Case("hostile", f"mutated {ending}", i, _BATCHES, seed) for ending in SOUND for i in range(_BATCHES)
    ]
    mutants = mutants[: max(1, len(mutants) * percent // 100)]
    return [*mutants, Case("hostile", "built", 0, 1, seed)] if percent >= 100 else mutants


def run(case: Case, place: Place) -> Outcome:
    """One folder, and what came of it."""
    started = time.monotonic()
    place.clear()
    corpus.write(place.documents, _SOUND, 1)
    if case.operation == "built":
        names = build(place.documents / "hostile", place.root / "outside")
    else:
        names = write_mutants(place.documents / "hostile", case, N_MUTANTS // (len(SOUND) * _BATCHES) + 1)
    ran, peak_mb = index_and_watch(place)
    failures = list(of_messages([ran], (0, 1)))
    n_refused = 0
    if not failures:
        refused = _refusals(ran)
        n_refused = len(refused)
        failures += _check_accounts(place, names, ran, refused)
    if peak_mb > _MAX_MB:
        failures.append(Failure("process", f"a process took {peak_mb} MB"))
    failures += of_processes()
    failures += _check_sound_files(place)
    failures += of_doctor(place)
    failures += of_leftovers(place.home, ["default"])
    event = f"{len(names)} files, {n_refused} refused, at most {peak_mb} MB in a process"
    seconds = time.monotonic() - started
    return Outcome(case.subject, case.operation, case.index, n_refused > 0, event, seconds, tuple(failures))


def write_mutants(folder: Path, case: Case, n: int) -> list[str]:
    """Damaged files of the format that the case names; their names."""
    folder.mkdir(parents=True, exist_ok=True)
    ending, chance = case.operation.split()[-1], case.chance()
    names = [f"mutant{case.index}-{i:03}.{ending}" for i in range(n)]
    for name in names:
        (folder / name).write_bytes(mutant(ending, chance))
    return names


def index_and_watch(place: Place) -> tuple[Ran, int]:
    """Index the documents; the run, and the largest memory of any of its processes in MB."""
    peak, over = [0], Event()

    def watch() -> None:
        while not over.wait(0.1):
            for process in psutil.Process().children(recursive=True):
                try:
                    peak[0] = max(peak[0], process.memory_info().rss >> 20)
                except psutil.Error:
                    continue

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    ran = place.run("index", str(place.documents), *FAKES, "--json", timeout=_MAX_S)
    over.set()
    watcher.join()
    return ran, peak[0]


def _refusals(ran: Ran) -> set[str]:
    return {Path(failure["uri"]).name for failure in json.loads(ran.out)["failures"]}


def _check_accounts(place: Place, names: Sequence[str], ran: Ran, refused: set[str]) -> list[Failure]:
    said = json.loads(ran.out)
    held = json.loads(place.run("collections", "--collection", "default", "--json").out)
    indexed = {Path(document["uri"]).name for document in held}
    failures = []
    files = {name for name in names if _is_file(place.documents / "hostile" / name)}
    silent = sorted(files - refused - indexed)
    # Skipped files are counted, not named.
    if len(silent) > said.get("skipped", 0):
        failures.append(Failure("content", f"neither indexed nor refused: {', '.join(silent[:8])}"))
    strange = sorted(name for name in indexed if (place.documents / "hostile" / name).is_symlink())
    if strange:
        failures.append(Failure("content", f"links out were followed: {', '.join(strange)}"))
    failures += [
        Failure("secret", f"{path.relative_to(place.home)} holds a file from outside the folder")
        for path in place.home.rglob("*")
        if path.is_file() and SECRET_OUTSIDE.encode() in path.read_bytes().lower()
    ]
    return failures


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _check_sound_files(place: Place) -> list[Failure]:
    """Those are compared alone: what else is in the archive is taken out of it."""
    asked = queries(_SOUND)
    try:
        held = snapshot(place.home / "collections" / "default", asked)
    except Exception as error:
        return [Failure("content", f"default cannot be read: {type(error).__name__}: {error}")]
    failures = [Failure("content", problem) for problem in held.problems]
    sound = {uri: digest for uri, digest in held.documents.items() if Path(uri).parent == place.documents}
    place.keep("hostile")
    shutil.rmtree(place.home)
    ran = place.run("index", *(str(place.documents / name) for name in _SOUND), *FAKES, "--json")
    failures += of_messages([ran])
    alone = snapshot(place.home / "collections" / "default", asked).documents
    place.restore("hostile")
    if sound != alone:
        failures.append(Failure("content", f"{len(alone.keys() - sound.keys())} sound files are not indexed"))
    return failures
