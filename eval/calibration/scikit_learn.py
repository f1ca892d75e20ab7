"""Import of scikit-learn, which only fitting needs: `pip install askive[calibrate]`."""

from __future__ import annotations

import importlib
from typing import Any

from askive.rag.errors import UsageError


def import_sklearn(name: str) -> Any:
    """The module `sklearn.NAME`. Raises UsageError when scikit-learn is not installed."""
    try:
        return importlib.import_module(f"sklearn.{name}")
    except ModuleNotFoundError as error:
        raise UsageError(
            "scikit-learn is not installed: fitting and measuring need it",
            remedy="run `pip install 'askive[calibrate]'`",
        ) from error
