"""The suite of the papers of two disputes: halves, documents, answers."""

from __future__ import annotations

from collections import Counter

from askive.eval.datasets import open_suite
from askive.eval.datasets.beir import folder_files
from askive.eval.datasets.gold import GOLD_PAPERS
from askive.eval.metrics.answers import all_of, contains

CORPUS = GOLD_PAPERS / "corpus"


def test_both_halves_have_all_types() -> None:
    for half in ("papers:dev", "papers:test"):
        counts = Counter(sample.type for sample in open_suite(half).samples)
        assert counts["unanswerable"] == 24 and sum(counts.values()) == 74
        assert min(counts.values()) >= 3


def test_the_halves_share_no_document() -> None:
    dev, test = (
        {uri for sample in open_suite(half).samples for uri in sample.relevant}
        for half in ("papers:dev", "papers:test")
    )
    assert not dev & test
    assert dev | test == {path.name for path in folder_files(CORPUS)}, "each document is asked about"


def test_every_document_is_read_and_holds_its_answers() -> None:
    suite = open_suite("papers")
    texts = {document.uri: f"{document.title} {document.text}" for document in suite.documents()}
    for sample in suite.samples:
        if sample.unanswerable or sample.type == "yes_no":
            continue
        near = " ".join(texts[uri] for uri in sample.relevant)
        if sample.all_of:
            assert all_of(near, sample.all_of), sample.sample_id
        else:
            assert contains(near, sample.answers), sample.sample_id
