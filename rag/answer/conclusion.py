"""From the generated text to the final answer: a list of steps, each of which takes a draft and returns one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from askive.models.protocols import Generator
from askive.rag.answer.checks import Checks
from askive.rag.answer.disagreement import Disagreement, describe, disagreement
from askive.rag.answer.quoting import in_its_sources_words, quote_answer
from askive.rag.answer.refusal import says_nothing
from askive.rag.answer.repair import repair_value
from askive.rag.answer.streaming import AnswerTrace
from askive.rag.answer.verified_answer import NOTHING, VerifiedAnswer, displayed_text, join_sentences
from askive.rag.answer.yes_no import polarity_of, with_polarity, without_polarity
from askive.rag.evidence.assessment import SURE, SURE_WHEN_ASKED, Assessment
from askive.rag.evidence.selection import decisive_sentence
from askive.rag.evidence.self_evaluation import SelfEvaluator
from askive.rag.question.analysis import Question
from askive.rag.text.sentences import split_sentences
from askive.rag.types import Account, Citation, Prompt, RefusalReason, Sentence
from askive.rag.verification.attribution import ONLY_REPORTED, OTHER_SPEAKER
from askive.rag.verification.citer import Citer
from askive.rag.verification.dictation import DICTATED, has_dictation
from askive.rag.verification.rules import misplaced_names
from askive.rag.verification.support import ANSWERS_FROM, NOT_SAID
from askive.rag.verification.verifier import Verifier

CUT_OFF = "the answer was cut off before this sentence ended"


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer between two steps.

    question: the question to answer, perhaps only a part of the user's. assessment, prompt: its evidence and prompt.
    trace: the generated text; the steps add their durations to it.
    accepted: whether the self-evaluation, if any, accepts an answer.
    answer: the answer so far. reason: why to refuse; None while there is an answer.
    accounts: the values of the sources when they differ; None when they agree.
    """

    question: Question
    assessment: Assessment
    prompt: Prompt
    citer: Citer
    trace: AnswerTrace
    accepted: bool = True
    answer: VerifiedAnswer = NOTHING
    reason: RefusalReason | None = None
    accounts: tuple[Account, ...] | None = None

    @property
    def generated(self) -> str:
        """The model's text, without trailing white space."""
        return self.trace.text.rstrip()


@dataclass(frozen=True, slots=True)
class Tools:
    """What the steps use. strict: keep only supported sentences."""

    generator: Generator
    verifier: Verifier
    self_evaluator: SelfEvaluator
    checks: Checks
    strict: bool


Step = Callable[[Draft, Tools], Draft]


def conclude(draft: Draft, tools: Tools) -> Draft:
    """The draft after all steps; a cancelled answer only gets citations. Raises ModelError when the generator fails."""
    for step in CANCELLED_STEPS if draft.trace.cancelled else STEPS:
        draft = step(draft, tools)
    return draft


def verify(draft: Draft, tools: Tools) -> Draft:
    """Give every sentence its citations and verdict."""
    text, trace = draft.generated, draft.trace
    with trace.checking("cite"):
        rest = split_sentences(text)[len(trace.cited) :]
        cited = (draft.citer.cite(text[span.start : span.end], span.start) for span in rest)
        sentences = [*trace.cited, *cited]
        if trace.is_cut_off and sentences:
            sentences[-1] = replace(sentences[-1], verdict="cut_off", reasons=(CUT_OFF,))
        polar = draft.question.is_yes_no and tools.self_evaluator.is_fitted and not trace.cancelled
        plain = without_polarity(sentences) if polar else sentences
        judged = [_judge(sentence, draft, tools) for sentence in plain]
    if plain is sentences:
        return replace(draft, answer=VerifiedAnswer(text, tuple(judged)))
    return replace(draft, answer=join_sentences(judged, attribute=False))


def keep_supported(draft: Draft, tools: Tools) -> Draft:
    """Drop each unsupported sentence or replace it by a repaired one; in strict mode only."""
    if not (tools.strict and tools.checks.verification):
        return draft
    kept: list[Sentence] = []
    left_out: list[Sentence] = []
    keeps_opening = True
    with draft.trace.checking("cite"):
        for at, sentence in enumerate(draft.answer.sentences):
            if sentence.verdict == "supported":
                kept.append(sentence)
                continue
            left_out.append(sentence)
            repaired = _repair(sentence, draft, tools)
            if repaired is None:
                keeps_opening = keeps_opening and at > 0
            elif not any(_is_same_repair(repaired, other) for other in kept):
                kept.append(repaired)
    answer = VerifiedAnswer(draft.answer.text, tuple(kept), tuple(left_out), keeps_opening)
    return replace(draft, answer=answer)


