"""Headings are found as one expression would find them, in linear time."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from askive.rag.text.headings import find_headings, first_heading
from askive.rag.text.sentences import split_sentences

# What a heading is, in one expression; too slow for hostile lines.
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)
_LINES = st.text(alphabet="# \tab\n", max_size=40)


@given(_LINES)
def test_headings_are_those_of_the_expression(text: str) -> None:
    assert [(h.start, h.end, h.level, h.title) for h in find_headings(text)] == [
        (m.start(), m.end(), len(m.group(1)), m.group(2).strip()) for m in _HEADING.finditer(text)
    ]


def test_the_first_heading_of_a_level() -> None:
    text = "## Second\n\n# First #\n"
    assert first_heading(text) == "Second"
    assert first_heading(text, max_level=1) == "First"
    assert first_heading("none") is None


@given(st.text(alphabet="aB1.!?。…\"') \n", max_size=40))
def test_every_character_is_in_one_sentence(text: str) -> None:
    spans = split_sentences(text)
    assert "".join(text[s.start : s.end] for s in spans).replace(" ", "").replace("\n", "") == "".join(
        text.split()
    )
    assert all(one.end <= other.start for one, other in pairwise(spans))
