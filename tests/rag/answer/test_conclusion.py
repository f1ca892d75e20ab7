"""What an answer rests on, and which sentence is quoted in its place."""

from __future__ import annotations

from dataclasses import replace

from askive.models.fakes import HashEmbedder
from askive.rag.answer.quoting import quote_answer
from askive.rag.answer.verified_answer import VerifiedAnswer
from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.question.analysis import Question
from askive.rag.text.sentences import Span
from askive.rag.types import Citation, Hit, Passage, Sentence, Source
from askive.rag.verification.citer import Citer

QUESTION = "Who appealed to the people of Aldermoor?"
FIRST, SECOND = "Mayor Lind asked all to stay calm.", "Minister Holm appealed to the navy."
TEXT = f"{FIRST} {SECOND}"
HIT = Hit(
    Passage(TEXT, 0, len(TEXT), passage_id=1, doc_id=1), Source(1, "a.md", "A", "text/plain"), 1.0, 1, "fused"
)


def scored(score: float, answerable: float | None, second: float | None = -1.0) -> list[ScoredSentence]:
    """Both sentences, the first with this score and reading; the second has 0.5."""
    at = len(FIRST) + 1
    return [
        ScoredSentence(SourceSentence(HIT, Span(0, len(FIRST)), FIRST), 0, score, answerable=answerable),
        ScoredSentence(SourceSentence(HIT, Span(at, len(TEXT)), SECOND), 1, 0.5, answerable=second),
    ]


def test_an_answer_cites_what_its_sentences_cite() -> None:
    first, second = scored(0.9, 1.0)
    citation = Citation(1, HIT, first.start + 2, first.end - 2, "", 1.0)
    answer = VerifiedAnswer("Lind.", (Sentence("Lind.", 0, 5, (citation,), "supported"),))
    assert answer.cites(first), "a part of it is enough"
    assert not answer.cites(second)
    elsewhere = replace(HIT, passage=replace(HIT.passage, doc_id=2))
    assert not answer.cites(replace(first, sentence=replace(first.sentence, hit=elsewhere)))
    assert not VerifiedAnswer("", ()).cites(first)


def test_what_the_model_named_is_quoted_unless_another_sentence_is_far_better() -> None:
    said = "Minister Holm appealed to the people of Aldermoor."
    for best, expected in (
        (scored(0.9, 1.0), FIRST),
        (scored(0.6, 1.0), SECOND),
        (scored(0.9, -2.0), SECOND),
        (scored(0.9, None, None), SECOND),
    ):
        citer = Citer(Question.read(QUESTION), [HIT], HashEmbedder())
        assert quote_answer(Question.read(QUESTION), best, citer, said).text.endswith(f"“{expected}”")
