"""`askive config`: every setting, and where its value was set."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from askive.rag.errors import UsageError
from askive.ui.terminal.options import AsJson, Quiet, output

if TYPE_CHECKING:
    from askive.rag.config import Setting

_MEANING_COLUMNS = 4
_ORIGIN_COLUMN = 44


def config(
    keys: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY]...", help="Only settings whose name starts with KEY; default: all."),
    ] = None,
    defaults: Annotated[
        bool, typer.Option("--defaults", help="The defaults, without config.toml and ASKIVE_* variables.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show every setting: its value, where it was set, what it does, and how to change it.

    Example: [bold]askive config retrieval[/]
    """
    from askive.rag.config import CONFIG_NAME, default_home, list_settings

    wanted = _matching(list_settings(as_shipped=defaults), keys or ())
    path = default_home() / CONFIG_NAME
    shown = output(as_json, quiet)
    if as_json:
        rows = [{**asdict(setting), "variable": setting.variable} for setting in wanted]
        shown.json({"file": str(path), "exists": path.is_file(), "settings": rows})
        return
    shown.text(f"{path} ({'read' if path.is_file() and not defaults else _unread(path.is_file())})")
    group = None
    for setting in wanted:
        if (of := setting.key.rpartition(".")[0]) != group:
            shown.text()
            group = of
        for line in _lines(setting):
            shown.text(line)
    for line in _how_to_change(wanted):
        shown.hint(line)


def _unread(is_there: bool) -> str:
    return "not read" if is_there else "does not exist"


def _matching(settings: Sequence[Setting], keys: Sequence[str]) -> list[Setting]:
    """The settings whose name starts with one of the keys. Raises UsageError for a key without a match."""
    from askive.rag.config import nearest_setting

    for key in keys:
        if not any(setting.key.startswith(key) for setting in settings):
            near = nearest_setting(key)
            raise UsageError(
                f"there is no setting {key!r}", remedy=f"the nearest is {near}: askive config {near}"
            )
    return [s for s in settings if not keys or any(s.key.startswith(key) for key in keys)]


def _lines(setting: Setting) -> tuple[str, str]:
    head = (
        f"{setting.key} = {_as_toml(setting.value)}"
        if setting.value is not None
        else f"{setting.key}  not set"
    )
    changed = "" if setting.value == setting.default else f", default {_as_toml(setting.default)}"
    meaning = setting.description + (f" [{setting.allowed}]" if setting.allowed else "")
    if setting.experimental:
        meaning += " (experimental)"
    return (
        f"{head:<{_ORIGIN_COLUMN}}  {setting.origin}{changed}",
        f"{'':<{_MEANING_COLUMNS}}{meaning}",
    )


def _how_to_change(settings: Sequence[Setting]) -> list[str]:
    """How to change a setting, with one of those shown as an example; the home has only its variable."""
    in_file = [setting for setting in settings if setting.key != "home"]
    if not in_file:
        return ["", "To change it, set ASKIVE_HOME=FOLDER."]
    # A setting in a group shows the [group] line too.
    example = next((setting for setting in in_file if "." in setting.key), in_file[0])
    group, _, name = example.key.rpartition(".")
    value = "VALUE" if example.value is None else _as_toml(example.value)
    in_variable = shlex.quote(example.value) if isinstance(example.value, str) else value
    return [
        "",
        f"To change one, write in {'config.toml' if group else 'config.toml, above the first [group]'}:",
        *([f"    [{group}]"] if group else []),
        f"    {name} = {value}",
        f"or set the variable, which wins: {example.variable}={in_variable}",
    ]


def _as_toml(value: str | float | None) -> str:
    return "not set" if value is None else json.dumps(value, ensure_ascii=False)