def attribute(draft: Draft, tools: Tools) -> Draft:
    """Name the speaker in each sentence whose sources only report it, and join the sentences to one text."""
    answer, by_speaker = draft.answer, tools.checks.attribution
    with draft.trace.checking("cite"):
        if not answer.left_out and all(displayed_text(s, by_speaker) == s.text for s in answer.sentences):
            return draft
        joined = join_sentences(answer.sentences, attribute=by_speaker)
    joined = replace(joined, left_out=answer.left_out, keeps_opening=answer.keeps_opening)
    return replace(draft, answer=joined)


def require_answer(draft: Draft, tools: Tools) -> Draft:
    """Refuse when the model or the self-evaluation finds no answer, or when no sentence that answers is supported."""
    question, answer = draft.question, draft.answer
    if says_nothing(draft.generated) or not draft.accepted:
        return replace(draft, reason="not_in_sources")
    if not tools.checks.verification:
        return draft
    if answer.sentences and question.is_repeated_by(answer.text):
        # What the sources say beside it is no answer either.
        return replace(draft, accepted=False, reason="not_in_sources")
    if not answer.is_supported or question.lacks_number(answer.text):
        return replace(draft, reason="unsupported")
    if question.wants_explanation and not answer.keeps_opening:
        # What follows an unsupported first sentence explains something else.
        return replace(draft, reason="unsupported")
    return draft


def require_decisive(draft: Draft, tools: Tools) -> Draft:
    """Refuse when one source sentence clearly is the answer and the model's answer does not cite it."""
    decisive = decisive_sentence(draft.question, draft.assessment.scored)
    if draft.reason or not tools.checks.verification or decisive is None or draft.answer.cites(decisive):
        return draft
    return replace(draft, reason="unsupported") if _is_sure(draft, tools) else draft


def quote(draft: Draft, tools: Tools) -> Draft:
    """Quote the source when it surely holds the answer and no answer of the model is left."""
    if draft.reason is None or not tools.checks.quotation or not _is_sure(draft, tools):
        return draft
    scored = draft.assessment.scored
    decisive = decisive_sentence(draft.question, scored)
    if decisive is None and any(sentence.reasons == (DICTATED,) for sentence in draft.answer.left_out):
        # The sources instruct the model to give this answer and do not state it: no other sentence would either.
        return draft
    with draft.trace.checking("quote"):
        hint = "" if decisive else draft.generated
        quotation = quote_answer(draft.question, scored, draft.citer, hint)
    if not quotation.is_supported or not _answers(quotation.sentences[0], draft, tools):
        return draft
    return replace(draft, answer=replace(quotation, left_out=draft.answer.left_out), reason=None)


def add_polarity(draft: Draft, tools: Tools) -> Draft:
    """Put Yes or No in front of the answer to a yes-or-no question that the citations do not state."""
    if draft.reason or not (tools.self_evaluator.is_fitted and draft.question.is_yes_no):
        return draft
    if not polarity_of(draft.generated) or polarity_of(draft.answer.text):
        return draft
    # The model writes its first word by habit. What it says must follow from what is shown.
    with draft.trace.checking("polarity"):
        several = bool(draft.question.clauses)
        polarity = tools.self_evaluator.polarity(draft.prompt, draft.answer.text, of_several=several)
    if polarity is None:
        return draft
    answer = with_polarity(draft.answer, polarity, draft.question, draft.assessment.scored, draft.citer)
    return replace(draft, answer=answer)


def add_accounts(draft: Draft, tools: Tools) -> Draft:
    """List which source gives which value, when the sources differ."""
    if draft.reason:
        return draft

    def log_odds(value: str, citation: Citation) -> float:
        if not tools.checks.support:
            return math.inf
        return tools.verifier.gives(draft.question, value, citation)

    with draft.trace.checking("disagreement"):
        if not tools.checks.accounts:
            return draft
        stated = [item for item in draft.assessment.scored if not has_dictation(item.text)]
        differing = disagreement(draft.question, stated, draft.citer.citation, log_odds)
    if differing is None:
        return draft
    return replace(draft, answer=with_accounts(draft.answer, differing), accounts=differing.accounts)


