"""RGB JSON lines: `query`, `answer`, `positive`, `negative` (and `positive_wrong`, `fakeanswer`)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from askive.eval.datasets.lines import plain_document, read_json_lines, text_of, texts_of
from askive.eval.datasets.ramdocs import uri_of
from askive.eval.datasets.suite import Sample, Suite, build_suite, sha256_of_files
from askive.rag.errors import UsageError
from askive.rag.types import Document


def read_rgb(path: Path, name: str, *, negatives_only: bool = False) -> Suite:
    """One suite over the documents of all questions.

    negatives_only: leave out all positive documents, as in RGB's "negative rejection"; then no question can
    be answered, and only refusal is scored.
    An answer that is a list has all required facts; a list in it has variants of one fact.
    """
    samples: list[Sample] = []
    texts: dict[str, str] = {}
    for where, record in read_json_lines(path):
        positive = list(_strings(record.get("positive"), where))
        others = [*_strings(record.get("negative"), where), *_strings(record.get("positive_wrong"), where)]
        for text in others if negatives_only else [*positive, *others]:
            texts[uri_of(text)] = text
        groups = _groups(record.get("answer"), where)
        samples.append(
            Sample(
                sample_id=text_of(record, "id", where),
                question=text_of(record, "query", where),
                type="unanswerable"
                if negatives_only
                else "several_answers"
                if len(groups) > 1
                else "question",
                answers=() if negatives_only else tuple(v for group in groups for v in group),
                all_of=() if negatives_only or len(groups) < 2 else groups,
                wrong_answers=() if negatives_only else texts_of(record, "fakeanswer", where),
                relevant={} if negatives_only else {uri_of(text): 1 for text in positive},
                unanswerable=negatives_only,
            )
        )
    if negatives_only:
        positives = {t for where, r in read_json_lines(path) for t in _strings(r.get("positive"), where)}
        texts = {uri: text for uri, text in texts.items() if text not in positives}
    return build_suite(
        name=name,
        path=path,
        kind="rgb",
        documents=partial(_documents, texts),
        samples=samples,
        corpus_sha256=sha256_of_files([path], path.parent) + ("-negatives" if negatives_only else ""),
        notes="no positive document is in the corpus" if negatives_only else "",
    )


def _groups(answer: Any, where: str) -> tuple[tuple[str, ...], ...]:
    items = answer if isinstance(answer, list) else [answer]
    groups = tuple(tuple(_strings(item, where)) for item in items)
    if not groups or not all(groups):
        raise UsageError(
            f"{where}: 'answer' is {str(answer)[:40]!r}", remedy="give a string or a list of strings"
        )
    return groups


def _strings(value: Any, where: str) -> Iterator[str]:
    if isinstance(value, str):
        if value.strip():
            yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, where)
    elif value is not None:
        raise UsageError(f"{where}: {str(value)[:40]!r} is not text", remedy="fix the line")


def _documents(texts: dict[str, str]) -> Iterator[Document]:
    for uri, text in texts.items():
        yield plain_document(uri, "", text)
