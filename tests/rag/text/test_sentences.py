"""Where sentences begin and end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.text.sentences import MAX_SENTENCE_CHARS, is_finished, split_sentences

# Arbitrary Unicode, and text that is made of what the rules look at.
PIECES = st.sampled_from(
    ["Mr", "U.S", ".", "!", "?", "。", "…", " ", "\n", "\n\n", "\t", "\u00a0", "\u2028", '"', "”", ")", "# ", "- ", "1. ",
     "3", "a", "A", "The", "said", "e.g", "|", "; ", ": ", "   ", "[5]", ".12", "\f", "\r\n", "😀", "e\u0301", "ß"]
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
        ("It is on every shore.[5] Several live inland.[21][22] A few\nstay.[citation\nneeded] None left.",
         ["It is on every shore.[5]", "Several live inland.[21][22]", "A few\nstay.[citation\nneeded]", "None left."]),
        ("There are ten species.12 Several are rare.", ["There are ten species.12", "Several are rare."]),
        ("He lived to the age of 85.2 Some doubt it.", ["He lived to the age of 85.2", "Some doubt it."]),
        ("It grew 3.2 times, to 0.73 (all of it).", ["It grew 3.2 times, to 0.73 (all of it)."]),
        ("See fig.3 Shown is the pump. See the 2.8 A map.", ["See fig.3 Shown is the pump.", "See the 2.8 A map."]),
        ("Use oil of type A. The pump runs. Ask J. A. Hobson.", ["Use oil of type A.", "The pump runs.", "Ask J. A. Hobson."]),
        ("A. The tenant pays.", ["A. The tenant pays."]),
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


@pytest.mark.parametrize(
    "records",
    [
        ["Anna Berg   room 220   ext 6484", "Bo Lind   room 134   ext 4162"],
        ["Anna Berg\troom 220", "Bo Lind\troom 134"],
        ["Manager: Ines Roy", "Budget: 42500 pounds, of which a third was spent before", "Deadline: 30 September"],
        ["2024-01-02 The pump was changed by the crew of the night", "2024-01-03 The valve was not"],
        ["Anna Berg, harbour office, room 220, extension 6484", "Bo Lind, customs, room 134, extension 4162"],
        ["BRIGHTSHOP ELECTRONICS", "4567 Mill Lane, Leeds", "SUBTOTAL 638.99", "TOTAL 693.30"],
        ["Flour 5 kg", "Salt 10 g", "Yeast 1 cube"],
        ["The first of all headings", "EMPLOYEES", "We have 36 full-time employees, including office staff and technicians."],
    ],
)  # fmt: skip
def test_a_record_is_a_line_of_its_own(records: list[str]) -> None:
    assert texts_of("\n".join(records)) == records


@pytest.mark.parametrize(
    "text",
    [
        "The treaty was signed in the long hall of the palace by Germany and\nFrance.",
        "They came over the hill at the end of the day, in the rain, with Anna\nBerg.",
        "Report of the\nCommittee on Safety",
        "Dear Anna,\nBo and I are well",
        "It was a cold day in the\nharbour",
        "The damage came to\n\f\n7,500 crowns",
    ],
)
def test_prose_goes_on_in_the_next_line(text: str) -> None:
    assert texts_of(text) == [text]


def test_the_first_line_of_a_passage_may_be_the_end_of_a_longer_line() -> None:
    text = "It was signed by Anna\nBerg and by two of the men who had come with her from the harbour."
    assert texts_of(text) == [text]


def test_a_row_of_a_table_is_one_sentence() -> None:
    rows = ["| Ship: Aurora; Note: Came late. Left early.", "| Ship: Halcyon; Note: None. See above."]
    assert texts_of("\n".join([*rows, "Prose. More."])) == [*rows, "Prose.", "More."]
    assert texts_of(f"{rows[0]}\n\f\nProse.") == [rows[0], "Prose."]


def test_a_wide_row_is_split_between_cells() -> None:
    cells = [f"Column {n}: value {n}." for n in range(60)]
    row = f"| {'; '.join(cells)}"
    parts = texts_of(row)
    assert " ".join(parts) == row
    assert all(MAX_SENTENCE_CHARS - 30 < len(part) <= MAX_SENTENCE_CHARS for part in parts[:-1])
    assert all(part.endswith(".;") for part in parts[:-1])


def test_a_long_cell_is_prose() -> None:
    story = " ".join(["The ship was late."] * 30)
    parts = texts_of(f"| Ship: Aurora; Note: {story}; Berth: 4")
    assert parts[:3] == ["| Ship: Aurora;", "Note: The ship was late.", "The ship was late."]
    assert parts[-2:] == ["The ship was late.;", "Berth: 4"]


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("It is on every shore.[5]", True),
        ("It is on every shore [5]", False),
        ("It is on every shore.[", False),
    ],
)
def test_a_sentence_is_finished_with_its_reference_marks(text: str, finished: bool) -> None:
    assert is_finished(text) == finished


@pytest.mark.parametrize("joint", ["; ", ", ", " "])
def test_a_long_sentence_is_split_between_its_clauses(joint: str) -> None:
    text = f"The tenant pays the rent {'and more ' * 26}of the land{joint}he {'also ' * 40}repairs the roof."
    first, second = texts_of(text)
    assert max(len(first), len(second)) <= MAX_SENTENCE_CHARS
    assert second.startswith("he also") == (joint != " ")


def test_the_lines_of_a_quoted_mail_are_apart_from_those_around() -> None:
    text = "On 3 May 2021 Karl Kern, harbour master, wrote:\n> the pier must be closed at once and for good,\n> as the beams are rotten,\nbut I do not agree"
    assert [text[start:end] for start, end in split_sentences(text)] == [
        "On 3 May 2021 Karl Kern, harbour master, wrote:",
        "> the pier must be closed at once and for good,\n> as the beams are rotten,",
        "but I do not agree",
    ]
