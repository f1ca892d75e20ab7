"""From the model's words to an answer that stands: shown as they come, checked sentence by sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from askive.rag.answer.disagreement import Disagreement, describe
from askive.rag.answer.verified_answer import VerifiedAnswer, displayed_text, join_sentences
from askive.rag.question.analysis import Question
from askive.rag.text.sentences import split_sentences
from askive.rag.types import Sentence
from askive.rag.verification.citer import Citer
from askive.rag.verification.rules import misplaced_names

Vouch = Callable[[Sentence], Sentence]
"""A sentence with its verdict -> the same, perhaps no longer supported."""
Mend = Callable[[Sentence], Sentence | None]
"""A sentence that does not stand -> one that does; None when there is none."""

CUT_OFF = "the answer was cut off before this sentence ended"


def verify_sentences(
    text: str,
    known: Sequence[Sentence],
    citer: Citer,
    *,
    strict: bool,
    cut_off: bool = False,
    attribute: bool = True,
    vouch: Vouch = lambda sentence: sentence,
    mend: Mend = lambda _sentence: None,
) -> VerifiedAnswer:
    """The sentences of `text` with citations and verdicts; in strict mode only those that are supported.

    known: the first sentences, cited already. cut_off: the last one did not end, and is marked so.
    attribute: where the sources only have somebody's word for it,
    the sentence says so. vouch: looks again at what the rules let pass. mend: makes a sentence that is left out one
    that is supported, if it can.
    """
    later = split_sentences(text)[len(known) :]
    sentences = [*known, *(citer.cite(text[span.start : span.end], span.start) for span in later)]
    if cut_off and sentences:
        sentences[-1] = replace(sentences[-1], verdict="cut_off", reasons=(CUT_OFF,))
    kept: list[Sentence] = []
    left_out: list[Sentence] = []
    begins = True
    for at, sentence in enumerate(map(vouch, sentences)):
        if not strict or sentence.verdict == "supported":
            kept.append(sentence)
            continue
        left_out.append(sentence)
        better = mend(sentence)
        if better is None:
            begins = begins and at > 0
        elif all(better.text != other.text for other in kept):
            kept.append(better)
    if not left_out and all(displayed_text(sentence, attribute) == sentence.text for sentence in kept):
        return VerifiedAnswer(text, tuple(kept))
    return replace(join_sentences(kept, attribute=attribute), left_out=tuple(left_out), begins=begins)


def is_about_another(
    question: Question, left_out: Sequence[Sentence], publishers: Sequence[str] = ()
) -> bool:
    """Whether sentences were left out because a name of the question does not stand in the sources as they say.

    Then what is asked is near to what the sources tell, and is not there. A question of several clauses has names that
    no one source has together, and is answered from several. publishers: of the sources, which seldom name themselves.
    """
    if question.clauses:
        return False
    asked = question.text.casefold()
    themselves = " ".join(publishers).casefold()
    misplaced = (name.casefold() for s in left_out for name in misplaced_names(s.reasons))
    return any(name in asked and name not in themselves for name in misplaced)


def with_accounts(answer: VerifiedAnswer, found: Disagreement) -> VerifiedAnswer:
    """The answer, and behind it who gives which value."""
    account = describe(found)
    start = len(answer.text) + 1
    cited = tuple(account.citations[0] for account in found.accounts)
    sentence = Sentence(account, start, start + len(account), cited, "supported")
    return VerifiedAnswer(f"{answer.text} {account}", (*answer.sentences, sentence), answer.left_out)
