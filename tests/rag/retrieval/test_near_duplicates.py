"""Near-copies collapse, neighbours merge, and neither loses a source or an offset."""

from __future__ import annotations

from pathlib import Path

import pytest

from askive.models.fakes import HashEmbedder
from askive.rag.config import PassageConfig, RetrievalConfig
from askive.rag.ingest.pipeline import ingest_documents
from askive.rag.retrieval.near_duplicates import collapse, merge_neighbours, near_copies
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive
from askive.rag.types import Document, Hit, Passage, Source

STORY = (
    "The harbour of Velm closed on Monday after a storm broke the outer wall. Captain Rosa Lind said that 40 ships"
    " waited outside. The council met in the evening and voted to pay for the repairs at once. Work begins in May."
)


def hit(doc_id: int, text: str, start: int = 0, score: float = 1.0, heading: str = "") -> Hit:
    passage = Passage(text, start, start + len(text), heading, None, doc_id * 100 + start, doc_id)
    return Hit(passage, Source(doc_id, f"{doc_id}.md", str(doc_id), "text/plain"), score, 0, "fused")


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (STORY, True),
        ("Storm shuts Velm port, agencies say. " + STORY, True),
        (STORY.replace("Monday", "monday").upper(), True),
        (STORY.replace("40 ships", "75 ships"), False),
        (STORY.replace("Rosa Lind", "Tom Ekberg"), False),
        ("The school of Velm closed on Friday. Teachers said the roof leaks.", False),
        ("", False),
    ],
)
def test_what_is_a_near_copy(other: str, expected: bool) -> None:
    assert near_copies(STORY, other) is expected
    assert near_copies(other, STORY) is expected


def test_the_best_is_kept_and_names_the_others_once() -> None:
    hits = [
        hit(1, STORY),
        hit(2, "Another first line. " + STORY),
        hit(3, "The mill burnt."),
        hit(2, STORY, 500),
    ]
    kept = collapse(hits)
    assert [h.source.doc_id for h in kept] == [1, 3]
    assert [[s.doc_id for s in h.also] for h in kept] == [[2], []]


def test_syndicated_news_is_found_once_with_all_its_sources(tmp_path: Path) -> None:
    documents = [
        Document(f"{name}.md", title, text, "text/plain", name, publisher=name)
        for name, title, text in (
            ("Courier", "Harbour closed", STORY),
            ("Gazette", "Storm shuts port", "By our staff in the north of the country. " + STORY),
            ("Herald", "Mill", "The mill of Velm stands still since the harbour closed."),
        )
    ]
    with Archive.open(tmp_path / "c", HashEmbedder(), PassageConfig()) as archive:
        ingest_documents(archive, documents)
        hits = Retriever(archive, RetrievalConfig()).retrieve("Why did the harbour of Velm close?", top_k=5)
    assert [sorted(str(s.publisher) for s in (h.source, *h.also)) for h in hits if h.also] == [
        ["Courier", "Gazette"]
    ]
    assert {h.source.publisher for h in hits if not h.also} == {"Herald"}


def test_neighbours_become_one_hit_in_the_better_place() -> None:
    text = "First part here. \n Second part here. Third part here. Far away."
    first, second, third = (hit(7, part, text.index(part)) for part in text.split(". ")[:3])
    other = hit(8, "Elsewhere")
    merged = merge_neighbours([second, other, hit(7, text[:17], 0)], lambda doc_id: text)
    assert [h.source.doc_id for h in merged] == [7, 8]
    assert [h.rank for h in merged] == [1, 2]
    joined = merged[0].passage
    assert joined.passage_id == second.passage.passage_id
    assert text[joined.start : joined.end] == joined.text
    assert joined.start == first.passage.start and joined.end == second.passage.end
    assert len(merge_neighbours([first, third], lambda doc_id: text)) == 2


@pytest.mark.parametrize("other", [hit(7, "b" * 9, 9, heading="B"), hit(6, "b" * 9, 9), hit(7, "b" * 9, 40)])
def test_what_is_no_neighbour_stays_by_itself(other: Hit) -> None:
    assert len(merge_neighbours([hit(7, "a" * 9, 0), other], lambda doc_id: "x" * 60)) == 2


def test_merged_hits_do_not_grow_without_end() -> None:
    text = "a" * 10_000
    hits = [hit(1, text[at : at + 1000], at) for at in range(0, 10_000, 1000)]
    merged = merge_neighbours(hits, lambda doc_id: text)
    assert sum(len(h.passage.text) for h in merged) == len(text)
    assert max(len(h.passage.text) for h in merged) < 3000
