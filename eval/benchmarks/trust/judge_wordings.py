"""Wordings of the judge's questions: `python -m askive.eval.benchmarks.trust.judge_wordings FOLDER`.

FOLDER has public sets, one folder per set with `support.jsonl` (`claim`, `text`, `label`), `qa.jsonl` (`question`,
`text`, `answerable`) or `yesno.jsonl` (`question`, `text`, `answer`). Nothing is fitted: the figure is the AUC of the
log-odds of Yes against No as the first token.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from askive.eval import script
from askive.eval.calibration.scikit_learn import import_sklearn
from askive.eval.datasets.lines import sample_rows
from askive.models.errors import AskiveError, UsageError
from askive.models.protocols import Generator
from askive.rag.config import load_config
from askive.rag.evidence.judge import ANSWERED, MAX_TEXT_CHARS, STATED, yes_log_odds
from askive.rag.factory import open_generator

STATEMENT_WORDINGS: Mapping[str, str] = {
    "says true (used)": STATED,
    "supported": "Is the statement supported by the text?",
    "everything": "Is everything in the statement stated in the text?",
    "follows": "Does the statement follow from the text?",
    "according": "According to the text, is the statement true?",
    "says false": "Does the text say that the statement is false?",
    "contradicts": "Does the text contradict the statement?",
}
"""The last two ask for the opposite; their AUC is that of contradictions."""
_OPPOSITE = ("says false", "contradicts")
QUESTION_WORDINGS: Mapping[str, str] = {
    "contain (used)": ANSWERED,
    "state": "Does the text state the answer to this question?",
    "can be": "Can the question be answered from the text?",
    "exactly": "Does the text answer exactly this question?",
}
YES_NO_WORDINGS: Mapping[str, str] = {"plain": "{question}", "according": "According to the text: {question}"}


def judge_row(generator: Generator, kind: str, row: Mapping[str, Any]) -> dict[str, float]:
    """The log-odds by wording; `claim first` is the wording in use with the text after the statement."""
    text = row["text"]
    if kind == "support":
        opening, statement = f"Text: {text}\n\n", f"Statement: {row['claim']}\n\n"
        names = list(STATEMENT_WORDINGS)
        odds = yes_log_odds(generator, opening, [statement + STATEMENT_WORDINGS[name] for name in names])
        turned = yes_log_odds(generator, statement, [f"{opening}{STATED}"])
        return {**dict(zip(names, odds, strict=True)), "claim first": turned[0]}
    question = row["question"].strip()
    question = f"{question[:1].upper()}{question[1:].rstrip('?')}?"
    if kind == "qa":
        names = list(QUESTION_WORDINGS)
        requests = [f"Question: {question}\n\n{QUESTION_WORDINGS[name]}" for name in names]
    else:
        names = list(YES_NO_WORDINGS)
        requests = [YES_NO_WORDINGS[name].format(question=question) for name in names]
    return dict(zip(names, yes_log_odds(generator, f"Text: {text}\n\n", requests), strict=True))


def label_of(kind: str, row: Mapping[str, Any]) -> str:
    """The label of a row, in one word."""
    if kind == "support":
        return str(row["label"])
    if kind == "qa":
        return "answerable" if row["answerable"] else "unanswerable"
    return str(row["answer"])


def auc(kind: str, wording: str, labels: Sequence[str], values: Sequence[float]) -> float | None:
    """Area under the ROC curve; None when the rows have one class."""
    positive = {"support": "supports", "qa": "answerable", "yesno": "yes"}[kind]
    if wording in _OPPOSITE:
        positive = "contradicts"
    truth = [label == positive for label in labels]
    if len(set(truth)) < 2:
        return None
    return float(import_sklearn("metrics").roc_auc_score(truth, values))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m askive.eval.benchmarks.trust.judge_wordings", description=__doc__
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--rows", type=int, default=40, help="rows of each set (default 40)")
    parser.add_argument("--sets", help="only these sets, separated by commas")
    parser.add_argument(
        "--cases", type=Path, help="append each row's label and log-odds to this JSON lines file"
    )
    options = parser.parse_args(arguments)
    try:
        generator = open_generator(load_config())
        try:
            _measure(generator, options)
        finally:
            generator.close()
    except AskiveError as error:
        return script.report_error(error)
    return 0


def _measure(generator: Generator, options: argparse.Namespace) -> None:
    chosen = set(options.sets.split(",")) if options.sets else None
    files = [
        (path.parent.name, kind, path.parent)
        for kind in ("support", "qa", "yesno")
        for path in sorted(options.folder.glob(f"*/{kind}.jsonl"))
        if chosen is None or path.parent.name in chosen
    ]
    if not files:
        raise UsageError(
            f"{options.folder} holds no sets", remedy="name a folder of sets as described in --help"
        )
    for name, kind, folder in files:
        labels, odds = [], []
        for row in sample_rows(folder / f"{kind}.jsonl", options.rows, MAX_TEXT_CHARS):
            labels.append(label_of(kind, row))
            odds.append(judge_row(generator, kind, row))
            if options.cases:
                with options.cases.open("a", encoding="utf-8") as cases:
                    line = {
                        "set": name,
                        "kind": kind,
                        "id": row["id"],
                        "label": labels[-1],
                        "log_odds": odds[-1],
                    }
                    cases.write(json.dumps(line) + "\n")
        cells = [(wording, auc(kind, wording, labels, [v[wording] for v in odds])) for wording in odds[0]]
        shown = ", ".join(f"{wording} {value:.3f}" for wording, value in cells if value is not None)
        sys.stdout.write(f"{name} {kind}, {len(labels)} rows: {shown}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
