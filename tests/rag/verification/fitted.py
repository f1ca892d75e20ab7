"""Relation models for the fakes, and a generator whose opinion of each statement is known."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from askive.models.fakes import ScriptedGenerator
from askive.models.protocols import Message
from askive.models.reader.cross_encoder import Reader
from askive.rag.evidence.judge import GIVEN, STATED

Opinion = Callable[[str], float]
"""From a prompt to the log-odds of Yes."""

SUPPORTS, NEITHER, CONTRADICTS = 3.0, -1.0, -4.0
RELATION_OF_FAKES: dict[str, Any] = {
    "generator_id": "scripted",
    "reader_sha256": None,
    "features": ["stated"],
    "weights": {"supports": [0, 1], "contradicts": [-2, -1], "neither": [0, 0]},
    "threshold": 0.5,
}


class Judging(ScriptedGenerator):
    """A generator whose opinion of each prompt is known; `asked` has the prompts of the judge in order, each once."""

    def __init__(self, opinion: float | Opinion, script: str = "") -> None:
        super().__init__(script)
        self._opinion = opinion if callable(opinion) else lambda _prompt: opinion
        self.asked: list[str] = []

    def likelihood(self, messages: Sequence[Message], text: str) -> float:
        prompt = messages[-1].text
        if not prompt.endswith((STATED, GIVEN)):
            return super().likelihood(messages, text)
        if prompt not in self.asked:
            self.asked.append(prompt)
        odds = self._opinion(prompt)
        return -math.log1p(math.exp(-odds if text == "Yes" else odds))


def relation_of_reader(reader: Reader, log_odds: float) -> dict[str, Any]:
    """A model by which every claim is supported with these log-odds and never contradicted."""
    return {
        "generator_id": None,
        "reader_sha256": reader.digest,
        "features": ["shared"],
        "weights": {"supports": [log_odds, 0], "contradicts": [-30, 0], "neither": [0, 0]},
        "threshold": 0.5,
    }


def write_relation(folder: Path, reader: Reader | None = None, log_odds: float = 0.0) -> Path:
    """A file with models for the scripted generator: it supports above 0 and contradicts below -2.

    reader: also has a model, by which every claim is supported with these log-odds.
    """
    models = [RELATION_OF_FAKES]
    if reader is not None:
        models += [
            relation_of_reader(reader, log_odds),
            {**RELATION_OF_FAKES, "reader_sha256": reader.digest},
        ]
    path = folder / f"relation{log_odds}.json"
    path.write_text(json.dumps(models), encoding="utf-8")
    return path
