"""Rows of labelled sets with what the judge and the reader say of them.

A folder of sets has one folder each, with `support.jsonl` (`claim`, `text`, `label`), `yesno.jsonl` (`question`,
`text`, `answer`) or `qa.jsonl` (`question`, `text`, `answerable`). Rows that the reader is trained on are not used.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askive.eval.datasets.lines import held_out_rows
from askive.models.errors import UsageError
from askive.models.reader.cross_encoder import Reader
from askive.rag.config import Config
from askive.rag.evidence.judge import Judge
from askive.rag.factory import open_generator, open_reader

KINDS = ("support", "yesno", "qa")
"""What a text says of a claim, whether its answer is yes or no, whether it answers a question."""


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A row of a set.

    kind: of KINDS. label: as in the row; of `qa` answerable or unanswerable. first: its claim or question.
    odds: the judge's log-odds that the text states the claim, answers Yes, or has the answer.
    """

    kind: str
    set_name: str
    row_id: str
    label: str
    first: str
    text: str
    odds: float


def judge_rows(
    folder: Path, kinds: Sequence[str], limit: int, judge: Judge, cases: Path | None
) -> list[JudgedRow]:
    """`limit` rows of each set, judged. cases: a file with the log-odds, which is read first and appended to.

    Raises UsageError when the folder has no sets; ModelError as `Generator.likelihoods` does.
    """
    known = read_odds(cases) if cases else {}
    judged: list[JudgedRow] = []
    for kind, name, row in _rows(folder, kinds, limit):
        odds = known.get((kind, name, row["id"]))
        if odds is None:
            odds = _odds(kind, row, judge)
            if cases:
                with cases.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([kind, name, row["id"], odds]) + "\n")
        judged.append(
            JudgedRow(kind, name, row["id"], _label(kind, row), _first(kind, row), row["text"], odds)
        )
        sys.stderr.write(f"\r{name} {kind} {len(judged)}  ")
    sys.stderr.write("\n")
    return judged


def judge_as_configured(
    config: Config, folder: Path, kinds: Sequence[str], limit: int, cases: Path | None
) -> tuple[list[JudgedRow], Reader, str]:
    """`judge_rows` by the configured generator; with the configured reader, and the generator's id.

    Raises UsageError when the reader is off, and as `judge_rows`; errors of loading the models.
    """
    reader = open_reader(config)
    if reader is None:
        raise UsageError("the reader is off", remedy="unset ASKIVE_READER, or set reader = shipped")
    generator = open_generator(config)
    try:
        return judge_rows(folder, kinds, limit, Judge(generator), cases), reader, generator.model_id
    finally:
        generator.close()


def read_odds(path: Path) -> dict[tuple[str, str, str], float]:
    """The log-odds in a file of `judge_rows`, by kind, set and row; empty when it does not exist."""
    if not path.exists():
        return {}
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {(kind, name, row_id): odds for kind, name, row_id, odds in lines}


def _rows(folder: Path, kinds: Sequence[str], limit: int) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    files = [(kind, path) for kind in kinds for path in sorted(folder.glob(f"*/{kind}.jsonl"))]
    if not files:
        raise UsageError(f"{folder} holds no sets", remedy="name a folder of sets as described in --help")
    for kind, path in files:
        for row in held_out_rows(path, limit):
            yield kind, path.parent.name, row


def _odds(kind: str, row: Mapping[str, Any], judge: Judge) -> float:
    first, text = _first(kind, row), row["text"]
    if kind == "support":
        return judge.statements([first], text)[0]
    return judge.says_yes(first, text) if kind == "yesno" else judge.answers(first, text)


def _first(kind: str, row: Mapping[str, Any]) -> str:
    """The claim, or the question as people write it."""
    if kind == "support":
        return str(row["claim"])
    question = row["question"].strip()
    return f"{question[:1].upper()}{question[1:].rstrip('?')}?"


def _label(kind: str, row: Mapping[str, Any]) -> str:
    if kind == "support":
        return str(row["label"])
    if kind == "yesno":
        return str(row["answer"])
    return "answerable" if row["answerable"] else "unanswerable"
