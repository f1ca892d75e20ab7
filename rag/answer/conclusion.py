"""From what the model wrote to the answer that stands: a list of steps, each of which takes a draft and returns one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from askive.models.protocols import Generator
from askive.rag.answer.checks import Checks
from askive.rag.answer.disagreement import Disagreement, describe, disagreement
from askive.rag.answer.quoting import quote_answer
from askive.rag.answer.refusal import says_nothing
from askive.rag.answer.repair import repair_value
from askive.rag.answer.streaming import AnswerTrace
from askive.rag.answer.verified_answer import NOTHING, VerifiedAnswer, displayed_text, join_sentences
from askive.rag.answer.yes_no import polarity_of, with_polarity
from askive.rag.evidence.assessment import SURE, SURE_WHEN_ASKED, Assessment
from askive.rag.evidence.selection import decisive_sentence
from askive.rag.evidence.self_evaluation import SelfEvaluator
from askive.rag.question.analysis import Question
from askive.rag.text.sentences import split_sentences
from askive.rag.types import Account, Citation, Prompt, RefusalReason, Sentence
from askive.rag.verification.citer import Citer
from askive.rag.verification.dictation import DICTATED, has_dictation
from askive.rag.verification.rules import misplaced_names
from askive.rag.verification.support import NOT_SAID, in_its_sources_words
from askive.rag.verification.verifier import Verifier

CUT_OFF = "the answer was cut off before this sentence ended"


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer between two steps.

    question: what is answered, perhaps only a part of what the user asked. assessment, prompt: what was found and
    read for it. trace: what the model wrote; the steps count their time in it.
    accepted: whether the second opinion, if any, lets an answer stand.
    answer: as it stands so far. reason: why there is none; None while there is one.
    accounts: the values that the sources give when they differ; None when they do not.
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
    def written(self) -> str:
        """The model's own words."""
        return self.trace.text.rstrip()


@dataclass(frozen=True, slots=True)
class Tools:
    """What the steps work with. strict: only supported sentences are kept."""

    generator: Generator
    verifier: Verifier
    self_evaluator: SelfEvaluator
    checks: Checks
    strict: bool


Step = Callable[[Draft, Tools], Draft]


def conclude(draft: Draft, tools: Tools) -> Draft:
    """The draft after all steps; a cancelled answer is only cited. Raises ModelError when the generator fails."""
    for step in WHEN_CANCELLED if draft.trace.cancelled else STEPS:
        draft = step(draft, tools)
    return draft


def verify(draft: Draft, tools: Tools) -> Draft:
    """Give every sentence its citations and verdict."""
    text, trace = draft.written, draft.trace
    with trace.checking("cite"):
        rest = split_sentences(text)[len(trace.cited) :]
        cited = (draft.citer.cite(text[span.start : span.end], span.start) for span in rest)
        sentences = [*trace.cited, *cited]
        if trace.is_cut_off and sentences:
            sentences[-1] = replace(sentences[-1], verdict="cut_off", reasons=(CUT_OFF,))
        judged = tuple(_judge(sentence, draft, tools) for sentence in sentences)
    return replace(draft, answer=VerifiedAnswer(text, judged))


def keep_supported(draft: Draft, tools: Tools) -> Draft:
    """Leave out what is not supported, or put a repaired sentence in its place; in strict mode only."""
    if not (tools.strict and tools.checks.verified):
        return draft
    kept: list[Sentence] = []
    left_out: list[Sentence] = []
    begins = True
    with draft.trace.checking("cite"):
        for at, sentence in enumerate(draft.answer.sentences):
            if sentence.verdict == "supported":
                kept.append(sentence)
                continue
            left_out.append(sentence)
            repaired = _repair(sentence, draft, tools)
            if repaired is None:
                begins = begins and at > 0
            elif all(repaired.text != other.text for other in kept):
                kept.append(repaired)
    return replace(draft, answer=VerifiedAnswer(draft.answer.text, tuple(kept), tuple(left_out), begins))


def attribute(draft: Draft, tools: Tools) -> Draft:
    """Say in each sentence whom its sources have it from, and join the sentences to one text."""
    answer, by_speaker = draft.answer, tools.checks.attributed
    with draft.trace.checking("cite"):
        if not answer.left_out and all(displayed_text(s, by_speaker) == s.text for s in answer.sentences):
            return draft
        joined = join_sentences(answer.sentences, attribute=by_speaker)
    return replace(draft, answer=replace(joined, left_out=answer.left_out, begins=answer.begins))


def require_answer(draft: Draft, tools: Tools) -> Draft:
    """Refuse when the model found nothing, the second opinion says no, or nothing that answers is supported."""
    question, answer = draft.question, draft.answer
    if says_nothing(draft.written) or not draft.accepted:
        return replace(draft, reason="not_in_sources")
    if not tools.checks.verified:
        return draft
    if not answer.stands or question.lacks_number(answer.text):
        return replace(draft, reason="unsupported")
    if question.wants_explanation and not answer.begins:
        # What was written on behind a first sentence that does not stand explains another thing.
        return replace(draft, reason="unsupported")
    return draft


