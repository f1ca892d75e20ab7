"""The evidence in a large archive of mixed documents:
`python -m askive.eval.benchmarks.retrieval.haystack FOLDER [--limit N]`.

All suites in FOLDER become one archive. For the questions of each: how often the right document is among the first
five, in the archive of its own suite and in the merged one; how often the first ten passages hold the answer; and of
that, how much is in the evidence that the model reads, chosen in several ways. Embedding 12,000 documents twice takes
half an hour, the first time.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from askive.eval import script
from askive.eval.benchmarks.retrieval.evidence_recall import count_words_as_tokens, is_among
from askive.eval.datasets.discover import discover
from askive.eval.datasets.merged import merge_suites, placed, with_own_corpus
from askive.eval.datasets.suite import Sample, Suite
from askive.eval.metrics.answers import contains, is_long, is_polar
from askive.eval.metrics.retrieval import retrieval_scores
from askive.eval.runs.ablation import documents_of
from askive.eval.runs.run import select
from askive.eval.runs.suite_index import open_index
from askive.models.protocols import Embedder
from askive.models.reader.cross_encoder import Reader
from askive.rag.config import Config, PromptConfig, load_config
from askive.rag.evidence.assessment import EvidenceAssessor
from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.evidence.selection import choose_evidence, select_evidence
from askive.rag.factory import open_embedder, open_reader, open_retriever
from askive.rag.question.analysis import Question
from askive.rag.store.archive import Archive
from askive.rag.types import Evidence, Hit

_TOP_K = 10

Choose = Callable[[Question, Sequence[Hit], Sequence[ScoredSentence]], Sequence[Evidence]]
"""Question, hits, their sentences (best first) -> the evidence in the prompt."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The evidence of one way of choosing, over the questions whose first ten passages hold the answer.

    held: mean share of what the passages hold that the evidence holds too. n_words: in the evidence, median.
    """

    held: float
    n_words: float


@dataclass(frozen=True, slots=True)
class Found:
    """The figures of a suite's questions.

    alone, merged: share with a right document among the first five, in the suite's own archive and in the merged one.
    possible: share whose first ten passages hold the answer, of the n_scored with short answers or gold sentences;
    None when there are none. chosen: by the name of the way of choosing.
    """

    suite: str
    n: int
    alone: float
    merged: float
    n_scored: int
    possible: float | None
    chosen: Mapping[str, Chosen]


def ways_of_choosing(config: PromptConfig) -> dict[str, Choose]:
    """What is compared: whole passages, the sentences by score alone, and the product's evidence."""

    def whole_passages(
        question: Question, hits: Sequence[Hit], scored: Sequence[ScoredSentence]
    ) -> list[Evidence]:
        return _within([_whole(hit) for hit in hits], config.max_tokens)

    def never_brief(
        question: Question, hits: Sequence[Hit], scored: Sequence[ScoredSentence]
    ) -> list[Evidence]:
        return select_evidence(scored, config, count_words_as_tokens)

    def product(question: Question, hits: Sequence[Hit], scored: Sequence[ScoredSentence]) -> list[Evidence]:
        return choose_evidence(question, scored, config, count_words_as_tokens)

    return {"whole passages": whole_passages, "never brief": never_brief, "product": product}


def _whole(hit: Hit) -> Evidence:
    passage = hit.passage
    return Evidence(hit, passage.start, passage.end, passage.text, hit.score, passage.start, passage.end)


def _within(pieces: Sequence[Evidence], max_tokens: int) -> list[Evidence]:
    """The first pieces that fit, at least one."""
    room = max_tokens
    kept: list[Evidence] = []
    for piece in pieces:
        room -= count_words_as_tokens(piece.text)
        if room < 0 and kept:
            break
        kept.append(piece)
    return kept


def measure(
    suites: Sequence[Suite], path: Path, config: Config, embedder: Embedder, reader: Reader | None, limit: int
) -> Iterator[Found]:
    """The figures of each suite, with at most `limit` of its questions that have a right document.

    path: the folder of the suites. Raises errors of `open_index`.
    """
    merged = merge_suites("haystack", path, suites)
    archive, _ = open_index(merged, embedder, config.passages, config.home)
    with archive:
        for suite in suites:
            chosen = select([s for s in suite.samples if s.relevant and not s.unanswerable], limit)
            if chosen:
                alone = _share_in_first_five(suite, chosen, config, embedder)
                yield _found(suite, [placed(s, suite.name) for s in chosen], archive, config, reader, alone)


def _share_in_first_five(
    suite: Suite, samples: Sequence[Sample], config: Config, embedder: Embedder
) -> float:
    archive, _ = open_index(suite, embedder, config.passages, config.home)
    with archive:
        retriever = open_retriever(config, archive)
        return statistics.fmean(
            _is_in_first_five(s, retriever.retrieve(s.question, s.turns, _TOP_K)) for s in samples
        )


