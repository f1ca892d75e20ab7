"""The one stream that every door reads: question -> events -> Answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from threading import Event as Flag
from types import TracebackType

from models.protocols import Generator, Reranker, Sampling
from models.reader import Reader
from rag.answering import Checked, Run, checked, quoted, shown
from rag.archive import Archive
from rag.citations import Citer
from rag.collections import open_collection
from rag.config import Config
from rag.disagree import disagreement, told
from rag.errors import UsageError
from rag.evidence import ScoredSentence, lacks_number, select_evidence
from rag.filters import Filter
from rag.prompt import build_prompt
from rag.refusal import MIN_EVIDENCE, refuse, says_nothing
from rag.rerank import LikelihoodReranker
from rag.retrieve import Retriever, queries_of
from rag.types import (
    Account,
    Answer,
    Citation,
    Event,
    Evidence,
    Final,
    Hit,
    Prompt,
    Refusal,
    RefusalReason,
    Searching,
    Sentence,
    Sources,
    Turn,
)
from rag.weigh import Weighed, Weigher
from rag.words import storable


@dataclass(frozen=True, slots=True)
class _Prepared:
    """All that is known before the model speaks. key: of what it was made."""

    key: tuple[object, ...]
    weighed: Weighed
    evidence: tuple[Evidence, ...]
    prompt: Prompt | None


class Assistant:
    """Answers questions from one archive. Not more than one question at a time."""

    def __init__(
        self, archive: Archive, generator: Generator, config: Config, reader: Reader | None = None
    ) -> None:
        self.archive = archive
        self.generator = generator
        self._config = config
        self._retriever = Retriever(archive, config.retrieval, _reranker(config, generator, reader))
        self._weigher = Weigher(archive.embedder, reader)
        self._prepared: _Prepared | None = None

    @classmethod
    def open(cls, config: Config, collection: str) -> Assistant:
        """Load the models named in the settings and open a collection that is there.

        Raises CollectionNotFound, ModelNotFound, FingerprintMismatch.
        """
        from models.registry import load_generator, load_reader

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
        return cls(archive, generator, config, load_reader(config.reader))

    def ask(self, question: str, history: Sequence[Turn] = (), *, admitted: Filter | None = None) -> Answer:
        """Drain `stream` and return the answer."""
        for event in self.stream(question, history, admitted=admitted):
            if isinstance(event, Final):
                return event.answer
        raise AssertionError("a stream always ends with Final")

    def anticipate(
        self,
        partial_question: str,
        history: Sequence[Turn] = (),
        cancel: Flag | None = None,
        *,
        admitted: Filter | None = None,
    ) -> tuple[Hit, ...]:
        """Retrieve and read for what has been typed so far; what was found, nothing when cancelled.

        The answer to the finished question is the same as without it, only sooner.
        Raises UsageError for an unknown field of the filter; ModelError when the generator fails.
        """
        question = storable(partial_question).strip()
        if not question:
            return ()
        prepared = self._prepare(question, history, admitted, cancel)
        if prepared is None:
            return ()
        if prepared.prompt is not None and not self.generator.prefill(prepared.prompt.messages, cancel):
            return ()
        return prepared.weighed.hits

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
        question = storable(question).strip()
        if not question:
            raise UsageError("the question is empty", remedy='ask one: askive ask "Who said that?"')
        run = Run(question)
        queries = queries_of(question, history)
        yield Searching(
            queries[-1],
            understood=self._retriever.understand(queries[0]).describe(),
            filtered=admitted.describe() if admitted else "",
        )
        prepared = self._prepare(question, history, admitted)
        if prepared is None:
            raise AssertionError("nobody can cancel this")
        weighed = prepared.weighed
        run.hits, run.confidence = weighed.hits, weighed.probability
        run.retrieved()
        if not weighed.scored:
            empty = not self.archive.counts().n_documents
            yield Sources(weighed.hits, None)
            yield self._refused(
                run, refuse("empty_archive" if empty else "nothing_relevant", question, (), None)
            )
            return
        citer = Citer(question, _cited_first(prepared.evidence, weighed.hits), self.archive.embedder)
        if prepared.prompt is None:
            off_topic = weighed.topical < MIN_EVIDENCE
            reason: RefusalReason = "nothing_relevant" if off_topic else "not_in_sources"
            yield Sources(weighed.hits, None)
            yield self._refused(run, refuse(reason, question, weighed.scored, citer, weighed.missing))
            return
        yield Sources(weighed.hits, _first_quote(weighed.scored[0]))
        run.evidence = prepared.prompt.evidence
        sampling = Sampling(
            max_tokens=self._config.generation.max_tokens,
            temperature=self._config.generation.temperature,
            seed=self._config.generation.seed,
        )
        pieces = self.generator.generate(prepared.prompt.messages, sampling, cancel)
        yield from shown(run, pieces, citer)
        run.generated()
        yield self._concluded(run, question, weighed, citer)

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

    def _prepare(
        self,
        question: str,
        history: Sequence[Turn],
        admitted: Filter | None,
        cancel: Flag | None = None,
    ) -> _Prepared | None:
        """Retrieve, weigh and build the prompt (None in it: to be refused); None when cancelled on the way.

        What was prepared last is kept: a question that was anticipated is prepared already.
        """
        key = (question, tuple(history), admitted, self.archive.store.generation)
        kept = self._prepared
        if kept is not None and kept.key == key:
            return kept
        hits = self._retriever.retrieve(question, history, admitted=admitted)
        if cancel is not None and cancel.is_set():
            return None
        weighed = self._weigher.weigh(question, hits, history[-1].question if history else "")
        if cancel is not None and cancel.is_set():
            return None
        evidence = select_evidence(weighed.scored, self._config.prompt)
        prompt = None
        if weighed.is_answerable:
            count = self.generator.count_tokens
            prompt = build_prompt(question, evidence, self._config.prompt, count, history)
        self._prepared = _Prepared(key, weighed, tuple(evidence), prompt)
        return self._prepared

    def _concluded(self, run: Run, question: str, weighed: Weighed, citer: Citer) -> Final:
        text = run.text.rstrip()
        strict = self._config.generation.strict and not run.cancelled
        answer = checked(text, run.cited, citer, strict=strict)
        if run.cancelled:
            return self._final(run, answer)
        reason: RefusalReason | None = None
        if says_nothing(text):
            reason = "not_in_sources"
        elif not answer.stands or lacks_number(question, answer.text):
            reason = "unsupported"
        if reason and weighed.is_sure:
            # The sources hold it even if the model did not find the words.
            said = quoted(question, weighed.scored, citer)
            if said.stands:
                answer, reason = replace(said, left_out=answer.left_out), None
        if reason:
            refusal = refuse(reason, question, weighed.scored, citer, weighed.missing)
            return self._refused(run, refusal, answer.left_out)
        found = disagreement(question, _read_hits(run.evidence), citer.citation)
        if found is None:
            return self._final(run, answer)
        account = told(found)
        start = len(answer.text) + 1
        cited = tuple(account.citations[0] for account in found.accounts)
        told_sentence = Sentence(account, start, start + len(account), cited, "supported")
        with_accounts = Checked(
            f"{answer.text} {account}", (*answer.sentences, told_sentence), answer.left_out
        )
        return self._final(run, with_accounts, disagreement=found.accounts)

    def _refused(self, run: Run, refusal: Refusal, left_out: tuple[Sentence, ...] = ()) -> Final:
        return self._final(run, Checked(refusal.message, (), left_out), refusal)

    def _final(
        self,
        run: Run,
        answer: Checked,
        refusal: Refusal | None = None,
        disagreement: tuple[Account, ...] | None = None,
    ) -> Final:
        return Final(
            Answer(
                question=run.question,
                text=answer.text,
                sentences=answer.sentences,
                refusal=refusal,
                hits=run.hits,
                evidence=run.evidence,
                model_id=self.generator.model_id,
                embedder_id=self.archive.embedder.model_id,
                usage=run.usage(),
                timings=run.timings(),
                confidence=run.confidence,
                left_out=answer.left_out,
                disagreement=disagreement,
            )
        )


def _cited_first(evidence: Sequence[Evidence], hits: Sequence[Hit]) -> list[Hit]:
    """Hits whose passages were read come first, so that their spans win ties."""
    read = {piece.hit.passage.passage_id for piece in evidence}
    return sorted(hits, key=lambda hit: hit.passage.passage_id not in read)


def _first_quote(best: ScoredSentence) -> Citation:
    return Citation(1, best.hit, best.start, best.end, best.text, min(best.score, 1.0))


def _read_hits(evidence: Sequence[Evidence]) -> list[Hit]:
    """The hits of what was read, each once."""
    return list({piece.hit.passage.passage_id: piece.hit for piece in evidence}.values())


def _reranker(config: Config, generator: Generator, reader: Reader | None) -> Reranker | None:
    """The models that are loaded anyway, as `retrieval.rerank` asks for."""
    chosen = config.retrieval.rerank
    return LikelihoodReranker(generator) if chosen == "likelihood" else reader if chosen == "reader" else None
