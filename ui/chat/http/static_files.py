"""The page's files: one HTML page, one stylesheet, small scripts; all from this folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.responses import PlainTextResponse, Response

_ASSETS = Path(__file__).parent.parent / "assets"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def attach_page(server: Any) -> None:
    """Serve `/` and `/page/<file>`."""
    server.add_api_route("/", _index, methods=["GET", "HEAD"], response_model=None)
    server.add_api_route("/page/{name}", _asset, methods=["GET"], response_model=None)


def _index() -> Response:
    return _asset("index.html")


def _asset(name: str) -> Response:
    path = _ASSETS / name
    if path.parent != _ASSETS or path.suffix not in _TYPES or not path.is_file():
        return PlainTextResponse("Not found.", 404)
    return Response(path.read_text(encoding="utf-8"), media_type=_TYPES[path.suffix])
