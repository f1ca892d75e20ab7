"""Yes or No in front of an answer."""

from __future__ import annotations

from typing import Any

import pytest

from askive.rag.answer.verified_answer import VerifiedAnswer
from askive.rag.answer.yes_no import with_polarity
from askive.rag.question.analysis import Question
from askive.rag.types import Citation, Hit, Passage, Sentence, Source


def cited(quote: str, doc_id: int = 1) -> Citation:
    passage = Passage(quote, 0, len(quote), passage_id=doc_id, doc_id=doc_id)
    hit = Hit(passage, Source(doc_id, f"{doc_id}.txt", "Note", "text/plain"), 1.0, 1, "fused")
    return Citation(1, hit, 0, len(quote), quote, 1.0)


def polarised(*quotes: str) -> VerifiedAnswer:
    citations = tuple(cited(quote, n) for n, quote in enumerate(quotes))
    text = "The ferry sank in May."
    answer = VerifiedAnswer(text, (Sentence(text, 0, len(text), citations, "supported"),), ())
    nobody: Any = None
    return with_polarity(answer, "Yes", Question.read("Did the ferry sink?"), (), nobody)


def test_yes_has_the_citations_of_the_answer() -> None:
    answer = polarised("The ferry sank.", "It went down in May.")
    assert [sentence.text for sentence in answer.sentences] == ["Yes.", "The ferry sank in May."]
    assert len(answer.sentences[0].citations) == 2 and answer.sentences[0].verdict == "unchecked"


@pytest.mark.parametrize(
    "question", ["Did the ferry sink?", "“Did the ferry sink?”", "Did it (the ferry?)", "渡轮沉了吗？"]
)
def test_yes_does_not_cite_what_asks(question: str) -> None:
    both = polarised(question, "The ferry sank.")
    assert [citation.quote for citation in both.sentences[0].citations] == ["The ferry sank."]
    assert polarised(question).text == "The ferry sank in May.", "no source says yes"