def _is_in_first_five(sample: Sample, hits: Sequence[Hit]) -> float:
    return (retrieval_scores(documents_of(hits), sample.relevant) or {"Success@5": 0.0})["Success@5"]


def _found(
    suite: Suite,
    samples: Sequence[Sample],
    archive: Archive,
    config: Config,
    reader: Reader | None,
    alone: float,
) -> Found:
    retriever = open_retriever(config, archive)
    assessor = EvidenceAssessor(archive.embedder, reader)
    ways = ways_of_choosing(config.prompt)
    merged: list[float] = []
    possible: list[float] = []
    held: dict[str, list[float]] = {name: [] for name in ways}
    n_words: dict[str, list[int]] = {name: [] for name in ways}
    for sample in samples:
        question = retriever.read(sample.question)
        first = retriever.retrieve(question, sample.turns, _TOP_K)
        merged.append(_is_in_first_five(sample, first))
        most = holds(sample, [_whole(hit) for hit in first], archive)
        if most is None:
            continue
        possible.append(float(most > 0))
        if not most:
            continue
        hits = retriever.retrieve(question, sample.turns)
        context = sample.turns[-1].question if sample.turns else ""
        scored = assessor.weigh(question, hits, context).scored
        for name, choose in ways.items():
            pieces = choose(question, hits, scored)
            held[name].append(min((holds(sample, pieces, archive) or 0.0) / most, 1.0))
            n_words[name].append(sum(len(piece.text.split()) for piece in pieces))
    return Found(
        suite.name,
        len(samples),
        alone,
        statistics.fmean(merged),
        len(possible),
        statistics.fmean(possible) if possible else None,
        {
            name: Chosen(statistics.fmean(shares), statistics.median(n_words[name]))
            for name, shares in held.items()
            if shares
        },
    )


def holds(sample: Sample, pieces: Sequence[Evidence], archive: Archive) -> float | None:
    """How much of the answer the pieces hold, 0 to 1; None when that cannot be told.

    The largest share of one annotator's gold sentences. Without these, the share of the accounts that pieces of right
    documents name, or whether one of them has an accepted answer: elsewhere a short answer occurs by chance. Long
    answers and a bare yes or no do not occur in a text.
    """
    if sample.evidence:
        return max(
            statistics.fmean(is_among(quote, pieces, archive) for quote in quotes)
            for quotes in sample.evidence
        )
    if not sample.answers or is_long(sample.answers) or is_polar(sample.answers):
        return None
    text = "\n".join(
        piece.text for piece in pieces if sample.relevant.keys() & set(documents_of([piece.hit]))
    )
    return statistics.fmean(contains(text, accepted) for accepted in sample.all_of or (sample.answers,))


def table(rows: Sequence[Found]) -> str:
    """The figures in Markdown: a line for each suite, a pair of columns for each way of choosing."""
    names = list(dict.fromkeys(name for row in rows for name in row.chosen))
    heads = ["suite", "questions", "first 5, alone", "merged", "ten hold it, of", *names]
    lines = [f"| {' | '.join(heads)} |", f"|---|{'---:|' * (len(heads) - 1)}"]
    for row in rows:
        cells = [row.suite, str(row.n), f"{row.alone:.3f}", f"{row.merged:.3f}"]
        cells.append("" if row.possible is None else f"{row.possible:.3f}, {row.n_scored}")
        for name in names:
            one = row.chosen.get(name)
            cells.append(f"{one.held:.3f}, {one.n_words:.0f} words" if one else "")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def suites_in(path: Path) -> list[Suite]:
    """The suites in a folder, of those with equal documents the first. Raises UsageError as `discover`."""
    # `discover` also finds the built-in suites.
    return with_own_corpus([s for s in discover([path]).suites if s.path.is_relative_to(path)])


def main() -> int:
    """The command; returns 0, or the exit code of an error."""
    parser = argparse.ArgumentParser(
        prog="python -m askive.eval.benchmarks.retrieval.haystack", description=__doc__
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the folder of the suites")
    parser.add_argument("--limit", type=int, default=60, help="questions of each suite (default 60)")
    options = parser.parse_args()
    return script.print_texts(_tables(options.folder, options.limit))


def _tables(folder: Path, limit: int) -> Iterator[str]:
    config = load_config()
    rows = []
    for row in measure(suites_in(folder), folder, config, open_embedder(config), open_reader(config), limit):
        sys.stderr.write(f"{row.suite}: done\n")
        rows.append(row)
    yield table(rows)


if __name__ == "__main__":
    sys.exit(main())
