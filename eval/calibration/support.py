"""Fit `askive.rag.verification.support` on annotated sentences:
`python -m askive.eval.calibration.support SHEET... [--write]`.

The sheets are from `askive.eval.calibration.annotation`, with marks. The reported figures are from
leave-one-suite-out cross-validation.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askive.eval import script
from askive.eval.calibration.annotation import read_sheet
from askive.eval.calibration.answerability import Case, Fit, store, stored_model, suites_of
from askive.eval.calibration.scikit_learn import import_sklearn
from askive.models.errors import AskiveError, UsageError
from askive.models.reader.cross_encoder import Reader
from askive.models.registry import load_reader
from askive.rag.config import load_config
from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.question.analysis import Question
from askive.rag.text.sentences import Span
from askive.rag.types import Hit, Passage, Source
from askive.rag.verification.support import STORED, rule_features

BUDGET = 0.1
"""Maximum share of supported sentences below the threshold; their sources are quoted instead."""
_REGULARISATION = 0.5
_SEPARATOR = " · "
_WRITTEN_BY_CODE = ("“", "The sources differ")
"""Beginnings of sentences that no model wrote, which are skipped: quotations, and lists of differing values."""

Shares = NDArray[np.float64]


def weigh(sheets: Sequence[Path], reader: Reader) -> list[Case]:
    """The annotated sentences of the generator that have citations; `answerable` means supported.

    Raises UsageError as `read_sheet`, and when all marks are the same.
    """
    cases: list[Case] = []
    for path in sheets:
        for line in read_sheet(path):
            text = line["sentence"]
            if line["supported"] is None or not line["citations"] or text.startswith(_WRITTEN_BY_CODE):
                continue
            sources = [marked_source(citation) for citation in line["citations"]]
            features = rule_features(text, Question.read(line["question"]), sources, reader)
            kind = "answerable" if line["supported"] else "unanswerable"
            cases.append(Case(line["suite"], line["id"], "sentence", kind, features))
            sys.stderr.write(f"\r{len(cases)} sentences")
    sys.stderr.write("\n")
    if len({case.is_answerable for case in cases}) < 2:
        raise UsageError(
            "the sheets have no marks of both kinds: fitting needs both",
            remedy="mark sentences as supported and as not: python -m askive.eval.calibration.annotation "
            "sample RUN... --out SHEET.jsonl",
        )
    return cases


def marked_source(citation: Mapping[str, Any]) -> SourceSentence:
    """The quote of a citation in a sheet; its passage is the part of the document in the sheet."""
    before, quote, after = citation["before"], citation["quote"], citation["after"]
    text = f"{before}{quote}{after}"
    source = Source(0, "", citation["document"].split(_SEPARATOR)[0], "text/plain")
    hit = Hit(Passage(text, 0, len(text)), source, 0.0, 1, "fused")
    return SourceSentence(hit, Span(len(before), len(before) + len(quote)), quote)


def fit(cases: Sequence[Case]) -> tuple[Fit, Shares]:
    """The model, and each case's probability by a model fitted without its suite.

    Raises UsageError when all marks outside a suite are the same.
    """
    names = list(cases[0].features)
    return _fitted(cases, names), _crossed(cases, names)


def _fitted(cases: Sequence[Case], names: Sequence[str]) -> Fit:
    """Without suites, so that only the classes have equal weight: some suites have only one unsupported sentence."""
    return Fit([replace(case, suite="") for case in cases], names, _REGULARISATION)


def _crossed(cases: Sequence[Case], names: Sequence[str]) -> Shares:
    shares = np.zeros(len(cases))
    for suite in suites_of(cases):
        own = [i for i, case in enumerate(cases) if case.suite == suite]
        others = [case for case in cases if case.suite != suite]
        if len({case.is_answerable for case in others}) < 2:
            raise UsageError(f"without {suite} there is nothing to fit on", remedy="mark more suites")
        shares[own] = _fitted(others, names).probabilities([cases[i] for i in own])
    return shares


def threshold_of(cases: Sequence[Case], shares: Shares, budget: float = BUDGET) -> float:
    """The highest threshold such that at most the share `budget` of the supported sentences is below it."""
    supported = sorted(float(p) for case, p in zip(cases, shares, strict=True) if case.is_answerable)
    return supported[min(int(len(supported) * budget), len(supported) - 1)]


def detection_figures(cases: Sequence[Case], shares: Shares, budget: float = BUDGET) -> dict[str, Any]:
    """AUC; at the threshold: shares of unsupported and supported sentences below it, and supported share above it."""
    roc_auc_score = import_sklearn("metrics").roc_auc_score

    supported = np.array([case.is_answerable for case in cases])
    accepted = shares >= threshold_of(cases, shares, budget)
    return {
        "sentences": len(cases),
        "supported": round(float(supported.mean()), 3),
        "auc": round(float(roc_auc_score(supported, shares)), 3),
        "caught": round(float(np.mean(~accepted[~supported])), 3),
        "lost": round(float(np.mean(~accepted[supported])), 3),
        "supported_after": round(float(np.mean(supported[accepted])), 3),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m askive.eval.calibration.support", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("sheets", nargs="+", type=Path, metavar="SHEET")
    parser.add_argument("--write", action="store_true", help="store the model where the product reads it")
    options = parser.parse_args(arguments)
    config = load_config()
    try:
        reader = load_reader(config.reader)
        if reader is None:
            raise UsageError("the reader is off", remedy="unset ASKIVE_READER, or set reader = shipped")
        cases = weigh(options.sheets, reader)
        model, shares = fit(cases)
        figures = detection_figures(cases, shares)
        sys.stdout.write(f"{json.dumps(figures)}\n")
        stored = stored_model(
            model, cases, (), BUDGET, config.embedder, reader.digest, None, threshold_of(cases, shares)
        )
        stored["provenance"] = {
            "date": stored["provenance"]["date"],
            "budget_of_supported_sentences": BUDGET,
            "sentences": {suite: sum(c.suite == suite for c in cases) for suite in suites_of(cases)},
            "suites_left_out_in_turn": figures,
        }
    except AskiveError as error:
        script.report_error(error)
        return 2
    if options.write:
        store([stored], STORED)
        sys.stdout.write(f"written: {STORED.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
