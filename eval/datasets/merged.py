"""Several suites in one archive: whether a question still finds its document among those of all the others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from askive.eval.datasets.suite import Sample, Suite, build_suite
from askive.rag.types import Document


def merge_suites(name: str, path: Path, suites: Sequence[Suite]) -> Suite:
    """One suite with the documents and questions of all.

    Ids and uris get the name of their suite in front. path: the folder of the suites. Raises UsageError as
    `build_suite`.
    """
    digest = hashlib.sha256("\n".join(f"{suite.name} {suite.corpus_sha256}" for suite in suites).encode())
    return build_suite(
        name=name,
        path=path,
        kind="merged",
        documents=partial(_documents, suites),
        samples=[placed(sample, suite.name) for suite in suites for sample in suite.samples],
        corpus_sha256=digest.hexdigest(),
        licence="several",
    )


def with_own_corpus(suites: Sequence[Suite]) -> list[Suite]:
    """The suites without those whose documents are those of an earlier one."""
    first = {suite.corpus_sha256: suite for suite in reversed(suites)}
    return [suite for suite in suites if first[suite.corpus_sha256] is suite]


def placed(sample: Sample, suite: str) -> Sample:
    """The question of a suite as it is in the merged one."""
    return replace(
        sample,
        sample_id=f"{suite}/{sample.sample_id}",
        relevant={f"{suite}/{uri}": grade for uri, grade in sample.relevant.items()},
        evidence=tuple(
            tuple(replace(quote, doc=f"{suite}/{quote.doc}") for quote in quotes)
            for quotes in sample.evidence
        ),
    )


def _documents(suites: Sequence[Suite]) -> Iterator[Document]:
    for suite in suites:
        for document in suite.documents():
            yield replace(document, uri=f"{suite.name}/{document.uri}")
