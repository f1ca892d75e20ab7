"""Fit the kind of a question to its vector and its words: `python -m askive.eval.calibration.kind [--write]`.

The model is fitted on `eval/gold/kinds`, on copies of these with a detail (`question_details`), and, with less weight,
on the dev halves of the suites, which hold ordinary questions that sentences answer; from these come also the
thresholds from which on a kind is sure. The figures of kinds are of `eval/gold/kinds/held_out`, the false alarms of the
test halves of the suites.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from askive.eval import script
from askive.eval.calibration.question_details import with_details
from askive.eval.calibration.scikit_learn import import_sklearn
from askive.eval.datasets import Suite, discover
from askive.eval.datasets.kinds import HELD_OUT, KindQuestion, read_kinds
from askive.eval.datasets.suite import Split
from askive.models.errors import AskiveError, UsageError
from askive.models.protocols import Embedder, Vectors
from askive.rag.answer.plans.registry import planned_for
from askive.rag.config import load_config
from askive.rag.factory import open_embedder
from askive.rag.question.analysis import Question
from askive.rag.question.kind import PLAIN, PLAINEST_FIRST, STORED, KindModel, inputs, patterns_of
from askive.rag.question.word_classes import word_pattern
from askive.rag.types import QuestionKind

MAX_FALSE_ALARMS = 0.045
"""Of ordinary questions, over all kinds; each kind may cause an equal part."""
MAX_IN_WORDS = 0.02
"""Of ordinary questions, for each kind: those that ask for it in so many words ("what is the difference between")."""
_MAX_QUESTIONS = 600
"""Of one suite."""
_REGULARISATION = 6.0
_ORDINARY_WEIGHT = 0.2
"""Of an ordinary question beside one that was written for its kind: its kind is only guessed."""
_MIN_QUESTIONS, _MIN_GROUPS = 5, 4
"""A pattern counts when it is in this many questions and groups."""
# "the difference", "how do they differ", "compare", "versus", "vs", "contrast", "similarities"
_COMPARES = re.compile(r"\b(?:differ\w*|compar\w+|versus|vs|contrast|similarit\w+)\b", re.IGNORECASE)
_THRESHOLDS = tuple(round(0.01 * n, 2) for n in range(40, 100))


@dataclass(frozen=True, slots=True)
class Example:
    """A question as the model sees it. kind, group: as in `KindQuestion`; of an ordinary question kind is `fact`, and
    group its suite."""

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


def fit(examples: Sequence[Example], embedder_digest: str, ordinary: Sequence[Example] = ()) -> KindModel:
    """The model fitted to the examples, without thresholds. Raises UsageError when a kind is missing.

    ordinary: of them those that ask for no kind in so many words are fitted too, as what `_plain_kind` says.
    """
    if missing := sorted(set(PLAINEST_FIRST) - {example.kind for example in examples}):
        raise UsageError(f"no questions of the kind {missing[0]}: fitting needs all kinds", remedy="add some")
    patterns = _common_patterns(examples)
    plain = [
        replace(example, kind=_plain_kind(example.question))
        for example in ordinary
        if not any(asks_in_words(kind, example.question) for kind in PLAINEST_FIRST)
    ]
    every = [*examples, *plain]
    values = np.array([inputs(example.question, example.vector, patterns) for example in every], np.float32)
    counts = np.array([1.0] * len(examples) + [_ORDINARY_WEIGHT] * len(plain))
    # The bias is the first input; scikit-learn has its own, which is not regularised.
    model = import_sklearn("linear_model").LogisticRegression(C=_REGULARISATION, max_iter=500)
    model.fit(values[:, 1:], [PLAINEST_FIRST.index(example.kind) for example in every], sample_weight=counts)
    weights = np.column_stack([model.intercept_, model.coef_]).astype(np.float64).round(3)
    return KindModel(embedder_digest, patterns, weights, {})


def _plain_kind(question: Question) -> QuestionKind:
    """What an ordinary question is by its words."""
    return "yes_no" if question.is_yes_no else "explanation" if question.wants_explanation else "fact"


Taken = tuple[QuestionKind, float, Example]
"""What a question is taken for, and how probable that is."""


def taken_for(examples: Sequence[Example], ordinary: Sequence[Example], embedder_digest: str) -> list[Taken]:
    """What each ordinary question is taken for by a model that was fitted without it: on every second one."""
    halves = ordinary[::2], ordinary[1::2]
    found: list[Taken] = []
    for fitted, other in (halves, halves[::-1]):
        model = fit(examples, embedder_digest, fitted)
        found += [(*_most_probable(model, example), example) for example in other]
    return found


def _common_patterns(examples: Sequence[Example]) -> tuple[str, ...]:
    """The patterns in enough questions and groups."""
    counts: Counter[str] = Counter()
    groups: dict[str, set[str]] = {}
    for example in examples:
        for pattern in patterns_of(example.question.text):
            counts[pattern] += 1
            groups.setdefault(pattern, set()).add(example.group)
    return tuple(
        sorted(p for p, n in counts.items() if n >= _MIN_QUESTIONS and len(groups[p]) >= _MIN_GROUPS)
    )


def with_thresholds(model: KindModel, found: Sequence[Taken]) -> KindModel:
    """The model with the lowest thresholds at which no kind causes more than its part of the false alarms.

    found: what ordinary questions are taken for. An alarm that does not change how a question is answered is none.
    """
    planned = [kind for kind in PLAINEST_FIRST if kind not in PLAIN]

    def is_allowed(kind: QuestionKind, threshold: float) -> bool:
        alarms = [
            example
            for other, share, example in found
            if other == kind and share >= threshold and kind in planned_for(example.question)
        ]
        n_in_words = sum(asks_in_words(kind, example.question) for example in alarms)
        return len(alarms) - n_in_words <= MAX_FALSE_ALARMS * len(found) / len(
            planned
        ) and n_in_words <= MAX_IN_WORDS * len(found)

    def threshold(kind: QuestionKind) -> float:
        return next((t for t in _THRESHOLDS if is_allowed(kind, t)), 1.0)

    return replace(model, thresholds={kind: threshold(kind) for kind in planned})


def asks_in_words(kind: QuestionKind, question: Question) -> bool:
    """Whether the words of a question ask for the kind, so that it is no false alarm even among ordinary questions.

    "Who argued that", "what are the", "what is the difference".
    """
    if kind == "who_said":
        return bool({"SAY", "SAYS"} & set(word_pattern(question.text)))
    if kind == "list":
        return question.wants_several
    return kind == "comparison" and bool(_COMPARES.search(question.text))


def _most_probable(model: KindModel, example: Example) -> tuple[QuestionKind, float]:
    return max(model.probabilities(example.question, example.vector).items(), key=lambda item: item[1])


def figures(model: KindModel, examples: Sequence[Example]) -> dict[str, Any]:
    """Over the examples: accuracy of the most probable kind (in all and by group) and of the rule; and for each kind
    the precision and recall of the rule, which takes an unsure kind for one of PLAIN."""
    right = np.array([_most_probable(model, example)[0] == example.kind for example in examples])
    pairs = Counter((example.kind, model.kind(example.question, example.vector)) for example in examples)
    groups = sorted({example.group for example in examples})
    return {
        "questions": len(examples),
        "accuracy": _share(int(right.sum()), len(examples)),
        "by_group": {
            group: round(float(right[[example.group == group for example in examples]].mean()), 3)
            for group in groups
        },
        "rule": {
            "accuracy": _share(sum(pairs[kind, kind] for kind in PLAINEST_FIRST), len(examples)),
            "precision": {
                kind: _share(pairs[kind, kind], sum(pairs[other, kind] for other in PLAINEST_FIRST))
                for kind in PLAINEST_FIRST
            },
            "recall": {
                kind: _share(pairs[kind, kind], sum(pairs[kind, other] for other in PLAINEST_FIRST))
                for kind in PLAINEST_FIRST
            },
        },
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None


def confusion_table(model: KindModel, examples: Sequence[Example]) -> str:
    """Numbers of questions: a row for each kind, a column for what it was taken for."""
    pairs = Counter((e.kind, _most_probable(model, e)[0]) for e in examples)
    width = max(map(len, PLAINEST_FIRST))
    lines = [" ".join([" " * width, *(kind[:6].rjust(6) for kind in PLAINEST_FIRST)])]
    lines += [
        " ".join([kind.ljust(width), *(str(pairs[kind, other] or ".").rjust(6) for other in PLAINEST_FIRST)])
        for kind in PLAINEST_FIRST
    ]
    return "\n".join(lines) + "\n"


def false_alarms(model: KindModel, ordinary: Sequence[Example]) -> list[tuple[QuestionKind, Example]]:
    """The ordinary questions that a plan would answer, with the kind that they are taken for."""
    found = [(model.kind(example.question, example.vector), example) for example in ordinary]
    return [
        (kind, example)
        for kind, example in found
        if kind not in PLAIN and kind in planned_for(example.question)
    ]


def ordinary_questions(suites: Sequence[Suite], split: Split, embedder: Embedder) -> list[Example]:
    """The questions of one half of the suites, without those of suites that have questions of all kinds."""
    questions = [
        KindQuestion(text, "fact", suite.name)
        for suite in suites
        if not any(sample.expected for sample in suite.samples)
        for text in dict.fromkeys(sample.question for sample in suite.half(split).samples[:_MAX_QUESTIONS])
    ]
    return examples_of(questions, embedder)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m askive.eval.calibration.kind", description=__doc__)
    parser.add_argument("--write", action="store_true", help="store the model where the product reads it")
    parser.add_argument("--suites", nargs="+", default=[], metavar="FOLDER", help="more ordinary questions")
    options = parser.parse_args(arguments)
    try:
        embedder = open_embedder(load_config())
        questions = read_kinds()
        examples = examples_of([*questions, *with_details(questions)], embedder)
        held_out = examples_of(read_kinds(HELD_OUT), embedder)
        suites = discover([Path(folder) for folder in options.suites]).suites
        ordinary = ordinary_questions(suites, "dev", embedder)
        found_kinds = taken_for(examples, ordinary, embedder.digest)
        model = with_thresholds(fit(examples, embedder.digest, ordinary), found_kinds)
        test = ordinary_questions(suites, "test", embedder)
        found = figures(model, held_out)
        alarms = false_alarms(model, test)
        n_in_words = sum(asks_in_words(kind, example.question) for kind, example in alarms)
        found["false_alarms"] = {
            "questions": len(test),
            "alarms": len(alarms) - n_in_words,
            "asked_in_words": n_in_words,
        }
        sys.stdout.write(f"{json.dumps(found, indent=1)}\n{confusion_table(model, held_out)}")
        sys.stdout.write(f"thresholds: {json.dumps(model.thresholds)}\n")
        for kind, example in alarms:
            sys.stdout.write(f"{example.group}: {kind}: {example.question.text}\n")
    except AskiveError as error:
        return script.report_error(error)
    if options.write:
        _store(model, len(questions), [suite.name for suite in suites], found)
        sys.stdout.write(f"written: {STORED.name}\n")
    return 0


def _store(model: KindModel, n_questions: int, suites: Sequence[str], found: Mapping[str, Any]) -> None:
    stored = {
        "embedder_digest": model.embedder_digest,
        "thresholds": model.thresholds,
        "patterns": list(model.patterns),
        "weights": dict(zip(PLAINEST_FIRST, model.weights.tolist(), strict=True)),
        "provenance": {
            "date": datetime.date.today().isoformat(),
            "questions": n_questions,
            "ordinary_questions_of": list(suites),
            "held_out": found,
        },
    }
    STORED.write_text(json.dumps([stored], separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
