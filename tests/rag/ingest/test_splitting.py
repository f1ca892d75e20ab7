"""Passages: exact offsets, whole sentences, one section each."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.config import PassageConfig
from askive.rag.ingest.splitting import chunk
from askive.rag.text.sentences import split_sentences
from askive.rag.types import Document, Passage
from tests.rag.text.test_sentences import TEXTS

CONFIGS = st.builds(PassageConfig, max_words=st.integers(20, 60), overlap_sentences=st.integers(0, 3))
LONG = st.lists(st.one_of(TEXTS, st.just("Six words make up this sentence. " * 9), st.just("\n## Part\n")), max_size=6).map(
    "".join
)  # fmt: skip


def document(text: str, media_type: str = "text/plain") -> Document:
    return Document(uri="memory:", title="T", text=text, media_type=media_type, sha256="0")


def uncovered(text: str, passages: list[Passage]) -> str:
    covered = bytearray(len(text))
    for passage in passages:
        covered[passage.start : passage.end] = b"\1" * (passage.end - passage.start)
    return "".join(c for c, seen in zip(text, covered, strict=True) if not seen and not c.isspace())


@given(LONG, CONFIGS, st.sampled_from(["text/plain", "text/vtt"]))
def test_offsets_cover_everything_in_order(text: str, config: PassageConfig, media_type: str) -> None:
    passages = chunk(document(text, media_type), config)
    for passage in passages:
        assert text[passage.start : passage.end] == passage.text == passage.text.strip() != ""
    assert [p.start for p in passages] == sorted({p.start for p in passages})
    assert [p.end for p in passages] == sorted({p.end for p in passages})
    assert uncovered(text, passages) == ""


@given(LONG, CONFIGS)
def test_in_markdown_only_headings_are_left_out(text: str, config: PassageConfig) -> None:
    passages = chunk(document(text, "text/markdown"), config)
    assert all(text[p.start : p.end] == p.text for p in passages)
    headings = "".join(re.findall(r"(?m)^ {0,3}#{1,6}[ \t].*$", text))
    left = uncovered(text, passages)
    assert len(left) <= len("".join(headings.split()))
    assert set(left) <= set(headings)


@given(LONG, CONFIGS)
def test_passages_are_whole_sentences_within_the_size(text: str, config: PassageConfig) -> None:
    passages = chunk(document(text), config)
    for passage in passages:
        if len(passage.text.split()) > config.max_words:
            assert len(split_sentences(passage.text)) <= 1 + passage.text.count("\f")
    for one, other in pairwise(passages):
        repeated = text[other.start : one.end]
        assert len(split_sentences(repeated)) <= config.overlap_sentences


def test_headings_are_paths() -> None:
    text = "Intro.\n\n# A\n\nOne.\n\n## B ##\n\nTwo.\n\n### C\n\nThree.\n\n## D\n\nFour.\n\n# E\n\nFive."
    passages = chunk(document(text, "text/markdown"), PassageConfig())
    assert [(p.heading, p.text) for p in passages] == [
        ("", "Intro."),
        ("A", "One."),
        ("A > B", "Two."),
        ("A > B > C", "Three."),
        ("A > D", "Four."),
        ("E", "Five."),
    ]


def test_a_hash_in_a_code_block_is_no_heading() -> None:
    text = "# Real\n\nText.\n\n```sh\n# not a heading\nmake\n```\n\nMore."
    assert {p.heading for p in chunk(document(text, "text/markdown"), PassageConfig())} == {"Real"}


def test_pages_do_not_share_passages() -> None:
    passages = chunk(document("One.\fTwo.\f\fFour."), PassageConfig())
    assert [(p.page, p.text) for p in passages] == [(1, "One."), (2, "Two."), (4, "Four.")]
    assert [p.page for p in chunk(document("One."), PassageConfig())] == [None]


def test_neighbours_overlap_by_a_sentence() -> None:
    sentences = [f"This is sentence number {n} of the text." for n in range(12)]
    passages = chunk(document(" ".join(sentences)), PassageConfig(max_words=40, overlap_sentences=1))
    assert len(passages) > 2
    for one, other in pairwise(passages):
        assert (
            split_sentences(one.text)[-1].end - split_sentences(one.text)[-1].start == one.end - other.start
        )


@pytest.mark.parametrize("text", ["", " \n ", "\f\f", "# Only\n\n## Headings"])
def test_nothing_to_say_gives_no_passages(text: str) -> None:
    assert chunk(document(text, "text/markdown"), PassageConfig()) == []
