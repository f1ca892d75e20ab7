"""The JSON routes about watched folders. They reach any file of the user, so only this machine may use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request as HttpRequest

from askive.ui.chat.documents.watched import WatchedFolders
from askive.ui.chat.http.access import is_own_user, require_own_user


class Folder(BaseModel):
    """A folder, as typed."""

    model_config = ConfigDict(extra="forbid")

    folder: str


class WatchRoutes:
    """Routes under `/chat/` for watched folders."""

    def __init__(self, watched: WatchedFolders) -> None:
        self._watched = watched

    def table(self) -> list[tuple[str, str, Callable[..., Any]]]:
        """Method, path and function of each route."""
        path = "collections/{name}/watched"
        return [("GET", path, self.folders), ("POST", path, self.add), ("DELETE", path, self.remove)]

    def folders(self, name: str, request: HttpRequest) -> dict[str, Any]:
        """`{"allowed", "folders"}`: whether the caller may watch folders, and those of the collection."""
        allowed = is_own_user(request.scope)
        return {"allowed": allowed, "folders": self._watched.of(name) if allowed else []}

    def add(self, name: str, body: Folder, request: HttpRequest) -> dict[str, Any]:
        """Watch a folder; returns as `folders`."""
        require_own_user(request.scope, "a folder can be watched")
        self._watched.add(name, body.folder)
        return self.folders(name, request)

    def remove(self, name: str, folder: str, request: HttpRequest) -> dict[str, Any]:
        """Stop watching a folder; returns as `folders`."""
        require_own_user(request.scope, "a watched folder can be removed")
        self._watched.remove(name, folder)
        return self.folders(name, request)
