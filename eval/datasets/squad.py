"""SQuAD v1.1 and v2.0 JSON: paragraphs as documents."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from askive.eval.datasets.lines import list_of, plain_document, read_json, text_of
from askive.eval.datasets.sentences import sentence_around
from askive.eval.datasets.suite import GoldQuote, Sample, Suite, build_suite, sha256_of_files
from askive.rag.errors import UsageError
from askive.rag.types import Document


def read_squad(path: Path, name: str) -> Suite:
    """Each paragraph is a document `TITLE/NUMBER`; the sentence around a gold answer is the evidence.

    In v1.1 all questions are answerable.
    """
    data = read_json(path)
    if not isinstance(data, dict) or not isinstance(data.get("data"), list):
        raise UsageError(f"{path}: no list 'data' as in SQuAD", remedy="use SQuAD's v1.1 or v2.0 JSON")
    documents: dict[str, tuple[str, str]] = {}
    samples: list[Sample] = []
    for article in data["data"]:
        title = text_of(article, "title", str(path), "untitled")
        for number, paragraph in enumerate(list_of(article, "paragraphs", f"{path}: {title}")):
            uri = f"{title}/{number}"
            context = text_of(paragraph, "context", f"{path}: {uri}")
            documents[uri] = (title.replace("_", " "), context)
            samples.extend(_sample(question, uri, context, path) for question in paragraph.get("qas", []))
    return build_suite(
        name=name,
        path=path,
        kind="squad",
        documents=partial(_documents, documents),
        samples=samples,
        corpus_sha256=sha256_of_files([path], path.parent),
        notes=f"SQuAD {data.get('version', '')}".strip(),
    )


def _sample(record: dict[str, Any], uri: str, context: str, path: Path) -> Sample:
    where = f"{path}: question {record.get('id')!r}"
    impossible = bool(record.get("is_impossible", False))
    gold = [] if impossible else list_of(record, "answers", where)
    answers = tuple(dict.fromkeys(text_of(answer, "text", where) for answer in gold))
    around = dict.fromkeys(
        sentence_around(context, answer["answer_start"])
        for answer in gold
        if isinstance(answer.get("answer_start"), int)
    )
    return Sample(
        sample_id=text_of(record, "id", where),
        question=text_of(record, "question", where),
        type="unanswerable" if impossible else "question",
        answers=answers,
        relevant={} if impossible else {uri: 1},
        evidence=tuple((GoldQuote(uri, sentence),) for sentence in around),
        unanswerable=impossible,
    )


def _documents(documents: dict[str, tuple[str, str]]) -> Iterator[Document]:
    for uri, (title, text) in documents.items():
        yield plain_document(uri, title, text)
