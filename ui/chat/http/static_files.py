"""The page's files: one HTML page, stylesheets, small scripts; all from the folder `assets`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.responses import PlainTextResponse, Response

_ASSETS = Path(__file__).resolve().parent.parent / "assets"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def attach_page(server: Any) -> None:
    """Serve `/` and `/page/<path>`."""
    server.add_api_route("/", _index, methods=["GET", "HEAD"], response_model=None)
    server.add_api_route("/page/{name:path}", _asset, methods=["GET"], response_model=None)


def _index() -> Response:
    return _asset("index.html")


def _asset(name: str) -> Response:
    path = (_ASSETS / name).resolve()
    if not path.is_relative_to(_ASSETS) or path.suffix not in _TYPES or not path.is_file():
        return PlainTextResponse("Not found.", 404)
    return Response(path.read_text(encoding="utf-8"), media_type=_TYPES[path.suffix])
