"""Fit the kind of a question to its vector and its words: `python -m askive.eval.calibration.kind [--write]`.

The figures of `eval/gold/kinds` are of its test half, by a model of the development half; the margin below which the
plainer kind is chosen comes from cross-validation within that half. The stored model is fitted on both halves with the
same settings; the figures of the gold suites are its own.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from askive.eval import script
from askive.eval.calibration.scikit_learn import import_sklearn
from askive.eval.datasets import open_suite
from askive.eval.datasets.kinds import KindQuestion, read_kinds
from askive.models.errors import AskiveError, UsageError
from askive.models.protocols import Embedder, Vectors
from askive.rag.config import load_config
from askive.rag.factory import open_embedder
from askive.rag.question.analysis import Question
from askive.rag.question.kind import PLAINEST_FIRST, STORED, KindModel, choose, inputs, phrases_of
from askive.rag.types import QuestionKind

SENTENCE_SUITES = ("seeds:dev", "offices:dev")
"""Their questions are answered by sentences: none of them asks for a list of documents, a summary or a timeline."""
ANSWERED_BY_SENTENCES: frozenset[QuestionKind] = frozenset({"fact", "yes_no", "explanation", "who_said"})
_REGULARISATION = 3.0
_MIN_QUESTIONS, _MIN_GROUPS = 4, 3
"""A phrase counts when it is in this many questions and groups."""
_FOLDS = 4
_MARGINS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3)
_MAX_LOSS = 0.01
"""Of accuracy, for a wider margin: a fact that is taken for a list costs more than a list that is taken for a fact."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question as the model sees it. kind, group: as in `KindQuestion`."""

    question: Question
    vector: Vectors
    kind: QuestionKind
    group: str


def examples_of(questions: Sequence[KindQuestion], embedder: Embedder) -> list[Example]:
    """The questions, read and embedded."""
    vectors = embedder.embed([question.text for question in questions])
    return [
        Example(Question.read(question.text), vector, question.kind, question.group)
        for question, vector in zip(questions, vectors, strict=True)
    ]


def fit(examples: Sequence[Example], embedder_digest: str, margin: float) -> KindModel:
    """The model fitted to the examples. Raises UsageError when a kind is missing."""
    if missing := sorted(set(PLAINEST_FIRST) - {example.kind for example in examples}):
        raise UsageError(f"no questions of the kind {missing[0]}: fitting needs all kinds", remedy="add some")
    phrases = _common_phrases(examples)
    values = np.array([inputs(example.question, example.vector, phrases) for example in examples])
    # The bias is the first input; scikit-learn has its own, which is not regularised.
    model = import_sklearn("linear_model").LogisticRegression(C=_REGULARISATION, max_iter=2000)
    model.fit(values[:, 1:], [PLAINEST_FIRST.index(example.kind) for example in examples])
    weights = np.column_stack([model.intercept_, model.coef_]).round(4)
    return KindModel(embedder_digest, phrases, weights, margin)


def _common_phrases(examples: Sequence[Example]) -> tuple[str, ...]:
    """The phrases in enough questions and groups."""
    counts: Counter[str] = Counter()
    groups: dict[str, set[str]] = {}
    for example in examples:
        for phrase in phrases_of(example.question.text):
            counts[phrase] += 1
            groups.setdefault(phrase, set()).add(example.group)
    return tuple(
        sorted(p for p, n in counts.items() if n >= _MIN_QUESTIONS and len(groups[p]) >= _MIN_GROUPS)
    )


def best_margin(examples: Sequence[Example]) -> float:
    """The widest margin that loses at most _MAX_LOSS of the accuracy, in folds that share no group."""
    folds = import_sklearn("model_selection").GroupKFold(_FOLDS)
    right = np.zeros(len(_MARGINS))
    for others, own in folds.split(examples, groups=[example.group for example in examples]):
        model = fit([examples[at] for at in others], "", 0.0)
        for example in (examples[at] for at in own):
            shares = model.probabilities(example.question, example.vector)
            right += [choose(shares, margin) == example.kind for margin in _MARGINS]
    enough = right >= right.max() - _MAX_LOSS * len(examples)
    return max(margin for margin, is_enough in zip(_MARGINS, enough, strict=True) if is_enough)