CANCELLED_STEPS: tuple[Step, ...] = (verify, attribute)
STEPS: tuple[Step, ...] = (
    verify,
    keep_supported,
    attribute,
    require_answer,
    require_decisive,
    quote,
    add_polarity,
    add_accounts,
)


def is_about_another(
    question: Question, left_out: Sequence[Sentence], publishers: Sequence[str] = ()
) -> bool:
    """Whether a sentence was left out because its sources do not mention a name of the question in that place.

    Then the sources are about something similar and do not hold the answer. A question of several clauses is answered
    from several sources, none of which has all its names. publishers: of the sources, which seldom name themselves.
    """
    if question.clauses:
        return False
    lower_question = question.text.casefold()
    lower_publishers = " ".join(publishers).casefold()
    misplaced = (name.casefold() for s in left_out for name in misplaced_names(s.reasons))
    return any(name in lower_question and name not in lower_publishers for name in misplaced)


def with_accounts(answer: VerifiedAnswer, differing: Disagreement) -> VerifiedAnswer:
    """The answer, followed by which source gives which value."""
    text = describe(differing)
    start = len(answer.text) + 1
    citations = tuple(account.citations[0] for account in differing.accounts)
    sentence = Sentence(text, start, start + len(text), citations, "supported")
    return VerifiedAnswer(f"{answer.text} {text}", (*answer.sentences, sentence), answer.left_out)


def _judge(sentence: Sentence, draft: Draft, tools: Tools) -> Sentence:
    """The sentence with its final verdict: what passes the rules is compared with its source once more."""
    by_models = tools.checks.support and draft.accepted and not draft.trace.cancelled
    with draft.trace.checking("support" if by_models else "cite"):
        return tools.verifier.judge(sentence, draft.question, by_models=by_models)


def _repair(sentence: Sentence, draft: Draft, tools: Tools) -> Sentence | None:
    """A supported sentence in place of an unsupported one; None when there is none."""
    if not (tools.checks.repair and draft.accepted):
        return None
    if sentence.reasons in ((NOT_SAID,), (ONLY_REPORTED,), (OTHER_SPEAKER,)):
        quotation = in_its_sources_words(sentence, draft.question)
        # Without a judge nothing tells an answer from an order to the model.
        return quotation if quotation and _answers(quotation, draft, tools, unjudged=False) else None
    with draft.trace.checking("repair"):
        before = draft.generated[: sentence.start]
        repaired = repair_value(sentence, draft.question, before, draft.prompt, draft.citer, tools.generator)
    if repaired is None or _judge(repaired, draft, tools).verdict != "supported":
        return None
    return repaired


def _is_same_repair(one: Sentence, other: Sentence) -> bool:
    """Whether two repaired sentences say the same, or quote the same place."""
    both_quote = one.text.startswith("“") and other.text.startswith("“")
    return one.text == other.text or (both_quote and _places(one) == _places(other))


def _places(sentence: Sentence) -> list[tuple[int, int, int]]:
    return [(one.hit.passage.doc_id, one.start, one.end) for one in sentence.citations]


def _answers(quotation: Sentence, draft: Draft, tools: Tools, *, unjudged: bool = True) -> bool:
    """Whether the quotation answers the question: what is true and answers something else is no answer.

    unjudged: the result when there is no judge.
    """
    if not tools.checks.support:
        return True
    with draft.trace.checking("support"):
        log_odds = tools.verifier.answers(draft.question, quotation.citations[0])
    return unjudged if log_odds == math.inf else log_odds >= ANSWERS_FROM


def _is_sure(draft: Draft, tools: Tools) -> bool:
    """Whether the sources surely hold the answer, whatever the model wrote."""
    threshold = SURE_WHEN_ASKED if tools.self_evaluator.is_fitted else SURE
    if not draft.accepted or draft.trace.confidence < threshold:
        return False
    publishers = [hit.source.publisher or "" for hit in draft.assessment.hits]
    return not is_about_another(draft.question, draft.answer.left_out, publishers)
