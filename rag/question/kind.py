"""The kind of a question, which decides how it is answered: a multinomial logistic model of its vector and its words.

A rule for each kind, from the plainest to the least plain:

- fact: one value that a sentence can state (a number, a date, a name, a decision), or as many as the question fixes
  ("which two capitals"). A choice between two is a fact, and so is what a rule provides ("what does the lease say").
- yes_no: whether something is so; also whether any document mentions it.
- explanation: why or how, what something is or means, how something is done: more than a value.
- who_said: what a person or a publisher said, thinks or wants, or who said, denied or promised something.
- list: all values there are: people, places, items, reasons. "Who was killed" is a list, "who leads the team" a fact.
- mentions: which or how many documents (letters, contracts, passages) mention or contain something, or where.
- summary: what there is about a topic or in a document, in short; where a matter stands.
- timeline: what happened when, in order of time; the history of something. "When did it happen" is a fact.
- comparison: two or more sides against each other: what differs, what they share, what each of them says.
- overview: the collection as a whole: its topics, sources, dates, sizes, names.
- conversation: meant for the assistant or about its last answer ("thanks", "what can you do", "shorter"); needs no
  document.

`python -m askive.eval.calibration.kind` fits the model and stores it in `kind.json` with its provenance.
"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askive.models.protocols import Vectors
from askive.rag.question.analysis import Question
from askive.rag.question.word_classes import word_pattern
from askive.rag.types import QuestionKind

STORED = Path(__file__).parent.parent / "calibration" / "kind.json"
PLAINEST_FIRST: tuple[QuestionKind, ...] = (
    "fact",
    "yes_no",
    "explanation",
    "who_said",
    "list",
    "mentions",
    "summary",
    "timeline",
    "comparison",
    "overview",
    "conversation",
)
PLAIN: tuple[QuestionKind, ...] = ("fact", "yes_no", "explanation")
"""What a question is when no other kind is sure: a fact that is taken for a list costs more than the reverse."""

_MAY_BE_LIST = 0.05
"""Probability of `list` from which on a fact may be one: 20 of 367 questions of four dev halves, and in these every
list that was missed (docs/decisions/28-kinds.md)."""


@dataclass(frozen=True, slots=True)
class KindModel:
    """A fitted model.

    embedder_digest: of the embedder whose vectors it was fitted on.
    patterns: those of `patterns_of` that it knows, in the order of their weights.
    weights: shape (kinds in the order of PLAINEST_FIRST, 1 + properties + patterns + dimension): bias first.
    thresholds: for each kind that is not in PLAIN the probability from which on it is sure.
    """

    embedder_digest: str
    patterns: tuple[str, ...]
    weights: NDArray[np.float64]
    thresholds: Mapping[QuestionKind, float]

    def probabilities(self, question: Question, vector: Vectors) -> dict[QuestionKind, float]:
        """The probability of each kind; they sum to 1. vector: of the question, shape (dimension,)."""
        logits = self.weights @ inputs(question, vector, self.patterns)
        shares = np.exp(logits - logits.max())
        return dict(zip(PLAINEST_FIRST, (shares / shares.sum()).tolist(), strict=True))

    def kind(
        self, question: Question, vector: Vectors, planned: Container[QuestionKind] = PLAINEST_FIRST
    ) -> QuestionKind:
        """The most probable kind if it is planned and sure, else the most probable of PLAIN."""
        found = self.probabilities(question, vector)
        kind = max(found, key=lambda kind: found[kind])
        if kind in planned and found[kind] >= self.thresholds.get(kind, 0.0):
            return kind
        return max(PLAIN, key=lambda kind: found[kind])

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> KindModel:
        """A model from its stored form. Raises KeyError when a field is missing."""
        weights = np.array([values["weights"][kind] for kind in PLAINEST_FIRST], dtype=np.float64)
        thresholds = {kind: values["thresholds"][kind] for kind in PLAINEST_FIRST if kind not in PLAIN}
        return cls(values["embedder_digest"], tuple(values["patterns"]), weights, thresholds)


def classify(
    question: Question, vector: Vectors, embedder_digest: str, planned: Container[QuestionKind]
) -> QuestionKind:
    """The kind of a question; vector: by the embedder with this digest, shape (dimension,).

    A kind that is not in PLAIN only if it is in `planned` and sure. Without a model for that embedder the question's
    words decide, between the kinds of PLAIN.
    """
    if model := find_kind_model(embedder_digest):
        return model.kind(question, vector, planned)
    if question.is_yes_no:
        return "yes_no"
    return "explanation" if question.wants_explanation else "fact"


def may_be_list(question: Question, vector: Vectors, embedder_digest: str) -> bool:
    """Whether a question that is answered from passages may ask for several values: "Who took part in the meeting?".

    What the archive holds decides then (`askive.rag.answer.plans.list.list_several_values`). Yes or no, a number and a
    date are one value, even where accounts differ.
    """
    if question.is_yes_no or question.answer_type in ("number", "date"):
        return False
    model = find_kind_model(embedder_digest)
    return model is not None and model.probabilities(question, vector)["list"] >= _MAY_BE_LIST


def find_kind_model(embedder_digest: str, stored: Path = STORED) -> KindModel | None:
    """The shipped model for this embedder; None when there is none: other embedders' vectors differ."""
    return next((model for model in _read(stored) if model.embedder_digest == embedder_digest), None)


def inputs(question: Question, vector: Vectors, patterns: Sequence[str]) -> NDArray[np.float64]:
    """What the model sees: 1, properties of the question, its patterns (scaled to unit length), its vector."""
    own = patterns_of(question.text)
    found = np.array([pattern in own for pattern in patterns], dtype=np.float64)
    length = max(1.0, float(np.sqrt(found.sum())))
    return np.concatenate([[1.0], _properties(question), found / length, vector.astype(np.float64)])


def patterns_of(text: str) -> frozenset[str]:
    """The tokens of `word_pattern`, and two and three of them in a row; `a * b` leaves out the one between."""
    tokens = word_pattern(text)
    pairs = [f"{a} {b}" for a, b in pairwise(tokens)]
    triples = [(a, b, c) for (a, b), (_, c) in pairwise(pairwise(tokens))]
    return frozenset([*tokens, *pairs, *map(" ".join, triples), *(f"{a} * {c}" for a, _, c in triples)])


def _properties(question: Question) -> NDArray[np.float64]:
    """Scaled down, so that regularisation leaves the vector and the patterns their say."""
    flags = (
        question.answer_type == "number",
        question.answer_type == "date",
        question.answer_type == "name",
        question.is_yes_no,
        question.wants_explanation,
        question.wants_several,
        question.wants_the_one,
        question.asks_who,
        bool(question.clauses),
        bool(question.names),
        bool(question.times),
        bool(question.publishers),
        question.latest,
    )
    return 0.3 * np.array([*flags, len(question.words) / 10], dtype=np.float64)


@lru_cache(maxsize=4)
def _read(path: Path) -> tuple[KindModel, ...]:
    return tuple(KindModel.from_dict(row) for row in json.loads(path.read_text(encoding="utf-8")))
