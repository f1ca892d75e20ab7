"""MTRAG: the last turn of a conversation is the question; with human marks if there are any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

from askive.eval.datasets.lines import Record, list_of, plain_document, read_json_lines, text_of
from askive.eval.datasets.suite import Sample, Suite, build_suite, sha256_of_files
from askive.rag.errors import UsageError
from askive.rag.types import Document, Turn


@dataclass(frozen=True, slots=True)
class Judged:
    """An annotated answer.

    contexts: the texts it was generated from.
    faithfulness: mean of the annotators' marks, 1 to 4.
    """

    task_id: str
    model: str
    question: str
    turns: tuple[Turn, ...]
    contexts: tuple[str, ...]
    response: str
    faithfulness: float


def read_conversations(path: Path, name: str) -> Suite:
    """MTRAG's `reference.jsonl`, or `judged.jsonl` with each task once and its reference answer.

    The corpus has the contexts of all questions. UNANSWERABLE is scored for refusal, PARTIAL for the answer
    only, UNDERSPECIFIED (the right answer is a question) for retrieval only.
    """
    samples: dict[str, Sample] = {}
    documents: dict[str, tuple[str, str]] = {}
    left_out: Counter[str] = Counter()
    judged = False
    for where, record in read_json_lines(path):
        judged = judged or "human" in record
        relevant = dict.fromkeys(
            (_add(context, documents, where) for context in list_of(record, "contexts", where)), 1
        )
        if "human" in record and record.get("model") != "reference":
            left_out["answers of other models, for `judge-check` only"] += 1
            continue
        sample = _sample(record, relevant, where)
        if sample.scored:
            samples[sample.sample_id] = sample
        else:
            left_out["questions without context that ask for a question back"] += 1
    return build_suite(
        name=name,
        path=path.parent if path.name in {"reference.jsonl", "judged.jsonl"} else path,
        kind="judged" if judged else "mtrag",
        documents=partial(_documents, documents),
        samples=tuple(samples.values()),
        corpus_sha256=sha256_of_files([path], path.parent),
        left_out=left_out,
    )


def read_judged(path: Path) -> Iterator[Judged]:
    """All annotated answers of a file. Raises UsageError on a line without marks."""
    for where, record in read_json_lines(path):
        question, turns = _conversation(record, where)
        marks = record.get("human")
        if not isinstance(marks, dict) or not marks.get("faithfulness"):
            raise UsageError(
                f"{where}: no human marks for faithfulness", remedy="use mtrag_human_judged's form"
            )
        yield Judged(
            task_id=text_of(record, "task_id", where),
            model=text_of(record, "model", where),
            question=question,
            turns=turns,
            contexts=tuple(text_of(context, "text", where) for context in list_of(record, "contexts", where)),
            response=text_of(record, "response", where),
            faithfulness=fmean(float(mark) for mark in marks["faithfulness"]),
        )


def _sample(record: Record, relevant: dict[str, int], where: str) -> Sample:
    question, turns = _conversation(record, where)
    labels = [str(label).lower() for label in list_of(record, "answerability", where)]
    label = labels[0] if labels else "answerable"
    targets = [text_of(target, "text", where) for target in list_of(record, "targets", where)]
    targets = targets or ([text_of(record, "response", where)] if "response" in record else [])
    answered = label in {"answerable", "partial"}
    return Sample(
        sample_id=text_of(record, "task_id", where),
        question=question,
        type=label,
        answers=tuple(target for target in targets if target.strip()) if answered else (),
        relevant=relevant,
        unanswerable={"answerable": False, "unanswerable": True}.get(label),
        turns=turns,
        note=", ".join(str(kind) for kind in record.get("Multi-Turn") or [] if kind != "N/A"),
    )


def _conversation(record: Record, where: str) -> tuple[str, tuple[Turn, ...]]:
    messages = list_of(record, "input", where)
    if (
        not messages
        or not all(isinstance(turn, dict) for turn in messages)
        or messages[-1].get("speaker") != "user"
    ):
        raise UsageError(f"{where}: 'input' does not end with a turn of the user", remedy="fix the line")
    turns: list[Turn] = []
    waiting = ""
    for turn in messages[:-1]:
        text = text_of(turn, "text", where)
        if turn.get("speaker") == "user":
            if waiting:
                turns.append(Turn(waiting, ""))
            waiting = text
        else:
            turns.append(Turn(waiting, text))
            waiting = ""
    if waiting:
        turns.append(Turn(waiting, ""))
    return text_of(messages[-1], "text", where), tuple(turns)


def _add(context: Any, documents: dict[str, tuple[str, str]], where: str) -> str:
    if not isinstance(context, dict):
        raise UsageError(f"{where}: 'contexts' holds something that is not an object", remedy="fix the line")
    uri = text_of(context, "document_id" if "document_id" in context else "id", where)
    text = text_of(context, "text", where).strip()
    first_line = text.split("\n", 1)[0]
    title = text_of(context, "title", where, "") or (first_line if len(first_line) <= 100 else "")
    if documents.setdefault(uri, (title, text))[1] != text:
        raise UsageError(
            f"{where}: context {uri!r} has another text than before", remedy="give it its own id"
        )
    return uri


def _documents(documents: dict[str, tuple[str, str]]) -> Iterator[Document]:
    for uri, (title, text) in documents.items():
        yield plain_document(uri, title, text)
