"""The one stream that every door reads: question -> events -> Answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from threading import Event as Flag
from types import TracebackType

from askive.models.protocols import Generator, Sampling
from askive.models.reader.cross_encoder import Reader
from askive.rag.answer.checks import ALL, Checks
from askive.rag.answer.conclusion import is_about_another, verify_sentences, with_accounts
from askive.rag.answer.disagreement import disagreement
from askive.rag.answer.preparation import Preparer, complete_question
from askive.rag.answer.prompt import prefilled_opening
from askive.rag.answer.quoting import quote_answer
from askive.rag.answer.refusal import refuse, says_nothing
from askive.rag.answer.repair import repair_value
from askive.rag.answer.streaming import stream_sentences
from askive.rag.answer.style import style_of
from askive.rag.answer.trace import AnswerTrace
from askive.rag.answer.verified_answer import VerifiedAnswer
from askive.rag.answer.yes_no import polarity_of, with_polarity
from askive.rag.calibration.logistic import find_model
from askive.rag.collections.by_name import open_collection
from askive.rag.config import Config
from askive.rag.errors import UsageError
from askive.rag.evidence.assessment import (
    LIKELY,
    MIN_EVIDENCE,
    SURE,
    SURE_WHEN_ASKED,
    Assessment,
    EvidenceAssessor,
)
from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.evidence.selection import decisive_sentence
from askive.rag.evidence.self_evaluation import SelfEvaluator
from askive.rag.factory import Warming, open_generator, open_reader, open_retriever, start_warming
from askive.rag.question.analysis import is_yes_no
from askive.rag.question.answer_type import is_open, lacks_number
from askive.rag.retrieval.retriever import queries_of
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter
from askive.rag.text.words import storable
from askive.rag.types import (
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
from askive.rag.verification.citer import Citer
from askive.rag.verification.support import NOT_SAID, in_its_sources_words
from askive.rag.verification.verifier import Verifier

LONGEST_QUESTION_CHARS = 12_000


class Assistant:
    """Answers questions from one archive. Not more than one question at a time."""

    def __init__(
        self,
        archive: Archive,
        generator: Generator,
        config: Config,
        reader: Reader | None = None,
        checks: Checks = ALL,
    ) -> None:
        self.archive = archive
        self.generator = generator
        self._config = config
        self._checks = checks
        second = find_model(archive.embedder.model_id, reader.digest if reader else None, generator.model_id)
        self._self_evaluator = SelfEvaluator(
            generator, second if checks.answerable and checks.doubted else None
        )
        self._verifier = Verifier(archive.embedder, reader, generator)
        self._preparer = Preparer(
            archive,
            open_retriever(config, archive, generator, reader),
            EvidenceAssessor(archive.embedder, reader),
            self._self_evaluator,
            generator.count_tokens,
            config,
            checks,
        )
        self._warming: Warming | None = None

    @classmethod
    def open(cls, config: Config, collection: str) -> Assistant:
        """Load the models named in the settings and open a collection that is there.

        Raises CollectionNotFound, ModelNotFound, FingerprintMismatch.
        """
        archive = open_collection(config, collection)
        reader = open_reader(config)
        warming = start_warming(archive.embedder, reader)
        try:
            opened = cls(archive, open_generator(config), config, reader)
        except BaseException:
            try:
                warming.stop()
            finally:
                archive.close()
            raise
        opened._warming = warming
        return opened

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
        found: Callable[[], None] = lambda: None,
    ) -> tuple[Hit, ...]:
        """Retrieve and read for what has been typed so far; what was found, nothing when cancelled.

        What ends without a mark is taken for a question whose question mark is still to come. The answer to the
        finished question is the same as without it, only sooner.
        found: called when only the reading is left. From then on the finished question may be streamed beside it:
        its sources come at once, its first word when all is read.
        Raises UsageError for an unknown field of the filter; ModelError when the generator fails.
        """
        question, history = complete_question(partial_question), _storable(history)
        if not question or len(question) > LONGEST_QUESTION_CHARS:
            return ()
        prepared = self._preparer.prepare(question, history, admitted, cancel)
        if prepared is None:
            return ()
        found()
        if prepared.prompt is not None and not self.generator.prefill(prepared.prompt.messages, cancel):
            return ()
        return prepared.half.weighed.hits

    def read_opening(self, history: Sequence[Turn] = (), cancel: Flag | None = None) -> bool:
        """Read what the prompt of the next question begins with, whatever it is; False when cancelled.

        No answer changes. Raises ModelError when the generator fails.
        """
        return self.generator.prefill(prefilled_opening(history, self.generator.count_tokens), cancel)

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
        Raises UsageError for an empty question, one of more than LONGEST_QUESTION_CHARS, or an unknown field of
        the filter; ModelError when the generator fails.
        """
        question, history = storable(question).strip(), _storable(history)
        if not question:
            raise UsageError("the question is empty", remedy='ask one: askive ask "Who said that?"')
        if len(question) > LONGEST_QUESTION_CHARS:
            raise UsageError(
                f"the question has {len(question):,} characters, at most {LONGEST_QUESTION_CHARS:,} are read",
                remedy="ask a shorter question, and index a long text as a document",
            )
        filtered = admitted.describe() if admitted else ""
        run = AnswerTrace(question, filtered)
        queries = queries_of(question, history)
        yield Searching(
            queries[-1],
            understood=self._preparer.retriever.understand(queries[0]).describe(),
            filtered=filtered,
        )
        prepared = self._preparer.prepare(question, history, admitted)
        if prepared is None:
            raise AssertionError("nobody can cancel this")
        asked, weighed = prepared.half.question, prepared.half.weighed
        run.hits, run.confidence = weighed.hits, weighed.probability
        run.unanswered = prepared.half.unanswered
        run.count_check("assess", prepared.weigh_ms)
        run.count_check("decompose", prepared.halves_ms)
        run.mark_retrieved()
        if not weighed.scored:
            empty = not self.archive.counts().n_documents
            yield Sources(weighed.hits, None)
            nothing: RefusalReason = "empty_archive" if empty else "nothing_relevant"
            yield self._refused(run, refuse(nothing, question, (), None, filtered=filtered))
            return
        citer = self._verifier.citer(asked, _cited_first(prepared.evidence, weighed.hits))
        if prepared.prompt is None:
            off_topic = weighed.topical < MIN_EVIDENCE
            reason: RefusalReason = "nothing_relevant" if off_topic else "not_in_sources"
            yield Sources(weighed.hits, None)
            refusal = refuse(reason, question, weighed.scored, citer, weighed.missing, filtered)
            yield self._refused(run, refusal)
            return
        run.evidence = prepared.prompt.evidence
        likely = weighed.probability >= LIKELY
        yield Sources(weighed.hits, _first_quote(weighed.scored[0]) if likely else None)
        # An answer that is likely is written at once and doubted afterwards; else nothing is written in vain.
        doubted = self._self_evaluator.wanted(weighed.probability)
        if doubted and not likely:
            doubted = False
            if not self.generator.prefill(prepared.prompt.messages, cancel):
                run.cancelled = True
                yield self._final(run, VerifiedAnswer("", ()))
                return
            if not self._stands(run, prepared.prompt):
                refusal = refuse("not_in_sources", question, weighed.scored, citer, weighed.missing, filtered)
                yield self._refused(run, refusal)
                return
        sampling = Sampling(
            max_tokens=self._config.generation.max_tokens,
            temperature=self._config.generation.temperature,
            seed=self._config.generation.seed,
            min_tokens=style_of(asked).min_tokens,
        )
        pieces = self.generator.generate(prepared.prompt.messages, sampling, cancel)
        yield from stream_sentences(run, pieces, citer)
        run.mark_generated()
        stands = run.cancelled or not doubted or self._stands(run, prepared.prompt)
        yield self._concluded(run, asked, weighed, prepared.prompt, citer, stands)

    def close(self) -> None:
        """Free the models and close the archive."""
        if self._warming is not None:
            self._warming.stop()
        self.generator.close()
        self.archive.close()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _stands(self, run: AnswerTrace, prompt: Prompt) -> bool:
        """Whether the second opinion lets an answer stand."""
        with run.checking("self_evaluate"):
            run.confidence = self._self_evaluator.opinion(prompt, run.confidence)
        return self._self_evaluator.accepts(run.confidence)

    def _concluded(
        self, run: AnswerTrace, question: str, weighed: Assessment, prompt: Prompt, citer: Citer, stands: bool
    ) -> Final:
        """stands: whether the second opinion, if any, lets an answer stand."""
        checks = self._checks
        text = run.text.rstrip()
        strict = self._config.generation.strict and checks.verified and not run.cancelled

        def vouch(sentence: Sentence) -> Sentence:
            if not (checks.vouched and stands) or run.cancelled:
                return sentence
            with run.checking("support"):
                return self._verifier.judge(sentence, question)

        def gives(value: str, citation: Citation) -> float:
            return self._verifier.gives(question, value, citation) if checks.vouched else math.inf

        def mend(sentence: Sentence) -> Sentence | None:
            if not (checks.mended and stands):
                return None
            if sentence.reasons == (NOT_SAID,):
                return in_its_sources_words(sentence)
            with run.checking("repair"):
                better = repair_value(
                    sentence, question, text[: sentence.start], prompt, citer, self.generator
                )
            return better if better and vouch(better).verdict == "supported" else None

        with run.checking("cite"):
            answer = verify_sentences(
                text,
                run.cited,
                citer,
                strict=strict,
                cut_off=run.is_cut_off,
                attribute=checks.attributed,
                vouch=vouch,
                mend=mend,
            )
        if run.cancelled:
            return self._final(run, answer)
        reason: RefusalReason | None = None
        if says_nothing(text) or not stands:
            reason = "not_in_sources"
        elif checks.verified and (not answer.stands or lacks_number(question, answer.text)):
            reason = "unsupported"
        elif checks.verified and is_open(question) and not answer.begins:
            # What was written on behind a first sentence that does not stand explains another thing.
            reason = "unsupported"
        least = SURE_WHEN_ASKED if self._self_evaluator.is_fitted else SURE
        publishers = [hit.source.publisher or "" for hit in run.hits]
        about_another = is_about_another(question, answer.left_out, publishers)
        sure = stands and run.confidence >= least and not about_another
        the_answer = decisive_sentence(question, weighed.scored)
        if the_answer and sure and checks.verified and not answer.rests_on(the_answer):
            # One sentence is the answer, and the model told what else it has read.
            reason = reason or "unsupported"
        if reason and sure and checks.quoted:
            # The sources hold it even if the model did not find the words.
            with run.checking("quote"):
                said = quote_answer(question, weighed.scored, citer, "" if the_answer else text)
            if said.stands:
                answer, reason = replace(said, left_out=answer.left_out), None
        if reason:
            refusal = refuse(reason, run.question, weighed.scored, citer, weighed.missing, run.filtered)
            return self._refused(run, refusal, answer.left_out)
        if (
            self._self_evaluator.is_fitted
            and is_yes_no(question)
            and polarity_of(text)
            and not polarity_of(answer.text)
        ):
            # What it is quoted for does not say "yes" itself, and the model's first word is a habit.
            with run.checking("polarity"):
                polarity = self._self_evaluator.polarity(prompt)
            if polarity:
                answer = with_polarity(answer, polarity, question, weighed.scored, citer)
        with run.checking("disagreement"):
            found = disagreement(question, weighed.scored, citer.citation, gives) if checks.accounts else None
        if found is None:
            return self._final(run, answer)
        return self._final(run, with_accounts(answer, found), disagreement=found.accounts)

    def _refused(self, run: AnswerTrace, refusal: Refusal, left_out: tuple[Sentence, ...] = ()) -> Final:
        return self._final(run, VerifiedAnswer(refusal.message, (), left_out), refusal)

    def _final(
        self,
        run: AnswerTrace,
        answer: VerifiedAnswer,
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
                unanswered=() if refusal else run.unanswered,
            )
        )


def _cited_first(evidence: Sequence[Evidence], hits: Sequence[Hit]) -> list[Hit]:
    """Hits whose passages were read come first, so that their spans win ties."""
    read = {piece.hit.passage.passage_id for piece in evidence}
    return sorted(hits, key=lambda hit: hit.passage.passage_id not in read)


def _storable(history: Sequence[Turn]) -> tuple[Turn, ...]:
    return tuple(Turn(storable(turn.question), storable(turn.answer)) for turn in history)


def _first_quote(best: ScoredSentence) -> Citation:
    return Citation(1, best.hit, best.start, best.end, best.text, min(best.score, 1.0))
