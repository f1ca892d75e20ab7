"""Where sentences begin and end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.text.sentences import MAX_SENTENCE_CHARS, split_sentences

# Arbitrary Unicode, and text that is made of what the rules look at.
PIECES = st.sampled_from(
    ["Mr", "U.S", ".", "!", "?", "。", "…", " ", "\n", "\n\n", "\t", "\u00a0", "\u2028", '"', "”", ")", "# ", "- ", "1. ",
     "3", "a", "A", "The", "said", "e.g", "|", "\f", "\r\n", "😀", "e\u0301", "ß"]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join))


def texts_of(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@given(TEXTS, st.integers(0, 50), st.integers(0, 200))
def test_every_character_is_in_one_sentence(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    end = min(start + length, len(text))
    spans = split_sentences(text, start, end)
    at = start
    for span in spans:
        assert at <= span.start < span.end <= end
        assert not text[at : span.start].strip()
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        assert span.end - span.start <= MAX_SENTENCE_CHARS
        at = span.end
    assert not text[at:end].strip()


@given(st.text(" \n.ab", max_size=60), st.integers(1, 3))
def test_long_stretches_are_cut(text: str, n: int) -> None:
    long = (text + "word " * 260) * n
    spans = split_sentences(long)
    assert all(span.end - span.start <= MAX_SENTENCE_CHARS for span in spans)
    assert all(long[s:e] == long[s:e].strip() for s, e in spans)
    assert "".join("".join(long[s:e] for s, e in spans).split()) == "".join(long.split())


@given(TEXTS, TEXTS)
def test_a_blank_line_always_ends_a_sentence(one: str, other: str) -> None:
    one, other = one.strip(), other.strip()
    joined = texts_of(f"{one}\n\n{other}")
    assert joined == texts_of(one) + texts_of(other)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Mr. Smith met Dr. Jones. They talked.", ["Mr. Smith met Dr. Jones.", "They talked."]),
        ("The U.S. Army struck. It said so.", ["The U.S. Army struck.", "It said so."]),
        ("He lives in the U.S. The house is red.", ["He lives in the U.S.", "The house is red."]),
        ("U.S. Army Col. Brian Tribus spoke.", ["U.S. Army Col. Brian Tribus spoke."]),
        ("Since Sept. 30 it flew 3.5 hours.", ["Since Sept. 30 it flew 3.5 hours."]),
        ("Talks are set for Jan. 25. Whether that holds is open.", ["Talks are set for Jan. 25.", "Whether that holds is open."]),
        ('He said "no better ally". She agreed.', ['He said "no better ally".', "She agreed."]),
        ('He spoke of "fear and terror." Tuesday was cold.', ['He spoke of "fear and terror."', "Tuesday was cold."]),
        ("J. R. Smith wrote it. We read it.", ["J. R. Smith wrote it.", "We read it."]),
        ("It was no. 5 of ten. Then six.", ["It was no. 5 of ten.", "Then six."]),
        ("He said no. Then he left.", ["He said no.", "Then he left."]),
        ("Wait... what? Yes.", ["Wait... what?", "Yes."]),
        ("- one\n- two\n\nthree", ["- one", "- two", "three"]),
        ("Line one\ncontinues here. End.", ["Line one\ncontinues here.", "End."]),
        ("世界很大。我們很小！對嗎？", ["世界很大。", "我們很小！", "對嗎？"]),
        ("", []),
        (" \n\t ", []),
        ("...", ["..."]),
    ],
)  # fmt: skip
def test_examples(text: str, sentences: list[str]) -> None:
    assert texts_of(text) == sentences


def test_the_number_of_a_list_item_is_part_of_it() -> None:
    text = "Do this: 1. Click on it. 2. Wait 30. Then go. In 1999. It was."
    assert [text[a:b] for a, b in split_sentences(text)] == [
        "Do this: 1.", "Click on it.", "2. Wait 30.", "Then go.", "In 1999.", "It was."
    ]  # fmt: skip
    numbered = "1. Click on it.\n2. Wait."
    assert [numbered[a:b] for a, b in split_sentences(numbered)] == ["1. Click on it.", "2. Wait."]
