"""Models as they are stored, fitted for the models that need no weights."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from askive.models.fakes import ScriptedGenerator
from askive.models.protocols import Message
from askive.models.reader.cross_encoder import Reader
from askive.rag.evidence.judge import DENIED, STATED, Judgement

Opinion = Callable[[str], Judgement]
"""From a prompt to the log-odds of Yes for each of the judge's two questions."""

SUPPORTS = Judgement(stated=3.0, denied=-3.0)
CONTRADICTS = Judgement(stated=-3.0, denied=3.0)
NEITHER = Judgement(stated=-3.0, denied=-3.0)
RELATION_OF_FAKES = {
    "generator_id": "scripted",
    "weights": {"supports": [0, 1, 0], "contradicts": [0, 0, 1], "neither": [0, 0, 0]},
    "threshold": 0.5,
}


class Judging(ScriptedGenerator):
    """A generator whose opinion of each prompt is known; `asked` has the prompts of the judge in order, each once."""

    def __init__(self, opinion: Judgement | Opinion, script: str = "") -> None:
        super().__init__(script)
        self._opinion = opinion if callable(opinion) else lambda _prompt: opinion
        self.asked: list[str] = []

    def likelihood(self, messages: Sequence[Message], text: str) -> float:
        prompt = messages[-1].text
        if not prompt.endswith((STATED, DENIED)):
            return super().likelihood(messages, text)
        if prompt not in self.asked:
            self.asked.append(prompt)
        opinion = self._opinion(prompt)
        odds = opinion.stated if prompt.endswith(STATED) else opinion.denied
        return -math.log1p(math.exp(-odds if text == "Yes" else odds))

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        """The opinion of whether the excerpts state the statement, as the second check asks for it."""
        prompt = messages[-1].text
        if not prompt.startswith("Excerpt:"):
            return super().choose(messages, choices)
        self.asked.append(prompt)
        odds = self._opinion(prompt).stated
        return [-math.log1p(math.exp(-odds)), -math.log1p(math.exp(odds))]


def support_of_fakes(reader: Reader, log_odds: float = 0.0) -> list[dict[str, Any]]:
    """By rules and reader every sentence has these log-odds; the second model is the generator's opinion."""

    def model(generator_id: str | None, bias: float, weights: dict[str, float]) -> dict[str, Any]:
        return {
            "embedder_id": "hash",
            "reader_sha256": reader.digest,
            "generator_id": generator_id,
            "threshold": 0.5,
            "bias": bias,
            "features": {name: {"mean": 0.0, "scale": 1.0, "weight": w} for name, w in weights.items()},
            "provenance": {},
        }

    return [model(None, log_odds, {"own": 0.0}), model("scripted", 0.0, {"before": 0.0, "stated": 1.0})]


def write_support(folder: Path, reader: Reader, log_odds: float = 0.0) -> Path:
    """A file with the models of `support_of_fakes`."""
    path = folder / f"support{log_odds}.json"
    path.write_text(json.dumps(support_of_fakes(reader, log_odds)), encoding="utf-8")
    return path


def write_relation(folder: Path) -> Path:
    """A file with a relation model for the scripted generator: the larger of the log-odds decides, above 0."""
    path = folder / "relation.json"
    path.write_text(json.dumps([RELATION_OF_FAKES]), encoding="utf-8")
    return path
