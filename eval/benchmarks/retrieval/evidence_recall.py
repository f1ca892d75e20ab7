"""Recall of the evidence step:
`python -m askive.eval.benchmarks.retrieval.evidence_recall SUITE... [--limit N] [--weights W,...]`.

The model can only answer from its prompt. For each suite and weight of the reader: the share of gold
sentences in the evidence, and how often the evidence contains an accepted answer when the hits do.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from askive.eval.datasets import open_suite
from askive.eval.datasets.suite import GoldQuote, Sample, Suite
from askive.eval.metrics.answers import all_of, contains, is_long
from askive.eval.metrics.spans import locate, overlaps
from askive.eval.runs.run import select
from askive.eval.runs.suite_index import open_index
from askive.models.protocols import Embedder
from askive.models.reader.cross_encoder import Reader
from askive.rag.config import Config, load_config
from askive.rag.evidence.reader_scoring import ANSWERABLE_WEIGHT, read_sentences
from askive.rag.evidence.scoring import ScoredSentence, score_sentences
from askive.rag.evidence.selection import choose_evidence
from askive.rag.factory import open_retriever
from askive.rag.question.analysis import Question
from askive.rag.store.archive import Archive
from askive.rag.types import Evidence, Hit

_ROW = "{:<34}{:>7}{:>6}{:>8}{:>8}{:>7}{:>7}\n"


@dataclass(frozen=True, slots=True)
class Kept:
    """Figures; a share is None when the suite cannot measure it.

    recall: of gold sentences in the evidence. holds_answer: share of the questions whose hits contain an accepted
    answer.
    n_words: words in the evidence, median. ms: time of scoring, median.
    """

    suite: str
    weight: float
    n: int
    recall: float | None
    holds_answer: float | None
    n_words: float
    ms: float


def measure(
    suite: Suite,
    config: Config,
    embedder: Embedder,
    reader: Reader | None,
    weights: Sequence[float],
    limit: int | None = None,
) -> list[Kept]:
    """A row for each weight; weight 0 is without the reader."""
    archive, _ = open_index(suite, embedder, config.passages, config.home)
    rows: dict[float, list[tuple[float | None, float | None, int, float]]] = {
        weight: [] for weight in weights
    }
    with archive:
        retriever = open_retriever(config, archive, reader=reader)
        samples = [s for s in suite.samples if not s.unanswerable and (s.evidence or s.answers or s.all_of)]
        for sample in select(samples, limit):
            question = retriever.read(sample.question)
            hits = retriever.retrieve(question, sample.turns)
            context = sample.turns[-1].question if sample.turns else ""
            for weight in weights:
                begun = time.perf_counter()
                scored = score_sentences(question, hits, embedder, context)
                if weight and reader is not None and scored:
                    analysed = question.after(context)
                    scored = read_sentences(analysed.text, scored, reader, weight)
                ms = 1000 * (time.perf_counter() - begun)
                read = _read(question, scored, config)
                n_words = sum(len(piece.text.split()) for piece in read)
                rows[weight].append((_recall(sample, read, archive), _holds(sample, hits, read), n_words, ms))
    return [
        Kept(
            suite.name,
            weight,
            len(results),
            _mean([r[0] for r in results]),
            _mean([r[1] for r in results]),
            statistics.median(r[2] for r in results) if results else 0.0,
            statistics.median(r[3] for r in results) if results else 0.0,
        )
        for weight, results in rows.items()
    ]


def _read(question: Question, scored: Sequence[ScoredSentence], config: Config) -> list[Evidence]:
    """The evidence in the prompt."""
    return choose_evidence(question, scored, config.prompt, count_words_as_tokens)


def count_words_as_tokens(text: str) -> int:
    """Tokens of a text without a generator: a token counts as three quarters of a word."""
    return round(len(text.split()) / 0.75)


def is_among(quote: GoldQuote, pieces: Sequence[Evidence | ScoredSentence], archive: Archive) -> bool:
    """Whether one of the pieces contains the quote, or most of it."""
    document = archive.document_by_uri(quote.doc)
    span = locate(document.text, quote.text) if document else None
    return span is not None and any(
        piece.hit.source.uri == quote.doc and overlaps((piece.start, piece.end), span) for piece in pieces
    )


def _recall(sample: Sample, read: Sequence[Evidence], archive: Archive) -> float | None:
    best: list[float] = []
    for quotes in sample.evidence:
        results = sum(is_among(quote, read, archive) for quote in quotes)
        best.append(results / len(quotes))
    return max(best) if best else None


def _holds(sample: Sample, hits: Sequence[Hit], read: Sequence[Evidence]) -> float | None:
    def contained(text: str) -> float | None:
        if sample.all_of:
            return all_of(text, sample.all_of)
        if sample.answers and not is_long(sample.answers):
            return contains(text, sample.answers)
        return None

    possible = contained("\n".join(hit.passage.text for hit in hits))
    return contained("\n".join(piece.text for piece in read)) if possible else None


def _mean(values: Sequence[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return statistics.fmean(defined) if defined else None


def main() -> None:
    """The command line of this module."""
    from askive.models.registry import load_reader
    from askive.rag.factory import open_embedder

    parser = argparse.ArgumentParser(
        description=__doc__, prog="python -m askive.eval.benchmarks.retrieval.evidence_recall"
    )
    parser.add_argument("suites", nargs="+", metavar="SUITE")
    parser.add_argument("--limit", type=int)
    parser.add_argument(
        "--weights", default=f"0,{ANSWERABLE_WEIGHT}", help="weights of the reader's score; 0 is without it"
    )
    arguments = parser.parse_args()
    config = load_config()
    embedder, reader = open_embedder(config), load_reader("shipped")
    weights = [float(weight) for weight in arguments.weights.split(",")]
    sys.stdout.write(_ROW.format("suite", "weight", "n", "recall", "holds", "words", "ms"))
    for spec in arguments.suites:
        for row in measure(open_suite(spec), config, embedder, reader, weights, arguments.limit):
            shares = ["" if share is None else f"{share:.3f}" for share in (row.recall, row.holds_answer)]
            sys.stdout.write(
                _ROW.format(
                    row.suite, f"{row.weight:g}", row.n, *shares, f"{row.n_words:.0f}", f"{row.ms:.0f}"
                )
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
