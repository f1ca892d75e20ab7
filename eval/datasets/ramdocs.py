"""RAMDocs: questions whose documents disagree (correct, misinformation, noise), with all accepted answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from askive.eval.datasets.lines import list_of, plain_document, read_json_lines, text_of, texts_of
from askive.eval.datasets.suite import Sample, Suite, build_suite, sha256_of_files
from askive.rag.errors import UsageError
from askive.rag.types import Document


def read_ramdocs(path: Path, name: str) -> Suite:
    """One suite; the corpus has the documents of all questions, each text once.

    The `correct` documents are relevant; a complete answer names every gold answer and no wrong one.
    """
    samples: list[Sample] = []
    texts: dict[str, str] = {}
    repeats = 0
    for where, record in read_json_lines(path):
        relevant: dict[str, int] = {}
        for document in list_of(record, "documents", where):
            if not isinstance(document, dict):
                raise UsageError(
                    f"{where}: 'documents' holds something that is not an object", remedy="fix it"
                )
            text = text_of(document, "text", where)
            uri = uri_of(text)
            repeats += uri in texts
            texts[uri] = text
            if document.get("type") == "correct":
                relevant[uri] = 1
        gold = texts_of(record, "gold_answers", where)
        wrong = texts_of(record, "wrong_answers", where)
        samples.append(
            Sample(
                sample_id=text_of(record, "id", where),
                question=text_of(record, "question", where),
                type=_type(len(gold), len(wrong)),
                answers=gold,
                all_of=tuple((answer,) for answer in gold),
                wrong_answers=wrong,
                relevant=relevant,
                unanswerable=False,
            )
        )
    return build_suite(
        name=name,
        path=path if path.name != "ramdocs.jsonl" else path.parent,
        kind="ramdocs",
        documents=partial(_documents, texts),
        samples=samples,
        corpus_sha256=sha256_of_files([path], path.parent),
        notes=f"{repeats} documents belong to more than one question and are indexed once" if repeats else "",
    )


def uri_of(text: str) -> str:
    """An id for a document that has none, derived from its text."""
    return "text-" + hashlib.sha256(json.dumps(text).encode()).hexdigest()[:16]


def _documents(texts: dict[str, str]) -> Iterator[Document]:
    for uri, text in texts.items():
        yield plain_document(uri, "", text)


def _type(n_gold: int, n_wrong: int) -> str:
    kind = "several_answers" if n_gold > 1 else "one_answer"
    return f"{kind}_misinformed" if n_wrong else kind
