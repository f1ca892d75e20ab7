"""Which checks decide on an answer. All of them do; an evaluation leaves one out to see what it buys."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks, each of which can be left out.

    answerable: refuse before a word is written when the archive hardly holds the answer.
    verified: sentences that their sources do not support are not shown as answers.
    vouched: what the rules let pass is weighed once more, the generator asked where that leaves doubt
    (`askive.rag.verification.support`).
    doubted: where that is not certain, the generator is asked too (`askive.rag.evidence.self_evaluation`).
    mended: a name, number or date that no source has is chosen again from the evidence; what is cited for a thing that
        it does not say is quoted instead.
    quoted: the source is quoted when the model's own words do not stand and the answer surely is there.
    attributed: where the sources only have somebody's word for it, the answer says so.
    accounts: differing values are told, each with its source.
    halves: a question of which only a part can be answered gets that part, and is told which one is missing.
    """

    answerable: bool = True
    verified: bool = True
    vouched: bool = True
    doubted: bool = True
    mended: bool = True
    quoted: bool = True
    attributed: bool = True
    accounts: bool = True
    halves: bool = True


ALL = Checks()
