"""Yes or No in front of an answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from askive.rag.answer.verified_answer import VerifiedAnswer, join_sentences
from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.question.analysis import Question
from askive.rag.text.speakers import speaker_of
from askive.rag.types import Polarity, Sentence
from askive.rag.verification.attribution import lower_speaker
from askive.rag.verification.citer import MAX_CITATIONS, Citer
from askive.rag.verification.reported import reports

_N_COMPARED = 8
"""The number of best sentences that are searched for the other documents of a comparison."""

# "Yes.", "No - it sank" but not "No trams ran"; "Yes, they did"
YES_OR_NO = re.compile(r"^\W*(yes|no)\b(?!\s+\w)|^\W*(yes|no),", re.IGNORECASE)

# "Did it sink?", "“Did it sink?”"
_ASKS = re.compile(r"[?？؟][\"'”’»)\]]*\s*$")


def polarity_of(answer: str) -> Polarity | None:
    """`Yes` or `No` when the answer opens with it."""
    match = YES_OR_NO.match(answer)
    if match is None:
        return None
    return "Yes" if (match[1] or match[2]).lower() == "yes" else "No"


def without_polarity(sentences: Sequence[Sentence]) -> Sequence[Sentence]:
    """The sentences of an answer without Yes or No at their opening; the same object when they have none.

    The word by itself states nothing that a source could support, and a small model writes it by habit.
    """
    if not sentences or polarity_of(sentences[0].text) is None:
        return sentences
    first, *others = sentences
    text = YES_OR_NO.sub("", first.text, count=1).lstrip(" \t,.;:!—–-")
    if not any(character.isalnum() for character in text):
        return others
    return [replace(first, text=f"{text[0].upper()}{text[1:]}"), *others]


def with_polarity(
    answer: VerifiedAnswer,
    polarity: Polarity,
    question: Question,
    scored: Sequence[ScoredSentence],
    citer: Citer,
) -> VerifiedAnswer:
    """The answer with Yes or No in front. It is the model's judgement, which no rule can verify.

    It gets all citations of the answer, and for a question of several clauses the best sentence of each document;
    no citation that asks something itself. Without a citation it is left out: what a source asks says neither. Where
    the answer only reports what somebody says, it is that speaker's Yes or No, and left out when code does not find who
    it is.
    """
    speaker = ""
    if answer.sentences and all(reports(sentence.text) for sentence in answer.sentences):
        cited_first = [one for sentence in answer.sentences for one in sentence.citations[:1]]
        speaker = next((name for one in cited_first if (name := speaker_of(one.quote))), "")
        if not speaker:
            return answer
    cited = {
        c.hit.passage.doc_id: c
        for sentence in answer.sentences
        for c in sentence.citations
        if not _ASKS.search(c.quote)
    }
    for item in scored[:_N_COMPARED] if question.clauses else ():
        if _ASKS.search(item.text):
            continue
        if item.hit.passage.doc_id not in cited and len(cited) < MAX_CITATIONS:
            cited[item.hit.passage.doc_id] = citer.citation(
                item.hit, item.start, item.end, min(item.score, 1.0)
            )
    if not cited:
        return answer
    says = f"{polarity}, according to {lower_speaker(speaker)}." if speaker else f"{polarity}."
    word = Sentence(says, 0, 0, tuple(cited.values())[:MAX_CITATIONS], "unchecked")
    return replace(join_sentences((word, *answer.sentences), attribute=False), left_out=answer.left_out)
