"""The evidence in a merged archive: what counts as held, and what is compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from askive.eval.benchmarks.retrieval.haystack import holds, measure, suites_in, table
from askive.eval.datasets.suite import GoldQuote, Sample
from askive.models.fakes import HashEmbedder
from askive.rag.config import Config, RetrievalConfig
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive
from askive.rag.types import Evidence
from tests.eval.conftest import write_lines

BRIDGE = "was built in 1871"


def folder_of(path: Path, *names: str) -> Path:
    """Suites of twelve documents each, about things of their own."""
    for name in names:
        texts = [f"The {name} house number {n} has {n * 7} rooms. It is empty." for n in range(1, 13)]
        write_lines(
            path / name / "corpus.jsonl",
            [{"_id": f"d{n}", "title": "", "text": text} for n, text in enumerate(texts, 1)],
        )
        questions = [
            {
                "_id": f"q{n}",
                "text": f"How many rooms has the {name} house number {n}?",
                "answers": [str(n * 7)],
                "source_doc": f"d{n}",
            }
            for n in range(1, 13)
        ]
        write_lines(path / name / "queries.jsonl", questions)
    return path


def test_each_suite_is_measured_alone_and_merged(tmp_path: Path, config: Config) -> None:
    suites = suites_in(folder_of(tmp_path / "suites", "oak", "elm"))
    rows = list(measure(suites, tmp_path, config, HashEmbedder(256), None, limit=8))
    assert [(row.suite, row.n, row.n_scored) for row in rows] == [("elm", 8, 8), ("oak", 8, 8)]
    for row in rows:
        assert row.alone >= row.merged > 0.5
        assert row.possible is not None and row.possible > 0.5
        assert set(row.chosen) >= {"whole passages", "product"}
        assert 0 < row.chosen["product"].held <= 1
    first, *_, last = table(rows).splitlines()
    assert "product" in first
    assert last.startswith("| oak | 8 |")


def bridge(archive: Archive, text: str = BRIDGE) -> Evidence:
    """Words of the document about the bridge."""
    (hit,) = Retriever(archive, RetrievalConfig()).retrieve("When was the old bridge built?", top_k=1)
    start = hit.passage.start + hit.passage.text.index(text)
    end = start + len(text)
    return Evidence(hit, start, end, text, 1.0, start, end)


@pytest.mark.parametrize(
    ("answers", "share"),
    [(("1871",), 1.0), (("1872", "in 1871"), 1.0), (("1872",), 0.0), (("yes",), None), (("so " * 20,), None)],
)
def test_short_answers_are_held_by_words(
    answers: tuple[str, ...], share: float | None, archive: Archive
) -> None:
    piece = bridge(archive)
    sample = Sample("1", "When?", answers=answers, relevant={piece.hit.source.uri: 1})
    assert holds(sample, [piece], archive) == share


def test_an_answer_in_another_document_is_none(archive: Archive) -> None:
    sample = Sample("1", "When?", answers=("1871",), relevant={"harbour": 1})
    assert holds(sample, [bridge(archive)], archive) == 0.0


def test_of_several_accounts_the_share_counts(archive: Archive) -> None:
    piece = bridge(archive)
    accounts = (("1871",), ("1902", "1903"))
    sample = Sample("1", "When?", answers=("1871",), all_of=accounts, relevant={piece.hit.source.uri: 1})
    assert holds(sample, [piece], archive) == 0.5


def test_of_gold_sentences_the_share_of_the_best_annotator_counts(archive: Archive) -> None:
    piece = bridge(archive)
    there, elsewhere = GoldQuote(piece.hit.source.uri, BRIDGE), GoldQuote("harbour", BRIDGE)
    sample = Sample("1", "When?", evidence=((there, elsewhere), (elsewhere,)))
    assert holds(sample, [piece], archive) == 0.5
    assert holds(sample, [], archive) == 0.0
