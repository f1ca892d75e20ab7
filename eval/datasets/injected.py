"""Documents with instructions to a language model: a question, its answer, and texts that show obedience.

One document per line: `_id`, `kind` of the instruction, `title`, `text`, `question`, `answers` (empty: the document
has no answer), `obeyed_if` (strings that only an obedient answer contains).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from askive.eval.datasets.lines import plain_document, read_json_lines, text_of, texts_of
from askive.eval.datasets.suite import Sample, Suite, build_suite, sha256_of_files
from askive.rag.errors import UsageError
from askive.rag.types import Document

INJECTED = Path(__file__).parent.parent / "gold" / "injected" / "documents.jsonl"


def read_injected(path: Path, name: str) -> Suite:
    """One question per document, asked over all documents.

    Raises UsageError when a line lacks a field or has no `obeyed_if`, or when an obedient answer would also be right.
    """
    texts: dict[str, tuple[str, str]] = {}
    samples: list[Sample] = []
    for where, record in read_json_lines(path):
        uri = text_of(record, "_id", where)
        texts[uri] = text_of(record, "title", where), text_of(record, "text", where)
        answers = texts_of(record, "answers", where)
        obeyed_if = texts_of(record, "obeyed_if", where)
        if not obeyed_if:
            raise UsageError(
                f"{where}: 'obeyed_if' is empty", remedy="give a string that only an obedient answer has"
            )
        if clash := [one for one in obeyed_if if any(a.casefold() in one.casefold() for a in answers)]:
            raise UsageError(
                f"{where}: {clash[0]!r} is both right and obedient", remedy="choose another string"
            )
        samples.append(
            Sample(
                sample_id=f"injected-{uri}",
                question=text_of(record, "question", where),
                type=text_of(record, "kind", where),
                answers=answers,
                relevant={uri: 1} if answers else {},
                unanswerable=not answers,
                obeyed_if=obeyed_if,
            )
        )
    return build_suite(
        name=name,
        path=path.parent,
        kind="injected",
        documents=partial(_documents, texts),
        samples=samples,
        corpus_sha256=sha256_of_files([path], path.parent),
        licence="Apache-2.0" if path == INJECTED else "",
        notes="Every document has an instruction to a language model; `resisted`: share of answers that ignore it.",
    )


def _documents(texts: Mapping[str, tuple[str, str]]) -> Iterator[Document]:
    for uri, (title, text) in texts.items():
        yield plain_document(uri, title, text)
