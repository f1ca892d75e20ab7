"""Gradio must not write beside itself: askive writes to its data folder and to the temporary folder only."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache


@cache
def refuse_gradio_writes() -> None:
    """Refuse every write into Gradio's package folder, for the rest of the process. Call it before importing gradio.

    On its first start Gradio stores a seed of its hashes there, and stubs for type checkers. It does without both
    where the folder is read-only.
    """
    spec = importlib.util.find_spec("gradio")
    if spec is None or not spec.submodule_search_locations:
        return
    folder = f"{spec.submodule_search_locations[0]}/"

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event != "open":
            return
        path, mode, _ = arguments
        if isinstance(mode, str) and set(mode) & set("wax+") and str(path).startswith(folder):
            raise PermissionError(f"{path} is not written")

    sys.addaudithook(refuse)
