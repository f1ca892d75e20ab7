"""What the best few sentences tell before the others are read:
`python -m askive.eval.benchmarks.speed.page.first_sentences [--n 40]`.

For questions about the seeds, with the weights of the embedder and the reader and no generator: how long the first
quotation takes from the best few sentences and from all of them, and whether evidence chosen in two steps differs from
evidence chosen in one.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from statistics import median

from askive.eval.datasets.discover import open_suite
from askive.models.reader.cross_encoder import Reader
from askive.rag.collections.by_name import index_seeds, open_archive
from askive.rag.config import Config, load_config
from askive.rag.evidence.assessment import LIKELY, Assessment, EvidenceAssessor
from askive.rag.evidence.reader_scoring import N_FIRST, N_READ, read_sentences
from askive.rag.evidence.scoring import ScoredSentence, score_sentences
from askive.rag.evidence.selection import choose_evidence
from askive.rag.factory import open_embedder, open_reader, open_retriever
from askive.rag.question.analysis import Question
from askive.rag.store.archive import Archive

_N_LOGGED = 6
Place = tuple[int, int]


class Comparison:
    """Both ways for one question after the other, in turns."""

    def __init__(self, archive: Archive, reader: Reader, config: Config) -> None:
        self._archive, self._reader, self._config = archive, reader, config
        self._retriever = open_retriever(config, archive, None, reader)
        self._assessor = EvidenceAssessor(archive.embedder, reader)
        self._few_ms: list[float] = []
        self._all_ms: list[float] = []
        self._largest = 0.0
        self._n = dict.fromkeys(("questions", "other evidence", "early", "same quotation", "only early"), 0)

    def add(self, text: str) -> None:
        """Ask one question. The way that is first changes, as the first one may find less in the caches."""
        question = self._retriever.read(text)
        hits = self._retriever.retrieve(question, ())
        embedder = self._archive.embedder

        def in_two() -> None:
            started = time.perf_counter()
            seen["few"] = self._assessor.glance(question, hits)
            self._few_ms.append((time.perf_counter() - started) * 1000)
            seen["two"] = self._assessor.complete(question, seen["few"])

        def in_one() -> None:
            started = time.perf_counter()
            scored = score_sentences(question, hits, embedder)
            one[:] = read_sentences(question.text, scored, self._reader)
            self._all_ms.append((time.perf_counter() - started) * 1000)

        seen: dict[str, Assessment] = {}
        one: list[ScoredSentence] = []
        ways: list[Callable[[], None]] = [in_two, in_one] if self._n["questions"] % 2 else [in_one, in_two]
        for way in ways:
            way()
        few, two = seen["few"], seen["two"]
        if not one:
            return
        logits = {_place(item): item.answerable or 0.0 for item in one}
        self._largest = max(
            self._largest, *(abs((item.answerable or 0.0) - logits[_place(item)]) for item in two.scored)
        )
        early = few.probability >= LIKELY
        self._n["questions"] += 1
        self._n["other evidence"] += self._evidence(question, one) != self._evidence(question, two.scored)
        self._n["early"] += early
        self._n["same quotation"] += early and _place(few.scored[0]) == _place(two.scored[0])
        self._n["only early"] += early and two.probability < LIKELY

    def _evidence(self, question: Question, scored: Sequence[ScoredSentence]) -> list[tuple[int, int, int]]:
        pieces = choose_evidence(question, scored, self._config.prompt, lambda text: len(text.split()))
        return [(piece.hit.passage.doc_id, piece.start, piece.end) for piece in pieces]

    def described(self) -> str:
        """The figures so far; the few include the embedding of all sentences, as all of them do."""
        few, whole, n = median(self._few_ms), median(self._all_ms), self._n
        return (
            f"{n['questions']} questions: {few:,.0f} ms from the best {N_FIRST}, {whole:,.0f} ms from the best {N_READ}"
            f" sentences (medians, ratio {few / whole:.2f}); a quotation is shown early for {n['early']}, the same as"
            f" later for {n['same quotation']}, for an answer that is unlikely later for {n['only early']}; other"
            f" evidence in two steps than in one for {n['other evidence']}; largest difference of a logit"
            f" {self._largest:.3f}"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures after every few questions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=40, help="number of questions")
    n_wanted = parser.parse_args(arguments).n
    config = load_config()
    reader = open_reader(config)
    if reader is None:
        sys.stderr.write("the reader is off: set reader = 'shipped'\n")
        return 2
    questions = [sample.question for sample in open_suite("seeds").samples if not sample.turns]
    random.Random(0).shuffle(questions)
    index_seeds(config)
    with open_archive(config, "seeds", open_embedder(config)) as archive:
        compared = Comparison(archive, reader, config)
        for at, question in enumerate(questions[:n_wanted], 1):
            compared.add(question)
            if at % _N_LOGGED == 0 or at == min(n_wanted, len(questions)):
                sys.stdout.write(f"{compared.described()}\n")
                sys.stdout.flush()
    return 0


def _place(item: ScoredSentence) -> Place:
    return item.hit.passage.doc_id, item.start


if __name__ == "__main__":
    sys.exit(main())
