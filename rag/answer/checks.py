"""The checks that decide on an answer. All of them are on; an evaluation switches one off to measure its effect."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks, each of which can be switched off.

    answerability: refuse before generation when the archive is unlikely to hold the answer.
    verification: leave out sentences that their sources do not support.
    support: score sentences that pass the rules once more, and ask the generator where the score is not decisive
        (`askive.rag.verification.support`).
    self_evaluation: ask the generator whether the question can be answered, where the evidence is not decisive
        (`askive.rag.evidence.self_evaluation`).
    repair: choose an unsupported name, number or date again from the evidence; replace a sentence that its citation
        does not support by a quote of that citation.
    quotation: quote the source when no sentence of the model is supported and the sources surely hold the answer.
    attribution: name the speaker when the sources only report a statement.
    accounts: list differing values, each with its source.
    sub_questions: when only a part of the question can be answered, answer that part and name the missing one.
    """

    answerability: bool = True
    verification: bool = True
    support: bool = True
    self_evaluation: bool = True
    repair: bool = True
    quotation: bool = True
    attribution: bool = True
    accounts: bool = True
    sub_questions: bool = True


ALL = Checks()
