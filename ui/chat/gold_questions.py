"""Save a question with its answer as a gold question: a suite that `askive eval run` reads."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path

from askive.rag.config import Config
from askive.rag.errors import UsageError
from askive.rag.privacy.quotes import gold_folder, uris_in
from askive.rag.store.archive import Archive
from askive.ui.chat.conversations import KeptTurn
from askive.ui.chat.http.payloads import citations_of


def save_gold(
    config: Config,
    archive: Archive,
    turn: KeptTurn,
    history: list[KeptTurn],
    answers: list[str],
    note: str = "",
) -> Path:
    """Add one question to the suite of the collection. Returns the suite's folder.

    answers: accepted answers; none means that the documents do not hold the answer. The corpus is written again, so
    that the suite is self-contained.
    Raises UsageError when the question is already saved, or no shown quote contains an answer.
    """
    answer = turn.answer
    if answer is None or "failure" in answer:
        raise UsageError("there is no answer to save", remedy="ask again first")
    folder = gold_folder(config, archive.folder.name)
    folder.mkdir(parents=True, exist_ok=True)
    queries = folder / "queries.jsonl"
    known = queries.read_text(encoding="utf-8").splitlines() if queries.is_file() else []
    if any(json.loads(line)["text"] == turn.question for line in known):
        raise UsageError("this question is saved already", remedy=f"edit it in {queries}")
    accepted = [text.strip() for text in answers if text.strip()]
    record = {
        "_id": uuid.uuid4().hex[:12],
        "text": turn.question,
        "type": "fact" if accepted else "unanswerable",
        "answers": accepted,
        "evidence": [
            {"doc": citation["uri"], "quote": citation["quote"]} for citation in citations_of(dict(answer))
        ]
        if accepted
        else [],
        "unanswerable": not accepted,
        "history": [{"question": earlier.question, "answer": earlier.answer_text} for earlier in history],
        # Lets a removal find the questions that depend on a document.
        "sources": sorted({uri for kept in (*history, turn) for uri in uris_in(dict(kept.answer or {}))}),
        "note": note,
    }
    _write(folder / "corpus.jsonl", _corpus_lines(archive))
    if not (folder / "suite.toml").is_file():
        _write(
            folder / "suite.toml",
            [
                f"name = {json.dumps(archive.folder.name)}",
                'corpus = "corpus.jsonl"',
                'queries = "queries.jsonl"',
                'notes = "Saved in the chat."',
            ],
        )
    _write(queries, [*known, json.dumps(record, ensure_ascii=False)])
    return folder


def _corpus_lines(archive: Archive) -> list[str]:
    lines = []
    for source in archive.store.sources():
        document = archive.document(source.doc_id)
        lines.append(
            json.dumps(
                {"_id": document.uri, "title": document.title, "text": document.text}, ensure_ascii=False
            )
        )
    return lines


def _write(path: Path, lines: list[str]) -> None:
    """Replace a file atomically."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text("\n".join(lines) + "\n", encoding="utf-8")
    fresh.replace(path)
