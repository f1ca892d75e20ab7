"""The JSON routes about settings: shown to everybody, changed by the user of this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import reduce
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request as HttpRequest

from askive.rag.collections.by_name import list_collections
from askive.rag.config import CONFIG_NAME, Config, Setting, list_settings, load_config, shown_value
from askive.rag.config_groups import Group
from askive.rag.errors import ConfigError, UsageError
from askive.rag.settings_file import change_setting
from askive.ui.chat.http.access import is_own_user, require_own_user
from askive.ui.chat.weights import Weights
from askive.ui.chat.workspace import Workspace

Applies = Literal["now", "start", ""]
_SHOWN: dict[str, Applies] = {
    "generator": "now",
    "generation.strict": "now",
    "generation.max_tokens": "now",
    "retrieval.top_k": "now",
    "retrieval.mode": "now",
    "reader": "now",
    "ocr": "now",
    "collection": "start",
    "generation.n_threads": "start",
    "cache.memory_mb": "start",
    "cache.disk_mb": "start",
    "embedder": "",
    "home": "",
}
"""The settings that matter to users, and when a change takes effect; empty: the page does not change it."""
_ELSEWHERE = {
    "embedder": "a change means that every collection is embedded again: set it in config.toml",
    "home": "set by the variable ASKIVE_HOME before the start",
}


class Changed(BaseModel):
    """A new value; None for the default."""

    model_config = ConfigDict(extra="forbid")

    key: str
    value: bool | int | float | str | None


class SettingsRoutes:
    """Routes under `/chat/` for settings."""

    def __init__(self, workspace: Workspace, weights: Weights) -> None:
        self._workspace = workspace
        self._weights = weights
        loaded = load_config()
        self._options = {
            key for key in _SHOWN if _value(loaded, key) != _value(workspace.config, key) and key != "home"
        }
        """Settings that an option of the command has set."""

    @property
    def running(self) -> Config:
        """The settings that the next question is answered with."""
        return self._workspace.config

    def table(self) -> list[tuple[str, str, Callable[..., Any]]]:
        """Method, path and function of each route."""
        return [("GET", "settings", self.settings), ("PUT", "settings", self.change)]

    def settings(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The settings that matter, as `askive config` lists them, and for each:

        variable; applies: when a change takes effect, `now` (with the next question) or `start`; locked: why it cannot
        be changed here, empty if it can; choices: of a setting that has some; pending: the next start changes it.
        """
        known = {setting.key: setting for setting in list_settings()}
        is_own, loaded = is_own_user(request.scope), load_config()
        return [self._view(known[key], applies, loaded, is_own) for key, applies in _SHOWN.items()]

    def change(self, body: Changed, request: HttpRequest) -> list[dict[str, Any]]:
        """Write a setting into config.toml; returns as `settings`. Raises UsageError for a value that cannot be."""
        require_own_user(request.scope, "settings can be changed")
        view = next((one for one in self.settings(request) if one["key"] == body.key), None)
        if view is None or view["locked"]:
            why = view["locked"] if view else "the page does not show it"
            raise UsageError(f"{body.key} cannot be changed here: {why}", remedy="reload the page")
        value = body.value.strip() if isinstance(body.value, str) else body.value
        if value == view["value"]:
            return self.settings(request)
        if value == "":
            raise UsageError(
                "the field is empty", remedy=f"type a value{_allowed(view)}, or restore the default"
            )
        if view["choices"] and value is not None and value not in view["choices"]:
            raise UsageError(f"{value!r} is no choice", remedy=f"choose {', '.join(view['choices'])}")
        try:
            change_setting(self._workspace.config.home, body.key, value)
        except ConfigError as error:
            if CONFIG_NAME in error.message:
                raise
            why = error.message.partition(": ")[2] or error.message
            raise UsageError(
                f"{value!r} cannot be used: {why}", remedy=f"type another value{_allowed(view)}"
            ) from error
        if _SHOWN[body.key] == "now":
            config = _with(self._workspace.config, body.key, _value(load_config(), body.key))
            self._workspace.configure(config)
            self._weights.configure(config)
        return self.settings(request)

    def _view(self, setting: Setting, applies: Applies, loaded: Config, is_own: bool) -> dict[str, Any]:
        locked = _ELSEWHERE.get(setting.key, "")
        is_option = setting.key in self._options
        running = _value(self._workspace.config, setting.key)
        if is_option:
            locked = "an option of `askive chat` sets it"
        elif setting.origin == setting.variable and not locked:
            locked = f"the variable {setting.variable} sets it"
        elif not is_own and not locked:
            locked = "change it on the machine on which Askive runs"
        return {
            **asdict(setting),
            "value": shown_value(running) if is_option else setting.value,
            "origin": "option" if is_option else setting.origin,
            "variable": setting.variable,
            "applies": applies,
            "locked": locked,
            "choices": [] if locked else self._choices(setting),
            "pending": applies == "start" and not is_option and running != _value(loaded, setting.key),
        }

    def _choices(self, setting: Setting) -> list[str]:
        if setting.key == "generator":
            known = [model["id"] for model in self._workspace.generators()]
            return known if setting.value in known else [str(setting.value), *known]
        if setting.key == "collection":
            names = list_collections(self._workspace.config)
            return names if setting.value in (None, *names) else [str(setting.value), *names]
        if isinstance(setting.default, str) and setting.allowed:
            return setting.allowed.split(", ")
        return []


def _allowed(view: dict[str, Any]) -> str:
    return f" ({view['allowed']})" if view["allowed"] else ""


def _value(config: Config, key: str) -> Any:
    return reduce(getattr, key.split("."), config)


def _with(config: Config, key: str, value: Any) -> Config:
    """A copy with another value, which is valid."""
    group, _, name = key.rpartition(".")
    if not group:
        return config.model_copy(update={name: value})
    inner: Group = getattr(config, group)
    return config.model_copy(update={group: inner.model_copy(update={name: value})})
