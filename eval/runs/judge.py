"""An optional judge: a language model that decides whether an answer is faithful to its sources.

Never use it alone: `check_judge` measures its agreement with human marks, which is printed with its figures.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from askive.eval.datasets.conversations import Judged, read_judged
from askive.eval.metrics.bootstrap import Estimate, Floats, interval, resamples
from askive.models.files import write_atomically
from askive.models.protocols import Generator, Message, Segment
from askive.rag.errors import UsageError
from askive.rag.store.archive import Archive

FAITHFUL_MARK = 3.0
_INSTRUCTION = "You check whether an answer is faithful to its sources. You reply with one word: Yes or No."
_RESERVED_TOKENS = 300


@dataclass(frozen=True, slots=True)
class Judge:
    """A generator as a judge. agreement: from `check_judge`; None if never measured."""

    generator: Generator
    agreement: dict[str, Any] | None = None

    def probability(self, question: str, answer: str, contexts: Sequence[str]) -> float:
        """Probability that all statements of the answer are supported, 0 to 1; contexts beyond the window are cut."""
        request = (
            f"Question: {question}\nAnswer: {answer}\n\n"
            "Is every statement of the answer supported by the sources?"
        )
        budget = self.generator.context_tokens - _RESERVED_TOKENS - self.generator.count_tokens(request)
        sources = "\n\n".join(self._fitting(contexts, budget)) or "(none)"
        messages = [
            Message("system", (Segment(_INSTRUCTION, reusable=True),)),
            Message("user", (Segment(f"Sources:\n{sources}\n\n{request}"),)),
        ]
        return math.exp(self.generator.choose(messages, ["Yes", "No"])[0])

    def judge_row(self, row: Mapping[str, Any], archive: Archive) -> dict[str, Any] | None:
        """The row's field `judge`: `{"faithful", "probability"}`; None for a refusal or an error."""
        answer = row["answer"]
        if answer is None or answer["refused"]:
            return None
        spans = row["evidence"]["spans"] if row["evidence"] else answer["hits"]
        contexts = []
        for span in spans:
            document = archive.document_by_uri(span["uri"])
            contexts.append(document.text[span["start"] : span["end"]] if document else "")
        probability = self.probability(row["question"], answer["answer"], contexts)
        return {"faithful": probability >= 0.5, "probability": round(probability, 4)}

    def as_dict(self) -> dict[str, Any]:
        """The form stored in a record."""
        return {"model": self.generator.model_id, "agreement": self.agreement}

    def _fitting(self, contexts: Sequence[str], budget: int) -> list[str]:
        fitting: list[str] = []
        for context in contexts:
            cost = self.generator.count_tokens(context)
            if cost > budget:
                words = context.split()
                fitting.append(" ".join(words[: max(len(words) * max(budget, 0) // max(cost, 1), 0)]))
                break
            fitting.append(context)
            budget -= cost
        return [context for context in fitting if context]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of a judge with human marks.

    auc: probability that it scores a faithful answer higher than an unfaithful one.
    kappa: Cohen's kappa at a threshold of 0.5; 0 is chance.
    n_faithful: answers with a mean human mark of at least 3 of 4.
    """

    model: str
    auc: Estimate
    kappa: Estimate
    n: int
    n_faithful: int

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "model": self.model,
            "auc": self.auc.as_dict(),
            "kappa": self.kappa.as_dict(),
            "n": self.n,
            "n_faithful": self.n_faithful,
        }


def check_judge(
    judge: Judge,
    path: Path,
    *,
    limit: int | None = None,
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> Agreement:
    """Judge all annotated answers of a folder in the form of `mtrag_human_judged`.

    Raises UsageError when there are none, or when the marks are all faithful or all unfaithful.
    """
    file = path / "judged.jsonl" if path.is_dir() else path
    answers = list(read_judged(file))[:limit]
    human = np.array([answer.faithfulness >= FAITHFUL_MARK for answer in answers])
    if not answers or human.all() or not human.any():
        raise UsageError(
            f"{file}: faithful and unfaithful answers are both needed", remedy="use more answers"
        )
    probabilities: list[float] = []
    for answer in answers:
        probabilities.append(judge.probability(_question_text(answer), answer.response, answer.contexts))
        if progress:
            progress("judging", len(probabilities), len(answers))
    scores = np.array(probabilities)
    rows = resamples(len(answers), seed)
    aucs = np.array([_auc(scores[row], human[row]) for row in rows])
    kappas = np.array([_kappa(scores[row] >= 0.5, human[row]) for row in rows])
    return Agreement(
        model=judge.generator.model_id,
        auc=Estimate(_auc(scores, human), *interval(aucs), len(answers)),
        kappa=Estimate(_kappa(scores >= 0.5, human), *interval(kappas), len(answers)),
        n=len(answers),
        n_faithful=int(human.sum()),
    )


def store_agreement(agreement: Agreement, home: Path) -> Path:
    """Store it for `known_agreement`."""
    path = _agreement_path(agreement.model, home)
    write_atomically(path, json.dumps(agreement.as_dict(), indent=1) + "\n")
    return path


def known_agreement(model_id: str, home: Path) -> dict[str, Any] | None:
    """The stored agreement of this model; None if there is none."""
    try:
        known = json.loads(_agreement_path(model_id, home).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return known if isinstance(known, dict) else None


def _agreement_path(model_id: str, home: Path) -> Path:
    return home / "eval" / "judges" / (re.sub(r"[^\w.-]+", "-", model_id) + ".json")


def _question_text(answer: Judged) -> str:
    before = answer.turns[-1:]
    return " ".join([*(f"(After: {turn.question})" for turn in before), answer.question])


def _auc(scores: Floats, positive: Any) -> float:
    """Mann-Whitney; ties count half. NaN when one class is missing."""
    high, low = np.sort(scores[positive]), np.sort(scores[~positive])
    if not high.size or not low.size:
        return float("nan")
    below = np.searchsorted(low, high, side="left").sum()
    up_to = np.searchsorted(low, high, side="right").sum()
    return float((below + up_to) / 2 / high.size / low.size)


def _kappa(judged: Any, expected: Any) -> float:
    agreed = float((judged == expected).mean())
    p, q = float(judged.mean()), float(expected.mean())
    chance = p * q + (1 - p) * (1 - q)
    return float("nan") if chance == 1 else (agreed - chance) / (1 - chance)
