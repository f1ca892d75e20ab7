"""Fits `askive.rag.verification.support` on marked sentences:
`python -m askive.eval.calibration.support SHEET... [--write]`.

The sheets are those of `askive.eval.calibration.annotation`, with their marks. The reported figures are measured
by leaving one suite out at a time. Two models are fitted: by rules and reader alone, and with the generator's
log-odds.
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
from askive.models.protocols import Generator
from askive.models.reader.cross_encoder import Reader
from askive.models.registry import load_reader
from askive.rag.calibration.logistic import log_odds
from askive.rag.config import load_config
from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.factory import open_generator
from askive.rag.question.analysis import Question
from askive.rag.text.sentences import Span
from askive.rag.types import Hit, Passage, Source
from askive.rag.verification.support import STORED, rule_features, statement_log_odds

BUDGET = 0.1
"""Share of the supported sentences below the threshold, at most: their sources are quoted in their place."""
_REGULARISATION = 0.5
_SEPARATOR = " · "
_STATED = "stated"
_WRITTEN_BY_CODE = ("“", "The sources differ")
"""How sentences begin that no model wrote, and that are left out: quotations, and lists of differing values."""

Shares = NDArray[np.float64]


def weigh(sheets: Sequence[Path], reader: Reader, generator: Generator) -> list[Case]:
    """The marked sentences of the generator that have citations; `answerable` means supported.

    Raises UsageError as `read_sheet`, and when the marks are all alike.
    """
    found: list[Case] = []
    for path in sheets:
        for line in read_sheet(path):
            text = line["sentence"]
            if line["supported"] is None or not line["citations"] or text.startswith(_WRITTEN_BY_CODE):
                continue
            sources = [marked_source(citation) for citation in line["citations"]]
            features = rule_features(text, Question.read(line["question"]), sources, reader)
            features[_STATED] = statement_log_odds(text, sources, generator)
            kind = "answerable" if line["supported"] else "unanswerable"
            found.append(Case(line["suite"], line["id"], "sentence", kind, features))
            sys.stderr.write(f"\r{len(found)} sentences")
    sys.stderr.write("\n")
    if len({case.is_answerable for case in found}) < 2:
        raise UsageError(
            "the sheets have no marks of both kinds: nothing can be fitted",
            remedy="mark sentences as supported and as not: python -m askive.eval.calibration.annotation "
            "sample RUN... --out SHEET.jsonl",
        )
    return found


def marked_source(citation: Mapping[str, Any]) -> SourceSentence:
    """The quote of a citation in a sheet. Its passage is what the sheet holds of the document."""
    before, quote, after = citation["before"], citation["quote"], citation["after"]
    text = f"{before}{quote}{after}"
    source = Source(0, "", citation["document"].split(_SEPARATOR)[0], "text/plain")
    hit = Hit(Passage(text, 0, len(text)), source, 0.0, 1, "fused")
    return SourceSentence(hit, Span(len(before), len(before) + len(quote)), quote)


def fit(cases: Sequence[Case]) -> tuple[tuple[Fit, Shares], tuple[Fit, Shares]]:
    """The models by rules and with the generator, each with the cases' probabilities by models without their suite.

    Raises UsageError when without some suite the marks are all alike.
    """
    by_rules = [n for n in cases[0].features if n != _STATED]
    before = _crossed(cases, by_rules)
    asked = [
        replace(case, features={"before": log_odds(float(p)), _STATED: case.features[_STATED]})
        for case, p in zip(cases, before, strict=True)
    ]
    with_generator = ["before", _STATED]
    after = _crossed(asked, with_generator)
    return (_fitted(cases, by_rules), before), (_fitted(asked, with_generator), after)


def _fitted(cases: Sequence[Case], names: Sequence[str]) -> Fit:
    """Without suites, so that only the two classes have equal weight: some suites have one unsupported sentence."""
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
    """The highest threshold below which at most the share `budget` of the supported sentences falls."""
    known = sorted(float(p) for case, p in zip(cases, shares, strict=True) if case.is_answerable)
    return known[min(int(len(known) * budget), len(known) - 1)]


def detection_figures(cases: Sequence[Case], shares: Shares, budget: float = BUDGET) -> dict[str, Any]:
    """AUC; at the threshold: shares of the unsupported caught and the supported lost, and supported among the rest."""
    roc_auc_score = import_sklearn("metrics").roc_auc_score

    supported = np.array([case.is_answerable for case in cases])
    kept = shares >= threshold_of(cases, shares, budget)
    return {
        "sentences": len(cases),
        "supported": round(float(supported.mean()), 3),
        "auc": round(float(roc_auc_score(supported, shares)), 3),
        "caught": round(float(np.mean(~kept[~supported])), 3),
        "lost": round(float(np.mean(~kept[supported])), 3),
        "supported_after": round(float(np.mean(supported[kept])), 3),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m askive.eval.calibration.support", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("sheets", nargs="+", type=Path, metavar="SHEET")
    parser.add_argument("--write", action="store_true", help="store the models where the product reads them")
    options = parser.parse_args(arguments)
    config = load_config()
    try:
        reader = load_reader(config.reader)
        if reader is None:
            raise UsageError("the reader is off", remedy="unset ASKIVE_READER, or set reader = shipped")
        generator = open_generator(config)
        try:
            cases = weigh(options.sheets, reader, generator)
        finally:
            generator.close()
        models = []
        for (model, shares), generator_id in zip(fit(cases), (None, generator.model_id), strict=True):
            figures = detection_figures(cases, shares)
            sys.stdout.write(
                f"{'with the generator' if generator_id else 'by rules'}: {json.dumps(figures)}\n"
            )
            stored = stored_model(
                model,
                cases,
                (),
                BUDGET,
                config.embedder,
                reader.digest,
                generator_id,
                threshold_of(cases, shares),
            )
            stored["provenance"] = {
                "date": stored["provenance"]["date"],
                "budget_of_supported_sentences": BUDGET,
                "sentences": {suite: sum(c.suite == suite for c in cases) for suite in suites_of(cases)},
                "suites_left_out_in_turn": figures,
            }
            models.append(stored)
    except AskiveError as error:
        script.report_error(error)
        return 2
    if options.write:
        store(models, STORED)
        sys.stdout.write(f"written: {STORED.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
