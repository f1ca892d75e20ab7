"""The one stream that every door reads: question -> events -> Answer."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from threading import Event as Flag
from types import TracebackType

from models.protocols import Generator, Piece, Sampling
from rag.archive import Archive
from rag.citations import Citer
from rag.collections import open_collection
from rag.config import Config
from rag.errors import UsageError
from rag.evidence import ScoredSentence, lacks_number, score_sentences, select_evidence
from rag.filters import Filter
from rag.prompt import build_prompt
from rag.refusal import MIN_EVIDENCE, refuse, says_nothing
from rag.retrieve import Retriever, queries_of
from rag.sentences import split_sentences
from rag.types import (
    Answer,
    Citation,
    Cited,
    Event,
    Evidence,
    Final,
    Hit,
    Refusal,
    Searching,
    Sentence,
    Sources,
    Timings,
    Token,
    Turn,
    Usage,
)
from rag.words import storable


class Assistant:
    """Answers questions from one archive. Not more than one question at a time."""

    def __init__(self, archive: Archive, generator: Generator, config: Config) -> None:
        self.archive = archive
        self.generator = generator
        self._config = config
        self._retriever = Retriever(archive, config.retrieval)

    @classmethod
    def open(cls, config: Config, collection: str) -> Assistant:
        """Load the models named in the settings and open a collection that is there.

        Raises CollectionNotFound, ModelNotFound, FingerprintMismatch.
        """
        from models.registry import load_generator

        archive = open_collection(config, collection)
        try:
            generator = load_generator(
                config.generator,
                config.models_dir,
                context_tokens=config.generation.context_tokens,
                n_threads=config.generation.n_threads,
            )
        except BaseException:
            archive.close()
            raise
        return cls(archive, generator, config)

    def ask(self, question: str, history: Sequence[Turn] = (), *, admitted: Filter | None = None) -> Answer:
        """Drain `stream` and return the answer."""
        for event in self.stream(question, history, admitted=admitted):
            if isinstance(event, Final):
                return event.answer
        raise AssertionError("a stream always ends with Final")

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        cancel: Flag | None = None,
        *,
        admitted: Filter | None = None,
    ) -> Iterator[Event]:
        """Searching, Sources, Token..., Final. A refusal is a Final answer, never an exception.

        admitted: a filter; documents that it does not admit are not read.
        Raises UsageError for an empty question or an unknown field of the filter; ModelError when the
        generator fails.
        """
        question = storable(question)
        if not question.strip():
            raise UsageError("the question is empty", remedy='ask one: askive ask "Who said that?"')
        run = _Run(question.strip())
        queries = queries_of(question, history)
        yield Searching(
            queries[-1],
            understood=self._retriever.understand(queries[0]).describe(),
            filtered=admitted.describe() if admitted else "",
        )
        hits = self._retriever.retrieve(question, history, admitted=admitted)
        context = history[-1].question if history else ""
        scored = score_sentences(question, hits, self.archive.embedder, context)
        evidence = select_evidence(scored, self._config.prompt)
        run.hits = hits
        run.confidence = min(scored[0].score, 1.0) if scored else 0.0
        run.retrieved()
        if not hits:
            empty = not self.archive.counts().n_documents
            yield Sources((), None)
            yield self._refused(
                run, refuse("empty_archive" if empty else "nothing_relevant", question, (), None)
            )
            return
        citer = Citer(question, _cited_first(evidence, hits), self.archive.embedder)
        if scored[0].score < MIN_EVIDENCE:
            yield Sources(hits, None)
            yield self._refused(run, refuse("nothing_relevant", question, scored, citer))
            return
        yield Sources(hits, _first_quote(scored[0]))
        prompt = build_prompt(question, evidence, self._config.prompt, self.generator.count_tokens, history)
        run.evidence = prompt.evidence
        sampling = Sampling(
            max_tokens=self._config.generation.max_tokens,
            temperature=self._config.generation.temperature,
            seed=self._config.generation.seed,
        )
        pieces = self.generator.generate(prompt.messages, sampling, cancel)
        yield from _shown(run, pieces, citer)
        run.generated()
        yield self._concluded(run, question, scored, citer)

    def close(self) -> None:
        """Free the models and close the archive."""
        self.generator.close()
        self.archive.close()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _concluded(self, run: _Run, question: str, scored: Sequence[ScoredSentence], citer: Citer) -> Final:
        text = run.text.rstrip()
        if says_nothing(text) and not run.cancelled:
            return self._refused(run, refuse("not_in_sources", question, scored, citer))
        sentences = tuple(
            citer.cite(text[span.start : span.end], span.start) for span in split_sentences(text)
        )
        stands = any(sentence.verdict == "supported" for sentence in sentences)
        if not run.cancelled and (not stands or lacks_number(question, text)):
            return self._refused(run, refuse("unsupported", question, scored, citer))
        return self._final(run, text, sentences, None)

    def _refused(self, run: _Run, refusal: Refusal) -> Final:
        return self._final(run, refusal.message, (), refusal)

    def _final(self, run: _Run, text: str, sentences: tuple[Sentence, ...], refusal: Refusal | None) -> Final:
        return Final(
            Answer(
                question=run.question,
                text=text,
                sentences=sentences,
                refusal=refusal,
                hits=run.hits,
                evidence=run.evidence,
                model_id=self.generator.model_id,
                embedder_id=self.archive.embedder.model_id,
                usage=run.usage(),
                timings=run.timings(),
                confidence=run.confidence,
            )
        )


def _shown(run: _Run, pieces: Iterator[Piece], citer: Citer) -> Iterator[Event]:
    """Tokens as they come, and each sentence with its citations as soon as it is complete and shown.

    Held back: the first word after what looks like the end of a sentence (only that word tells "in the
    U.S. The house" from "the U.S. Theresa").
    """
    shown = n_cited = 0
    for piece in pieces:
        run.take(piece)
        text = run.text
        spans = split_sentences(text)
        while n_cited < len(spans) - 1 and _WORD_BEGUN.match(text, spans[n_cited + 1].start):
            span = spans[n_cited]
            if span.end > shown:
                yield Token(text[shown : span.end])
                shown = span.end
            yield Cited(citer.cite(text[span.start : span.end], span.start))
            n_cited += 1
        settled = len(text) if n_cited >= len(spans) - 1 else spans[n_cited].end
        if settled > shown:
            yield Token(text[shown:settled])
            shown = settled
    if len(run.text) > shown and not says_nothing(run.text):
        yield Token(run.text[shown:])


# A word that is known to be whole: something that is no letter follows it, or it is in another script.
_WORD_BEGUN = re.compile(r"""["'“‘(\[]*[A-Za-z]*[^A-Za-z"'“‘(\[]""")


class _Run:
    """What is gathered while one question is answered."""

    def __init__(self, question: str) -> None:
        self.question = question
        self.text = ""
        self.confidence = 0.0
        self.cancelled = False
        self.hits: tuple[Hit, ...] = ()
        self.evidence: tuple[Evidence, ...] = ()
        self._n_prompt = self._n_reused = self._n_completion = 0
        self._started = time.perf_counter()
        self._retrieve_ms = self._first_token_ms = self._generated_ms = 0.0

    def retrieved(self) -> None:
        self._retrieve_ms = self._elapsed_ms()

    def take(self, piece: Piece) -> None:
        if piece.text and not self._first_token_ms:
            self._first_token_ms = self._elapsed_ms()
        # White space before the answer would move every offset.
        self.text += piece.text if self.text else piece.text.lstrip()
        self.cancelled = piece.finish == "cancelled"
        self._n_completion += piece.n_tokens
        self._n_prompt += piece.n_prompt_tokens
        self._n_reused += piece.n_reused_tokens

    def generated(self) -> None:
        self._generated_ms = self._elapsed_ms()

    def usage(self) -> Usage:
        return Usage(self._n_prompt, self._n_completion, self._n_reused)

    def timings(self) -> Timings:
        total = self._elapsed_ms()
        return Timings(
            retrieve_ms=self._retrieve_ms,
            first_token_ms=self._first_token_ms,
            generate_ms=max(self._generated_ms - self._retrieve_ms, 0.0),
            verify_ms=total - self._generated_ms if self._generated_ms else 0.0,
            total_ms=total,
        )

    def _elapsed_ms(self) -> float:
        return (time.perf_counter() - self._started) * 1000


def _cited_first(evidence: Sequence[Evidence], hits: Sequence[Hit]) -> list[Hit]:
    """Hits whose passages were read come first, so that their spans win ties."""
    read = {piece.hit.passage.passage_id for piece in evidence}
    return sorted(hits, key=lambda hit: hit.passage.passage_id not in read)


def _first_quote(best: ScoredSentence) -> Citation:
    return Citation(1, best.hit, best.start, best.end, best.text, min(best.score, 1.0))
