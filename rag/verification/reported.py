"""Whether a sentence reports somebody's words, view or estimate instead of stating its content as a fact.

A linear model of its words decides, not a list of verbs of saying: "puts it down to", "by their count" and "in the
eyes of" report as much as "said" does. `python -m askive.eval.calibration.reported` fits it on sentences written for
that, and stores it in `rag/calibration/reported.json` with its figures.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from askive.rag.calibration.logistic import logistic
from askive.rag.text.words import stem

STORED = Path(__file__).parent.parent / "calibration" / "reported.json"

# A word; a number; a mark that may open or close what somebody said
_TOKEN = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)*|\d[\d.,]*|[“”\"‘’':;,.?!()-]")
_OPENS_SENTENCE = ('"', ".", ":")


@dataclass(frozen=True, slots=True)
class ReportModel:
    """A fitted model.

    weights: of each term, as `terms_of` names them. threshold: the probability from which on a sentence reports.
    """

    bias: float
    weights: Mapping[str, float]
    threshold: float

    def probability(self, text: str) -> float:
        """The probability that the sentence reports, 0 to 1."""
        return logistic(self.bias + sum(self.weights.get(term, 0.0) for term in terms_of(text)))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ReportModel:
        """A model from its stored form. Raises KeyError when a field is missing."""
        return cls(values["bias"], values["weights"], values["threshold"])


def terms_of(text: str) -> frozenset[str]:
    """The words and pairs of neighbouring words of a sentence: stems, `NAME` for names, `0` for numbers, and marks."""
    text = text.replace("“", '"').replace("”", '"')
    tokens: list[str] = []
    for match in _TOKEN.finditer(text):
        word = match.group()
        if word[0].isdigit():
            tokens.append("0")
        elif not word[0].isalpha():
            tokens.append(word)
        elif _is_name(word, text[: match.start()].rstrip()):
            if not tokens or tokens[-1] != "NAME":
                tokens.append("NAME")
        else:
            tokens.append(stem(word.lower()))
    pairs = (f"{one} {other}" for one, other in pairwise(tokens))
    return frozenset((*tokens, *pairs))


def reports(text: str) -> bool:
    """Whether the sentence reports what somebody says, thinks or estimates."""
    model = shipped_model()
    return model.probability(text) >= model.threshold


@lru_cache(maxsize=1)
def shipped_model() -> ReportModel:
    """The model of the package."""
    return ReportModel.from_dict(json.loads(STORED.read_text(encoding="utf-8")))


def _is_name(word: str, before: str) -> bool:
    """Whether a word is capitalised without opening a sentence or a quotation."""
    return word[0].isupper() and word != "I" and bool(before) and not before.endswith(_OPENS_SENTENCE)