def require_decisive(draft: Draft, tools: Tools) -> Draft:
    """Refuse when one sentence surely is the answer and the model told what else it has read."""
    decisive = decisive_sentence(draft.question, draft.assessment.scored)
    if draft.reason or not tools.checks.verified or decisive is None or draft.answer.rests_on(decisive):
        return draft
    return replace(draft, reason="unsupported") if _is_sure(draft, tools) else draft


def quote(draft: Draft, tools: Tools) -> Draft:
    """Quote the source where it surely has the answer and the model did not find the words."""
    if draft.reason is None or not tools.checks.quoted or not _is_sure(draft, tools):
        return draft
    scored = draft.assessment.scored
    decisive = decisive_sentence(draft.question, scored)
    if decisive is None and any(sentence.reasons == (DICTATED,) for sentence in draft.answer.left_out):
        # The sources ask for this answer and do not give it: another sentence would not give it either.
        return draft
    with draft.trace.checking("quote"):
        hint = "" if decisive else draft.written
        quoted = quote_answer(draft.question, scored, draft.citer, hint)
    if not quoted.stands:
        return draft
    return replace(draft, answer=replace(quoted, left_out=draft.answer.left_out), reason=None)


def add_polarity(draft: Draft, tools: Tools) -> Draft:
    """Put Yes or No in front, where it is asked for and what is cited does not say it."""
    if draft.reason or not (tools.self_evaluator.is_fitted and draft.question.is_yes_no):
        return draft
    if not polarity_of(draft.written) or polarity_of(draft.answer.text):
        return draft
    # The model's first word is a habit; its likelihoods tell more.
    with draft.trace.checking("polarity"):
        polarity = tools.self_evaluator.polarity(draft.prompt)
    if polarity is None:
        return draft
    answer = with_polarity(draft.answer, polarity, draft.question, draft.assessment.scored, draft.citer)
    return replace(draft, answer=answer)


def add_accounts(draft: Draft, tools: Tools) -> Draft:
    """Add who gives which value, where the sources differ."""
    if draft.reason:
        return draft

    def log_odds(value: str, citation: Citation) -> float:
        if not tools.checks.vouched:
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


WHEN_CANCELLED: tuple[Step, ...] = (verify, attribute)
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
    """Whether sentences were left out because a name of the question does not stand in the sources as they say.

    Then what is asked is near to what the sources tell, and is not there. A question of several clauses has names that
    no one source has together, and is answered from several. publishers: of the sources, which seldom name themselves.
    """
    if question.clauses:
        return False
    lower_question = question.text.casefold()
    lower_publishers = " ".join(publishers).casefold()
    misplaced = (name.casefold() for s in left_out for name in misplaced_names(s.reasons))
    return any(name in lower_question and name not in lower_publishers for name in misplaced)


def with_accounts(answer: VerifiedAnswer, differing: Disagreement) -> VerifiedAnswer:
    """The answer, and behind it who gives which value."""
    account = describe(differing)
    start = len(answer.text) + 1
    cited = tuple(account.citations[0] for account in differing.accounts)
    sentence = Sentence(account, start, start + len(account), cited, "supported")
    return VerifiedAnswer(f"{answer.text} {account}", (*answer.sentences, sentence), answer.left_out)


def _judge(sentence: Sentence, draft: Draft, tools: Tools) -> Sentence:
    """The sentence, perhaps no longer supported: what the rules let pass is read once more beside its source."""
    by_models = tools.checks.vouched and draft.accepted and not draft.trace.cancelled
    with draft.trace.checking("support" if by_models else "cite"):
        return tools.verifier.judge(sentence, draft.question, by_models=by_models)


def _repair(sentence: Sentence, draft: Draft, tools: Tools) -> Sentence | None:
    """A supported sentence in place of one that is not; None when there is none."""
    if not (tools.checks.mended and draft.accepted):
        return None
    if sentence.reasons == (NOT_SAID,):
        return in_its_sources_words(sentence)
    with draft.trace.checking("repair"):
        before = draft.written[: sentence.start]
        repaired = repair_value(sentence, draft.question, before, draft.prompt, draft.citer, tools.generator)
    if repaired is None or _judge(repaired, draft, tools).verdict != "supported":
        return None
    return repaired


def _is_sure(draft: Draft, tools: Tools) -> bool:
    """Whether the sources surely hold the answer, whatever the model made of them."""
    threshold = SURE_WHEN_ASKED if tools.self_evaluator.is_fitted else SURE
    if not draft.accepted or draft.trace.confidence < threshold:
        return False
    publishers = [hit.source.publisher or "" for hit in draft.assessment.hits]
    return not is_about_another(draft.question, draft.answer.left_out, publishers)
