"""What is in a collection: counts that a plain scan confirms, and groups that are told apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.overview.groups import MAX_GROUPS, group
from askive.rag.overview.overview import Count, Overview, OverviewBuilder
from askive.rag.overview.terms import Documents, Terms, distinguishing, most_frequent
from askive.rag.store.archive import Archive
from askive.rag.store.filters import parse_filter
from askive.rag.types import Document
from tests.rag.archives import archive_of, assistant_of, document

SHIPS = [
    document(
        f"Captain Rosa Lind counted the timber ships in Aldermoor. The timber ships left harbour number {n}.",
        f"Ships {n}",
        f"2015-0{n + 1}",
        "Port Authority",
        f"/ships/{n}.md",
    )
    for n in range(4)
]
BREAD = [
    document(
        f"Officials said that baker Nils Holm sold rye bread. In Borgholm the rye bread costs {n} crowns.",
        f"Bread {n}",
        "2016-01-25" if n else None,
        "The Aldermoor Post",
        f"/bread/{n}.html",
        "text/html",
    )
    for n in range(3)
]


def written_by(each: Document, *authors: str) -> Document:
    return replace(each, metadata={"author": list(authors) if len(authors) > 1 else authors[0]})


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Archive]:
    documents = [written_by(SHIPS[0], "Ida Falk"), written_by(SHIPS[1], "Ida Falk", "Tom Ekberg"), *SHIPS[2:]]
    with archive_of(tmp_path, [*documents, *BREAD]) as archive:
        yield archive


def build(archive: Archive, **conditions: object) -> Overview:
    builder = OverviewBuilder(archive, parse_filter(**conditions))  # type: ignore[arg-type]
    steps = list(builder.steps())
    assert all(0 < done <= total for done, total in steps)
    return builder.build()


def test_counts(town: Archive) -> None:
    made = build(town)
    assert (made.n_documents, made.n_undated) == (7, 1)
    assert (made.first, made.last) == ("2015-01", "2016-01-25")
    assert made.media == (Count(".md", 4), Count(".html", 3))
    assert made.publishers == (Count("Port Authority", 4), Count("The Aldermoor Post", 3))
    assert made.authors == (Count("Ida Falk", 2), Count("Tom Ekberg", 1))
    assert (made.people, made.languages, made.tags) == ((), (), ())
    assert made.folders == (Count("/ships", 4), Count("/bread", 3))


def test_what_is_no_name(tmp_path: Path) -> None:
    texts = [
        f"Date: {n} Jan 2021\n\nThe firm Holt & Sons met Rosa Lind on Thu {n} Feb. In May Borgholm rested."
        for n in range(1, 4)
    ]
    documents = [document(text, f"Visit {n}", None, None, f"/box.mbox#{n}") for n, text in enumerate(texts)]
    with archive_of(tmp_path, documents) as archive:
        made = build(archive)
    assert {name.label for name in made.names} == {"Holt", "Rosa Lind", "Borgholm"}
    assert made.media == (Count(".mbox", 3),)


def test_names_and_topics(town: Archive) -> None:
    made = build(town)
    assert {(name.label, name.n_documents) for name in made.names} == {
        ("Aldermoor", 4), ("Captain Rosa Lind", 4), ("Nils Holm", 3), ("Borgholm", 3),
    }  # fmt: skip
    assert {Count("harbour number", 4), Count("bread costs", 3)} <= set(made.topics)
    assert [topic.n_documents for topic in made.topics] == sorted(
        (topic.n_documents for topic in made.topics), reverse=True
    )


def test_groups_are_told_apart_by_their_own_words(town: Archive) -> None:
    ships, bread = build(town).groups
    assert (ships.n_documents, bread.n_documents) == (4, 3)
    assert ships.typical.title.startswith("Ships")
    assert bread.typical.title.startswith("Bread")
    assert not set(ships.title.split(", ")) & set(bread.title.split(", "))
    assert "said" not in ships.title
    assert {source.uri for source in bread.documents} == {each.uri for each in BREAD}
    assert "documents" not in build(town).as_dict()["groups"][0], "ids of all documents are not for programs"


def test_a_filter_leaves_documents_out(town: Archive) -> None:
    made = build(town, publishers=["Port Authority"])
    assert (made.n_documents, made.media) == (4, (Count(".md", 4),))
    assert "Nils Holm" not in {name.label for name in made.names}


def test_an_empty_collection(tmp_path: Path) -> None:
    with archive_of(tmp_path, []) as archive:
        made = build(archive)
        assert (made.n_documents, made.first, made.groups) == (0, None, ())
        answer = assistant_of(archive).ask("What is this about?", kind="overview")
        assert answer.refusal is not None
        assert answer.refusal.reason == "empty_archive"


def test_the_answer_has_the_same(town: Archive) -> None:
    answer = assistant_of(town).ask("What is this collection about?", kind="overview")
    made = build(town)
    assert answer.kind == "overview"
    assert answer.text == " ".join(made.describe())
    assert answer.text.startswith("7 documents, dated from 2015-01 to 2016-01-25 (1 without a date).")
    rows = [(row.values["Part"], row.values["What"], row.values["Documents"]) for row in answer.rows]
    assert ("Kind of file", ".md", "4") in rows
    assert ("Name", "Nils Holm", "3") in rows
    groups = [row for row in answer.rows if row.values["Part"] == "Group by content"]
    assert len(groups) == 2
    for row, listed in zip(groups, made.groups, strict=True):
        (citation,) = row.citations
        assert citation.hit.source == listed.typical
        text = town.document(citation.hit.passage.doc_id).text
        assert text[citation.start : citation.end] == citation.quote
        assert text.startswith(citation.quote)


def test_what_begins_a_sentence_is_a_name_only_if_it_stands_within_one_too() -> None:
    terms = Terms()
    terms.add(1, "Officials met. Sinjar was taken.")
    terms.add(2, "They left Sinjar. Officials met.")
    assert {key: set(ids) for key, ids in terms.names().items()} == {("sinjar",): {1, 2}}


def test_distinguishing_terms_say_nothing_twice() -> None:
    terms = {("rosa", "lind"): {1, 2}, ("lind",): {1, 2}, ("ekberg",): {1, 3, 4},
             ("ships",): {1, 2}, ("ship",): {1, 2}, ("said",): {1, 2, 3, 4}}  # fmt: skip
    assert distinguishing(terms, {1, 2}, 4, 3) == [("rosa", "lind"), ("ship",)]


def test_the_most_frequent_form_of_a_name_stands_for_the_others() -> None:
    names: Documents = {("russian",): {1, 2}, ("russia",): {1, 2, 3}, ("syria",): {1}}
    assert most_frequent(names, 5) == [("russia",), ("syria",)]
    assert most_frequent(names, 1) == [("russia",)]


def test_words_that_are_together_by_chance_are_no_topic() -> None:
    terms = Terms()
    for doc_id, text in enumerate(
        ["officials said peace talks"] * 2 + ["officials left. They said"] * 4 + ["rain"]
    ):
        terms.add(doc_id, text)
    assert list(terms.topics()) == [("peace", "talks")]


@given(n=st.integers(1, 30), seed=st.integers(0, 9))
def test_every_document_is_in_one_group(n: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).standard_normal((n, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    clusters = group(vectors)
    assert sorted(row for cluster in clusters for row in cluster.rows) == list(range(n))
    assert all(cluster.typical in cluster.rows for cluster in clusters)
    assert 1 <= len(clusters) <= MAX_GROUPS


def test_clear_groups_are_found() -> None:
    chance = np.random.default_rng(0)
    middles = np.eye(16, dtype=np.float32)[:4]
    vectors = np.repeat(middles, 10, axis=0) + 0.05 * chance.standard_normal((40, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    clusters = group(vectors)
    assert sorted(cluster.rows for cluster in clusters) == [
        tuple(range(at, at + 10)) for at in range(0, 40, 10)
    ]
    assert group(vectors) == clusters, "the same vectors give the same groups"
