"""The path of one question: the plan for its kind, or retrieval, evidence, generation, conclusion.

Each stage emits an event.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import replace
from threading import Event as Flag
from typing import get_args

from askive.models.cancellation import Stopped, stopping_at
from askive.models.protocols import Generator, Sampling, fitted_id
from askive.models.reader.cross_encoder import Reader
from askive.rag.answer.checks import Checks
from askive.rag.answer.conclusion import Draft, Tools, conclude
from askive.rag.answer.plans.list import list_several_values
from askive.rag.answer.plans.plan import PlanContext
from askive.rag.answer.plans.registry import PLANS, planned_for
from askive.rag.answer.preparation import Preparer, complete_question, is_complete
from askive.rag.answer.prompt import prefilled_opening
from askive.rag.answer.refusal import refuse
from askive.rag.answer.streaming import AnswerTrace, stream_sentences
from askive.rag.answer.style import style_of
from askive.rag.answer.verified_answer import NOTHING, VerifiedAnswer
from askive.rag.calibration.logistic import find_model
from askive.rag.config import Config
from askive.rag.errors import UsageError, require_text
from askive.rag.evidence.assessment import LIKELY, MIN_EVIDENCE, Assessment, EvidenceAssessor
from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.evidence.self_evaluation import SelfEvaluator
from askive.rag.evidence.set_aside import set_aside_sentences
from askive.rag.question.analysis import Question
from askive.rag.question.kind import PLAINEST_FIRST, classify, may_be_list
from askive.rag.question.reading import QuestionReader
from askive.rag.question.word_classes import names_kind
from askive.rag.retrieval.named_documents import checked_filter, undated_notes
from askive.rag.retrieval.retriever import Retriever, queries_of
from askive.rag.retrieval.vocabulary import ArchiveVocabulary
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
    QuestionKind,
    Refusal,
    RefusalReason,
    Searching,
    Sentence,
    Sources,
    Turn,
)
from askive.rag.verification.citer import Citer
from askive.rag.verification.verifier import Verifier

LONGEST_QUESTION_CHARS = 12_000
MIN_WORDS, MAX_WORDS = 20, 2_000


class Answerer:
    """Answers questions with loaded models. Its methods are those of `askive.rag.assistant.Assistant`."""

    def __init__(
        self,
        archive: Archive,
        generator: Generator,
        config: Config,
        reader: Reader | None,
        retriever: Retriever,
        checks: Checks,
    ) -> None:
        self._archive = archive
        self._generator = generator
        self._config = config
        fitted = find_model(
            archive.embedder.model_id, reader.digest if reader else None, fitted_id(generator)
        )
        self._reader = QuestionReader(ArchiveVocabulary(archive), generator)
        self._self_evaluator = SelfEvaluator(
            generator, fitted if checks.answerability and checks.self_evaluation else None
        )
        self.preparer = Preparer(
            archive,
            retriever,
            EvidenceAssessor(archive.embedder, reader),
            self._self_evaluator,
            generator.count_tokens,
            config,
            checks,
        )
        self.tools = Tools(
            generator,
            Verifier(archive.embedder, reader, generator),
            self._self_evaluator,
            checks,
            config.generation.strict,
        )

    def anticipate(
        self,
        partial_question: str,
        history: Sequence[Turn],
        cancel: Flag | None,
        admitted: Filter | None,
        on_retrieved: Callable[[], None],
        kind: QuestionKind | None = None,
    ) -> tuple[Hit, ...]:
        """Retrieve for the text typed so far and prefill its prompt. on_retrieved: called between the two.

        Nothing is done for a question that a plan answers without the best passages, or whose language has to be
        translated while no mark ends it.
        """
        question, history = complete_question(partial_question), _storable(history)
        if not question or len(question) > LONGEST_QUESTION_CHARS:
            return ()
        if not is_complete(partial_question) and self._reader.needs_translation(question):
            # Each pause in typing would translate another text.
            return ()
        try:
            with stopping_at(cancel):
                reading = self._reader.read(question, history)
        except Stopped:
            return ()
        analysed = self.preparer.retriever.read(reading.text)
        if kind or reading.kind:
            is_planned = (kind or reading.kind) in PLANS
        else:
            is_planned = self._kind_of(analysed) in planned_for(analysed)
        if is_planned:
            return ()
        admitted = checked_filter(admitted or Filter(), self._archive.store)
        prepared = self.preparer.prepare(analysed, history, admitted, cancel, reading.context)
        if prepared is None:
            return ()
        on_retrieved()
        if prepared.prompt is not None and not self._generator.prefill(prepared.prompt.messages, cancel):
            return ()
        return prepared.partial.assessment.hits

    def read_opening(self, history: Sequence[Turn], cancel: Flag | None) -> bool:
        """Prefill the opening of the next question's prompt. False when cancelled."""
        return self._generator.prefill(prefilled_opening(history, self._generator.count_tokens), cancel)

    def stream(
        self,
        question: str,
        history: Sequence[Turn],
        cancel: Flag | None,
        admitted: Filter | None,
        kind: QuestionKind | None,
        words: int | None = None,
    ) -> Iterator[Event]:
        """The events of the plan for the question's kind, or of an answer from the best passages."""
        question, history = _checked(question), _storable(history)
        _check_kind(kind)
        _check_words(words)
        trace = AnswerTrace(question, admitted.describe() if admitted else "")
        admitted = checked_filter(admitted or Filter(), self._archive.store)
        retriever = self.preparer.retriever
        try:
            with stopping_at(cancel):
                reading = self._reader.read(question, history)
        except Stopped:
            trace.cancelled = True
            yield Searching(question, filtered=trace.filtered)
            yield Sources((), None)
            yield self._final(trace, NOTHING)
            return
        trace.notes = (*reading.notes, *undated_notes(admitted, self._archive.store))
        whole = retriever.read(reading.text)
        named = kind or reading.kind
        trace.kind = named or self._kind_of(whole)
        archive, tools = self._archive, self.tools
        plan_context = PlanContext(whole, history, admitted, cancel, trace, archive, retriever, tools, words)
        plain = None if named or trace.kind in planned_for(whole) else trace.kind
        may_be_list = plain is not None and self._may_be_list(whole)
        if may_be_list:
            trace.kind = "list"
        if trace.kind in (PLANS if named else planned_for(whole)):
            plan = list_several_values if may_be_list else PLANS[trace.kind]
            is_guess = not named and (trace.kind == "list" or not names_kind(trace.kind, whole.query))
            for event in plan(plan_context):
                if isinstance(event, Final) and is_guess and _may_be_plain(event.answer):
                    break
                yield replace(event, notes=trace.notes) if isinstance(event, Searching) else event
            else:
                return
            trace.kind = plain or self._kind_of(whole, planned=())
        yield from self._stream_from_passages(whole, history, reading.context, cancel, admitted, trace)

    def _kind_of(self, question: Question, planned: Container[QuestionKind] = PLAINEST_FIRST) -> QuestionKind:
        """The kind of a question when the user names none, of those in `planned` and the plain ones: the one place that
        decides it."""
        vector, digest = self._archive.embed_query(question.query), self._archive.embedder.digest
        return classify(question, vector, digest, planned)

    def _may_be_list(self, question: Question) -> bool:
        """Whether a question may ask for a list by its words, and a judge can tell whether the archive holds one."""
        if "generator" not in self.tools.verifier.checks:
            return False
        vector, digest = self._archive.embed_query(question.query), self._archive.embedder.digest
        return may_be_list(question, vector, digest)

    def _stream_from_passages(
        self,
        whole: Question,
        history: Sequence[Turn],
        context: Sequence[Turn],
        cancel: Flag | None,
        admitted: Filter | None,
        trace: AnswerTrace,
    ) -> Iterator[Event]:
        """Searching, Sources, Token..., Final. Sources come as soon as the best few sentences make an answer likely."""
        retriever = self.preparer.retriever
        yield Searching(
            queries_of(whole, context)[-1],
            understood=retriever.understand(whole).describe(),
            filtered=trace.filtered,
            kind=trace.kind,
            notes=trace.notes,
        )
        glance = self.preparer.glance(whole, history, admitted, cancel, context)
        is_shown = glance is not None and glance.probability >= LIKELY
        if glance is not None and is_shown:
            yield Sources(glance.hits, _first_quote(glance.scored[0]))
        prepared = self.preparer.prepare(whole, history, admitted, cancel, context)
        if prepared is None:
            trace.cancelled = True
            if not is_shown:
                yield Sources((), None)
            yield self._final(trace, NOTHING)
            return
        target, assessment = prepared.partial.question, prepared.partial.assessment
        trace.hits, trace.confidence = assessment.hits, assessment.probability
        trace.unanswered = prepared.partial.unanswered
        trace.count_check("assess", prepared.assess_ms)
        trace.count_check("decompose", prepared.decompose_ms)
        trace.mark_retrieved()
        if not assessment.scored:
            yield Sources(assessment.hits, None)
            empty = not self._archive.counts().n_documents
            yield self._refused(trace, "empty_archive" if empty else "nothing_relevant", assessment, None)
            return
        citer = self.tools.verifier.citer(target, _evidence_first(prepared.evidence, assessment.hits))
        likely = assessment.probability >= LIKELY
        if not is_shown:
            is_quoted = likely and prepared.prompt is not None
            yield Sources(assessment.hits, _first_quote(assessment.scored[0]) if is_quoted else None)
        if prepared.prompt is None:
            off_topic = assessment.topical < MIN_EVIDENCE
            yield self._refused(
                trace, "nothing_relevant" if off_topic else "not_in_sources", assessment, citer
            )
            return
        trace.evidence = prepared.prompt.evidence
        # A likely answer is generated at once and evaluated afterwards; else evaluation saves a useless generation.
        needs_evaluation = self._self_evaluator.wanted(assessment.probability)
        if needs_evaluation and not likely:
            needs_evaluation = False
            if not self._generator.prefill(prepared.prompt.messages, cancel):
                trace.cancelled = True
                yield self._final(trace, NOTHING)
                return
            if not self._accepts(trace, prepared.prompt):
                yield self._refused(trace, "not_in_sources", assessment, citer)
                return
        pieces = self._generator.generate(prepared.prompt.messages, self._sampling(target), cancel)
        yield from stream_sentences(trace, pieces, citer)
        trace.mark_generated()
        accepted = trace.cancelled or not needs_evaluation or self._accepts(trace, prepared.prompt)
        draft = conclude(Draft(target, assessment, prepared.prompt, citer, trace, accepted), self.tools)
        if draft.reason:
            yield self._refused(trace, draft.reason, assessment, citer, draft.answer.left_out)
        else:
            yield self._final(trace, draft.answer, accounts=draft.accounts)

    def _accepts(self, trace: AnswerTrace, prompt: Prompt) -> bool:
        """Whether the self-evaluation accepts an answer."""
        with trace.checking("self_evaluate"):
            trace.confidence = self._self_evaluator.opinion(prompt, trace.confidence)
        return self._self_evaluator.accepts(trace.confidence)

    def _sampling(self, question: Question) -> Sampling:
        config = self._config.generation
        return Sampling(
            max_tokens=config.max_tokens,
            temperature=config.temperature,
            seed=config.seed,
            min_tokens=style_of(question).min_tokens,
        )

    def _refused(
        self,
        trace: AnswerTrace,
        reason: RefusalReason,
        assessment: Assessment,
        citer: Citer | None,
        left_out: tuple[Sentence, ...] = (),
    ) -> Final:
        scored, missing = assessment.scored, assessment.missing if citer else ()
        refusal = refuse(reason, scored, citer, missing, trace.filtered)
        return self._final(trace, VerifiedAnswer(refusal.message, (), left_out), refusal)

    def _final(
        self,
        trace: AnswerTrace,
        answer: VerifiedAnswer,
        refusal: Refusal | None = None,
        accounts: tuple[Account, ...] | None = None,
    ) -> Final:
        return Final(
            Answer(
                question=trace.question,
                text=answer.text,
                sentences=answer.sentences,
                refusal=refusal,
                hits=trace.hits,
                evidence=trace.evidence,
                model_id=self._generator.model_id,
                embedder_id=self._archive.embedder.model_id,
                usage=trace.usage(),
                timings=trace.timings(),
                confidence=trace.confidence,
                left_out=answer.left_out,
                disagreement=accounts,
                unanswered=() if refusal else trace.unanswered,
                set_aside=set_aside_sentences(trace.hits),
                kind=trace.kind,
                notes=trace.notes,
            )
        )


