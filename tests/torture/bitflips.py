"""One bit of one kept file is wrong: the product recovers or says so, and `doctor` names it."""

from __future__ import annotations

import json
import sqlite3
import time
from functools import lru_cache
from pathlib import Path

from tests.torture import corpus
from tests.torture.cases import Case, plan
from tests.torture.chat import Request, serve, upload
from tests.torture.checks import DOCTOR, of_doctor, of_messages, of_processes
from tests.torture.corpus import content, secret
from tests.torture.operations import CHANGED, FAKES, KEPT, keep_states, must
from tests.torture.place import Place, Ran
from tests.torture.report import Failure, Outcome
from tests.torture.snapshot import Snapshot, queries, snapshot

TITLE = (
    "One flipped bit in a kept file. Nothing may end in a traceback; what is then read must be as before, or `askive"
    " doctor` must name the damage; after its remedy (or with the file restored) all is well."
)
COUNTS = {
    "store": 60, "vector index": 20, "kept state": 8, "conversations": 16, "config": 10, "upload": 4,
}  # fmt: skip
_PATTERNS = {
    "store": "collections/default/store.sqlite3", "vector index": "collections/default/dense-*.faiss",
    "kept state": "cache/states/**/*.kv", "conversations": "**/conversations.sqlite3", "config": "config.toml",
    "upload": "uploads/**/*.txt",
}  # fmt: skip
_ENTRY = {"store": "collection", "vector index": "collection"}
_SETTINGS = "[retrieval]\ntop_k = 9\n\n[generation]\nmax_tokens = 120\n"
_NAMES = [*KEPT, *CHANGED]
_STATEMENTS = 'SELECT * FROM "{}" ORDER BY 1'


def cases(percent: int, seed: int) -> list[Case]:
    """All flips."""
    return plan("bitflips", COUNTS, percent, seed)


def run(case: Case, place: Place) -> Outcome:
    """One flip, and what came of it."""
    truth, asked = _prepare(place)
    started = time.monotonic()
    place.restore("bitflips")
    chance = case.chance()
    files = sorted(path for path in place.home.glob(_PATTERNS[case.operation]) if path.is_file())
    if not files:
        return Outcome(case.subject, case.operation, case.index, False, "there is no such file", 0.0)
    path = chance.choice(files)
    sound = path.read_bytes()
    at, bit = chance.randrange(len(sound)), chance.randrange(8)
    path.write_bytes(sound[:at] + bytes([sound[at] ^ 1 << bit]) + sound[at + 1 :])
    used = [
        place.run("search", secret(KEPT[1], 1), "--collection", "default", *FAKES, "--json"),
        place.run(
            "ask", "What is the password?", "--collection", "default", *FAKES, "--model", "scripted", "--json"
        ),
        place.run("collections", "--json"),
    ]
    checked = place.run(*DOCTOR)
    failures = list(of_messages([*used, checked], (0, 1, 2)))
    named = _find_remedies(checked, _ENTRY.get(case.operation, ""))
    failures += _silent_damage(case, place, truth, asked, named)
    failures += _repair(case, place, truth, asked, named, path, sound)
    failures += of_processes()
    event = f"bit {bit} of byte {at} of {path.relative_to(place.home)}"
    seconds = time.monotonic() - started
    return Outcome(case.subject, case.operation, case.index, bool(named), event, seconds, tuple(failures))


def _silent_damage(
    case: Case, place: Place, truth: Snapshot, asked: list[str], named: list[str]
) -> list[Failure]:
    """Damage that is read but not named."""
    if named:
        return []
    try:
        differences = snapshot(place.home / "collections" / "default", asked).differences(truth)
    except Exception as error:
        differences = [f"{type(error).__name__}: {error}"]
    if case.operation == "conversations":
        differences += _conversation_problems(place)
    return [Failure("doctor", f"not named: {said}") for said in differences[:2]]


def _repair(
    case: Case, place: Place, truth: Snapshot, asked: list[str], named: list[str], path: Path, sound: bytes
) -> list[Failure]:
    """After the remedy, or with the file as it was, nothing is wrong."""
    if case.operation == "store" and named and any("--rebuild" in remedy for remedy in named):
        ran = place.run(
            "index", str(place.documents), "--collection", "default", "--rebuild", *FAKES, "--json"
        )
        failures = list(of_messages([ran]))
    else:
        for beside in (path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            beside.unlink(missing_ok=True)
        path.write_bytes(sound)
        failures = []
    if case.operation != "kept state":
        failures += of_doctor(place)
    try:
        differences = snapshot(place.home / "collections" / "default", asked).differences(truth)
    except Exception as error:
        differences = [f"{type(error).__name__}: {error}"]
    return failures + [Failure("content", f"after the remedy: {said}") for said in differences]


def _find_remedies(checked: Ran, entry: str) -> list[str]:
    """Remedies of what doctor found wrong; config.toml that cannot be read is named by every command."""
    try:
        findings = json.loads(checked.out or checked.err)
    except ValueError:
        return [checked.err] if checked.code else []
    if isinstance(findings, dict):
        return [str(findings)]
    usual = ("python", "disk", "memory", "cores", "llama", "weights")
    return [
        finding["remedy"] or finding["message"]
        for finding in findings
        if finding["severity"] != "ok" and not finding["name"].startswith(usual) and entry in finding["name"]
    ]


def _conversation_problems(place: Place) -> list[str]:
    """What SQLite itself finds wrong in the conversations; a letter that is another one it cannot see."""
    for path in place.home.glob(_PATTERNS["conversations"]):
        try:
            database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
            try:
                found = [row[0] for row in database.execute("PRAGMA integrity_check")]
                for (table,) in database.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table'"
                ).fetchall():
                    database.execute(_STATEMENTS.format(table)).fetchall()
            finally:
                database.close()
        except sqlite3.Error as error:
            return [f"conversations: {error}"]
        if found != ["ok"]:
            return [f"conversations: {found[0]}"]
    return []


@lru_cache(maxsize=1)
def _prepare(place: Place) -> tuple[Snapshot, list[str]]:
    place.clear()
    corpus.write(place.documents, _NAMES, 1)
    must(place.run("index", str(place.documents), *FAKES, "--json"))
    must(place.run("index", str(place.documents / KEPT[0]), "--collection", "papers", *FAKES, "--json"))
    keep_states(place)
    with serve(place, "--collection", "default") as chat:
        said = [chat.send(upload("papers", "may.txt", content("may.txt", 1)))]
        for word in (secret(name, 1) for name in KEPT[:3]):
            question = f"What is the password {word}?"
            asked_now = {"question": question, "collection": "default", "model": "scripted"}
            said += [chat.call("ask", asked_now)]
        said.append(chat.send(Request("GET", "conversations")))
        chat.stop()
    if secret(KEPT[0], 1) not in said[-1]:
        raise RuntimeError(f"no conversations were kept: {said[-1][:300]}")
    (place.home / "config.toml").write_text(_SETTINGS, encoding="utf-8")
    place.keep("bitflips")
    asked = queries(_NAMES)
    return snapshot(place.home / "collections" / "default", asked), asked
