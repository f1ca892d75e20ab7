"""What one query finds in both indexes, how the two are joined, and what a filter leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.models.protocols import Vectors
from askive.rag.config import RetrievalConfig
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.retrieval.candidates import Candidates, Scores, best_of, mean
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter

pytestmark = pytest.mark.usefixtures("parsed_here")

BRIDGE = "Who built the old bridge of Aldermoor?"
SCORES = st.dictionaries(st.integers(1, 6), st.floats(0, 1))


def candidates(archive: Archive, n: int = 10, admitted: Filter | None = None, **settings: Any) -> Candidates:
    return Candidates(archive, RetrievalConfig(**settings), admitted or Filter(), n)


@pytest.mark.parametrize(
    ("settings", "figures"),
    [
        ({"mode": "dense"}, {"dense"}),
        ({"mode": "lexical"}, {"lexical"}),
        ({"mode": "hybrid", "fusion": "convex"}, {"dense", "lexical", "fused"}),
        ({"mode": "hybrid", "fusion": "rrf"}, {"dense", "lexical", "fused"}),
    ],
)
def test_each_mode_finds_the_passage_and_explains_its_score(
    archive: Archive, settings: dict[str, Any], figures: set[str]
) -> None:
    found = candidates(archive, **settings)
    scores = found.search(BRIDGE, explained=True)
    best = max(scores, key=scores.__getitem__)
    assert "built in 1871" in found.passages[best][0].text
    assert found.parts.keys() == scores.keys() <= found.passages.keys()
    assert all(parts.keys() == figures for parts in found.parts.values())
    assert scores == {item: parts.get("fused", max(parts.values())) for item, parts in found.parts.items()}


def test_a_score_is_explained_only_when_it_is_asked_for_and_only_once(archive: Archive) -> None:
    found = candidates(archive)
    found.search(BRIDGE)
    assert found.parts == {} and found.passages
    found.search(BRIDGE, explained=True)
    before = dict(found.parts)
    found.search("How many ships came?", explained=True)
    assert {item: found.parts[item] for item in before} == before, "the first query's figures stay"


def test_a_passage_that_only_the_words_find_has_its_cosine_too(archive: Archive) -> None:
    found = candidates(archive, n=1)
    scores = found.search("bread crowns", explained=True)
    assert all(-1.001 <= found.parts[item]["dense"] <= 1.001 for item in scores)
    assert any(found.parts[item]["lexical"] > 0 and found.parts[item]["dense"] != 0 for item in scores)


def test_no_more_than_n_are_found_by_one_index(archive: Archive) -> None:
    for mode in ("dense", "lexical"):
        assert len(candidates(archive, n=2, mode=mode).search("Aldermoor harbour bridge")) <= 2
    assert len(candidates(archive, n=2, mode="dense").search("Aldermoor")) == 2


@pytest.mark.parametrize("mode", ["dense", "lexical", "hybrid"])
def test_a_filter_holds_in_every_mode(archive: Archive, mode: str) -> None:
    admitted = Filter(publishers=("Port Authority",))
    found = candidates(archive, admitted=admitted, mode=mode)
    assert found.search("harbour bridge fair of Aldermoor")
    assert {source.publisher for _, source in found.passages.values()} == {"Port Authority"}


def test_a_narrower_filter_is_searched_by_itself(archive: Archive) -> None:
    found = candidates(archive)
    scores = found.search_within(BRIDGE, Filter(publishers=("The Aldermoor Post",)), 5)
    assert scores
    assert {found.passages[item][1].publisher for item in scores} == {"The Aldermoor Post"}
    assert found.parts.keys() == scores.keys()


def test_a_passage_that_was_replaced_is_not_found(archive: Archive, documents: Path) -> None:
    found = candidates(archive)
    bridge = {item for item in found.search(BRIDGE) if "1871" in found.passages[item][0].text}
    assert bridge
    (documents / "bridge.txt").write_text("Nothing is left.", encoding="utf-8")
    ingest_paths(archive, [documents])
    again = candidates(archive)
    assert not bridge & again.search(BRIDGE).keys()


def test_an_empty_query_finds_nothing_by_words(archive: Archive) -> None:
    assert candidates(archive, mode="lexical").search("?") == {}


@given(SCORES, SCORES, st.floats(0, 1))
def test_a_mean_counts_what_is_missing_as_0(one: Scores, other: Scores, weight: float) -> None:
    found = mean(one, other, weight)
    assert found.keys() == one.keys() | other.keys()
    for item, score in found.items():
        assert score == pytest.approx((1 - weight) * one.get(item, 0) + weight * other.get(item, 0))
    assert mean(one, other, 0.0) == pytest.approx({item: one.get(item, 0.0) for item in found})


@given(st.lists(SCORES, max_size=4))
def test_the_best_of_several(several: list[Scores]) -> None:
    found = best_of(several)
    assert found == {
        item: max(scores[item] for scores in several if item in scores) for item in set().union(*several, ())
    }


def test_a_store_that_fuses_by_rank_itself_is_asked_once(archive: Archive) -> None:
    asked: list[tuple[str, int, Filter | None]] = []
    best = [i for i, _ in archive.lexical.search("harbour storm", 2)]

    class Fused:
        def fused(
            self, query: str, vector: Vectors, top_k: int, admitted: Filter | None = None
        ) -> list[tuple[int, float]]:
            asked.append((query, top_k, admitted))
            return [(best[0], 0.03), (best[1], 0.02)]

    archive.hybrid = Fused()
    by_rank = Candidates(archive, RetrievalConfig(fusion="rrf"), Filter(), 7)
    assert by_rank.search("harbour storm", explained=True) == {best[0]: 0.03, best[1]: 0.02}
    assert asked == [("harbour storm", 7, None)]
    vector = archive.embed_query("harbour storm")
    assert by_rank.parts[best[0]]["dense"] == pytest.approx(
        float(archive.store.vectors(best)[best[0]] @ vector)
    )
    # By scores both indexes are asked: only they know the scores.
    assert len(Candidates(archive, RetrievalConfig(), Filter(), 7).search("harbour storm")) > 2
    assert len(asked) == 1
