"""Change a setting in config.toml."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any

from askive.models.files import write_atomically
from askive.models.system_errors import reason_of, remedy_for
from askive.rag.config import CONFIG_NAME, list_settings, load_config, nearest_setting, toml_failure
from askive.rag.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def change_setting(home: Path, key: str, value: str | float | bool | None) -> None:
    """Write a setting, and leave the rest of the file as it is, with its comments.

    home: the data folder. key: as in `load_config`, `retrieval.top_k`. value: a text is converted where the setting is
    a number; None removes the setting, so that its default is used.
    Raises ConfigError for an unknown key, an invalid value, and a file that is invalid or cannot be written; the file
    is unchanged then.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    if key not in (setting.key for setting in list_settings(as_shipped=True) if setting.key != "home"):
        raise ConfigError(
            f"config.toml has no setting {key!r}", remedy=f"the nearest is {nearest_setting(key)}"
        )
    checked: Any = load_config({"home": home, key: value}, {})
    *groups, name = key.split(".")
    for part in (*groups, name):
        checked = getattr(checked, part)
    # The file that a link leads to, with its permissions.
    path = (home / CONFIG_NAME).resolve()
    try:
        is_there = path.is_file()
        document = tomlkit.parse(path.read_text(encoding="utf-8") if is_there else "")
        table: Any = document
        for group in groups:
            if group not in table:
                table[group] = tomlkit.table()
            table = table[group]
        if value is None:
            table.pop(name, None)
        else:
            table[name] = checked
        mode = stat.S_IMODE(path.stat().st_mode) if is_there else None
        write_atomically(path, tomlkit.dumps(document))
        if mode is not None:
            os.chmod(path, mode)  # noqa: PTH101
    except TOMLKitError as error:
        raise toml_failure(path, error) from error
    except OSError as error:
        raise ConfigError(
            f"{CONFIG_NAME} cannot be changed: {reason_of(error)}", remedy=remedy_for(error)
        ) from error
