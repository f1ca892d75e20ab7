"""Every document that mentions a phrase, and those that may."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.retrieval.mentions import MentionSearch
from askive.rag.store.archive import Archive
from tests.rag.archives import archive_of, document, long_document


def search(archive: Archive, phrase: str) -> MentionSearch:
    found = MentionSearch(archive, {source.doc_id: source for source in archive.store.sources()}, phrase)
    steps = list(found.steps())
    assert steps == sorted(steps)
    assert not found.sure.keys() & found.likely.keys()
    return found


def find(folder: Path, texts: Sequence[str], phrase: str) -> tuple[list[int], list[int]]:
    """The numbers of the texts that mention the phrase, and of those that may; from 0."""
    with archive_of(folder, [document(text, uri=str(n)) for n, text in enumerate(texts)]) as archive:
        found = search(archive, phrase)
        return sorted(doc_id - 1 for doc_id in found.sure), sorted(doc_id - 1 for doc_id in found.likely)


@pytest.mark.parametrize(
    ("phrase", "texts", "sure", "likely"),
    [
        # Forms of the words; adjacent words; parts of a phrase.
        ("tram", ["Two trams.", "The tram's bell.", "A bus.", "Tramway."], [0, 1], []),
        ("rye bread", ["Rye breads sold.", "Bread of rye.", "Bread. " * 200 + "Rye.", "Bread."], [0], [1, 2]),
        ("head of the snake", ["The head of the snake.", "A snake with a head.", "Ahead."], [0], [1]),
        # The last word of a name by itself; not as a part of another name.
        ("Rosa Lind", ["Rosa Lind spoke.", "Captain Lind spoke.", "Erik Lind spoke.", "Rosa spoke."], [0], [1]),
        # What is derived from a name.
        ("Russia", ["In Russia.", "Russian jets.", "Russia’s jets.", "Rust."], [0, 2], [1]),
        # A name and a word; an acronym and a word.
        ("Turkey", ["In Turkey.", "To Turkey.", "From Turkey, with a turkey.", "A turkey."], [0, 1, 2], [3]),
        ("turkey", ["In Turkey.", "A turkey."], [0, 1], []),
        ("WHO", ["The WHO met.", "Those who met.", "Who met?", "And who came?"], [0], []),
        ("NATO", ["The NATO met.", "Nato met.", "A nation."], [0, 1], []),
        # Other names that the texts give.
        ("ISIS", ["Islamic State (ISIS) fled.", "Islamic State fled.", "ISIS fled.", "A State."], [0, 1, 2], []),
        ("ISIS", ["ISIS, also known as Daesh, fled.", "Daesh fled.", "Islam."], [0, 1], []),
        ("Sinjar", ["In Sinjar (Iraq).", "In Iraq."], [0], []),
        # The same acronym for different names.
        ("Port Authority", ["Port Authority (PA).", "Press Agency (PA).", "PA said."], [0], []),
        ("PA", ["Port Authority (PA).", "Press Agency (PA).", "Press Agency."], [0, 1], []),
        # Headings are in no passage.
        ("Sinjar", ["# Sinjar\n\n## Roads\n\nA road.\n\n## Hills\n\nA hill.", "A road."], [0], []),
    ],
)  # fmt: skip
def test_documents(tmp_path: Path, phrase: str, texts: list[str], sure: list[int], likely: list[int]) -> None:
    assert find(tmp_path, texts, phrase) == (sure, likely)


def test_places_are_exact_and_counted_once(tmp_path: Path) -> None:
    sentence = "The harbour of Raqqa is closed to all the ships of the region. "
    text = f"# On Raqqa\n\n{sentence * 40}"
    with archive_of(tmp_path, [document(text, "Raqqa in winter")]) as archive:
        (found,) = search(archive, "Raqqa").sure.values()
        assert len(found.spans) > 2, "passages overlap"
        assert found.in_title
        assert found.n == len(re.findall("Raqqa", text)) == 41
        for passage, spans in found.spans.values():
            assert text[passage.start : passage.end] == passage.text
            assert {text[span.start : span.end] for span in spans} == {"Raqqa"}


def test_a_title_is_enough_and_a_publisher_is_not(tmp_path: Path) -> None:
    documents = [
        document("A road.", "Raqqa", uri="a"),
        document("A hill.", "Hills", publisher="Raqqa Post", uri="b"),
        document("A hill.", "Hills of the Raqqa Post", publisher="Raqqa Post", uri="c"),
    ]
    with archive_of(tmp_path, documents) as archive:
        assert sorted(search(archive, "Raqqa").sure) == [1, 3]


def test_only_the_given_documents_are_looked_at(tmp_path: Path) -> None:
    with archive_of(tmp_path, [document(f"Raqqa {n}.") for n in range(4)]) as archive:
        sources = {source.doc_id: source for source in archive.store.sources() if source.doc_id > 2}
        found = MentionSearch(archive, sources, "Raqqa")
        list(found.steps())
        assert sorted(found.sure) == [3, 4]


def test_aliases_are_told_from_the_name(tmp_path: Path) -> None:
    texts = ["Islamic State (ISIS) fled.", "Islamic State fled.", "ISIS fled."]
    with archive_of(tmp_path, [document(text) for text in texts]) as archive:
        found = search(archive, "ISIS")
        assert found.aliases == ["Islamic State"]
        assert sorted(found.by_name) == [1, 3]


def test_a_cancelled_search_has_what_it_has_read(tmp_path: Path) -> None:
    with archive_of(tmp_path, [long_document(n, "In Raqqa.") for n in range(60)]) as archive:
        sources = {source.doc_id: source for source in archive.store.sources()}
        stop: list[bool] = []
        found = MentionSearch(archive, sources, "Raqqa", lambda: bool(stop))
        for done, total in found.steps():
            assert 0 < done <= total
            stop.append(True)
        assert len(found.sure) == 50


WORDS = st.sampled_from(
    ["road", "roads", "Hill", "hill", "old", "and", "the", "ships", "shipping", "(road)", "road's"]
)
TEXTS = st.lists(st.lists(WORDS, min_size=1, max_size=8).map(" ".join), min_size=1, max_size=8)


@given(texts=TEXTS, phrase=st.sampled_from(["road", "hill", "old road", "the old hill", "ships"]))
def test_the_count_is_that_of_a_plain_scan(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], phrase: str
) -> None:
    def tokens(text: str) -> list[str]:
        """As the index: lower case, `road's` is two words, one stem for the forms."""
        stemmed = {"roads": "road", "ships": "ship", "shipping": "ship"}
        return [stemmed.get(word, word) for word in re.findall(r"[a-z]+", text.lower())]

    wanted = tokens(phrase)
    plain = [
        n
        for n, text in enumerate(texts)
        if any(tokens(text)[at : at + len(wanted)] == wanted for at in range(len(text)))
    ]
    sure, _likely = find(tmp_path_factory.mktemp("archive"), texts, phrase)
    assert sure == plain