def figures(model: KindModel, examples: Sequence[Example]) -> dict[str, Any]:
    """Accuracy over all questions, and the share of each kind that is recognised."""
    found = [model.kind(example.question, example.vector) for example in examples]
    right = [kind == example.kind for kind, example in zip(found, examples, strict=True)]
    recalls = {
        kind: float(np.mean([r for r, example in zip(right, examples, strict=True) if example.kind == kind]))
        for kind in PLAINEST_FIRST
        if any(example.kind == kind for example in examples)
    }
    return {
        "questions": len(examples),
        "accuracy": round(float(np.mean(right)), 3),
        "by_kind": {kind: round(recall, 3) for kind, recall in recalls.items()},
    }


def confusion_table(model: KindModel, examples: Sequence[Example]) -> str:
    """Numbers of questions: a row for each kind, a column for what it was taken for."""
    pairs = Counter((e.kind, model.kind(e.question, e.vector)) for e in examples)
    width = max(map(len, PLAINEST_FIRST))
    lines = [" ".join([" " * width, *(kind[:6].rjust(6) for kind in PLAINEST_FIRST)])]
    lines += [
        " ".join([kind.ljust(width), *(str(pairs[kind, other] or ".").rjust(6) for other in PLAINEST_FIRST)])
        for kind in PLAINEST_FIRST
    ]
    return "\n".join(lines) + "\n"


def share_answered_by_sentences(model: KindModel, questions: Sequence[str], embedder: Embedder) -> float:
    """The share of the questions that are taken for one of ANSWERED_BY_SENTENCES."""
    vectors = embedder.embed(questions)
    found = [model.kind(Question.read(text), v) for text, v in zip(questions, vectors, strict=True)]
    return round(float(np.mean([kind in ANSWERED_BY_SENTENCES for kind in found])), 3)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m askive.eval.calibration.kind", description=__doc__)
    parser.add_argument("--write", action="store_true", help="store the model where the product reads it")
    options = parser.parse_args(arguments)
    try:
        embedder = open_embedder(load_config())
        questions = read_kinds()
        examples = examples_of(questions, embedder)
        fitted_on, held_out = (
            [e for e, question in zip(examples, questions, strict=True) if question.half == half]
            for half in ("dev", "test")
        )
        margin = best_margin(fitted_on)
        of_one_half = fit(fitted_on, embedder.digest, margin)
        found = figures(of_one_half, held_out)
        sys.stdout.write(f"{json.dumps(found)}\n{confusion_table(of_one_half, held_out)}")
        model = fit(examples, embedder.digest, margin)
        for name in SENTENCE_SUITES:
            texts = [sample.question for sample in open_suite(name).samples]
            found[name] = share_answered_by_sentences(model, texts, embedder)
            sys.stdout.write(f"{name}: {found[name]:.3f} of {len(texts)} are answered by sentences\n")
    except AskiveError as error:
        return script.report_error(error)
    if options.write:
        _store(model, len(examples), found)
        sys.stdout.write(f"written: {STORED.name}\n")
    return 0


def _store(model: KindModel, n_questions: int, found: dict[str, Any]) -> None:
    stored = {
        "embedder_digest": model.embedder_digest,
        "margin": model.margin,
        "phrases": list(model.phrases),
        "weights": dict(zip(PLAINEST_FIRST, model.weights.tolist(), strict=True)),
        "provenance": {
            "date": datetime.date.today().isoformat(),
            "questions": n_questions,
            "fitted_on_dev": found,
        },
    }
    STORED.write_text(json.dumps([stored], separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