def _checked(question: str) -> str:
    """The question with only storable characters. Raises UsageError when it is empty or too long."""
    require_text(question, "question")
    question = storable(question).strip()
    if not question:
        raise UsageError("the question is empty", remedy='ask one: askive ask "Who said that?"')
    if len(question) > LONGEST_QUESTION_CHARS:
        raise UsageError(
            f"the question has {len(question):,} characters, at most {LONGEST_QUESTION_CHARS:,} are read",
            remedy="ask a shorter question, and index a long text as a document",
        )
    return question


def _may_be_plain(answer: Answer) -> bool:
    """Whether the passages may hold an answer where the plan of a guessed kind found none that is sure."""
    if answer.refusal is not None:
        return answer.refusal.reason == "nothing_relevant" and answer.kind != "conversation"
    return answer.kind == "list" and all(row.verdict != "supported" for row in answer.rows)


def _check_kind(kind: str | None) -> None:
    """Raises UsageError for a kind that does not exist."""
    kinds = get_args(QuestionKind)
    if kind is not None and kind not in kinds:
        raise UsageError(f"{kind!r} is no kind of question", remedy=f"kinds: {', '.join(kinds)}")


def _check_words(words: int | None) -> None:
    """Raises UsageError for a length that no summary can have."""
    if words is not None and not MIN_WORDS <= words <= MAX_WORDS:
        raise UsageError(
            f"a summary of {words} words", remedy=f"ask for {MIN_WORDS} to {MAX_WORDS:,} words: --words 150"
        )


def _evidence_first(evidence: Sequence[Evidence], hits: Sequence[Hit]) -> list[Hit]:
    """Hits with selected evidence come first, so that their spans win ties."""
    selected = {piece.hit.passage.passage_id for piece in evidence}
    return sorted(hits, key=lambda hit: hit.passage.passage_id not in selected)


def _storable(history: Sequence[Turn]) -> tuple[Turn, ...]:
    return tuple(Turn(storable(turn.question), storable(turn.answer), turn.kind) for turn in history)


def _first_quote(best: ScoredSentence) -> Citation:
    return Citation(1, best.hit, best.start, best.end, best.text, min(best.score, 1.0))
