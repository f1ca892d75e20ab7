"""The steps of a conclusion, each alone and all in their order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from askive.models.fakes import HashEmbedder, ScriptedGenerator
from askive.rag.answer.checks import ALL, Checks
from askive.rag.answer.conclusion import (
    Draft,
    Tools,
    add_accounts,
    add_polarity,
    attribute,
    conclude,
    keep_supported,
    quote,
    require_answer,
    require_decisive,
    verify,
)
from askive.rag.answer.prompt import build_prompt
from askive.rag.answer.streaming import AnswerTrace
from askive.rag.evidence.assessment import EvidenceAssessor
from askive.rag.evidence.self_evaluation import SelfEvaluator
from askive.rag.question.analysis import Question
from askive.rag.types import Hit, Passage, Source
from askive.rag.verification.citer import Citer
from askive.rag.verification.support import NOT_SAID
from askive.rag.verification.verifier import Verifier

QUESTION = "How many ships did the harbour of Aldermoor receive in January?"
TRUE = "The harbour of Aldermoor received 412 ships in January."
FALSE = "Penguins live in Antarctica."
HIT = Hit(
    Passage(TRUE, 0, len(TRUE), passage_id=1, doc_id=1), Source(1, "a.md", "A", "text/plain"), 1.0, 1, "fused"
)


def tools(checks: Checks = ALL, *, strict: bool = True) -> Tools:
    generator = ScriptedGenerator()
    return Tools(
        generator, Verifier(HashEmbedder(), None, generator), SelfEvaluator(generator, None), checks, strict
    )


def draft(written: str, *, confidence: float = 0.9, question: str = QUESTION) -> Draft:
    read = Question.read(question)
    trace = AnswerTrace(question)
    trace.text, trace.confidence = written, confidence
    assessment = EvidenceAssessor(HashEmbedder(), None).weigh(read, [HIT])
    return Draft(read, assessment, build_prompt(read, ()), Citer(read, [HIT], HashEmbedder()), trace)


def test_sentences_are_verified_then_left_out_then_joined() -> None:
    verified = verify(draft(f"{TRUE} {FALSE}"), tools())
    assert [sentence.verdict for sentence in verified.answer.sentences] == ["supported", "unsupported"]
    kept = keep_supported(verified, tools())
    assert [sentence.text for sentence in kept.answer.left_out] == [FALSE]
    assert attribute(kept, tools()).answer.text == TRUE
    for lenient in (tools(strict=False), tools(Checks(verification=False))):
        assert keep_supported(verified, lenient) is verified


def test_a_cancelled_answer_is_cited_and_no_more() -> None:
    stopped = draft(f"{TRUE} {FALSE}", confidence=0.0)
    stopped.trace.cancelled = True
    done = conclude(stopped, tools())
    assert (done.reason, done.answer.text, done.answer.left_out) == (None, f"{TRUE} {FALSE}", ())


@pytest.mark.parametrize(
    ("written", "reason"),
    [(TRUE, None), (FALSE, "unsupported"), ("The sources do not say.", "not_in_sources")],
)
def test_the_reason_of_a_refusal(written: str, reason: str | None) -> None:
    checked = require_answer(keep_supported(verify(draft(written), tools()), tools()), tools())
    assert checked.reason == reason
    doubted = replace(draft(TRUE), accepted=False)
    assert require_answer(verify(doubted, tools()), tools()).reason == "not_in_sources"


def test_a_sentence_that_only_repeats_the_question_is_no_answer() -> None:
    asked = "What is the name of the harbour that received 412 ships in January?"
    repeated = draft("The harbour received 412 ships in January.", question=asked)
    done = conclude(repeated, tools())
    assert (done.reason, done.answer.text) == ("not_in_sources", "The harbour received 412 ships in January.")
    choice = draft(
        "The harbour received 412 ships.", question="Did the harbour or the station receive 412 ships?"
    )
    assert require_answer(keep_supported(verify(choice, tools()), tools()), tools()).reason is None


@pytest.mark.parametrize(("confidence", "quoted"), [(0.9, True), (0.5, False)])
def test_a_source_is_quoted_only_where_the_answer_surely_is_there(confidence: float, quoted: bool) -> None:
    refused = replace(draft(FALSE, confidence=confidence), reason="unsupported")
    after = quote(refused, tools())
    assert (after.reason is None) is quoted
    assert (after.answer.text == f"“{TRUE}”") is quoted
    assert quote(refused, tools(Checks(quotation=False))) is refused


@pytest.mark.parametrize(("odds", "quoted"), [(1.0, True), (-1.0, False)])
def test_a_quote_that_does_not_answer_is_not_shown(
    odds: float, quoted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Verifier, "answers", lambda *_: odds)
    refused = replace(draft(FALSE), reason="unsupported")
    assert (quote(refused, tools()).reason is None) is quoted
    assert quote(refused, tools(Checks(support=False))).reason is None


@pytest.mark.parametrize(("odds", "text"), [(1.0, f"“{TRUE}”"), (-1.0, "")])
def test_a_sentence_is_replaced_only_by_a_quote_that_answers(
    odds: float, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Verifier, "answers", lambda *_: odds)
    verified = verify(draft(TRUE), tools())
    not_said = tuple(
        replace(sentence, verdict="unsupported", reasons=(NOT_SAID,))
        for sentence in verified.answer.sentences
    )
    doubted = replace(verified, answer=replace(verified.answer, sentences=not_said))
    assert " ".join(s.text for s in keep_supported(doubted, tools()).answer.sentences) == text


def test_the_decisive_sentence_must_be_cited() -> None:
    answered = draft(FALSE)
    best = replace(answered.assessment.scored[0], answerable=1.0)
    answered = replace(answered, assessment=replace(answered.assessment, scored=(best,)))
    assert require_decisive(verify(answered, tools()), tools()).reason == "unsupported"
    answered.trace.text = TRUE
    assert require_decisive(verify(answered, tools()), tools()).reason is None


def test_what_is_refused_gets_nothing_added() -> None:
    refused = replace(draft(TRUE), reason="unsupported")
    assert add_accounts(refused, tools()) is refused
    assert add_polarity(refused, tools()) is refused


def test_all_steps_in_their_order() -> None:
    right = conclude(draft(f"{TRUE} {FALSE}"), tools())
    assert (right.reason, right.answer.text) == (None, TRUE)
    wrong = conclude(draft(FALSE, confidence=0.5), tools())
    assert (wrong.reason, [sentence.text for sentence in wrong.answer.left_out]) == ("unsupported", [FALSE])
    assert set(right.trace.timings().check_ms) == {"cite", "support", "repair", "disagreement"}
