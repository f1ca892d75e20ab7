"""What `askive search` says about a hit."""

from __future__ import annotations

from askive.rag.types import Hit, Passage, Source
from askive.ui.terminal.hits import also_in, reasons, stages_of

SOURCE = Source(1, "a.md", "Harbour report", "text/plain", "2016-01-25", "Courier")
OTHER = Source(2, "b.md", "Storm", "text/plain", None, "Gazette")
PARTS = {
    "dense": 0.5,
    "lexical": 8.0,
    "fused": 0.6,
    "publisher": 0.2,
    "period": 0.15,
    "retrieved": 0.9,
    "reranker": -1.5,
}


def hit(**changes: object) -> Hit:
    values: dict[str, object] = {
        "passage": Passage("The harbour closed.", 0, 19),
        "source": SOURCE,
        "score": 0.7,
        "rank": 1,
        "stage": "reranked",
        "parts": PARTS,
        **changes,
    }
    return Hit(**values)  # type: ignore[arg-type]


def test_scores_by_stage() -> None:
    assert stages_of(hit()) == "dense 0.500, lexical 8.00, retrieved 0.900, reranked 0.700"
    assert stages_of(hit(stage="dense", parts={"dense": 0.7})) == "dense 0.700"


def test_the_reasons_name_figures_bonuses_and_words() -> None:
    made_of, words = reasons("Why did the harbours close in 2016?", hit())
    assert "meaning 0.500 (cosine), words 8.00 (BM25), fused 0.600" in made_of
    assert "+0.20 published by Courier" in made_of and "+0.15 dated 2016-01-25" in made_of
    assert words == "has harbours, close; lacks 2016"
    assert reasons("mill", hit(parts={}))[0] == "score 0.700 from reranked"


def test_other_sources_stand_on_one_line() -> None:
    assert also_in(hit()) == ""
    assert also_in(hit(also=(OTHER,))) == "the same in: Storm, Gazette, b.md"
