"""Checks of the files besides the collections: settings, conversations, attention states, derived models."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

from askive.models.errors import AskiveError
from askive.rag.config import CONFIG_NAME, Config, load_config
from askive.rag.store.database_file import open_read_only

Severity = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check. remedy: a harmless command or action that fixes it; empty when there is no problem."""

    name: str
    severity: Severity
    message: str
    remedy: str = ""


def guarded(name: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """The findings of a check; an exception becomes a finding, so that the other checks run."""
    try:
        yield from check()
    except AskiveError as error:
        yield Finding(name, "error", error.message, error.remedy or "run `askive doctor` again")
    except Exception as error:
        yield Finding(
            name, "error", f"this check failed: {type(error).__name__}: {error}",
            "nothing was changed; run it again with ASKIVE_DEBUG=1 and report what it prints",
        )  # fmt: skip


def examine_files(config: Config) -> Iterator[Finding]:
    """Checks everything in the data folder except the weights and the collections."""
    for name, check in (
        ("config", _settings),
        ("conversations", _conversations),
        ("kept states", _kept_states),
        ("derived models", _derived),
    ):
        yield from guarded(name, lambda check=check: check(config))  # type: ignore[misc]


def _settings(config: Config) -> Iterator[Finding]:
    path = config.home / CONFIG_NAME
    load_config({"home": config.home})
    yield Finding(
        "config", "ok", f"{path} {'is valid' if path.is_file() else 'does not exist: defaults are used'}"
    )


def _conversations(config: Config) -> Iterator[Finding]:
    path = config.home / "chat" / "conversations.sqlite3"
    if not path.exists():
        return
    remedy = f"copy {path} to a safe place and rename it: the chat starts with a new one"
    try:
        with closing(open_read_only(path)) as db:
            problems = [str(row[0]) for row in db.execute("PRAGMA integrity_check(5)") if row[0] != "ok"]
            (broken,) = db.execute(
                "SELECT count(*) FROM turns WHERE NOT json_valid(asked) OR NOT json_valid(coalesce(answer, '{}'))"
            ).fetchone()
            (n,) = db.execute("SELECT count(*) FROM conversations").fetchone()
    except sqlite3.DatabaseError as error:
        yield Finding("conversations", "error", f"{path} cannot be read: {error}", remedy)
        return
    if broken:
        problems.append(f"{broken} answers are not valid JSON")
    if problems:
        yield Finding("conversations", "error", f"{path} is damaged: {'; '.join(problems)}", remedy)
    else:
        yield Finding("conversations", "ok", f"{n} conversations")


def _kept_states(config: Config) -> Iterator[Finding]:
    from askive.models.llama.state_cache import damaged_states
    from askive.models.registry import states_dir

    damaged = damaged_states(states_dir(config.models_dir))
    if damaged:
        yield Finding(
            "kept states", "warning", f"damaged: {', '.join(str(path) for path in damaged[:3])}"
            f"{f' and {len(damaged) - 3} more' if len(damaged) > 3 else ''}",
            "none needed: damaged states are dropped when they are read; `askive cache clear` deletes all",
        )  # fmt: skip
    else:
        yield Finding("kept states", "ok", "all undamaged")


def _derived(config: Config) -> Iterator[Finding]:
    from askive.models.openvino_cache import is_sealed

    folders = {file.parent for file in config.models_dir.glob("*/.openvino/*/*") if file.is_file()}
    folders |= {path for path in config.models_dir.glob("*/.openvino/*/compiled/[!.]*") if path.is_dir()}
    folders |= {path for path in (config.home / "cache" / "reader").glob("[!.]*") if path.is_dir()}
    damaged = [
        folder for folder in sorted(folders) if not folder.name.endswith(".partial") and not is_sealed(folder)
    ]
    for folder in damaged:
        yield Finding(
            "derived models", "error", f"{folder} is damaged: its files have changed",
            f"`rm -r {folder}`: it is made again from the weights at the next use",
        )  # fmt: skip
    if not damaged:
        yield Finding("derived models", "ok", f"{len(folders)} undamaged")
