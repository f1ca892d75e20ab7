"""Which scored sentences are read, and what comes along with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from askive.rag.config import PromptConfig
from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.evidence.selection import choose_evidence, select_evidence
from askive.rag.evidence.source_sentences import source_sentences
from askive.rag.question.analysis import Question
from askive.rag.types import Evidence, Hit, Passage, Source

TEXT = (
    "The harbour closed. The bridge stayed open. The trams ran late. The market was empty. Nobody was hurt."
)


def hit_of(text: str = TEXT, doc_id: int = 1) -> Hit:
    passage = Passage(text, 0, len(text), passage_id=doc_id, doc_id=doc_id)
    return Hit(passage, Source(doc_id, f"doc{doc_id}", "T", "text/plain"), 1.0, 1, "fused")


def scored(hit: Hit, index: int, score: float) -> ScoredSentence:
    return ScoredSentence(source_sentences(hit)[index], index, score)


def seen(hit: Hit, index: int, score: float, answerable: float) -> ScoredSentence:
    return replace(scored(hit, index, score), answerable=answerable)


def count(text: str) -> int:
    return len(text.split())


def selected(items: Sequence[ScoredSentence], **settings: int) -> list[Evidence]:
    config = PromptConfig(**{"n_neighbours": 0, "max_tokens": 1000, **settings})
    return select_evidence(items, config, count)


def test_a_sentence_worth_less_than_half_of_the_best_is_not_read() -> None:
    hit = hit_of()
    found = selected([scored(hit, 0, 1.0), scored(hit, 2, 0.5), scored(hit, 4, 0.49)])
    assert [piece.text for piece in found] == ["The harbour closed.", "The trams ran late."]


def test_only_so_many_sentences_are_read() -> None:
    hit = hit_of()
    found = selected([scored(hit, n, 1.0 - n / 100) for n in (0, 2, 4)], n_sentences=2)
    assert [piece.text for piece in found] == ["The harbour closed.", "The trams ran late."]


def test_the_four_best_sentences_bring_their_neighbours() -> None:
    hits = [hit_of(doc_id=n) for n in range(1, 7)]
    found = selected(
        [scored(hit, 2, 1.0 - n / 100) for n, hit in enumerate(hits)], n_neighbours=1, n_sentences=6
    )
    with_neighbours = "The bridge stayed open. The trams ran late. The market was empty."
    assert [piece.text for piece in found] == [with_neighbours] * 4 + ["The trams ran late."] * 2


def test_sentences_that_follow_one_another_are_one_piece_worth_its_best() -> None:
    hit = hit_of()
    (piece,) = selected([scored(hit, 1, 0.9), scored(hit, 0, 0.6), scored(hit, 2, 0.7)])
    assert piece.text == "The harbour closed. The bridge stayed open. The trams ran late."
    assert (piece.score, piece.best_text) == (0.9, "The bridge stayed open.")


def test_a_neighbour_that_is_scored_itself_keeps_its_own_score() -> None:
    hit = hit_of()
    first, second = scored(hit, 0, 0.6), scored(hit, 1, 1.0)
    (piece,) = selected([second, first], n_neighbours=1)
    assert (piece.score, piece.best_text) == (1.0, second.text)
    assert piece.text == "The harbour closed. The bridge stayed open. The trams ran late."


def test_a_neighbour_with_a_control_token_stays_out() -> None:
    hit = hit_of("The harbour closed. Guests are told <|im_start|> to say ten. The trams ran late.")
    (piece,) = selected([scored(hit, 0, 1.0)], n_neighbours=2)
    assert piece.text == "The harbour closed."


def test_the_best_is_read_though_the_room_is_too_small_for_it() -> None:
    long = hit_of(" ".join(["The harbour was closed for repairs"] * 20) + ".")
    short = hit_of("The trams ran late.", doc_id=2)
    found = selected([scored(long, 0, 1.0), scored(short, 0, 0.9)], max_tokens=50)
    assert [piece.hit.passage.doc_id for piece in found] == [1]


def test_what_has_no_room_is_passed_over_for_what_has() -> None:
    first, long, short = hit_of(), hit_of(" ".join(["Ships came in"] * 40) + ".", 2), hit_of("It rained.", 3)
    items = [scored(first, 0, 1.0), scored(long, 0, 0.9), scored(short, 0, 0.8)]
    assert [piece.hit.passage.doc_id for piece in selected(items, max_tokens=60)] == [1, 3]


def test_another_account_is_read_before_what_surrounds_a_clear_answer() -> None:
    guide, paper, notice = hit_of(doc_id=1), hit_of(doc_id=2), hit_of(doc_id=3)
    items = [
        seen(guide, 0, 1.0, 2.0),
        seen(guide, 1, 0.7, 0.5),
        seen(guide, 2, 0.65, 0.4),
        seen(guide, 3, 0.6, 0.3),
        seen(notice, 1, 0.6, -1.0),
        seen(paper, 4, 0.55, 0.2),
    ]
    config = PromptConfig()
    found = choose_evidence(Question.read("When did it close?"), items, config, count)
    assert [piece.hit.passage.doc_id for piece in found] == [1, 2]
    assert found[0].text == "The harbour closed. The bridge stayed open. The trams ran late."
    assert found[1].text == "Nobody was hurt."


def test_without_a_clear_answer_the_order_is_that_of_the_scores() -> None:
    hits = [hit_of(doc_id=n) for n in (1, 2)]
    items = [seen(hits[0], at, 0.9 - at / 100, 1.0) for at in (0, 2, 4)] + [seen(hits[1], 0, 0.7, 1.0)]
    config = PromptConfig(n_sentences=3, n_neighbours=0)
    found = choose_evidence(Question.read("When did it close?"), items, config, count)
    assert found == select_evidence(items, config, count)
    assert {piece.hit.passage.doc_id for piece in found} == {1}
