"""The JSON routes about models, and the one by which a second `askive chat` finds the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from askive.rag.config import Config
from askive.ui.chat.http.hello import identity
from askive.ui.chat.weights import Weights


class ModelRoutes:
    """Routes under `/chat/` for models."""

    def __init__(self, config: Config, weights: Weights) -> None:
        self._config = config
        self._weights = weights

    def table(self) -> list[tuple[str, str, Callable[..., Any]]]:
        """Method, path and function of each route."""
        return [
            ("GET", "hello", self.hello),
            ("GET", "models", self.models),
            ("POST", "models/{model_id}/pull", self.pull),
        ]

    def hello(self) -> dict[str, str]:
        """Which chat this is, without saying where its data are."""
        return {"askive": identity(self._config)}

    def models(self) -> list[dict[str, Any]]:
        """The models, with their downloads."""
        return self._weights.models()

    def pull(self, model_id: str) -> list[dict[str, Any]]:
        """Start the download of a model; returns as `models`."""
        self._weights.pull(model_id)
        return self._weights.models()
